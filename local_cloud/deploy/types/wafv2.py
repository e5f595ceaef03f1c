"""WAF: only what the emulator lacks so far."""

from typing import Any

from local_cloud.deploy.spec import REST, Call, Scope, Spec


def _configuration(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    return {"loggingConfiguration": properties}


WEB_ACL_LOGGING_CONFIGURATION = Spec(
    token="aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    service="wafv2",
    emulated=False,
    calls=(Call("PutLoggingConfiguration", REST, reshape=_configuration),),
    id="{resourceArn}",
)

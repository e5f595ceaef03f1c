"""WAF. The emulator keeps web ACLs and what they stand before; it inspects no request."""

from typing import Any

from local_cloud.deploy.spec import REST, At, Call, Scope, Spec

_OF_ACL = {"Id": At("Summary.Id"), "Name": "{name}", "Scope": "{scope}"}

WEB_ACL = Spec(
    token="aws:wafv2/webAcl:WebAcl",
    service="wafv2",
    auto_name="name",
    calls=(Call("CreateWebACL", REST), Call("GetWebACL", gives=_OF_ACL)),
    id=At("Summary.Id"),
    outputs={
        "arn": At("Summary.ARN"),
        "capacity": At("WebACL.Capacity", of="GetWebACL", default=0),
        "lockToken": At("Summary.LockToken"),
        "applicationIntegrationUrl": At("ApplicationIntegrationURL", of="GetWebACL", default=""),
    },
)

WEB_ACL_ASSOCIATION = Spec(
    token="aws:wafv2/webAclAssociation:WebAclAssociation",
    service="wafv2",
    calls=(Call("AssociateWebACL", REST),),
    id="{webAclArn},{resourceArn}",
)


def _configuration(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    return {"loggingConfiguration": properties}


WEB_ACL_LOGGING_CONFIGURATION = Spec(
    token="aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    service="wafv2",
    emulated=False,
    calls=(Call("PutLoggingConfiguration", REST, reshape=_configuration),),
    id="{resourceArn}",
)

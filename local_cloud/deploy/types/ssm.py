"""Systems Manager: parameters."""

from local_cloud.deploy.spec import PROVIDER_ONLY, REST, At, Call, Spec

_SLASH = {True: "", False: "/"}

PARAMETER = Spec(
    token="aws:ssm/parameter:Parameter",
    service="ssm",
    auto_name="name",
    calls=(Call("PutParameter", REST, renames={"insecureValue": "Value", "valueWo": "Value"}),),
    not_sent={"valueWoVersion": PROVIDER_ONLY},
    id="{name}",
    outputs={
        "version": At("Version"),
        "arn": lambda scope: (
            f"arn:{scope.partition}:ssm:{scope.region}:{scope.account}:parameter"
            f"{_SLASH[scope['name'].startswith('/')]}{scope['name']}"
        ),
        "tier": At("Tier", default="Standard"),
        "dataType": "text",
        "hasValueWo": lambda scope: "valueWo" in scope.inputs,
    },
)

"""API Gateway: HTTP APIs. Their URLs are the emulator's own, for `*.execute-api` names do not resolve locally."""

from typing import Any

from local_cloud.deploy.spec import REST, At, Call, Scope, Spec

_URL = "{endpoint}/_aws/execute-api/{apiId}"

API = Spec(
    token="aws:apigatewayv2/api:Api",
    service="apigatewayv2",
    auto_name="name",
    calls=(Call("CreateApi", REST),),
    id="{apiId}",
    outputs={
        "apiId": At("ApiId"),
        "apiEndpoint": _URL,
        "arn": "arn:{partition}:apigateway:{region}::/apis/{apiId}",
        "executionArn": "arn:{partition}:execute-api:{region}:{account}:{apiId}",
        "disableExecuteApiEndpoint": False,
    },
)


def _keyed_by(key: str, list_name: str, value: str | None = None) -> Any:
    """A list in the resource, a map in the API: `key` names the entry, `value` (or all the rest) is its content."""

    def reshape(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
        if isinstance(properties.get(list_name), list):
            properties[list_name] = {
                str(item[key]): item[value] if value else {name: part for name, part in item.items() if name != key}
                for item in properties[list_name]
            }
        return properties

    return reshape


INTEGRATION = Spec(
    token="aws:apigatewayv2/integration:Integration",
    service="apigatewayv2",
    calls=(
        Call(
            "CreateIntegration",
            REST,
            reshape=_keyed_by("statusCode", "responseParameters", "mappings"),
            renames={"timeoutMilliseconds": "TimeoutInMillis"},
        ),
    ),
    id=At("IntegrationId"),
    outputs={
        "integrationResponseSelectionExpression": At("IntegrationResponseSelectionExpression", default=""),
        "connectionType": "INTERNET",
        "payloadFormatVersion": At("PayloadFormatVersion", default="1.0"),
    },
)

AUTHORIZER = Spec(
    token="aws:apigatewayv2/authorizer:Authorizer",
    service="apigatewayv2",
    auto_name="name",
    calls=(
        Call(
            "CreateAuthorizer",
            REST,
            renames={"identitySources": "IdentitySource", "jwtConfiguration.audiences": "Audience"},
        ),
    ),
    id=At("AuthorizerId"),
)

ROUTE = Spec(
    token="aws:apigatewayv2/route:Route",
    service="apigatewayv2",
    calls=(Call("CreateRoute", REST, reshape=_keyed_by("requestParameterKey", "requestParameters")),),
    id=At("RouteId"),
    outputs={"authorizationType": "NONE", "apiKeyRequired": False},
)


def _invoke_url(scope: Scope) -> str:
    """As in AWS's URL, the default stage adds nothing to the path."""
    root = _URL.format(endpoint=scope.endpoint, apiId=scope["apiId"])
    return root if scope["name"] == "$default" else f"{root}/{scope['name']}"


STAGE = Spec(
    token="aws:apigatewayv2/stage:Stage",
    service="apigatewayv2",
    auto_name="name",
    calls=(Call("CreateStage", REST, reshape=_keyed_by("routeKey", "routeSettings"), renames={"name": "StageName"}),),
    id="{name}",
    outputs={
        "arn": "arn:{partition}:apigateway:{region}::/apis/{apiId}/stages/{name}",
        "executionArn": "arn:{partition}:execute-api:{region}:{account}:{apiId}/{name}",
        "invokeUrl": _invoke_url,
        "autoDeploy": False,
        "deploymentId": At("DeploymentId", default=""),
    },
)

"""Lambda: functions, aliases, permissions, event sources, invocations at deployment."""

import base64
import hashlib
import json
from typing import Any

from local_cloud.deploy.assets import archive_bytes
from local_cloud.deploy.errors import TranslationError
from local_cloud.deploy.spec import DELETE_ONLY, PROVIDER_ONLY, REST, At, Call, Scope, Spec

_INVOKE = "arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/"
_STREAM = "arn:{partition}:apigateway:{region}:lambda:path/2021-11-15/functions/"
_ARN = "arn:{partition}:lambda:{region}:{account}:function:{name}"


def _with_zip(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    if "code" in properties:
        properties["code"] = {"zipFile": archive_bytes(properties["code"])}
    return properties


def _source_hash(scope: Scope) -> str | None:
    """The provider's default for `sourceCodeHash`: base64 SHA-256 of the package."""
    if "code" not in scope.inputs:
        return None
    return base64.b64encode(hashlib.sha256(archive_bytes(scope.inputs["code"])).digest()).decode()


FUNCTION = Spec(
    token="aws:lambda/function:Function",
    service="lambda",
    noun="Function",
    auto_name="name",
    calls=(
        Call(
            "CreateFunction",
            REST,
            reshape=_with_zip,
            renames={
                "s3Bucket": "Code.S3Bucket",
                "s3Key": "Code.S3Key",
                "s3ObjectVersion": "Code.S3ObjectVersion",
                "imageUri": "Code.ImageUri",
                "sourceKmsKeyArn": "Code.SourceKMSKeyArn",
                "fileSystemConfig": "FileSystemConfigs",
            },
        ),
        Call(
            "PutFunctionConcurrency",
            ("reservedConcurrentExecutions",),
            gives={"FunctionName": "{name}"},
            when=lambda scope: scope.inputs["reservedConcurrentExecutions"] >= 0,
        ),
    ),
    not_sent={
        "sourceCodeHash": "tells the provider when to upload again",
        "skipDestroy": DELETE_ONLY,
        "replaceSecurityGroupsOnDestroy": DELETE_ONLY,
        "replacementSecurityGroupIds": DELETE_ONLY,
        "useResourceTimeoutForPropagation": PROVIDER_ONLY,
    },
    id="{name}",
    outputs={
        "arn": _ARN,
        "version": At("Version", default="$LATEST"),
        "qualifiedArn": "{arn}:{version}",
        "invokeArn": _INVOKE + "{arn}/invocations",
        "qualifiedInvokeArn": _INVOKE + "{qualifiedArn}/invocations",
        "responseStreamingInvokeArn": _STREAM + "{arn}/response-streaming-invocations",
        "lastModified": At("LastModified"),
        "sourceCodeSize": At("CodeSize"),
        "codeSha256": At("CodeSha256"),
        "sourceCodeHash": _source_hash,
        "signingJobArn": "",
        "signingProfileVersionArn": "",
        "timeout": At("Timeout"),
        "memorySize": At("MemorySize"),
        "packageType": At("PackageType"),
        "architectures": At("Architectures"),
        "publish": False,
        "reservedConcurrentExecutions": -1,
    },
)

ALIAS = Spec(
    token="aws:lambda/alias:Alias",
    service="lambda",
    auto_name="name",
    calls=(Call("CreateAlias", REST),),
    id="{arn}",
    outputs={"arn": At("AliasArn"), "invokeArn": _INVOKE + "{arn}/invocations"},
)

PERMISSION = Spec(
    token="aws:lambda/permission:Permission",
    service="lambda",
    auto_name="statementId",
    calls=(Call("AddPermission", REST, renames={"function": "FunctionName"}),),
    id="{statementId}",
)

EVENT_SOURCE_MAPPING = Spec(
    token="aws:lambda/eventSourceMapping:EventSourceMapping",
    service="lambda",
    calls=(Call("CreateEventSourceMapping", REST),),
    not_sent={"useResourceTimeoutForPropagation": PROVIDER_ONLY},
    id="{uuid}",
    outputs={
        "uuid": At("UUID"),
        "arn": "arn:{partition}:lambda:{region}:{account}:event-source-mapping:{uuid}",
        "functionArn": At("FunctionArn"),
        "state": At("State"),
        "stateTransitionReason": At("StateTransitionReason", default=""),
        "lastModified": At("LastModified"),
        "lastProcessingResult": At("LastProcessingResult", default=""),
        "batchSize": At("BatchSize"),
        "enabled": True,
    },
)

PROVISIONED_CONCURRENCY = Spec(
    token="aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
    service="lambda",
    calls=(Call("PutProvisionedConcurrencyConfig", REST),),
    not_sent={"skipDestroy": DELETE_ONLY},
    id="{functionName},{qualifier}",
)


def _result(scope: Scope) -> str:
    """The function's answer. The body is a stream that can be read once, so it is kept with the response."""
    response = scope.responses["Invoke"]
    if not isinstance(response["Payload"], bytes):
        response["Payload"] = response["Payload"].read()
    payload: bytes = response["Payload"]
    return payload.decode()


def _refuse_failure(scope: Scope) -> None:
    """An invocation whose function failed fails the deployment, with the function's own words."""
    kind = scope.responses["Invoke"].get("FunctionError")
    if kind is None:
        return
    text = _result(scope)
    try:
        answer = json.loads(text)
        words = f"{answer['errorType']}: {answer['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        words = text
    raise TranslationError(f"Lambda function {scope['functionName']} returned an error ({kind}): {words}")


def _as_plain_input(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    """With the life cycle scope CRUD the provider adds the action to the input and invokes again on deletion."""
    properties.pop("terraformKey", None)
    if properties.pop("lifecycleScope", "CREATE_ONLY") != "CREATE_ONLY":
        raise TranslationError("the local deployer knows the lifecycleScope CREATE_ONLY only")
    return properties


def _digest(scope: Scope) -> str:
    return hashlib.md5(str(scope["input"]).encode(), usedforsecurity=False).hexdigest()


INVOCATION = Spec(
    token="aws:lambda/invocation:Invocation",
    service="lambda",
    calls=(Call("Invoke", REST, reshape=_as_plain_input, renames={"input": "Payload"}),),
    defaults={"qualifier": "$LATEST"},
    not_sent={"triggers": "tells the provider when to invoke again"},
    check=_refuse_failure,
    id=lambda scope: f"{scope['functionName']}_{scope['qualifier']}_{_digest(scope)}",
    outputs={"result": _result},
)

"""Secrets Manager: secrets and their versions."""

import base64
from typing import Any

from local_cloud.deploy.spec import DELETE_ONLY, PROVIDER_ONLY, REST, At, Call, Scope, Spec

SECRET = Spec(
    token="aws:secretsmanager/secret:Secret",
    service="secretsmanager",
    auto_name="name",
    calls=(
        Call(
            "CreateSecret",
            REST,
            renames={
                "replicas": "AddReplicaRegions",
                "forceOverwriteReplicaSecret": "ForceOverwriteReplicaSecret",
            },
        ),
        Call(
            "PutResourcePolicy",
            ("policy",),
            renames={"policy": "ResourcePolicy"},
            gives={"SecretId": At("ARN")},
        ),
    ),
    not_sent={"recoveryWindowInDays": DELETE_ONLY},
    id="{arn}",
    outputs={"arn": At("ARN")},
)


def _binary(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    """The property is base64 text, boto3 takes bytes."""
    if "secretBinary" in properties:
        properties["secretBinary"] = base64.b64decode(properties["secretBinary"])
    return properties


SECRET_VERSION = Spec(
    token="aws:secretsmanager/secretVersion:SecretVersion",
    service="secretsmanager",
    calls=(Call("PutSecretValue", REST, reshape=_binary, renames={"secretStringWo": "SecretString"}),),
    not_sent={"secretStringWoVersion": PROVIDER_ONLY},
    id="{secretId}|{versionId}",
    outputs={
        "arn": At("ARN"),
        "secretArn": At("ARN"),
        "versionId": At("VersionId"),
        "versionStages": At("VersionStages"),
        "hasSecretStringWo": lambda scope: "secretStringWo" in scope.inputs,
    },
)

"""DynamoDB: tables."""

from typing import Any

from local_cloud.deploy.spec import REST, At, Call, Scope, Spec


def _key_schema(properties: dict[str, Any]) -> list[dict[str, str]]:
    pairs = (("hashKey", "HASH"), ("rangeKey", "RANGE"))
    names = ((properties.pop(key, None), kind) for key, kind in pairs)
    return [{"attributeName": name, "keyType": kind} for name, kind in names if name]


def _capacity(properties: dict[str, Any]) -> dict[str, Any]:
    units = {f"{kind}Units": properties.pop(kind) for kind in ("readCapacity", "writeCapacity") if kind in properties}
    return {"provisionedThroughput": units} if units else {}


def _index(properties: dict[str, Any]) -> dict[str, Any]:
    index = dict(properties)
    projection = {
        "projectionType": index.pop("projectionType"),
        "nonKeyAttributes": index.pop("nonKeyAttributes", None),
    }
    keys = {} if "keySchemas" in index else {"keySchemas": _key_schema(index)}
    return {**keys, **_capacity(index), **index, "projection": projection}


def _as_table(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    """Keys, indexes, capacity and streams lie elsewhere in the API than in the resource."""
    table = {"keySchema": _key_schema(properties), **_capacity(properties), **properties}
    for kind in ("globalSecondaryIndexes", "localSecondaryIndexes"):
        if kind in table:
            table[kind] = [_index(index) for index in table[kind]]
    if table.pop("streamEnabled", False):
        table["streamSpecification"] = {"streamEnabled": True, "streamViewType": table.pop("streamViewType")}
    return table


TABLE = Spec(
    token="aws:dynamodb/table:Table",
    service="dynamodb",
    noun="Table",
    auto_name="name",
    calls=(
        Call(
            "CreateTable",
            REST,
            reshape=_as_table,
            renames={
                "attributes": "AttributeDefinitions",
                "attributes.name": "AttributeName",
                "attributes.type": "AttributeType",
                "globalSecondaryIndexes.name": "IndexName",
                "globalSecondaryIndexes.keySchemas": "KeySchema",
                "localSecondaryIndexes.name": "IndexName",
                "localSecondaryIndexes.keySchemas": "KeySchema",
                "serverSideEncryption": "SSESpecification",
                "serverSideEncryption.kmsKeyArn": "KMSMasterKeyId",
            },
        ),
        Call(
            "UpdateTimeToLive",
            ("ttl",),
            renames={"ttl": "TimeToLiveSpecification"},
            gives={"TableName": "{name}"},
            when=lambda scope: bool(scope.inputs["ttl"].get("enabled")),
        ),
        Call(
            "UpdateContinuousBackups",
            ("pointInTimeRecovery",),
            renames={
                "pointInTimeRecovery": "PointInTimeRecoverySpecification",
                "pointInTimeRecovery.enabled": "PointInTimeRecoveryEnabled",
            },
            gives={"TableName": "{name}"},
        ),
    ),
    defaults={"billingMode": "PROVISIONED"},
    id="{name}",
    outputs={
        "arn": At("TableDescription.TableArn"),
        "streamArn": At("TableDescription.LatestStreamArn", default=""),
        "streamLabel": At("TableDescription.LatestStreamLabel", default=""),
    },
)

"""EventBridge: buses, rules, targets, archives (Pulumi keeps them under cloudwatch)."""

from typing import Any

from local_cloud.deploy.errors import TranslationError
from local_cloud.deploy.spec import DELETE_ONLY, REST, At, Call, Scope, Spec

DEFAULT_BUS = "default"

EVENT_BUS = Spec(
    token="aws:cloudwatch/eventBus:EventBus",
    service="events",
    auto_name="name",
    calls=(Call("CreateEventBus", REST),),
    id="{name}",
    outputs={"arn": At("EventBusArn")},
)


def _with_state(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    """`isEnabled` is the deprecated way to give `state`."""
    if "isEnabled" in properties:
        properties.setdefault("state", "ENABLED" if properties.pop("isEnabled") else "DISABLED")
    return properties


def _rule_id(scope: Scope) -> str:
    bus = scope["eventBusName"]
    return str(scope["name"]) if bus == DEFAULT_BUS else f"{bus}/{scope['name']}"


EVENT_RULE = Spec(
    token="aws:cloudwatch/eventRule:EventRule",
    service="events",
    auto_name="name",
    calls=(Call("PutRule", REST, reshape=_with_state),),
    defaults={"eventBusName": DEFAULT_BUS},
    not_sent={"forceDestroy": DELETE_ONLY},
    id=_rule_id,
    outputs={"arn": At("RuleArn"), "state": "ENABLED"},
)


def _as_target(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    """PutTargets takes a list of targets; the resource is one of them."""
    where = {key: properties.pop(key) for key in ("rule", "eventBusName")}
    return {**where, "targets": [properties]}


def _refuse_failed_entries(scope: Scope) -> None:
    response = scope.responses["PutTargets"]
    if response.get("FailedEntryCount"):
        entry = response["FailedEntries"][0]
        raise TranslationError(f"PutTargets: {entry.get('ErrorCode')}: {entry.get('ErrorMessage')}")


EVENT_TARGET = Spec(
    token="aws:cloudwatch/eventTarget:EventTarget",
    service="events",
    auto_name="targetId",
    calls=(
        Call(
            "PutTargets",
            REST,
            reshape=_as_target,
            renames={
                "targets.targetId": "Id",
                "targets.sqsTarget": "SqsParameters",
                "targets.kinesisTarget": "KinesisParameters",
                "targets.httpTarget": "HttpParameters",
                "targets.inputTransformer.inputPaths": "InputPathsMap",
            },
        ),
    ),
    defaults={"eventBusName": DEFAULT_BUS},
    not_sent={"forceDestroy": DELETE_ONLY},
    check=_refuse_failed_entries,
    id="{rule}-{targetId}",
)

EVENT_ARCHIVE = Spec(
    token="aws:cloudwatch/eventArchive:EventArchive",
    service="events",
    noun="Archive",
    auto_name="name",
    calls=(Call("CreateArchive", REST),),
    id="{name}",
    outputs={"arn": At("ArchiveArn"), "retentionDays": 0},
)

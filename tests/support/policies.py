"""All permissions of a resource graph as one flat list of statements, wherever they are written down."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from support.pulumi_harness import Resource, Synth
from support.wire import UNKNOWN

DOCUMENTS: Final = {
    "aws:iam/role:Role": ("assumeRolePolicy",),
    "aws:iam/policy:Policy": ("policy",),
    "aws:iam/rolePolicy:RolePolicy": ("policy",),
    "aws:sqs/queue:Queue": ("policy",),
    "aws:sqs/queuePolicy:QueuePolicy": ("policy",),
    "aws:sns/topic:Topic": ("policy",),
    "aws:sns/topicPolicy:TopicPolicy": ("policy",),
    "aws:s3/bucketPolicy:BucketPolicy": ("policy",),
    "aws:kms/key:Key": ("policy",),
    "aws:secretsmanager/secret:Secret": ("policy",),
    "aws:secretsmanager/secretPolicy:SecretPolicy": ("policy",),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("policy",),
}
"""Properties that hold a policy document as JSON."""

PERMISSION: Final = "aws:lambda/permission:Permission"


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document, or one permission of a function in the same shape."""

    type: str
    """Type of the resource that holds it."""
    name: str
    """Logical name of that resource."""
    property: str
    sid: str
    """Empty when it has none."""
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    """Empty for a trust policy, whose resource is the role itself."""
    principals: tuple[str, ...]
    """As `kind:value`, such as `Service:lambda.amazonaws.com`; empty in the policy of a role."""
    conditions: Mapping[str, Mapping[str, Any]]
    negations: tuple[str, ...] = ()
    """Which of NotAction, NotResource and NotPrincipal it uses."""

    def __str__(self) -> str:
        return f"{self.name} ({self.property}) {self.sid or 'without Sid'}"


def statements(graph: Synth) -> list[Statement]:
    """Every statement of a graph whose text is known, in the order of registration."""
    return [statement for resource in graph.resources for statement in _of(resource)]


def _of(resource: Resource) -> Iterator[Statement]:
    if resource.type == PERMISSION:
        yield _permission(resource)
    for key in DOCUMENTS.get(resource.type, ()):
        text = resource.inputs.get(key)
        if text is not None and text is not UNKNOWN:
            yield from _parsed(resource, key, text)
    for policy in resource.inputs.get("inlinePolicies", []) if resource.type == "aws:iam/role:Role" else []:
        yield from _parsed(resource, f"inlinePolicies {policy.get('name', '')}", policy["policy"])


def _parsed(resource: Resource, key: str, text: str) -> Iterator[Statement]:
    document = json.loads(text)
    for raw in _many(document["Statement"]):
        yield Statement(
            type=resource.type,
            name=resource.name,
            property=key,
            sid=raw.get("Sid", ""),
            effect=raw["Effect"],
            actions=tuple(_many(raw.get("Action", []))),
            resources=tuple(_many(raw.get("Resource", []))),
            principals=tuple(_principals(raw.get("Principal", {}))),
            conditions=raw.get("Condition", {}),
            negations=tuple(key for key in ("NotAction", "NotResource", "NotPrincipal") if key in raw),
        )


def _permission(resource: Resource) -> Statement:
    inputs = resource.inputs
    source = {"ArnLike": {"aws:SourceArn": inputs["sourceArn"]}} if "sourceArn" in inputs else {}
    account = {"StringEquals": {"aws:SourceAccount": inputs["sourceAccount"]}} if "sourceAccount" in inputs else {}
    qualifier = f":{inputs['qualifier']}" if "qualifier" in inputs else ""
    return Statement(
        type=resource.type,
        name=resource.name,
        property="permission",
        sid=str(inputs.get("statementId", "")),
        effect="Allow",
        actions=(inputs["action"],),
        resources=(f"{inputs['function']}{qualifier}",),
        principals=(f"Service:{inputs['principal']}",),
        conditions={**source, **account},
    )


def _principals(raw: Any) -> Iterator[str]:
    if isinstance(raw, str):
        yield raw
    else:
        for kind, values in raw.items():
            yield from (f"{kind}:{value}" for value in _many(values))


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

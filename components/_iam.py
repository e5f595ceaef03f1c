"""IAM documents as data: one statement, one purpose, no wildcard that nobody explained."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_DENIED = re.compile(r"[a-z0-9-]+:([A-Za-z0-9]+|\*)")
_SID = re.compile(r"[A-Za-z0-9]+")

Condition = Mapping[str, Mapping[str, pulumi.Input[str] | Sequence[pulumi.Input[str]]]]
"""`{operator: {key: value or values}}`, such as `{"ArnEquals": {"aws:SourceArn": rule.arn}}`."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One Allow, or one Deny for everyone. `sid` states the purpose; what is allowed carries no wildcard as action, and
    `*` as resource only with `any_resource_because`."""

    sid: str
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]
    conditions: Condition = field(default_factory=dict)
    service: str = ""
    """Service principal, for the policy of a resource (a queue); empty for the policy of a role."""
    any_resource_because: str = ""
    """Why AWS leaves no narrower resource than `*`."""
    denies_everyone: bool = False
    """A Deny in the policy of a resource, whoever asks; its actions may be `s3:*`, for a refusal needs no list."""

    def __post_init__(self) -> None:
        form = _DENIED if self.denies_everyone else _ACTION
        problems = [
            f"action {a!r} must name one action, without wildcard" for a in self.actions if not form.fullmatch(a)
        ]
        if not _SID.fullmatch(self.sid):
            problems.append("sid must be letters and digits")
        if not self.actions or not self.resources:
            problems.append("actions and resources must not be empty")
        if any(isinstance(r, str) and r == "*" for r in self.resources) and not self.any_resource_because:
            problems.append("resource '*' needs any_resource_because")
        if problems:
            raise ValueError(f"statement {self.sid!r}: " + "; ".join(problems))

    def document(self) -> dict[str, object]:
        """The statement as IAM's JSON, sorted so that a reordered list is no difference."""
        document: dict[str, object] = {
            "Sid": self.sid,
            "Effect": "Deny" if self.denies_everyone else "Allow",
            "Action": sorted(self.actions),
            "Resource": list(self.resources),
        }
        if self.denies_everyone:
            document["Principal"] = "*"
        if self.service:
            document["Principal"] = {"Service": self.service}
        if self.conditions:
            document["Condition"] = {operator: dict(keys) for operator, keys in self.conditions.items()}
        return document


def policy_json(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """A policy document, its statements sorted by purpose. Raises ValueError when two share a Sid."""
    sids = sorted(s.sid for s in statements)
    twice = sorted({sid for sid in sids if sids.count(sid) > 1})
    if twice:
        raise ValueError(f"Sid used twice: {', '.join(twice)}")
    ordered = sorted(statements, key=lambda s: s.sid)
    return pulumi.Output.json_dumps(
        {"Version": "2012-10-17", "Statement": [s.document() for s in ordered]}, sort_keys=True
    )


def assume_role_policy(service: str) -> str:
    """Trust policy of a role that only `service` (such as `lambda.amazonaws.com`) may take."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}],
        },
        sort_keys=True,
    )


def web_identity_trust(provider: str, conditions: Condition, *, tags: bool) -> pulumi.Output[str]:
    """Trust policy of a role for the identities of `provider` (such as `cognito-identity.amazonaws.com`).

    `tags`: they come with session tags, which the role must allow besides ("Passing session tags in AWS STS").
    """
    if not conditions:
        raise ValueError(f"a role for any identity of {provider} is a role for everybody: name conditions")
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["sts:AssumeRoleWithWebIdentity", *(["sts:TagSession"] if tags else [])],
                    "Principal": {"Federated": provider},
                    "Condition": {operator: dict(keys) for operator, keys in conditions.items()},
                }
            ],
        },
        sort_keys=True,
    )

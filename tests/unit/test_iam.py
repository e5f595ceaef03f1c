"""IAM documents as data."""

import json

import pytest

from components._iam import Statement, policy_json, web_identity_trust
from support.pulumi_harness import synth

QUEUE = "arn:aws:sqs:eu-west-3:123456789012:q"


def document(*statements: Statement) -> dict[str, object]:
    parsed: dict[str, object] = json.loads(synth(lambda: policy_json(statements)).result)
    return parsed


def test_a_statement_states_its_purpose_and_sorts_its_actions() -> None:
    """B4."""
    receive = Statement("Receive", ["sqs:ReceiveMessage", "sqs:DeleteMessage"], [QUEUE])
    assert document(receive)["Statement"] == [
        {
            "Sid": "Receive",
            "Effect": "Allow",
            "Action": ["sqs:DeleteMessage", "sqs:ReceiveMessage"],
            "Resource": [QUEUE],
        }
    ]


def test_the_order_of_statements_makes_no_difference() -> None:
    a, b = Statement("A", ["sqs:SendMessage"], [QUEUE]), Statement("B", ["sqs:ReceiveMessage"], [QUEUE])
    assert document(a, b) == document(b, a)


@pytest.mark.parametrize("action", ["sqs:*", "*", "sqs:Send*", "SendMessage"])
def test_an_action_wildcard_is_refused(action: str) -> None:
    """B4."""
    with pytest.raises(ValueError, match="must name one action, without wildcard"):
        Statement("Send", [action], [QUEUE])


def test_every_resource_needs_a_reason() -> None:
    """B4."""
    with pytest.raises(ValueError, match=r"statement 'Trace': resource '\*' needs any_resource_because"):
        Statement("Trace", ["xray:PutTraceSegments"], ["*"])
    assert Statement("Trace", ["xray:PutTraceSegments"], ["*"], any_resource_because="X-Ray has none")


def test_two_statements_of_one_purpose_are_refused() -> None:
    with pytest.raises(ValueError, match="Sid used twice: Send"):
        policy_json([Statement("Send", ["sqs:SendMessage"], [QUEUE])] * 2)


def test_an_empty_grant_is_refused() -> None:
    with pytest.raises(ValueError, match="actions and resources must not be empty"):
        Statement("Nothing", [], [])


def test_a_condition_takes_several_values() -> None:
    """A9."""
    either = Statement("Send", ["sqs:SendMessage"], [QUEUE], {"StringEquals": {"aws:PrincipalTag/role": ["a", "b"]}})
    assert document(either)["Statement"] == [
        {
            "Sid": "Send",
            "Effect": "Allow",
            "Action": ["sqs:SendMessage"],
            "Resource": [QUEUE],
            "Condition": {"StringEquals": {"aws:PrincipalTag/role": ["a", "b"]}},
        }
    ]


def test_a_refusal_is_for_everyone_and_may_be_of_every_action() -> None:
    """A9. A list would let through what AWS adds tomorrow."""
    refusal = Statement("OnlyTls", ["sqs:*"], [QUEUE], {"Bool": {"aws:SecureTransport": "false"}}, denies_everyone=True)
    assert document(refusal)["Statement"] == [
        {
            "Sid": "OnlyTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["sqs:*"],
            "Resource": [QUEUE],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


@pytest.mark.parametrize("action", ["*", "sqs:Send*", "SendMessage"])
def test_a_refusal_still_names_its_service(action: str) -> None:
    """B4."""
    with pytest.raises(ValueError, match="must name one action"):
        Statement("Refuse", [action], [QUEUE], denies_everyone=True)


@pytest.mark.parametrize(("tags", "further"), [(True, ["sts:TagSession"]), (False, [])])
def test_identities_tag_their_session_only_where_they_bring_tags(tags: bool, further: list[str]) -> None:
    """A9. "Passing session tags in AWS STS": without sts:TagSession a session with tags is refused."""
    conditions = {"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-3:1"}}
    trust = json.loads(
        synth(lambda: web_identity_trust("cognito-identity.amazonaws.com", conditions, tags=tags)).result
    )
    assert trust["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["sts:AssumeRoleWithWebIdentity", *further],
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Condition": conditions,
        }
    ]


def test_a_role_for_any_identity_is_refused() -> None:
    """A9. The provider is the same for every identity pool of every account."""
    with pytest.raises(ValueError, match="role for everybody"):
        web_identity_trust("cognito-identity.amazonaws.com", {}, tags=False)

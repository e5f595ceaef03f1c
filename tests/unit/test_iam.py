"""IAM documents as data."""

import json

import pytest

from components._iam import Statement, policy_json
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

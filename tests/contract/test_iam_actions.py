"""Every permission of every stack: actions that exist, no wildcard, and a written reason for each `*` resource."""

from typing import Final

import pytest
from policy_sentry.querying.actions import get_actions_for_service

from support.planted_violations import planted
from support.policies import Statement, statements
from support.programs import STACKS, stack_graph
from support.pulumi_harness import Synth

ANY_RESOURCE: Final = {
    "SendTraces": "X-Ray has no resource for trace segments (Service Authorization Reference, AWS X-Ray)",
}
"""Sid -> why its resource is `*`."""

OPEN_PRINCIPALS: Final = frozenset({"*", "AWS:*"})


def problems(graph: Synth) -> list[str]:
    """What is wrong with the permissions of a graph, one sentence each."""
    return [f"{statement}: {problem}" for statement in statements(graph) for problem in _problems(statement)]


def _problems(statement: Statement) -> list[str]:
    # A denial may be as wide as it likes.
    found = [f"{a} holds a wildcard" for a in statement.actions if "*" in a and statement.effect == "Allow"]
    found += [f"{action} does not exist" for action in statement.actions if "*" not in action and not _exists(action)]
    found += [f"uses {key}, which allows what nobody listed" for key in statement.negations]
    if "*" in statement.resources and statement.sid not in ANY_RESOURCE:
        found.append("has the resource * without a reason in ANY_RESOURCE")
    if statement.effect == "Allow" and OPEN_PRINCIPALS & set(statement.principals):
        found.append("is open to everyone")
    if not statement.actions:
        found.append("names no action")
    return found


def _exists(action: str) -> bool:
    """Whether the Service Authorization Reference knows the action, spelled exactly so."""
    service, _, _ = action.partition(":")
    return action in get_actions_for_service(service)


@pytest.mark.parametrize("stack", STACKS)
def test_every_permission_of_a_stack_is_narrow_and_exists(stack: str) -> None:
    """B4 I1. A misspelled action grants nothing, and nobody notices before production."""
    assert problems(stack_graph(stack)) == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_walk_finds_permissions_of_every_sort(stack: str) -> None:
    """I1. The test above holds for nothing when it reads nothing."""
    types = {statement.type for statement in statements(stack_graph(stack))}
    sorts = {
        "iam/role:Role",
        "iam/rolePolicy:RolePolicy",
        "sqs/queuePolicy:QueuePolicy",
        "lambda/permission:Permission",
    }
    assert {f"aws:{sort}" for sort in sorts} <= types


@pytest.mark.parametrize("stack", STACKS)
def test_every_statement_of_a_role_or_queue_states_its_purpose(stack: str) -> None:
    """B4. Trust policies aside, which have one purpose only."""
    documents = ("aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy", "aws:sqs/queuePolicy:QueuePolicy")
    nameless = [str(s) for s in statements(stack_graph(stack)) if s.type in documents and not s.sid]
    assert nameless == []


@pytest.mark.parametrize("stack", STACKS)
def test_no_service_may_act_for_a_stranger(stack: str) -> None:
    """B4 C2. A queue or function that trusts a service names the source, else any account may use that service."""
    trusting = [s for s in statements(stack_graph(stack)) if s.principals and s.effect == "Allow"]
    trusting = [s for s in trusting if s.property != "assumeRolePolicy"]
    assert trusting
    assert [str(s) for s in trusting if not _names_source(s)] == []


def _names_source(statement: Statement) -> bool:
    return any("aws:SourceArn" in keys for keys in statement.conditions.values())


def test_every_reason_for_any_resource_is_used() -> None:
    """I1. A reason that outlives its statement would excuse the next one of that Sid."""
    used = {s.sid for stack in STACKS for s in statements(stack_graph(stack)) if "*" in s.resources}
    assert used == set(ANY_RESOURCE)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ('{"Action": "sqs:*", "Resource": "arn:aws:sqs:::q"}', "sqs:* holds a wildcard"),
        ('{"Action": ["sqs:Get*"], "Resource": "arn:aws:sqs:::q"}', "sqs:Get* holds a wildcard"),
        ('{"Action": "sqs:ReadMessage", "Resource": "arn:aws:sqs:::q"}', "sqs:ReadMessage does not exist"),
        ('{"Action": "sqs:sendmessage", "Resource": "arn:aws:sqs:::q"}', "sqs:sendmessage does not exist"),
        ('{"Action": "squeues:SendMessage", "Resource": "arn:aws:sqs:::q"}', "squeues:SendMessage does not exist"),
        ('{"Action": "sqs:SendMessage", "Resource": "*"}', "has the resource * without a reason in ANY_RESOURCE"),
        (
            '{"Sid": "Send", "Action": "sqs:SendMessage", "Resource": ["arn:aws:sqs:::q", "*"]}',
            "has the resource * without a reason in ANY_RESOURCE",
        ),
        ('{"NotAction": "sqs:SendMessage", "Resource": "arn:aws:sqs:::q"}', "uses NotAction"),
        ('{"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:::q", "Principal": "*"}', "is open to everyone"),
        ('{"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:::q", "Principal": {"AWS": ["*"]}}', "is open"),
    ],
)
def test_a_planted_statement_is_caught(statement: str, problem: str) -> None:
    """I1. Each rule of this file on a statement that breaks it."""
    [found, *_] = problems(_graph_of(statement))
    assert problem in found


def test_a_narrow_statement_gives_no_problem() -> None:
    """I1."""
    allowed = '{"Sid": "Send", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:::q"}'
    assert problems(_graph_of(allowed)) == []


def _graph_of(statement: str) -> Synth:
    document = f'{{"Statement": [{statement[:-1]}, "Effect": "Allow"}}]}}'
    return Synth([planted("aws:iam/rolePolicy:RolePolicy", {"role": "r", "policy": document})])

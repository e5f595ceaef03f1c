"""TokenEnricher on the resource graph; what it puts into tokens is tested with its handler."""

import json

import pytest

from components._checks import ArgumentsError
from components.token_enricher import TenantlessUsers, TokenEnricher
from support.component_args import TOPIC, token_enricher
from support.pulumi_harness import Synth, synth

FUNCTION = "aws:lambda/function:Function"


@pytest.fixture(scope="module")
def graph() -> Synth:
    return synth(lambda: TokenEnricher("enricher", token_enricher()))


def test_it_is_one_function_and_nothing_else(graph: Synth) -> None:
    assert [child.name for child in graph.children("enricher")] == ["enricher-function"]


def test_it_may_do_nothing_but_log(graph: Synth) -> None:
    """B4 B6. The hot path calls no service, so its role allows none."""
    assert [s["Sid"] for s in graph.policy("enricher-function-policy")["Statement"]] == ["WriteOwnLogs"]


def test_privileged_scopes_reach_the_function_sorted() -> None:
    """A4."""
    args = token_enricher(privileged_scopes=["staff.read", "profile.read"])
    graph = synth(lambda: TokenEnricher("enricher", args))
    variables = graph.one(FUNCTION).inputs["environment"]["variables"]
    assert json.loads(variables["PRIVILEGED_SCOPES"]) == ["profile.read", "staff.read"]


def test_its_timeout_is_what_cognito_waits(graph: Synth) -> None:
    """B5."""
    assert graph.one(FUNCTION).inputs["timeout"] == 5


def test_the_roles_reach_the_function_in_their_order(graph: Synth) -> None:
    """B1 A8."""
    variables = graph.one(FUNCTION).inputs["environment"]["variables"]
    assert json.loads(variables["ROLES"]) == [
        {"name": "admin", "scopes": ["profile.read", "staff.read"]},
        {"name": "patient", "scopes": ["profile.read"]},
    ]
    assert variables["RESOURCE_SERVER"] == "medflow"


@pytest.mark.parametrize("choice", list(TenantlessUsers))
def test_users_without_clinic_are_a_choice(choice: TenantlessUsers) -> None:
    """B2."""
    graph = synth(lambda: TokenEnricher("enricher", token_enricher(tenantless_users=choice)))
    assert graph.one(FUNCTION).inputs["environment"]["variables"]["TENANTLESS_USERS"] == choice.value


def test_it_does_not_know_the_pool(graph: Synth) -> None:
    """B4. The pool needs this function's ARN: knowing the pool would be a cycle."""
    assert not [key for key in graph.one(FUNCTION).inputs["environment"]["variables"] if "POOL" in key]


def test_alarms_go_to_the_topic() -> None:
    """B5."""
    graph = synth(lambda: TokenEnricher("enricher", token_enricher(operations={"alarm_topic_arn": TOPIC})))
    assert len(graph.all("aws:cloudwatch/metricAlarm:MetricAlarm")) == 3


def test_a_role_that_stands_twice_is_refused() -> None:
    twice = [{"name": "admin", "description": "", "scopes": []}] * 2
    with pytest.raises(ArgumentsError, match="role 'admin' stands twice"):
        synth(lambda: TokenEnricher("enricher", token_enricher(roles=twice)))

"""ConsumerConfig on the resource graph."""

import json
from typing import Any

import pytest

from components._checks import ArgumentsError
from components.consumer_config import ConsumerConfig
from support.component_args import consumer_config
from support.pulumi_harness import Synth, synth

PARAMETER = "aws:ssm/parameter:Parameter"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"


@pytest.fixture(scope="module")
def graph() -> Synth:
    return synth(lambda: ConsumerConfig("consumers", consumer_config()))


def test_it_has_exactly_these_children(graph: Synth) -> None:
    assert sorted(child.name for child in graph.children("consumers")) == [
        "consumers-api-url-parameter",
        "consumers-nestjs-administration-policy",
        "consumers-nestjs-read-policy",
        "consumers-nestjs-secret",
        "consumers-nestjs-secret-version",
        "consumers-user-pool-id-parameter",
    ]


def test_public_values_are_parameters_under_the_stack_s_path(graph: Synth) -> None:
    """E1."""
    assert {p.inputs["name"]: p.inputs["value"] for p in graph.all(PARAMETER)} == {
        "/medflow/test/api-url": "https://api.example.com",
        "/medflow/test/user-pool-id": "eu-west-3_Abc",
    }


def test_the_nestjs_secret_is_one_json_with_the_service_s_own_keys(graph: Synth) -> None:
    """E2."""
    version = graph.one(VERSION)
    assert json.loads(version.inputs["secretString"]) == {
        "userPoolId": "eu-west-3_Abc",
        "clientId": "backend",
        "clientSecret": "not-a-real-secret",
        "region": "eu-west-3",
        "authority": "https://cognito-idp.eu-west-3.amazonaws.com/eu-west-3_Abc",
        "identityPoolId": None,
    }


def test_the_secret_s_text_stays_a_secret_in_the_state(graph: Synth) -> None:
    """E1 E2."""
    assert "secretString" in graph.one(VERSION).secret_inputs


def test_an_identity_pool_is_passed_on() -> None:
    """E2."""
    nestjs = {**consumer_config()["nestjs"], "identity_pool_id": "eu-west-3:pool"}
    graph = synth(lambda: ConsumerConfig("consumers", consumer_config(nestjs=nestjs)))
    assert json.loads(graph.one(VERSION).inputs["secretString"])["identityPoolId"] == "eu-west-3:pool"


def test_the_service_may_read_its_secret_and_the_parameters_alone(graph: Synth) -> None:
    """E2."""
    statements = {s["Sid"]: s for s in graph.policy("consumers-nestjs-read-policy")["Statement"]}
    secret = graph.one("aws:secretsmanager/secret:Secret")
    assert statements["ReadSecret"]["Resource"] == [secret.outputs["arn"]]
    assert statements["ReadParameters"]["Resource"] == [p.outputs["arn"] for p in graph.all(PARAMETER)]
    assert len(statements) == 2


def test_the_service_may_administer_users_of_its_pool_but_not_delete_them(graph: Synth) -> None:
    """E2 A5. Clinic and role are written through this policy alone."""
    [statement] = graph.policy("consumers-nestjs-administration-policy")["Statement"]
    assert statement["Resource"] == [consumer_config()["nestjs"]["user_pool_arn"]]
    assert "cognito-idp:AdminUpdateUserAttributes" in statement["Action"]
    assert "cognito-idp:AdminDeleteUser" not in statement["Action"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parameter_path": "medflow/test"}, "parameter_path 'medflow/test' must read like /medflow/dev"),
        ({"parameters": {"apiUrl": "x"}}, "parameter 'apiUrl' must be lower-case letters, digits and hyphens"),
        ({"parameters": {"api-url": ""}}, "parameter 'api-url' must not be empty"),
        ({"secret_recovery_days": 3}, r"secret_recovery_days is 3; it must be 7 to 30 days \(or 0 for none\)"),
    ],
)
def test_a_bad_argument_is_refused_with_its_key_and_its_fix(changes: dict[str, Any], message: str) -> None:
    """E1 E2."""
    with pytest.raises(ArgumentsError, match=message):
        synth(lambda: ConsumerConfig("consumers", consumer_config(**changes)))

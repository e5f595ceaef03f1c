"""SignUpValidator on the resource graph; whom it lets in is tested with its handler."""

import re
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session

from components._checks import ArgumentsError
from components.sign_up_validator import LINK_OPERATIONS, US_LICENSE_STATES, SignUpValidator, SignUpValidatorArgs
from sign_up_validator import env
from support.component_args import PREFIX, TOPIC
from support.pulumi_harness import ROOT, Synth, synth

FUNCTION = "aws:lambda/function:Function"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
CLINIC = "6f9619ff-8b86-4011-b42d-00c04fc964ff"


def args(**changes: Any) -> SignUpValidatorArgs:
    least: SignUpValidatorArgs = {"name_prefix": PREFIX, "roles": ["admin", "doctor", "patient"]}
    return {**least, **changes}  # type: ignore[typeddict-item]


def full(**changes: Any) -> SignUpValidatorArgs:
    return args(
        **{
            "license_states": ["TN-11", "TN-61"],
            "self_registration": {"roles": ["patient"], "clinics": [CLINIC], "license": True},
            "allowed_email_domains": ["clinic.example"],
            "denied_email_domains": ["mail.example"],
            "linking_providers": [
                {"name": "Google"},
                {"name": "sfax", "email_domains": ["sfax.example"], "subject_attribute": "custom:id"},
            ],
            "operations": {"alarm_topic_arn": TOPIC, "tracing": True, "log_retention_days": 30},
            **changes,
        }
    )


def make(given: SignUpValidatorArgs) -> Synth:
    return synth(lambda: SignUpValidator("validator", given))


@pytest.fixture(scope="module")
def graph() -> Synth:
    return make(args())


@pytest.fixture(scope="module")
def complete() -> Synth:
    return make(full())


def read(graph: Synth) -> env.Environment:
    """What the function makes of its variables."""
    return env.parse(graph.one(FUNCTION).inputs["environment"]["variables"])


def test_it_is_one_function_and_nothing_else(graph: Synth) -> None:
    assert [child.name for child in graph.children("validator")] == ["validator-function"]


def test_by_itself_it_may_do_nothing_but_log(graph: Synth) -> None:
    """A13 B4. What it may do with the pool, CognitoAuth grants."""
    assert [s["Sid"] for s in graph.policy("validator-function-policy")["Statement"]] == ["WriteOwnLogs"]


def test_it_ends_within_what_cognito_waits_and_has_the_processor_that_a_link_needs(graph: Synth) -> None:
    """A13 A7."""
    assert (graph.one(FUNCTION).inputs["timeout"], graph.one(FUNCTION).inputs["memorySize"]) == (5, 1024)


def test_without_a_word_nobody_registers_with_a_privilege_and_nobody_is_linked(graph: Synth) -> None:
    """A13 A7. The defaults are the closed ones."""
    known = read(graph)
    assert (known.self_roles, known.self_clinics, known.self_license) == (frozenset(), frozenset(), False)
    assert (known.providers, known.allowed_domains, known.denied_domains) == ((), frozenset(), frozenset())
    assert known.license_states == set(US_LICENSE_STATES)


def test_the_states_are_fifty_and_the_district_and_five_territories() -> None:
    """A13. Each once."""
    assert len(US_LICENSE_STATES) == len(set(US_LICENSE_STATES)) == 56
    assert {"DC", "PR", "GU", "VI", "AS", "MP", "CA", "TN"} <= set(US_LICENSE_STATES)


def test_what_is_configured_is_what_the_function_reads(complete: Synth) -> None:
    """A13 A7. The handler's own parser reads what the component wrote."""
    known = read(complete)
    assert known.license_states == {"TN-11", "TN-61"}
    assert (*known.self_roles, *known.self_clinics, known.self_license) == ("patient", CLINIC, True)
    assert (*known.allowed_domains, *known.denied_domains) == ("clinic.example", "mail.example")
    assert known.roles == {"admin", "doctor", "patient"}
    assert [(p.name, p.email_domains, p.subject_attribute) for p in known.providers] == [
        ("Google", frozenset(), ""),
        ("sfax", {"sfax.example"}, "custom:id"),
    ]


def test_it_does_not_know_the_pool(complete: Synth) -> None:
    """B4. The pool needs this function's ARN: knowing the pool would be a cycle."""
    variables = complete.one(FUNCTION).inputs["environment"]["variables"]
    assert set(variables) == set(env.VARIABLES)
    assert not [key for key in variables if "POOL" in key]


def test_what_a_link_is_granted_is_what_it_calls_and_exists() -> None:
    """A7 B4. CognitoAuth writes the names as they are into the policy for the one pool."""
    called = set(re.findall(r"_client\(\)\.(\w+)\(", (ROOT / "lambdas/sign_up_validator/store.py").read_text()))
    assert {xform_name(operation) for operation in LINK_OPERATIONS} == called
    assert set(LINK_OPERATIONS) <= set(get_session().get_service_model("cognito-idp").operation_names)


def test_the_role_is_an_output_for_the_pool_s_grant(complete: Synth) -> None:
    """A7 B4."""
    assert complete.component("validator").outputs["role_name"] == f"{PREFIX}-iam-sign-up-validator"


def test_refused_users_raise_no_alarm_but_undecided_ones_throttles_and_slowness_do(complete: Synth) -> None:
    """A13 B5. Lambda counts a refusal as an error, and a refusal is anybody's to bring about."""
    watched = {(a.inputs["namespace"], a.inputs["metricName"], a.inputs["threshold"]) for a in complete.all(ALARM)}
    assert watched == {
        ("MedFlow", "SignUpUndecided", 1),
        ("AWS/Lambda", "Throttles", 1),
        ("AWS/Lambda", "Duration", 4000),
    }
    assert {tuple(a.inputs["alarmActions"]) for a in complete.all(ALARM)} == {(TOPIC,)}


def test_without_a_topic_there_is_no_alarm(graph: Synth) -> None:
    """B5."""
    assert graph.all(ALARM) == []


def test_the_rest_of_its_operations_are_as_of_every_function(complete: Synth) -> None:
    """B4 G5."""
    assert complete.one(FUNCTION).inputs["tracingConfig"]["mode"] == "Active"
    assert complete.one("aws:cloudwatch/logGroup:LogGroup").inputs["retentionInDays"] == 30


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"roles": []}, "roles must not be empty"),
        ({"roles": ["admin", "admin"]}, "roles holds an entry twice"),
        ({"license_states": []}, "license_states must not be empty"),
        ({"license_states": ["tn"]}, "license_states: 'tn' must be 2 to 10 capitals, digits and hyphens"),
        ({"license_states": ["TN", "TN"]}, "license_states holds an entry twice"),
        ({"self_registration": {"roles": ["nurse"]}}, "self_registration.roles: 'nurse' is none of roles"),
        ({"self_registration": {"roles": ["admin"]}}, "'admin' is the most powerful role, nobody takes it"),
        (
            {"self_registration": {"clinics": ["sfax"]}},
            "self_registration.clinics: 'sfax' must be a UUID in lower case",
        ),
        ({"self_registration": {"clinics": [CLINIC.upper()]}}, "must be a UUID in lower case"),
        (
            {"allowed_email_domains": ["@x.example"]},
            "allowed_email_domains: '@x.example' must be a domain in lower case",
        ),
        ({"denied_email_domains": ["X.example"]}, "denied_email_domains: 'X.example' must be a domain in lower case"),
        ({"linking_providers": [{"name": "_okta"}]}, "linking_providers: '_okta' must be 3 to 32 characters"),
        ({"linking_providers": [{"name": "Okta"}, {"name": "okta"}]}, "linking_providers holds an entry twice"),
        (
            {"linking_providers": [{"name": "abc"}, {"name": "abc_d"}]},
            "linking_providers: 'abc' begins 'abc_d', so names of users could be read both ways",
        ),
        (
            {"linking_providers": [{"name": "okta", "email_domains": ["okta"]}]},
            "linking_providers 'okta': email_domains: 'okta' must be a domain in lower case",
        ),
        (
            {"self_registration": {"clinics": [f"{CLINIC[:-4]}{number:04x}" for number in range(100)]}},
            "all lists together take more than 3500 bytes",
        ),
    ],
)
def test_arguments_that_cannot_work_are_refused(changes: dict[str, Any], problem: str) -> None:
    """A13 A7."""
    with pytest.raises(ArgumentsError) as refused:
        make(args(**changes))
    assert problem in str(refused.value)


def test_all_problems_are_told_at_once() -> None:
    """A13."""
    with pytest.raises(ArgumentsError, match=r"SignUpValidator 'validator': roles must not be empty; .*'x' must be"):
        make(args(roles=[], allowed_email_domains=["x"]))

"""The checker of provider rules: a planted violation of each kind is caught, and a clean resource gives none."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from support.computed_outputs import COMPUTED
from support.planted_violations import (
    ARN,
    CLEAN,
    CLIENT,
    FUNCTION,
    INDEX,
    PARAMETER,
    PLANTED,
    POOL,
    QUEUE,
    RULE,
    TABLE,
    TARGET,
    TRAPPED,
    planted,
)
from support.provider_rules import UNLISTED, Violation, violations
from support.provider_rules.facts import RELATIONS, all_facts, argument_class, fields
from support.provider_rules.traps import TRAPS
from support.pulumi_harness import UNKNOWN, Resource, Synth, synth


def _changed(type_: str, change: dict[str, Any]) -> Resource:
    inputs = {**CLEAN.get(type_, {}), **change}
    return planted(type_, {key: value for key, value in inputs.items() if value is not None})


def _places(found: list[Violation]) -> set[tuple[str, str]]:
    return {(violation.kind, violation.path) for violation in found}


@pytest.mark.parametrize("type_", sorted(CLEAN))
def test_a_clean_resource_gives_no_violation(type_: str) -> None:
    """I1. Else the planted ones would prove nothing."""
    assert violations(_changed(type_, {})) == []


@pytest.mark.parametrize(("kind", "type_", "change", "path"), PLANTED + TRAPPED)
def test_a_planted_violation_is_caught_where_it_is(kind: str, type_: str, change: dict[str, Any], path: str) -> None:
    """I1."""
    assert (kind, path) in _places(violations(_changed(type_, change)))


def test_each_kind_and_each_trap_has_a_planted_violation() -> None:
    """I1. A kind that is added to the checker without one could be dead."""
    entries = {"enum", "min", "max", "minLength", "maxLength", "pattern", "maxItems", "minItems", "json", "arn"}
    assert {kind for kind, *_ in PLANTED} == RELATIONS | entries | {"unknown", "computedOnly", "required", "unlisted"}
    assert {kind for kind, *_ in TRAPPED} | {"target of a rule"} == {trap.name for trap in TRAPS}


def test_the_data_is_refused_a_kind_of_entry_that_nothing_judges() -> None:
    """I1. The rest says when a change replaces, what is the default and what is deprecated: nothing is refused."""
    judged = {"required", "enum", "min", "max", "minLength", "maxLength", "pattern", "maxItems", "minItems"}
    judged |= {"json", "arn", "computedOnly"}
    kinds = {kind for facts in all_facts().values() for entry in facts.properties.values() for kind in entry}
    assert kinds == judged | {"forceNew", "default", "deprecated"}


def test_a_target_whose_rule_is_on_another_bus_is_caught() -> None:
    """C2. AWS would look the rule up on the default bus and not find it."""
    rule = planted(RULE, {"name": "daily", "eventBusName": "identity", "scheduleExpression": "rate(1 day)"}, "rule")
    lost = planted(TARGET, {"rule": "daily", "arn": ARN}, "lost")
    found = planted(TARGET, {"rule": "daily", "arn": ARN, "eventBusName": "identity"}, "found")
    assert [(v.name, v.kind, v.path) for v in violations(Synth([rule, lost, found]))] == [
        ("lost", "target of a rule", "eventBusName")
    ]


def test_a_conflict_holds_inside_one_object_only() -> None:
    """I1. Two indexes may name their keys in two ways; one index may not."""
    keys = [{"attributeName": "pk", "keyType": "HASH"}]
    apart = [{**INDEX, "hashKey": "other"}, {"name": "j", "projectionType": "ALL", "keySchemas": keys}]
    assert violations(_changed(TABLE, {"globalSecondaryIndexes": apart})) == []


def test_where_only_the_first_of_a_conflict_excludes_the_others_these_may_meet() -> None:
    """I1. An analytics block with an id needs both of what an ARN excludes."""
    role = "arn:aws:iam::123456789012:role/r"
    block = {"applicationId": "a" * 32, "externalId": "e", "roleArn": role}
    assert violations(_changed(CLIENT, {"analyticsConfiguration": block})) == []


@pytest.mark.parametrize(
    ("type_", "change"),
    [
        (QUEUE, {"delaySeconds": UNKNOWN, "name": UNKNOWN, "redrivePolicy": UNKNOWN}),
        (PARAMETER, {"value": UNKNOWN}),
        (QUEUE, {"kmsMasterKeyId": UNKNOWN}),  # beside sqsManagedSseEnabled: a conflict once it is known
        (TARGET, {"arn": UNKNOWN, "rule": UNKNOWN}),
        (CLIENT, {"callbackUrls": [UNKNOWN], "tokenValidityUnits": UNKNOWN}),
        (FUNCTION, {"code": None, "s3Bucket": UNKNOWN, "s3Key": UNKNOWN}),
        ("aws:iam/rolePolicy:RolePolicy", {"policy": UNKNOWN, "role": UNKNOWN}),
    ],
)
def test_what_a_preview_does_not_know_is_not_judged(type_: str, change: dict[str, Any]) -> None:
    """I1. As in the provider."""
    assert violations(_changed(type_, change)) == []


def test_cognito_measures_characters_and_others_bytes() -> None:
    """A12. An Arabic message may be as long as a French one."""
    arabic = "\u0631" * 15_000 + "{####}"  # 20,000 are allowed; in bytes it would be 30,006
    assert violations(_changed(POOL, {"emailVerificationMessage": arabic})) == []
    assert ("maxLength", "inputPath") in _places(violations(_changed(TARGET, {"inputPath": "\u0631" * 200})))


def test_a_violation_is_found_through_the_sdk_too() -> None:
    """I1. The names in the data are those that the SDK sends."""

    def program() -> None:
        aws.sqs.Queue("q", delay_seconds=901, kms_master_key_id="k", sqs_managed_sse_enabled=True)

    assert _places(violations(synth(program))) == {("max", "delaySeconds"), ("conflicts", "")}


def test_a_component_and_what_is_only_looked_up_are_not_judged() -> None:
    """I1. Neither is created by the provider."""
    component = planted("medflow:index:Mailbox", {"anything": 1})
    component.custom = False
    looked_up = _changed(TARGET, {"arn": None})
    looked_up.read = True
    assert violations(Synth([component, looked_up])) == []


def test_an_unlisted_type_that_is_allowed_has_its_reason() -> None:
    """I1."""
    assert all(len(reason.split()) > 3 for reason in UNLISTED.values())
    assert not set(UNLISTED) & set(all_facts())


def test_all_types_that_the_harness_can_create_are_in_the_data() -> None:
    """I1. Else a new type would be judged by nothing."""
    assert set(COMPUTED) - set(all_facts()) == set(UNLISTED)


@pytest.mark.parametrize("type_", sorted(set(COMPUTED) - set(UNLISTED)))
def test_the_data_and_the_sdk_agree_on_the_properties_of_a_type(type_: str) -> None:
    """I1. An upgrade of pulumi_aws that adds, removes or renames an input shows here."""
    class_ = argument_class(type_)
    assert class_ is not None
    assert set(fields(class_)) == all_facts()[type_].accepted


def test_the_checker_leaves_the_sdk_usable_when_it_runs_first() -> None:
    """I1. The SDK loads lazily; in a fresh interpreter, as no other test may have loaded it before."""
    program = (
        "from support.provider_rules.facts import argument_class; import pulumi_aws;"
        " argument_class('aws:iam/role:Role'); print(pulumi_aws.iam.Role.__name__)"
    )
    tests = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program], cwd=tests, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("Role", 0), done.stderr

"""The block that every function is made of."""

from typing import Any

import pytest

from components._checks import ArgumentsError
from components._iam import Statement
from components._python_lambda import PythonLambda, PythonLambdaArgs
from support.component_args import PREFIX, TOPIC
from support.pulumi_harness import Archive, Synth, synth

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
OPERATIONS = {"alarm_topic_arn": TOPIC, "tracing": True, "log_retention_days": 30}
SEND = Statement("Send", ["sqs:SendMessage"], ["arn:aws:sqs:eu-west-3:123456789012:q"])


def args(**changes: Any) -> PythonLambdaArgs:
    least: PythonLambdaArgs = {
        "name_prefix": PREFIX,
        "package": "token_enricher",
        "description": "A function",
        "timeout_seconds": 5,
        "statements": [SEND],
    }
    return {**least, **changes}  # type: ignore[typeddict-item]


@pytest.fixture(scope="module")
def least() -> Synth:
    return synth(lambda: PythonLambda("f", args()))


@pytest.fixture(scope="module")
def full() -> Synth:
    return synth(lambda: PythonLambda("f", args(operations=OPERATIONS, environment={"A": "1"}, memory_mb=512)))


def test_it_has_exactly_these_children(least: Synth) -> None:
    assert [c.name for c in least.children("f")] == ["f-logs", "f-role", "f-policy", "f-function", "f-live"]


def test_the_function_runs_on_the_target_platform_from_its_own_zip(least: Synth) -> None:
    """B4."""
    function = least.one("aws:lambda/function:Function").inputs
    assert (function["runtime"], function["architectures"]) == ("python3.13", ["arm64"])
    assert function["handler"] == "token_enricher.handler.lambda_handler"
    assert isinstance(function["code"], Archive)
    assert function["code"].path == "build/lambdas/token_enricher.zip"


def test_a_version_is_published_and_the_alias_points_to_it(least: Synth) -> None:
    """B3. Only the first half of the row: releases by canary come with the deployment group."""
    function, alias = least.one("aws:lambda/function:Function"), least.one("aws:lambda/alias:Alias").inputs
    assert function.inputs["publish"] is True
    assert (alias["name"], alias["functionVersion"]) == ("live", function.outputs["version"])


def test_logs_are_json_in_a_group_that_forgets(full: Synth) -> None:
    """B2. A group that Lambda makes by itself keeps its lines for ever."""
    group, function = full.one("aws:cloudwatch/logGroup:LogGroup").inputs, full.one("aws:lambda/function:Function")
    assert (group["name"], group["retentionInDays"]) == ("/aws/lambda/test-medflow-lambda-token-enricher", 30)
    assert function.inputs["loggingConfig"] == {"logFormat": "JSON", "logGroup": group["name"]}


def test_the_function_waits_for_its_grants(least: Synth) -> None:
    assert "f-policy" in least.one("aws:lambda/function:Function").depends_on


def test_the_role_is_for_lambda_alone_and_grants_what_was_asked_and_its_own_logs(least: Synth) -> None:
    """B4."""
    trust = least.assume_role_policy("f-role")["Statement"]
    assert [s["Principal"] for s in trust] == [{"Service": "lambda.amazonaws.com"}]
    statements = least.policy("f-policy")["Statement"]
    assert [s["Sid"] for s in statements] == ["Send", "WriteOwnLogs"]
    group = least.one("aws:cloudwatch/logGroup:LogGroup").outputs["arn"]
    assert statements[1]["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statements[1]["Resource"] == [f"{group}:*"]


def test_traces_need_a_grant_and_only_when_wanted(full: Synth, least: Synth) -> None:
    """B4."""
    assert full.one("aws:lambda/function:Function").inputs["tracingConfig"] == {"mode": "Active"}
    assert least.one("aws:lambda/function:Function").inputs["tracingConfig"] == {"mode": "PassThrough"}
    assert "SendTraces" in [s["Sid"] for s in full.policy("f-policy")["Statement"]]


def test_a_topic_brings_the_alarms(full: Synth, least: Synth) -> None:
    """B5. Errors and throttles at one, duration at four fifths of the timeout."""
    assert least.all(ALARM) == []
    alarms = {a.inputs["metricName"]: a.inputs for a in full.all(ALARM)}
    assert {metric: a["threshold"] for metric, a in alarms.items()} == {"Errors": 1, "Throttles": 1, "Duration": 4000}
    assert all(a["alarmActions"] == [TOPIC] for a in alarms.values())


def test_no_environment_is_left_out_rather_than_sent_empty(least: Synth) -> None:
    assert "environment" not in least.one("aws:lambda/function:Function").inputs


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"timeout_seconds": 901}, "timeout_seconds is 901; it must be 1 to 900 seconds"),
        ({"memory_mb": 64}, "memory_mb is 64; it must be 128 to 10240 MB"),
        ({"package": "absent"}, "package 'absent' has no build/lambdas/absent.zip: run `make build` first"),
    ],
)
def test_a_bad_argument_is_refused_with_its_key_and_its_fix(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentsError, match=message):
        synth(lambda: PythonLambda("f", args(**changes)))

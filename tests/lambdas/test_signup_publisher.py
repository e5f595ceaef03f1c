"""The post confirmation trigger: publishes, falls back, and never holds the user up."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from moto import mock_aws

from medflow_runtime.events import violation

Event = dict[str, Any]

PERSONAL = ("Amina", "Haddad", "example.org", "50123456", "6f9619ff", "TN-4711", "cardiology", 'broken"')


@pytest.fixture
def sign_up(event: Callable[[str], Event]) -> Event:
    return event("post_confirmation_sign_up")


class Pipeline:
    """A bus whose events arrive in a queue of their own, and the consumer's queue, both of moto."""

    def __init__(self) -> None:
        sqs, events = boto3.client("sqs", region_name="us-east-1"), boto3.client("events", region_name="us-east-1")
        self._sqs = sqs
        self.queue_url = sqs.create_queue(QueueName="signups")["QueueUrl"]
        self._tap_url = sqs.create_queue(QueueName="tap")["QueueUrl"]
        tap_arn = sqs.get_queue_attributes(QueueUrl=self._tap_url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        events.create_event_bus(Name="identity")
        pattern = {"source": ["medflow.identity"], "detail-type": ["user.registered"]}
        events.put_rule(Name="registered", EventBusName="identity", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="registered", EventBusName="identity", Targets=[{"Id": "tap", "Arn": tap_arn}])

    def on_the_bus(self) -> list[Event]:
        return self._received(self._tap_url)

    def on_the_queue(self) -> list[Event]:
        return self._received(self.queue_url)

    def _received(self, queue_url: str) -> list[Event]:
        messages = self._sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            self._sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]


@pytest.fixture(scope="module")
def running_pipeline() -> Iterator[Pipeline]:
    with mock_aws():
        yield Pipeline()


@pytest.fixture
def pipeline(running_pipeline: Pipeline) -> Pipeline:
    """Empty queues."""
    running_pipeline.on_the_bus()
    running_pipeline.on_the_queue()
    return running_pipeline


@pytest.fixture
def publisher(handler: Callable[..., ModuleType], pipeline: Pipeline) -> ModuleType:
    return handler("signup_publisher", EVENT_BUS_NAME="identity", FALLBACK_QUEUE_URL=pipeline.queue_url)


def logged(capsys: pytest.CaptureFixture[str]) -> list[Event]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def counted(lines: list[Event]) -> list[str]:
    """Metrics of the embedded format among the lines."""
    return [
        metric["Name"] for line in lines if "_aws" in line for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    ]


def break_bus(monkeypatch: pytest.MonkeyPatch, outcome: Any) -> list[Event]:
    """Make PutEvents raise or answer `outcome`; returns the list that its calls will be in."""
    return _break(monkeypatch, "_bus", "put_events", outcome)


def _break(monkeypatch: pytest.MonkeyPatch, client: str, method: str, outcome: Any) -> list[Event]:
    import signup_publisher.events as module

    calls: list[Event] = []

    def call(**request: Any) -> Any:
        calls.append(request)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(module, client, lambda: type("Broken", (), {method: staticmethod(call)})())
    return calls


def refused_entry(code: str) -> Event:
    """PutEvents answers 200 for an entry that it did not take."""
    return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": code, "ErrorMessage": "not today"}]}


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "amina.haddad@example.org"}}, "PutEvents")


FAILURES = {
    "InternalFailure": refused_entry("InternalFailure"),
    "ThrottlingException": client_error("ThrottlingException"),
    "AccessDeniedException": client_error("AccessDeniedException"),
    "ResourceNotFoundException": client_error("ResourceNotFoundException"),
    "ReadTimeoutError": ReadTimeoutError(endpoint_url="events"),
    "EndpointConnectionError": EndpointConnectionError(endpoint_url="events"),
}
"""Code in the log -> what PutEvents answers or raises."""


def test_a_confirmed_sign_up_is_published_with_all_that_the_pool_knows(
    publisher: ModuleType, pipeline: Pipeline, sign_up: Event, context: Any
) -> None:
    """C1."""
    publisher.lambda_handler(sign_up, context)
    [envelope] = pipeline.on_the_bus()
    detail = envelope["detail"]
    assert (envelope["source"], envelope["detail-type"]) == ("medflow.identity", "user.registered")
    assert detail["user"] == {
        "cognito_id": "7c1f5a52-4a8b-4b53-9a55-0d2f6a1b9c10",
        "email": "Amina.Haddad@example.org",
        "email_verified": True,
        "name": "Amina Haddad",
        "phone": "+21650123456",
        "medical_license": "TN-4711-B",
        "license_state": "TN",
        "specialties": ["cardiology", "paediatrics"],
        "clinic_id": "6f9619ff-8b86-4011-b42d-00c04fc964ff",
        "user_role": "doctor",
        "preferred_language": "fr",
        "npi_number": "1234567893",
    }
    assert (detail["correlation_id"], detail["user_pool_id"]) == (context.aws_request_id, "us-east-1_ExAmPlE01")


def test_what_is_published_keeps_the_committed_schema(
    publisher: ModuleType, pipeline: Pipeline, sign_up: Event, context: Any
) -> None:
    """C1."""
    publisher.lambda_handler(sign_up, context)
    [envelope] = pipeline.on_the_bus()
    assert violation(envelope["detail"], 1) is None


def test_a_repeated_call_makes_the_same_event_id(
    publisher: ModuleType, pipeline: Pipeline, sign_up: Event, context: Any
) -> None:
    """C1 C4. Cognito calls a slow trigger up to three times."""
    for _ in range(2):
        publisher.lambda_handler(deepcopy(sign_up), context)
    first, second = pipeline.on_the_bus()
    assert first["detail"]["event_id"] == second["detail"]["event_id"]
    assert first["detail"]["occurred_at"] < second["detail"]["occurred_at"]


@pytest.mark.parametrize("source", ["PostConfirmation_ConfirmForgotPassword", "PostConfirmation_New"])
def test_what_is_no_registration_is_not_published(
    publisher: ModuleType, pipeline: Pipeline, sign_up: Event, context: Any, source: str
) -> None:
    """C1. A new password would otherwise look like a new user."""
    sign_up["triggerSource"] = source
    assert publisher.lambda_handler(sign_up, context) is sign_up
    assert (pipeline.on_the_bus(), pipeline.on_the_queue()) == ([], [])


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_an_event_that_the_bus_does_not_take_goes_to_the_queue_as_the_bus_would_have_put_it(
    publisher: ModuleType,
    pipeline: Pipeline,
    sign_up: Event,
    context: Any,
    failure: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """C1."""
    calls = break_bus(monkeypatch, failure)
    publisher.lambda_handler(sign_up, context)
    [envelope] = pipeline.on_the_queue()
    assert envelope["detail"] == json.loads(calls[0]["Entries"][0]["Detail"])
    assert {key: envelope[key] for key in ("version", "source", "detail-type", "account", "region", "resources")} == {
        "version": "0",
        "source": "medflow.identity",
        "detail-type": "user.registered",
        "account": "123456789012",
        "region": "us-east-1",
        "resources": [],
    }


def test_the_fallback_envelope_has_the_keys_of_eventbridge(
    publisher: ModuleType, pipeline: Pipeline, sign_up: Event, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C1. As in "Event structure", EventBridge User Guide: the consumer cannot tell the two ways apart."""
    break_bus(monkeypatch, refused_entry("InternalFailure"))
    publisher.lambda_handler(sign_up, context)
    [envelope] = pipeline.on_the_queue()
    documented = {"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"}
    assert set(envelope) == documented


def test_the_bus_is_tried_twice(
    publisher: ModuleType, sign_up: Event, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C1."""
    calls = break_bus(monkeypatch, refused_entry("ThrottlingException"))
    publisher.lambda_handler(sign_up, context)
    assert len(calls) == 2


def test_the_bus_is_not_tried_again_when_the_queue_would_be_left_without_time(
    publisher: ModuleType, sign_up: Event, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C1. A slow first attempt must not cost the fallback its turn within Cognito's 5 s."""
    calls = break_bus(monkeypatch, refused_entry("ThrottlingException"))
    context.remaining = 3_000
    publisher.lambda_handler(sign_up, context)
    assert len(calls) == 1


@pytest.mark.parametrize("code", FAILURES)
def test_a_fallback_is_told_to_the_log_and_counted(
    publisher: ModuleType,
    sign_up: Event,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: str,
) -> None:
    """C1 C8."""
    break_bus(monkeypatch, FAILURES[code])
    publisher.lambda_handler(sign_up, context)
    lines = logged(capsys)
    [warning] = [line for line in lines if line.get("level") == "WARNING"]
    assert (warning["reason"], warning["correlation_id"]) == (code, context.aws_request_id)
    assert counted(lines) == ["SignupFellBackToQueue"]


def test_a_sign_up_that_nothing_takes_is_an_error_with_correlation_id_and_metric_and_the_user_goes_on(
    publisher: ModuleType,
    sign_up: Event,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """C1 C8."""
    break_bus(monkeypatch, client_error("AccessDeniedException"))
    _break(monkeypatch, "_queue", "send_message", client_error("QueueDoesNotExist"))
    before = deepcopy(sign_up)
    assert publisher.lambda_handler(sign_up, context) == before
    lines = logged(capsys)
    [error] = [line for line in lines if line.get("level") == "ERROR"]
    assert error["reason"] == "bus: AccessDeniedException; queue: QueueDoesNotExist"
    assert error["correlation_id"] == context.aws_request_id
    assert counted(lines) == ["SignupNotPublished"]


@pytest.mark.parametrize("broken", [{}, {"triggerSource": "PostConfirmation_ConfirmSignUp"}, {"request": None}])
def test_an_event_that_cannot_be_read_holds_nobody_up(
    publisher: ModuleType, context: Any, broken: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """C1."""
    assert publisher.lambda_handler(broken, context) is broken
    assert counted(logged(capsys)) == ["SignupNotPublished"]


def test_an_error_that_nobody_expected_is_named_and_not_quoted(
    publisher: ModuleType,
    sign_up: Event,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """C1 G5."""

    def user_registered(*_: Any) -> None:
        raise LookupError("Amina Haddad")

    monkeypatch.setattr("signup_publisher.publishing.user_registered", user_registered)
    assert publisher.lambda_handler(sign_up, context) is sign_up
    [error] = [line for line in logged(capsys) if line.get("level") == "ERROR"]
    assert (error["reason"], "Amina" in json.dumps(error)) == ("LookupError", False)


def test_a_missing_environment_holds_nobody_up_and_is_named(
    handler: Callable[..., ModuleType], sign_up: Event, context: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """C1."""
    module = handler("signup_publisher", EVENT_BUS_NAME="", FALLBACK_QUEUE_URL="")
    assert module.lambda_handler(sign_up, context) is sign_up
    [error] = [line for line in logged(capsys) if line.get("level") == "ERROR"]
    assert error["reason"] == "signup_publisher: EVENT_BUS_NAME is missing; FALLBACK_QUEUE_URL is missing"


IMPOSSIBLE = {
    "a clinic id that is no UUID": ("custom:clinic_id", "Clinic of Sfax", "user.clinic_id: pattern"),
    "specialties that are no JSON": ("custom:specialties", "cardiology", "user.specialties: type"),
    "specialties that are no list": ("custom:specialties", '{"a": 1}', "user.specialties: type"),
    "specialties nested beyond reason": ("custom:specialties", "[" * 3000, "user.specialties: type"),
    "an NPI with letters": ("custom:npi_number", "12345678AB", "user.npi_number: pattern"),
    "a name that no column holds": ("name", "x" * 256, "user.name: maxLength"),
    "an unreadable flag": ("email_verified", "perhaps", "user.email_verified: type"),
    "a language that is a sentence": ("custom:preferred_language", "I speak", "user.preferred_language: pattern"),
}


@pytest.mark.parametrize(("attribute", "value", "rule"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_impossible_attribute_is_published_as_it_is_and_told(
    publisher: ModuleType,
    pipeline: Pipeline,
    sign_up: Event,
    context: Any,
    capsys: pytest.CaptureFixture[str],
    attribute: str,
    value: str,
    rule: str,
) -> None:
    """C1. The consumer dead-letters it with the reason: nothing is lost, nothing is invented, the user goes on."""
    sign_up["request"]["userAttributes"][attribute] = value
    assert publisher.lambda_handler(sign_up, context) is sign_up
    [envelope] = pipeline.on_the_bus()
    lines = logged(capsys)
    assert violation(envelope["detail"], 1) == rule
    assert [line["broken_rule"] for line in lines if "broken_rule" in line] == [rule]
    assert counted(lines) == ["SignupInvalid"]


@pytest.mark.parametrize("attribute", ["name", "custom:clinic_id", "custom:specialties", "phone_number"])
@pytest.mark.parametrize("absent", [None, ""])
def test_an_attribute_without_value_is_left_out(
    publisher: ModuleType,
    pipeline: Pipeline,
    sign_up: Event,
    context: Any,
    attribute: str,
    absent: str | None,
) -> None:
    """C1."""
    sign_up["request"]["userAttributes"][attribute] = absent
    publisher.lambda_handler(sign_up, context)
    [envelope] = pipeline.on_the_bus()
    assert violation(envelope["detail"], 1) is None
    assert attribute.removeprefix("custom:") not in envelope["detail"]["user"]


@pytest.mark.parametrize("failure", [None, *FAILURES.values()], ids=["no failure", *FAILURES])
def test_no_log_line_holds_anything_of_the_user(
    publisher: ModuleType,
    sign_up: Event,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: Any,
) -> None:
    """G5 C8."""
    if failure:
        break_bus(monkeypatch, failure)
        _break(monkeypatch, "_queue", "send_message", client_error("AccessDenied"))
    sign_up["request"]["userAttributes"]["custom:npi_number"] = "broken"
    publisher.lambda_handler(sign_up, context)
    output = capsys.readouterr()
    assert not [text for text in PERSONAL if text.lower() in (output.out + output.err).lower()]
    assert all(
        line["correlation_id"] == context.aws_request_id
        for line in map(json.loads, output.out.splitlines())
        if "_aws" not in line
    )


@pytest.mark.usefixtures("publisher")
def test_all_attempts_together_leave_a_second_of_cognitos_five() -> None:
    """C1. The second is for a cold start."""
    import signup_publisher.events as module

    config: Any = module.CONFIG
    per_attempt = config.connect_timeout + config.read_timeout
    assert config.retries["total_max_attempts"] == 1
    assert (module.BUS_ATTEMPTS + 1) * per_attempt <= 4

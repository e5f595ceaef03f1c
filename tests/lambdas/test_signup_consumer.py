"""The consumer as Lambda calls it: SQS of moto, and a Data API that does as it is told."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from lambdas.postgres_client import PostgresClient, client_error, data_api

Event = dict[str, Any]

PERSONAL = ("Amina", "Haddad", "example.org", "6f9619ff", "cardiology")


class FakeDataApi:
    """Answers every row of a statement with `outcome`, or raises what `failures` holds, one per call."""

    def __init__(self) -> None:
        self.outcome = "inserted"
        self.failures: list[Exception] = []
        self.always: Exception | None = None
        self.rows_of_calls: list[list[Event]] = []

    def execute_statement(self, **request: Any) -> Event:
        [parameter] = request["parameters"]
        rows = json.loads(parameter["value"]["stringValue"])
        self.rows_of_calls.append(rows)
        if self.always:
            raise self.always
        if self.failures:
            raise self.failures.pop(0)
        records = [[{"longValue": row["position"]}, {"stringValue": self.outcome}] for row in rows]
        return {"columnMetadata": [{"label": "position"}, {"label": "outcome"}], "records": records}


class Clock:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.now += seconds


@pytest.fixture
def rds() -> FakeDataApi:
    return FakeDataApi()


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Consumer:
    """The handler with its dead-letter queue."""

    def __init__(self, module: ModuleType, sqs: Any, queue_url: str, context: Any) -> None:
        self.module, self.sqs, self.queue_url, self.context = module, sqs, queue_url, context

    def __call__(self, *records: Event) -> list[str]:
        """Message ids that stay on the queue."""
        answer = self.module.lambda_handler({"Records": list(records)}, self.context)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def dead_letters(self) -> list[Event]:
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [
            {"body": message["Body"]}
            | {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
            for message in answer.get("Messages", [])
        ]


@pytest.fixture(scope="module")
def sqs() -> Iterator[Any]:
    """One mocked account for all tests: a new one costs a new boto3 session, hence all service models again."""
    with mock_aws():
        yield boto3.client("sqs", region_name="us-east-1")


@pytest.fixture
def queue_url(sqs: Any) -> Iterator[str]:
    url = sqs.create_queue(QueueName="signups-dead-letters")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def consumer(
    handler: Callable[..., ModuleType],
    rds: FakeDataApi,
    clock: Clock,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
    sqs: Any,
    queue_url: str,
) -> Consumer:
    module = handler(
        "signup_consumer",
        CLUSTER_ARN="arn:aws:rds:us-east-1:123456789012:cluster:users",
        SECRET_ARN="arn:aws:secretsmanager:us-east-1:123456789012:secret:users",
        DATABASE_NAME="medflow",
        DEAD_LETTER_QUEUE_URL=queue_url,
        MAX_RECEIVE_COUNT="5",
    )
    monkeypatch.setattr(module.DATABASE, "_client", rds)
    monkeypatch.setattr(module.DATABASE, "_clock", clock)
    return Consumer(module, sqs, queue_url, context)


@pytest.fixture
def record(event: Callable[[str], Event]) -> Event:
    found: Event = event("sqs_sign_up")["Records"][0]
    return found


def another(record: Event, message_id: str, receives: int = 1, body: str | None = None) -> Event:
    copy = deepcopy(record)
    copy["messageId"] = message_id
    copy["attributes"]["ApproximateReceiveCount"] = str(receives)
    copy["body"] = copy["body"] if body is None else body
    return copy


def logged(capsys: pytest.CaptureFixture[str]) -> list[Event]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("outcome", ["inserted", "updated", "stale"])
def test_a_stored_batch_leaves_nothing_on_the_queue(
    consumer: Consumer, record: Event, rds: FakeDataApi, outcome: str
) -> None:
    """C3."""
    rds.outcome = outcome
    assert consumer(record, another(record, "second")) == []
    assert consumer.dead_letters() == []


def test_a_batch_is_one_call_of_the_data_api(consumer: Consumer, record: Event, rds: FakeDataApi) -> None:
    """C3."""
    consumer(*(another(record, f"m{number}") for number in range(10)))
    assert [len(rows) for rows in rds.rows_of_calls] == [10]


def test_a_batch_of_poison_alone_needs_no_database(consumer: Consumer, record: Event, rds: FakeDataApi) -> None:
    """C3."""
    assert consumer(another(record, "m1", body="?")) == []
    assert rds.rows_of_calls == []


def poison(record: Event, **changes: Any) -> str:
    envelope = json.loads(record["body"])
    envelope["detail"] |= changes
    return json.dumps(envelope)


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"schema_version": 99}, "UNKNOWN_VERSION", "schema_version is 99, this consumer reads 1"),
        ({"user": {"cognito_id": "c"}}, "INVALID_EVENT", "user: required"),
    ],
)
def test_a_poisoned_message_reaches_the_dead_letter_queue_as_it_came_with_its_reason(
    consumer: Consumer, record: Event, changes: Event, reason: str, detail: str
) -> None:
    """C3."""
    body = poison(record, **changes)
    assert consumer(record, another(record, "bad", body=body)) == []
    assert consumer.dead_letters() == [{"body": body, "reason": reason, "detail": detail, "original_message_id": "bad"}]


def test_the_email_of_another_user_reaches_the_dead_letter_queue(
    consumer: Consumer, record: Event, rds: FakeDataApi
) -> None:
    """C3 C4."""
    rds.outcome = "email_conflict"
    assert consumer(record) == []
    [letter] = consumer.dead_letters()
    assert (letter["reason"], letter["body"]) == ("EMAIL_BELONGS_TO_ANOTHER_USER", record["body"])


TRANSIENT = {
    "a database that resumes from its pause": client_error("DatabaseResumingException"),
    "throttling": client_error("ThrottlingException"),
    "a statement that took too long": client_error("StatementTimeoutException"),
    "a failure inside AWS": client_error("InternalServerErrorException", status=500),
    "a service that is not there": client_error("ServiceUnavailableError", status=503),
    "a deadlock": client_error("DatabaseErrorException", "ERROR: deadlock detected; SQLState: 40P01"),
    "a lost connection": client_error("DatabaseErrorException", "ERROR: terminated; SQLState: 57P01"),
    "an e-mail committed in between": client_error("DatabaseErrorException", "ERROR: duplicate key; SQLState: 23505"),
}


@pytest.mark.parametrize("failure", TRANSIENT.values(), ids=TRANSIENT)
def test_a_transient_failure_is_repeated_within_the_time_given(
    consumer: Consumer, record: Event, rds: FakeDataApi, failure: Exception
) -> None:
    """C3."""
    rds.failures = [failure, failure]
    assert consumer(record) == []
    assert len(rds.rows_of_calls) == 3


@pytest.mark.parametrize("failure", TRANSIENT.values(), ids=TRANSIENT)
def test_a_failure_that_does_not_pass_leaves_every_row_on_the_queue_and_poison_is_settled_all_the_same(
    consumer: Consumer, record: Event, rds: FakeDataApi, failure: Exception
) -> None:
    """C3. Whatever the messages, none is lost and none is reported done."""
    rds.always = failure
    assert consumer(record, another(record, "second"), another(record, "bad", body="?")) == [
        record["messageId"],
        "second",
    ]
    assert [letter["original_message_id"] for letter in consumer.dead_letters()] == ["bad"]


def test_retries_end_early_enough_to_settle_the_batch(
    consumer: Consumer, record: Event, rds: FakeDataApi, clock: Clock
) -> None:
    """C3. Of 30 s, 10 are one more statement's and 5 are for dead letters."""
    rds.always = client_error("DatabaseResumingException")
    consumer(record)
    assert 10 < clock.now < 15


def test_a_transient_failure_at_the_last_delivery_is_a_dead_letter_with_its_cause(
    consumer: Consumer, record: Event, rds: FakeDataApi
) -> None:
    """C3. Left to the queue it would be dead-lettered without a reason."""
    rds.always = client_error("DatabaseResumingException")
    assert consumer(another(record, "last", receives=5), another(record, "fourth", receives=4)) == ["fourth"]
    [letter] = consumer.dead_letters()
    assert (letter["reason"], letter["detail"]) == ("RETRIES_EXHAUSTED", "DatabaseResumingException")


@pytest.mark.parametrize(
    "failure",
    [
        client_error("DatabaseErrorException", 'ERROR: relation "users" does not exist; SQLState: 42P01'),
        client_error("AccessDeniedException", status=403),
        client_error("DatabaseErrorException", "ERROR: password authentication failed; SQLState: 28P01"),
    ],
    ids=["no table yet", "no permission", "wrong secret"],
)
def test_a_failure_of_the_platform_blames_no_message(
    consumer: Consumer, record: Event, rds: FakeDataApi, failure: Exception
) -> None:
    """C3. The messages wait on the queue until it is mended."""
    rds.always = failure
    assert consumer(record, another(record, "second")) == [record["messageId"], "second"]
    assert (len(rds.rows_of_calls), consumer.dead_letters()) == (1, [])


def test_a_row_that_the_database_refuses_is_found_and_dead_lettered_alone(
    consumer: Consumer, record: Event, migrated: PostgresClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C3."""
    monkeypatch.setattr(consumer.module, "DATABASE", data_api(migrated))
    envelope = json.loads(record["body"])
    envelope["detail"]["user"] |= {"cognito_id": "c2", "email": "c2@example.org", "name": "\x00"}
    assert consumer(record, another(record, "bad", body=json.dumps(envelope))) == []
    [letter] = consumer.dead_letters()
    assert (letter["original_message_id"], letter["reason"]) == ("bad", "REJECTED_BY_DATABASE")
    assert migrated.query("SELECT count(*) AS users FROM users") == [{"users": 1}]


def test_a_refusal_that_names_no_state_of_the_database_is_tried_again(
    consumer: Consumer, rds: FakeDataApi, record: Event
) -> None:
    """C3. The Data API's catch-all says nothing of the row for sure; only the last delivery makes it a dead letter."""
    rds.always = client_error("BadRequestException", "something is wrong")
    assert consumer(record) == [record["messageId"]]
    assert consumer.dead_letters() == []


def test_a_dead_letter_that_cannot_be_sent_stays_on_the_queue(
    consumer: Consumer, record: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C3. Reported done, it would be gone."""

    def send_message(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "SendMessage")

    monkeypatch.setattr(consumer.module.DEAD_LETTERS, "_client", type("Broken", (), {"send_message": send_message}))
    assert consumer(record, another(record, "bad", body="?")) == ["bad"]


def test_a_batch_in_which_all_fails_is_a_partial_response_too(
    consumer: Consumer, record: Event, rds: FakeDataApi
) -> None:
    """C3. An exception would fail the batch as well, but count as an error of the function and hide the causes."""
    rds.always = client_error("DatabaseResumingException")
    assert consumer(record) == [record["messageId"]]


def test_each_message_is_logged_with_its_correlation_id_and_outcome(
    consumer: Consumer, record: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """C8."""
    consumer(record, another(record, "bad", body="?"))
    lines = [(line["message"], line["correlation_id"], line["message_id"]) for line in logged(capsys)]
    assert lines == [
        ("sign-up stored", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", record["messageId"]),
        ("sign-up dead-lettered", "bad", "bad"),
    ]


@pytest.mark.parametrize("failure", [None, *TRANSIENT.values()], ids=["no failure", *TRANSIENT])
def test_no_log_line_and_no_reason_holds_anything_of_the_user(
    consumer: Consumer,
    record: Event,
    rds: FakeDataApi,
    failure: Exception | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """G5."""
    rds.always = failure
    body = poison(record, user={"cognito_id": "c", "email": "amina.haddad@example.org", "email_verified": "Amina"})
    consumer(another(record, "last", receives=5), another(record, "bad", body=body))
    told = capsys.readouterr().out + json.dumps(
        [{key: value for key, value in letter.items() if key != "body"} for letter in consumer.dead_letters()]
    )
    assert not [text for text in PERSONAL if text.lower() in told.lower()]


def test_every_problem_of_the_environment_is_reported_at_once(handler: Callable[..., ModuleType]) -> None:
    """C3."""
    expected = (
        "signup_consumer: SECRET_ARN is missing; DEAD_LETTER_QUEUE_URL is missing; "
        "MAX_RECEIVE_COUNT is 'five', expected a positive whole number"
    )
    with pytest.raises(ValueError, match=expected):
        handler("signup_consumer", CLUSTER_ARN="a", DATABASE_NAME="m", MAX_RECEIVE_COUNT="five")

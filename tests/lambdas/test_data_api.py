"""The Data API session that consumer, migrator and API share."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from lambdas.postgres_client import client_error
from medflow_runtime.data_api import DataApi, DatabaseError, Parameter, Transaction, TransientDatabaseError, connect

CLUSTER, SECRET = "arn:aws:rds:us-east-1:1:cluster:users", "arn:aws:secretsmanager:us-east-1:1:secret:users"


class Clock:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Client:
    """Does what a list says, call by call, and remembers the calls; an empty list means success."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.outcomes = list(outcomes)
        self.calls: list[str] = []

    def _call(self, name: str) -> dict[str, Any]:
        self.calls.append(name)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome:
            raise outcome
        return {"transactionId": f"t{len(self.calls)}"}

    def execute_statement(self, **request: Any) -> dict[str, Any]:
        return self._call(request["sql"])

    def begin_transaction(self, **_: Any) -> dict[str, Any]:
        return self._call("begin")

    def commit_transaction(self, **_: Any) -> dict[str, Any]:
        return self._call("commit")

    def rollback_transaction(self, **_: Any) -> dict[str, Any]:
        return self._call("rollback")


def session(client: Any, clock: Clock | None = None) -> DataApi:
    return DataApi(client, CLUSTER, SECRET, "medflow", clock or Clock())


RESUMING = client_error("DatabaseResumingException")
SYNTAX = client_error("DatabaseErrorException", 'ERROR: syntax error at or near "SELEC"; SQLState: 42601')
DUPLICATE = client_error(
    "DatabaseErrorException",
    "ERROR: duplicate key value\n  Detail: Key (email)=(amina@example.org) already exists.; SQLState: 23505",
)

TRANSIENT = [
    RESUMING,
    client_error("ThrottlingException"),
    client_error("StatementTimeoutException"),
    client_error("DatabaseUnavailableException", status=504),
    client_error("SomethingNew", status=502),
    client_error("DatabaseErrorException", "ERROR: deadlock detected; SQLState: 40P01"),
    client_error("DatabaseErrorException", "FATAL: the database system is starting up; SQLState: 57P03"),
    client_error("BadRequestException", "FATAL: remaining connection slots are reserved; SQLState: 53300"),
    ReadTimeoutError(endpoint_url="rds-data"),
    ConnectTimeoutError(endpoint_url="rds-data"),
    EndpointConnectionError(endpoint_url="rds-data"),
]


def name_of(error: Exception) -> str:
    return str(error)[-60:]


@pytest.mark.parametrize("error", TRANSIENT, ids=name_of)
def test_a_transient_error_is_repeated(error: Exception) -> None:
    """C3."""
    client = Client(error, error)
    session(client).execute("SELECT 1", deadline=200)
    assert client.calls == ["SELECT 1"] * 3


@pytest.mark.parametrize(
    "error", [SYNTAX, DUPLICATE, client_error("AccessDeniedException", status=403), client_error("BadRequestException")]
)
def test_any_other_error_is_raised_at_once(error: Exception) -> None:
    """C3. Repeating it would only take the time of the batch."""
    client = Client(error)
    with pytest.raises(DatabaseError):
        session(client).execute("SELECT 1", deadline=200)
    assert len(client.calls) == 1


def test_repetitions_end_at_the_deadline_and_not_beyond() -> None:
    """C3. A database that resumes takes fifteen seconds and more."""
    clock = Clock()
    with pytest.raises(TransientDatabaseError, match="DatabaseResumingException"):
        session(Client(*[RESUMING] * 1000), clock).execute("SELECT 1", deadline=clock.now + 20)
    assert 100 + 20 - 3 <= clock.now < 100 + 20


def test_pauses_grow_to_three_seconds_and_differ() -> None:
    """C3. Functions that failed together must not come back together."""
    clock = Clock()
    with pytest.raises(TransientDatabaseError):
        session(Client(*[RESUMING] * 1000), clock).execute("SELECT 1", deadline=clock.now + 60)
    assert clock.pauses[0] <= 0.1
    assert min(clock.pauses[6:]) >= 1.5
    assert max(clock.pauses) <= 3
    assert len(set(clock.pauses)) == len(clock.pauses)


def test_a_statement_is_tried_once_even_when_the_deadline_has_passed() -> None:
    """C3. A function with little time left still does its work when the database is there."""
    client = Client()
    session(client).execute("SELECT 1", deadline=0)
    assert client.calls == ["SELECT 1"]


def test_the_deadline_leaves_a_reserve_of_the_functions_time(context: Any) -> None:
    """C3."""
    context.remaining = 30_000
    assert session(Client(), Clock()).deadline(context, reserve_seconds=5) == 125


def test_the_last_call_ends_before_the_reserve_begins(context: Any) -> None:
    """C3 D1. A call that may take 10 s and begins at the deadline would outlive the function."""
    context.remaining = 30_000
    patient = DataApi(Client(), "arn:c", "arn:s", "medflow", Clock(), longest_call_seconds=10)  # type: ignore[arg-type]
    assert patient.deadline(context, reserve_seconds=5) == 115


def run(*statements: str) -> Callable[[Transaction], str]:
    def work(transaction: Transaction) -> str:
        for statement in statements:
            transaction.execute(statement)
        return "done"

    return work


def test_a_transaction_is_committed() -> None:
    """C5."""
    client = Client()
    assert session(client).transaction(run("a", "b"), deadline=200) == "done"
    assert client.calls == ["begin", "a", "b", "commit"]


def test_a_failed_transaction_is_rolled_back() -> None:
    """C5."""
    client = Client(None, None, SYNTAX)
    with pytest.raises(DatabaseError):
        session(client).transaction(run("a", "b"), deadline=200)
    assert client.calls == ["begin", "a", "b", "rollback"]


@pytest.mark.parametrize(
    ("outcomes", "calls"),
    [
        ([RESUMING], ["begin", "begin", "a", "commit"]),
        ([None, RESUMING], ["begin", "a", "rollback", "begin", "a", "commit"]),
        ([None, None, RESUMING], ["begin", "a", "commit", "begin", "a", "commit"]),
        ([None, RESUMING, RESUMING], ["begin", "a", "rollback", "begin", "a", "commit"]),
    ],
    ids=["at its begin", "in the middle", "at its commit", "even when the rollback fails"],
)
def test_a_transaction_is_repeated_as_a_whole(outcomes: list[Exception | None], calls: list[str]) -> None:
    """C5. A single statement of it cannot be: nobody knows whether the transaction still exists."""
    client = Client(*outcomes)
    session(client).transaction(run("a"), deadline=200)
    assert client.calls == calls


@pytest.mark.parametrize("error", [DUPLICATE, RESUMING], ids=name_of)
def test_an_error_names_codes_and_nothing_of_the_row(error: Exception) -> None:
    """G5. PostgreSQL quotes the row in its detail."""
    with pytest.raises(DatabaseError) as raised:
        session(Client(error)).execute("SELECT 1", deadline=0)
    assert str(raised.value) in ("DatabaseErrorException 23505", "DatabaseResumingException")
    assert raised.value.__cause__ is None


def test_an_error_about_the_statement_itself_is_explained() -> None:
    """C5. An operator whose migration fails needs PostgreSQL's words; they are about no row."""
    with pytest.raises(DatabaseError, match='42601: ERROR: syntax error at or near "SELEC"'):
        session(Client(SYNTAX)).execute("SELEC 1", deadline=0)


def test_every_kind_of_value_survives_the_wire() -> None:
    """C3. Against botocore's own model of the request and the answer."""
    api = connect(CLUSTER, SECRET, "medflow", read_timeout_seconds=1)
    fields: list[Any] = [{"stringValue": "a"}, {"longValue": 1}, {"booleanValue": False}, {"isNull": True}]
    names = ["text", "number", "flag", "nothing"]
    sql = "SELECT :text, :number, :flag, :nothing"
    expected = {
        "resourceArn": CLUSTER,
        "secretArn": SECRET,
        "database": "medflow",
        "sql": sql,
        "parameters": [{"name": name, "value": field} for name, field in zip(names, fields, strict=True)],
        "includeResultMetadata": True,
    }
    answer = {"columnMetadata": [{"label": name} for name in names], "records": [fields]}
    with Stubber(api._client) as stub:
        stub.add_response("execute_statement", answer, expected)
        values: dict[str, Parameter] = {"text": "a", "number": 1, "flag": False, "nothing": None}
        assert api.execute(sql, values, deadline=0) == [values]


def test_the_sdk_does_not_repeat_calls_by_itself() -> None:
    """C3. Two layers of retries would multiply, and the deadline would mean nothing."""
    config: Any = connect(CLUSTER, SECRET, "medflow", read_timeout_seconds=7)._client.meta.config
    assert (config.retries["total_max_attempts"], config.read_timeout) == (1, 7)

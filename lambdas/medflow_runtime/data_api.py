"""Statements against Aurora PostgreSQL through the RDS Data API, with transient failures waited out.

Facts: "Using the Amazon RDS Data API", Aurora User Guide, and the service model of `rds-data`. The SDK does not retry a
database that resumes from its pause, so the retries are all here and the SDK's own are off.
"""

import random
import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as EndpointError

if TYPE_CHECKING:
    from types_boto3_rds_data import RDSDataServiceClient
    from types_boto3_rds_data.type_defs import FieldOutputTypeDef, SqlParameterTypeDef

Parameter = str | int | bool | None
Row = dict[str, Any]
Result = TypeVar("Result")

TRANSIENT_CODES = frozenset(
    (
        "DatabaseResumingException",
        "DatabaseUnavailableException",
        "InternalServerErrorException",
        "RequestLimitExceeded",
        "ServiceUnavailableError",
        "StatementTimeoutException",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionNotFoundException",
    )
)
"""Error codes after which the same call may succeed. A transaction that is not found has expired: start it anew."""

TRANSIENT_SQLSTATES = ("08", "40", "53", "55P03", "57P01", "57P02", "57P03")
"""Prefixes: connection, rollback (deadlock, serialization), resources, lock not available, server going down or up."""

CONNECT_SECONDS = 2

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 3.0


class DatabaseError(Exception):
    """A statement failed. Its text names codes only: PostgreSQL's own words may quote the row."""

    def __init__(self, code: str, sqlstate: str = "", explanation: str = "") -> None:
        self.code, self.sqlstate = code, sqlstate
        super().__init__(f"{code} {sqlstate}".strip() + (f": {explanation}" if explanation else ""))

    @property
    def is_about_the_data(self) -> bool:
        """True when other rows might pass: data exception, integrity violation, a limit of the engine or the API."""
        return self.sqlstate[:2] in ("22", "23", "54") or (self.code == "BadRequestException" and not self.sqlstate)


class TransientDatabaseError(DatabaseError):
    """It failed for a reason that passes by itself, and the time given did not suffice."""


class Clock(Protocol):
    """Seconds that only grow, and a pause."""

    def monotonic(self) -> float: ...
    def sleep(self, seconds: float, /) -> None: ...


class DataApi:
    """One database, reached with one secret. Parameters are named `:like_this` in a statement."""

    def __init__(
        self,
        client: "RDSDataServiceClient",
        cluster_arn: str,
        secret_arn: str,
        database: str,
        clock: Clock = time,
        longest_call_seconds: float = 0,
    ) -> None:
        self._client, self._clock, self._longest_call = client, clock, longest_call_seconds
        self._target = {"resourceArn": cluster_arn, "secretArn": secret_arn}
        self._database = database

    def deadline(self, context: Any, reserve_seconds: float) -> float:
        """Moment (of this clock) until which a call may begin, so that the longest one still ends before the function
        does, and `reserve_seconds` are left for what comes after."""
        remaining: int = context.get_remaining_time_in_millis()
        return self._clock.monotonic() + remaining / 1000 - reserve_seconds - self._longest_call

    def execute(self, sql: str, parameters: Mapping[str, Parameter] | None = None, *, deadline: float) -> list[Row]:
        """Run one statement, repeated on transient failures until the deadline: it must be safe to repeat.

        Raises TransientDatabaseError when the time is over, DatabaseError for everything else.
        """
        return self._retry(lambda: self._call(sql, parameters or {}), deadline)

    def transaction(self, work: "Callable[[Transaction], Result]", *, deadline: float) -> Result:
        """Run `work` in one transaction and commit; all of it is repeated on transient failures until the deadline."""
        return self._retry(lambda: self._in_transaction(work), deadline)

    def _retry(self, action: Callable[[], Result], deadline: float) -> Result:
        longest = FIRST_PAUSE_SECONDS
        while True:
            try:
                return action()
            except TransientDatabaseError:
                # Jitter, so that functions that failed together do not come back together.
                pause = longest * random.uniform(0.5, 1)  # noqa: S311  # spreads load, keeps no secret
                if self._clock.monotonic() + pause >= deadline:
                    raise
            self._clock.sleep(pause)
            longest = min(LONGEST_PAUSE_SECONDS, longest * 2)

    def _in_transaction(self, work: "Callable[[Transaction], Result]") -> Result:
        begun = _translated(lambda: self._client.begin_transaction(**self._target, database=self._database))
        transaction_id = begun["transactionId"]
        try:
            result = work(Transaction(lambda sql, parameters: self._call(sql, parameters, transaction_id)))
        except BaseException:
            self._roll_back(transaction_id)
            raise
        _translated(lambda: self._client.commit_transaction(**self._target, transactionId=transaction_id))
        return result

    def _roll_back(self, transaction_id: str) -> None:
        try:
            self._client.rollback_transaction(**self._target, transactionId=transaction_id)
        except (ClientError, EndpointError, HTTPClientError):
            return  # the Data API rolls an idle transaction back by itself after three minutes

    def _call(self, sql: str, parameters: Mapping[str, Parameter], transaction_id: str | None = None) -> list[Row]:
        request: dict[str, Any] = {
            **self._target,
            "sql": sql,
            "parameters": [_parameter(name, value) for name, value in parameters.items()],
            "includeResultMetadata": True,
        }
        request |= {"transactionId": transaction_id} if transaction_id else {"database": self._database}
        answer = _translated(lambda: self._client.execute_statement(**request))
        names = [column["label"] for column in answer.get("columnMetadata", [])]
        return [dict(zip(names, map(_value, record), strict=True)) for record in answer.get("records", [])]


class Transaction:
    """An open transaction: statements run in it one by one and are not repeated singly."""

    def __init__(self, call: Callable[[str, Mapping[str, Parameter]], list[Row]]) -> None:
        self._call = call

    def execute(self, sql: str, parameters: Mapping[str, Parameter] | None = None) -> list[Row]:
        return self._call(sql, parameters or {})


def connect(cluster_arn: str, secret_arn: str, database: str, read_timeout_seconds: int) -> DataApi:
    """A session with a client of its own. `read_timeout_seconds` bounds one call, a statement's run time included."""
    config = Config(
        connect_timeout=CONNECT_SECONDS, read_timeout=read_timeout_seconds, retries={"total_max_attempts": 1}
    )
    client = boto3.client("rds-data", config=config)
    longest = CONNECT_SECONDS + read_timeout_seconds
    return DataApi(client, cluster_arn, secret_arn, database, longest_call_seconds=longest)


def _translated(call: Callable[[], Result]) -> Result:
    try:
        return call()
    except (EndpointError, HTTPClientError) as error:
        raise TransientDatabaseError(type(error).__name__) from None
    except ClientError as error:
        raise _database_error(error) from None


def _database_error(error: ClientError) -> DatabaseError:
    code, text = error.response["Error"].get("Code", "Unknown"), error.response["Error"].get("Message", "")
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    found = re.search(r"SQLState: (\w{5})", text)
    sqlstate = found[1] if found else ""
    if code in TRANSIENT_CODES or status >= 500 or sqlstate.startswith(TRANSIENT_SQLSTATES):
        return TransientDatabaseError(code, sqlstate)
    # Class 42 is about the statement (syntax, unknown table, no privilege), never about a row's content.
    return DatabaseError(code, sqlstate, text if sqlstate.startswith("42") else "")


def _parameter(name: str, value: Parameter) -> "SqlParameterTypeDef":
    if value is None:
        return {"name": name, "value": {"isNull": True}}
    if isinstance(value, bool):
        return {"name": name, "value": {"booleanValue": value}}
    if isinstance(value, int):
        return {"name": name, "value": {"longValue": value}}
    return {"name": name, "value": {"stringValue": value}}


def _value(field: "FieldOutputTypeDef") -> Any:
    return None if field.get("isNull") else next(iter(field.values()))

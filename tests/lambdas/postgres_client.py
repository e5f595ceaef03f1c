"""boto3's `rds-data` client, as far as the functions use it, on psycopg: their SQL runs on a real PostgreSQL.

Each call outside a transaction is a connection of its own and commits, as with the Data API. What the Data API itself
does (types, limits, credentials) is not shown here but by the tests that run against the local cloud.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from botocore.exceptions import ClientError
from psycopg.rows import TupleRow, dict_row

from medflow_runtime.data_api import DataApi

Answer = dict[str, Any]

MIGRATIONS = Path(__file__).resolve().parents[2] / "lambdas" / "database_migrator" / "migrations"


class PostgresClient:
    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.statements: list[str] = []
        """Every statement sent, in order."""
        self._numbers = itertools.count()
        self._transactions: dict[str, psycopg.Connection[TupleRow]] = {}

    def execute_statement(self, *, sql: str, parameters: Sequence[Mapping[str, Any]] = (), **other: Any) -> Answer:
        self.statements.append(sql)
        values = {parameter["name"]: _given(parameter["value"]) for parameter in parameters}
        if other.get("transactionId"):
            return _translated(lambda: _run(self._transactions[other["transactionId"]], sql, values))
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return _translated(lambda: _run(connection, sql, values))

    def begin_transaction(self, **_: Any) -> Answer:
        name = f"transaction-{next(self._numbers)}"
        self._transactions[name] = psycopg.connect(self.dsn)
        return {"transactionId": name}

    def commit_transaction(self, *, transactionId: str, **_: Any) -> Answer:  # noqa: N803  # boto3's name
        self._transactions[transactionId].commit()
        self._transactions.pop(transactionId).close()
        return {"transactionStatus": "Transaction Committed"}

    def rollback_transaction(self, *, transactionId: str, **_: Any) -> Answer:  # noqa: N803  # boto3's name
        self._transactions.pop(transactionId).close()
        return {"transactionStatus": "Rollback Complete"}

    def query(self, sql: LiteralString, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """What a test wants to know of the database, asked beside the functions; empty for a statement without rows."""
        with psycopg.connect(self.dsn, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        for connection in self._transactions.values():
            connection.close()


def data_api(client: Any) -> DataApi:
    """The functions' own session on that client."""
    return DataApi(client, "arn:aws:rds:cluster", "arn:aws:secretsmanager:secret", "medflow")


def client_error(code: str, message: str = "", status: int = 400) -> ClientError:
    """An error as boto3 raises it for an answer of the Data API."""
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "ExecuteStatement")


def _run(connection: psycopg.Connection[TupleRow], sql: str, values: Mapping[str, Any]) -> Answer:
    named = re.sub(r"(?<!:):([a-z_]+)\b", r"%(\1)s", sql) if values else sql
    cursor = connection.execute(named, values or None)
    if cursor.description is None:
        return {"numberOfRecordsUpdated": cursor.rowcount}
    return {
        "columnMetadata": [{"label": column.name} for column in cursor.description],
        "records": [[_field(value) for value in row] for row in cursor.fetchall()],
    }


def _translated(call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except psycopg.Error as error:
        detail = f"\n  Detail: {error.diag.message_detail}" if error.diag.message_detail else ""
        message = f"ERROR: {error.diag.message_primary}{detail}; SQLState: {error.sqlstate}"
        raise client_error("DatabaseErrorException", message) from None


def _given(value: Mapping[str, Any]) -> Any:
    return None if value.get("isNull") else next(iter(value.values()))


def _field(value: Any) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"longValue": value}
    return {"stringValue": str(value)}

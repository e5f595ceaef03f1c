"""What ExecuteStatement and BatchExecuteStatement do within one database session."""

from collections.abc import Mapping
from typing import Any

from local_cloud.data_api import results
from local_cloud.data_api.column_types import column_type, metadata
from local_cloud.data_api.errors import bad_request, invalid
from local_cloud.data_api.parameters import bind
from local_cloud.data_api.sessions import Session

Request = Mapping[str, Any]

SQL_CHARACTERS = 65_536
"""Longest statement (SqlStatement, service model of the RDS Data API)."""


def check(data: Request) -> None:
    """Refuse what the service refuses before any database sees it. Raises DataApiError."""
    sql = data.get("sql")
    if not isinstance(sql, str):
        raise bad_request("sql is required")
    if not sql.strip():
        raise invalid("SQL is empty")
    if len(sql) > SQL_CHARACTERS:
        raise invalid(
            "1 validation error detected: Value at 'sql' failed to satisfy constraint: "
            f"Member must have length less than or equal to {SQL_CHARACTERS}"
        )


def execute(session: Session, data: Request) -> dict[str, Any]:
    """Run an ExecuteStatement in the session and build its answer."""
    statement = bind(data["sql"], data.get("parameters") or [])
    if data.get("continueAfterTimeout"):
        # The call times out all the same, in the service; the statement goes on.
        session.command("SET statement_timeout = 0")
        result = session.run(statement)
        session.command("RESET statement_timeout")
    else:
        result = session.run(statement)
    verb = (result.command_status or b"").split(b" ")[0]
    changed = int(result.command_tuples or 0) if verb in (b"INSERT", b"UPDATE", b"DELETE", b"MERGE") else 0
    answer: dict[str, Any] = {"numberOfRecordsUpdated": changed}
    if verb != b"SELECT":
        answer["generatedFields"] = []
    if not result.nfields:
        return answer
    numbers = range(result.nfields)
    columns = [
        results.Column(
            (result.fname(number) or b"").decode(),
            result.ftype(number),
            column_type(result.ftype(number), session.look_up_type),
        )
        for number in numbers
    ]
    rows = results.read_rows(result)
    options = results.Options.of(data.get("resultSetOptions") or {})
    if data.get("formatRecordsAs") == "JSON" and verb == b"SELECT":
        return answer | {"formattedRecords": results.formatted(rows, columns, options)}
    answer["records"] = results.records(rows, columns, options)
    if data.get("includeResultMetadata"):
        origins = session.look_up_origins({result.ftable(number) for number in numbers} - {0})
        answer["columnMetadata"] = [
            metadata(
                column.label,
                column.type,
                result.fmod(number),
                origins.get((result.ftable(number), result.ftablecol(number))),
            )
            for number, column in zip(numbers, columns, strict=True)
        ]
    return answer


def execute_batch(session: Session, data: Request) -> dict[str, Any]:
    """One statement per parameter set. Without transaction each commits by itself, so a failing set keeps the earlier
    ones: the documentation promises no more."""
    sets = data.get("parameterSets") or [[]]
    for parameters in sets:
        session.run(bind(data["sql"], parameters))
    return {"updateResults": [{"generatedFields": []} for _ in sets]}

"""The errors the Data API answers with. Exception names and HTTP codes: errors of the actions, RDS Data API Reference.

Texts follow what "Troubleshooting Amazon RDS Data API" and "Comparing Amazon RDS Data API behaviors" (Amazon Aurora
User Guide) quote for Aurora Serverless v2 and provisioned clusters. Where they quote nothing, the exception's name is
the documented part and the text is ours.
"""

import re

from psycopg import pq

STATUS = {
    "AccessDeniedException": 403,
    "DatabaseNotFoundException": 404,
    "TransactionNotFoundException": 404,
    "InternalFailure": 500,
    "DatabaseUnavailableException": 504,
}
"""HTTP codes other than 400."""

QUERY_CANCELED = "57014"
SYNTAX_ERROR = "42601"
MANY_STATEMENTS = "cannot insert multiple commands into a prepared statement"
"""PostgreSQL's words when its parser finds a second statement: exact where a search for semicolons would be fooled."""


class DataApiError(Exception):
    """One answer of the Data API other than success."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        return STATUS.get(self.code, 400)


def bad_request(message: str) -> DataApiError:
    return DataApiError("BadRequestException", message)


def invalid(message: str) -> DataApiError:
    """The service refuses the request before any database sees it. The service model does not list this exception."""
    return DataApiError("ValidationException", message)


def database_error(message: str, sqlstate: str) -> DataApiError:
    return DataApiError("DatabaseErrorException", f"ERROR: {message}; SQLState: {sqlstate}")


def statement_timeout() -> DataApiError:
    return DataApiError("StatementTimeoutException", "Request timed out")


def unavailable() -> DataApiError:
    return DataApiError("DatabaseUnavailableException", "The writer instance in the DB cluster isn't available.")


def from_result(result: pq.abc.PGresult) -> DataApiError:
    """The error PostgreSQL answered a statement with.

    The service passes message, hint, position and SQLSTATE on, in this order; the detail, which holds the values of the
    offending row, it keeps.
    """
    message = _field(result, pq.DiagnosticField.MESSAGE_PRIMARY)
    sqlstate = _field(result, pq.DiagnosticField.SQLSTATE)
    if not sqlstate:
        return unavailable()
    if sqlstate == QUERY_CANCELED and "statement timeout" in message:
        return statement_timeout()
    if sqlstate == SYNTAX_ERROR and message == MANY_STATEMENTS:
        return invalid("Multistatements aren't supported.")
    parts = [message]
    if hint := _field(result, pq.DiagnosticField.MESSAGE_HINT):
        parts.append(f"Hint: {hint}")
    if position := _field(result, pq.DiagnosticField.STATEMENT_POSITION):
        parts.append(f"Position: {position}")
    return database_error("; ".join(parts), sqlstate)


def from_refused_connection(text: str) -> DataApiError:
    """The error for a connection PostgreSQL refused. libpq reports such a refusal as text only, without SQLSTATE."""
    found = re.search(r"FATAL: +(?P<message>.+)", text)
    if found is None:
        return unavailable()
    message = found["message"].strip()
    if message.startswith("password authentication failed"):
        return bad_request(f"FATAL: {message}; SQLState: 28P01")
    if re.fullmatch(r'database ".*" does not exist', message):
        return database_error(message, "3D000")
    if message.startswith("permission denied"):
        return database_error(message, "42501")
    if "too many clients" in message or "connection slots are reserved" in message:
        return too_many_connections()
    return unavailable()


def too_many_connections() -> DataApiError:
    return database_error("sorry, too many clients already", "53300")


def _field(result: pq.abc.PGresult, field: pq.DiagnosticField) -> str:
    return (result.error_field(field) or b"").decode()

"""Database sessions of the Data API: opened with the secret's own credentials, pooled, reset between calls."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

from local_cloud.data_api.column_types import CatalogType
from local_cloud.data_api.errors import DataApiError, bad_request, database_error, from_refused_connection, from_result
from local_cloud.data_api.parameters import Bound
from local_cloud.postgres import SUPERUSER

NO_ROWS_OR_ROWS = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)

_ORIGINS = """
select a.attrelid, a.attnum, a.attname, c.relname, a.attnotnull,
       a.attidentity <> '' or coalesce(pg_get_expr(d.adbin, d.adrelid) like 'nextval(%', false)
from pg_attribute a
join pg_class c on c.oid = a.attrelid
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = any($1::oid[]) and a.attnum > 0
"""


@dataclass(frozen=True)
class Credentials:
    """Who opens a session on which database. The password is kept for the connection only, never shown."""

    database: str
    user: str
    password: str = field(repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """Sessions are shared only between callers who proved the same password."""
        return self.database, self.user, hashlib.sha256(self.password.encode()).hexdigest()


class Session:
    """One connection. Not thread-safe: whoever acquired it uses it alone."""

    def __init__(self, credentials: Credentials, dsn: str, statement_milliseconds: int) -> None:
        if credentials.user == SUPERUSER:
            # The only role the server trusts without password.
            raise bad_request(f'FATAL: password authentication failed for user "{SUPERUSER}"; SQLState: 28P01')
        self.credentials = credentials
        settings = {
            "statement_timeout": str(statement_milliseconds),
            "timezone": "UTC",
            "datestyle": "ISO",
            "intervalstyle": "postgres",
            "bytea_output": "hex",
            "extra_float_digits": "1",
            "client_encoding": "UTF8",
        }
        try:
            self._connection = psycopg.connect(
                make_conninfo(
                    dsn,
                    user=credentials.user,
                    password=credentials.password,
                    options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
                ),
                autocommit=True,
            )
        except psycopg.OperationalError as error:
            raise from_refused_connection(str(error)) from None

    @property
    def state(self) -> pq.TransactionStatus:
        return pq.TransactionStatus(self._connection.pgconn.transaction_status)

    def run(self, statement: Bound) -> pq.abc.PGresult:
        """One statement. Raises DataApiError."""
        try:
            result = self._connection.pgconn.exec_params(
                statement.statement, list(statement.values), list(statement.types)
            )
        except psycopg.Error:
            raise DataApiError("DatabaseUnavailableException", "The connection to the database was lost.") from None
        status = pq.ExecStatus(result.status)
        if status in NO_ROWS_OR_ROWS:
            return result
        if status == pq.ExecStatus.EMPTY_QUERY:
            raise DataApiError("ValidationException", "SQL is empty")
        if status in (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH):
            # The session waits for the other side of a copy now: no statement can follow.
            self.close()
            raise database_error("COPY from or to the client is not supported", "0A000")
        raise from_result(result)

    def command(self, sql: str) -> pq.abc.PGresult:
        return self.run(Bound(sql.encode(), (), ()))

    def look_up_type(self, oid: int) -> CatalogType:
        result = self.command(f"select typname, typtype from pg_type where oid = {int(oid)}")  # noqa: S608 - a number
        return CatalogType((result.get_value(0, 0) or b"").decode(), (result.get_value(0, 1) or b"").decode())

    def look_up_origins(self, tables: set[int]) -> Mapping[tuple[int, int], Mapping[str, Any]]:
        """What ColumnMetadata tells of table columns, for all columns of these tables: by (table OID, number)."""
        if not tables:
            return {}
        array = "{" + ",".join(map(str, sorted(tables))) + "}"
        result = self.run(Bound(_ORIGINS.encode(), (array.encode(),), (0,)))
        origins = {}
        for row in range(result.ntuples):
            table, number, column, name, not_null, serial = (
                (result.get_value(row, position) or b"").decode() for position in range(6)
            )
            origins[int(table), int(number)] = {
                "column": column,
                "table": name,
                "not_null": not_null == "t",
                "serial": serial == "t",
            }
        return origins

    def reset(self) -> bool:
        """Forget what the last caller left (settings, temporary tables, locks).

        False when that is impossible: the session is broken, or in a transaction, in which DISCARD ALL is refused.
        """
        try:
            self.command("DISCARD ALL")
        except DataApiError:
            return False
        return True

    def close(self) -> None:
        self._connection.close()


class SessionPool:
    """Idle sessions by credentials. How many are in use at once is bounded by the callers, how many idle ones here."""

    def __init__(self, dsn: Callable[[str], str], statement_seconds: float, idle_limit: int) -> None:
        self._dsn = dsn
        self._statement_milliseconds = int(statement_seconds * 1000)
        self._idle_limit = idle_limit
        self._idle: OrderedDict[Session, None] = OrderedDict()
        self._lock = threading.Lock()

    def acquire(self, credentials: Credentials) -> Session:
        """An idle session or a new one. Raises DataApiError when the database refuses it."""
        with self._lock:
            for session in reversed(self._idle):
                if session.credentials.key == credentials.key:
                    del self._idle[session]
                    return session
        return Session(credentials, self._dsn(credentials.database), self._statement_milliseconds)

    def release(self, session: Session) -> None:
        """Give a session back; one that is in a transaction or broken is closed, which rolls back."""
        if not session.reset():
            session.close()
            return
        with self._lock:
            self._idle[session] = None
            superfluous = self._idle.popitem(last=False)[0] if len(self._idle) > self._idle_limit else None
        if superfluous is not None:
            superfluous.close()

    def discard(self, condition: Callable[[Credentials], bool] = lambda _: True) -> None:
        """Close the idle sessions whose credentials meet the condition."""
        with self._lock:
            chosen = [session for session in self._idle if condition(session.credentials)]
            for session in chosen:
                del self._idle[session]
        for session in chosen:
            session.close()

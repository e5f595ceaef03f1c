"""Applies migrations through the RDS Data API, once, however many migrators run."""

from collections.abc import Sequence

from database_migrator.versions import Migration, MigrationError, pending
from medflow_runtime.data_api import DataApi, Transaction, TransientDatabaseError

LOCK = 4_207_849_484
"""Key of the advisory lock, of no meaning; everything that migrates this database must use the same."""

# The lock lasts as long as the transaction. One of the session would not do: the Data API gives no session to hold.
# The cast is there because the Data API refuses results of PostgreSQL's type void.
_TAKE_LOCK = "SELECT CAST(pg_advisory_xact_lock(:key) AS text)"

_CREATE_HISTORY = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
)
"""

_READ_HISTORY = "SELECT version, checksum FROM schema_migrations"

_RECORD = "INSERT INTO schema_migrations (version, name, checksum) VALUES (:version, :name, :checksum)"


class MigrationStore:
    """Tables of the database and the record of what was applied to it."""

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def apply(self, migrations: Sequence[Migration], deadline: float) -> list[str]:
        """Names of the migrations applied now: all pending ones or, on any failure, none.

        Raises MigrationError, DatabaseError, or TransientDatabaseError when the database stays away until the deadline.
        """
        return self._database.transaction(lambda transaction: _apply(transaction, migrations), deadline=deadline)


def _apply(transaction: Transaction, migrations: Sequence[Migration]) -> list[str]:
    transaction.execute(_TAKE_LOCK, {"key": LOCK})
    transaction.execute(_CREATE_HISTORY)
    applied = {row["version"]: row["checksum"] for row in transaction.execute(_READ_HISTORY)}
    needed = pending(migrations, applied)
    for migration in needed:
        for statement in migration.statements():
            _run(transaction, migration, statement)
        transaction.execute(
            _RECORD, {"version": migration.version, "name": migration.name, "checksum": migration.checksum}
        )
    return [migration.name for migration in needed]


def _run(transaction: Transaction, migration: Migration, statement: str) -> None:
    try:
        transaction.execute(statement)
    except TransientDatabaseError as error:
        if error.code != "StatementTimeoutException":
            raise
        # It would time out again: waiting for the deadline helps nobody.
        text = f"a statement of {migration.name} ran longer than the 45 s that the Data API gives: split it"
        raise MigrationError(text) from None

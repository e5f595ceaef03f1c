"""The migrations on a real PostgreSQL."""

import threading

import psycopg
import pytest

from database_migrator.store import LOCK, MigrationStore
from database_migrator.versions import Migration, MigrationError, load
from lambdas.postgres_client import MIGRATIONS, PostgresClient, data_api
from medflow_runtime.data_api import DatabaseError

FOREVER = float("inf")


def migrate(client: PostgresClient, *more: Migration) -> list[str]:
    return MigrationStore(data_api(client)).apply([*load(MIGRATIONS), *more], FOREVER)


def second(sql: str) -> Migration:
    """A migration after those of the package."""
    number = len(load(MIGRATIONS)) + 1
    return Migration(number, f"{number:04}_more", sql)


def test_the_users_table_has_the_columns_that_the_consumers_count_on(migrated: PostgresClient) -> None:
    """C5."""
    columns = migrated.query(
        "SELECT column_name, data_type, character_maximum_length AS length, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_name = 'users'"
    )
    shape = {row["column_name"]: (row["data_type"], row["length"], row["is_nullable"]) for row in columns}
    varchar, moment = "character varying", "timestamp with time zone"
    assert shape == {
        "id": (varchar, 36, "NO"),
        "cognito_id": (varchar, 128, "NO"),
        "email": (varchar, 255, "NO"),
        "name": (varchar, 255, "YES"),
        "phone": (varchar, 20, "YES"),
        "email_verified": ("boolean", None, "YES"),
        "created_at": (moment, None, "NO"),
        "updated_at": (moment, None, "NO"),
        "medical_license": (varchar, 64, "YES"),
        "license_state": (varchar, 64, "YES"),
        "specialties": ("jsonb", None, "NO"),
        "clinic_id": ("uuid", None, "YES"),
        "user_role": (varchar, 64, "YES"),
        "preferred_language": (varchar, 16, "YES"),
        "npi_number": (varchar, 10, "YES"),
        "last_event_at": (moment, None, "YES"),
    }
    [default] = [row["column_default"] for row in columns if row["column_name"] == "email_verified"]
    assert default == "false"


@pytest.mark.parametrize("column", ["id", "cognito_id", "email"])
def test_a_user_is_unique_by_own_id_by_cognito_id_and_by_email(migrated: PostgresClient, column: str) -> None:
    """C5."""
    migrated.query("INSERT INTO users (id, cognito_id, email) VALUES ('1', 'c1', 'a@example.org')")
    other = {"id": "2", "cognito_id": "c2", "email": "b@example.org"} | {
        "id": {"id": "1"},
        "cognito_id": {"cognito_id": "c1"},
        "email": {"email": "a@example.org"},
    }[column]
    with pytest.raises(psycopg.errors.UniqueViolation):
        migrated.query("INSERT INTO users (id, cognito_id, email) VALUES (%s, %s, %s)", list(other.values()))


def test_an_email_that_is_not_lower_case_is_refused(migrated: PostgresClient) -> None:
    """C5. Otherwise UNIQUE would take A@example.org beside a@example.org, which Cognito takes for one."""
    with pytest.raises(psycopg.errors.CheckViolation):
        migrated.query("INSERT INTO users (cognito_id, email) VALUES ('c1', 'A@example.org')")


def test_a_second_run_changes_nothing(database: PostgresClient) -> None:
    """C5."""
    first = migrate(database)
    applied = database.query("SELECT * FROM schema_migrations")
    assert (first, migrate(database)) == ([m.name for m in load(MIGRATIONS)], [])
    assert database.query("SELECT * FROM schema_migrations") == applied


def test_a_later_run_applies_only_what_is_new(migrated: PostgresClient) -> None:
    """C5."""
    more = second("ALTER TABLE users ADD COLUMN nickname text")
    assert migrate(migrated, more) == [more.name]


def test_migrators_that_run_at_once_apply_every_migration_once(database: PostgresClient) -> None:
    """C5. Without the lock the second CREATE TABLE fails."""
    start, results, clients = threading.Barrier(4), [], [PostgresClient(database.dsn) for _ in range(4)]

    def run(client: PostgresClient) -> None:
        start.wait()
        results.append(migrate(client, second("SELECT pg_sleep(0.1); CREATE TABLE once (a int)")))

    threads = [threading.Thread(target=run, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(names) for names in results) == [0, 0, 0, len(load(MIGRATIONS)) + 1]


def test_a_migrator_waits_while_another_holds_the_lock(database: PostgresClient) -> None:
    """C5."""
    with psycopg.connect(database.dsn) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        thread = threading.Thread(target=migrate, args=[database])
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
    thread.join()
    assert database.query("SELECT count(*) AS tables FROM schema_migrations") == [{"tables": len(load(MIGRATIONS))}]


def test_a_migration_that_fails_leaves_nothing_of_itself_behind(database: PostgresClient) -> None:
    """C5. Not even the migrations before it: a deployment that failed is one that did not happen."""
    with pytest.raises(DatabaseError, match=r"42P01.*no_such_table"):
        migrate(database, second("CREATE TABLE half (a int); INSERT INTO no_such_table VALUES (1)"))
    assert database.query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'") == []


def test_a_migration_that_was_changed_after_it_was_applied_is_refused(migrated: PostgresClient) -> None:
    """C5."""
    migrate(migrated, second("CREATE TABLE more (a int)"))
    with pytest.raises(MigrationError, match=r"migration 0002_more was changed after it was applied .* add a new migr"):
        migrate(migrated, second("CREATE TABLE more (a bigint)"))


def test_a_release_that_was_rolled_back_meets_newer_tables_without_complaint(migrated: PostgresClient) -> None:
    """C5 B3. The alias goes back to an older migrator while the tables stay."""
    migrate(migrated, second("CREATE TABLE more (a int)"))
    assert migrate(migrated) == []

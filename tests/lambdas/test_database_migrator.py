"""The migrator as a deployment invokes it."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from lambdas.postgres_client import PostgresClient, client_error


class Waking:
    """A database that resumes from its pause: refuses the first calls, then works."""

    def __init__(self, client: PostgresClient, refusals: int) -> None:
        self.client, self.refusals = client, refusals

    def __getattr__(self, name: str) -> Any:
        if self.refusals:
            self.refusals -= 1
            raise client_error("DatabaseResumingException")
        return getattr(self.client, name)


@pytest.fixture
def migrator(handler: Callable[..., ModuleType]) -> ModuleType:
    return handler("database_migrator", CLUSTER_ARN="arn:c", SECRET_ARN="arn:s", DATABASE_NAME="medflow")


def test_a_deployment_learns_what_was_applied(migrator: ModuleType, database: PostgresClient, context: Any) -> None:
    """C5."""
    migrator.DATABASE._client = database
    applied = [migration.name for migration in migrator.MIGRATIONS]
    answers = [migrator.lambda_handler({"build_digest": "d"}, context) for _ in range(2)]
    assert answers == [{"applied": applied, "version": len(applied)}, {"applied": [], "version": len(applied)}]


def test_a_resuming_database_is_waited_for(migrator: ModuleType, database: PostgresClient, context: Any) -> None:
    """C5 C3."""
    context.remaining = 300_000
    migrator.DATABASE._client = Waking(database, refusals=3)
    assert migrator.lambda_handler({}, context)["applied"] == ["0001_users"]


def test_a_database_that_stays_away_fails_the_deployment(
    migrator: ModuleType, database: PostgresClient, context: Any
) -> None:
    """C5. Silence would let the consumer write into tables that are not there."""
    context.remaining = 5_000
    migrator.DATABASE._client = Waking(database, refusals=10**6)
    with pytest.raises(Exception, match="DatabaseResumingException"):
        migrator.lambda_handler({}, context)


def test_a_statement_that_runs_too_long_fails_the_deployment_at_once_and_says_what_to_do(
    migrator: ModuleType, database: PostgresClient, context: Any
) -> None:
    """C5. The Data API would end it each time again, until the function's time is over."""

    class Slow:
        calls = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(database, name)

        def execute_statement(self, **request: Any) -> Any:
            if "CREATE TABLE users" in request["sql"]:
                self.calls += 1
                raise client_error("StatementTimeoutException")
            return database.execute_statement(**request)

    context.remaining = 300_000
    slow = migrator.DATABASE._client = Slow()
    with pytest.raises(Exception, match="0001_users ran longer than the 45 s that the Data API gives: split it"):
        migrator.lambda_handler({}, context)
    assert slow.calls == 1


def test_a_migration_is_logged_with_the_deployments_digest(
    migrator: ModuleType, database: PostgresClient, context: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """C5 C8."""
    migrator.DATABASE._client = database
    migrator.lambda_handler({"build_digest": "abc"}, context)
    [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["applied"], line["build_digest"]) == (["0001_users"], "abc")


def test_every_missing_variable_is_named_at_once(handler: Callable[..., ModuleType]) -> None:
    """C5."""
    expected = "database_migrator: CLUSTER_ARN is missing; SECRET_ARN is missing; DATABASE_NAME is missing"
    with pytest.raises(ValueError, match=expected):
        handler("database_migrator", CLUSTER_ARN="", SECRET_ARN="", DATABASE_NAME="")

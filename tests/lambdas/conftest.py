"""Fixtures of the handler tests: real-shaped events, a Lambda context, handlers imported afresh, a real PostgreSQL.

- `event("http_api_me")`: a file of tests/events, a new copy at each call.
- `context`: what Lambda hands over besides the event; `context.remaining` is its time in milliseconds.
- `handler("signup_publisher", EVENT_BUS_NAME="...")`: the handler module, imported as in a cold start.
- `database`: an empty database of an embedded PostgreSQL; `migrated` the same with every migration applied.
"""

import importlib
import io
import json
import logging
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest

from database_migrator.store import MigrationStore
from database_migrator.versions import load
from lambdas.postgres_client import MIGRATIONS, PostgresClient, data_api
from local_cloud.postgres import Postgres

EVENTS = Path(__file__).resolve().parents[1] / "events"


class Context:
    """The fields of Lambda's context object that the handlers read."""

    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    function_name = "dev-medflow-lambda-under-test"
    function_version = "7"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:dev-medflow-lambda-under-test:live"

    def __init__(self) -> None:
        self.remaining = 30_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture
def event() -> Callable[[str], dict[str, Any]]:
    def read(name: str) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
        return loaded

    return read


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that are none, and the region that Lambda always sets."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ModuleType]]:
    """Import `<package>.handler` anew, with these environment variables, as a cold start does."""
    before = dict(sys.modules)
    started = set()

    def start(package: str, **environment: str) -> ModuleType:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        started.add(package)
        _forget(package)
        with redirect_stdout(_CurrentOutput()):
            return importlib.import_module(f"{package}.handler")

    yield start
    for package in started:
        _forget(package)
        sys.modules.update({name: module for name, module in before.items() if name.partition(".")[0] == package})


class _CurrentOutput(io.StringIO):
    """Powertools keeps the standard output that it starts with; pytest replaces it between set-up and test."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)


def _forget(package: str) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
    # The registry of the process holds the logger.
    logging.Logger.manager.loggerDict.pop(package, None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    # Not in pytest's own directory: another pytest that starts closes that to the user whom PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="medflow-") as directory:
        server = Postgres.start(Path(directory))
        yield server
        server.stop()


@pytest.fixture
def database(postgres: Postgres) -> Iterator[PostgresClient]:
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.dsn(), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        client = PostgresClient(postgres.dsn(name))
        yield client
        client.close()
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def migrated(database: PostgresClient) -> PostgresClient:
    MigrationStore(data_api(database)).apply(load(MIGRATIONS), deadline=float("inf"))
    return database

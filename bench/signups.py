"""Sign-ups in one cloud: a statement per batch against one per message and psycopg, and confirmation to row."""

import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.measure import Finding, medians
from local_cloud.cloud import LocalCloud
from local_cloud.connection import Connection
from local_cloud.deploy.client import deploy

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "lambdas"))

from medflow_runtime.data_api import DataApi  # noqa: E402  (after the path of the handlers)
from signup_consumer.planning import Row  # noqa: E402
from signup_consumer.store import UserStore  # noqa: E402

SIGN_UPS, BATCH, ROUNDS, CONFIRMATIONS = 1_000, 10, 3, 15

INSERT = (
    "INSERT INTO users (cognito_id, email, email_verified, name, clinic_id, last_event_at)"
    " VALUES (:cognito_id, :email, TRUE, :name, CAST(:clinic_id AS uuid), CAST(:occurred_at AS timestamptz))"
    " ON CONFLICT (cognito_id) DO NOTHING"
)


class Counted:
    """A Data API client that counts its calls."""

    def __init__(self, client: Any) -> None:
        self.client, self.calls = client, 0

    def execute_statement(self, **request: Any) -> Any:
        self.calls += 1
        return self.client.execute_statement(**request)


def findings(directory: Path) -> Iterator[Finding]:
    """Deploys once, measures all of it there."""
    with LocalCloud.start(directory) as cloud:
        outputs = deploy(cloud.endpoint).outputs
        connection = Connection.of_deployment(endpoint=cloud.endpoint, postgres_dsn=cloud.postgres_dsn, outputs=outputs)
        yield from _consumer(connection)
        yield from _confirmation(connection)


def _consumer(connection: Connection) -> Iterator[Finding]:
    counted = Counted(connection.client("rds-data"))
    arguments = (connection.output("database_cluster_arn"), connection.output("database_secret_arn"))
    database = DataApi(counted, *arguments, connection.output("database_name"))  # type: ignore[arg-type]
    calls: dict[str, int] = {}

    def counting(name: str, run: Callable[[list[Row]], None]) -> Callable[[], None]:
        def measured() -> None:
            before = counted.calls
            run(_rows())
            calls[name] = counted.calls - before

        return measured

    def by_batches_of(size: int) -> Callable[[list[Row]], None]:
        def write(rows: list[Row]) -> None:
            for start in range(0, len(rows), size):
                UserStore(database).write(rows[start : start + size], time.monotonic() + 60)

        return write

    def singly(rows: list[Row]) -> None:
        for row in rows:
            columns = {key: row.columns[key] for key in ("cognito_id", "email", "name", "clinic_id", "occurred_at")}
            database.execute(INSERT, columns, deadline=time.monotonic() + 60)

    def with_psycopg(rows: list[Row]) -> None:
        insert = INSERT.replace(":cognito_id", "%(cognito_id)s").replace(":email", "%(email)s")
        insert = insert.replace(":name", "%(name)s").replace(":clinic_id", "%(clinic_id)s")
        insert = insert.replace(":occurred_at", "%(occurred_at)s")
        with psycopg.connect(connection.postgres_dsn, autocommit=True) as session:
            for row in rows:
                session.execute(insert, row.columns)

    seconds = medians(
        {
            "batches": counting("batches", by_batches_of(BATCH)),
            "hundreds": counting("hundreds", by_batches_of(100)),
            "singly": counting("singly", singly),
            "psycopg": counting("psycopg", with_psycopg),
        },
        ROUNDS,
    )
    yield Finding("Data API calls singly / in batches of 10", calls["singly"] / calls["batches"], "x", ">= 10")
    yield Finding("consumer throughput in batches of 10 / singly", seconds["singly"] / seconds["batches"], "x", ">= 4")
    yield Finding("consumer throughput in batches of 100 / singly", seconds["singly"] / seconds["hundreds"], "x")
    yield Finding("consumer throughput in batches of 10 / psycopg singly", seconds["psycopg"] / seconds["batches"], "x")
    yield Finding("consumer in batches of 10", SIGN_UPS / seconds["batches"], "users/s")


def _rows() -> list[Row]:
    keys = [str(uuid.uuid4()) for _ in range(SIGN_UPS)]
    return [
        Row(
            key,
            datetime(2026, 1, 1, tzinfo=UTC),
            {
                "cognito_id": key,
                "email": f"{key}@example.com",
                "email_verified": True,
                "name": "Bench User",
                "clinic_id": "8d5a7f0e-94a1-4a35-8c55-3b9f6f0f7b11",
                "occurred_at": "2026-01-01T00:00:00Z",
            },
        )
        for key in keys
    ]


def _confirmation(connection: Connection) -> Iterator[Finding]:
    """Seconds from the confirmation's request to the row, through publisher, bus, queue and consumer."""
    cognito = connection.client("cognito-idp")
    taken = []
    with psycopg.connect(connection.postgres_dsn, autocommit=True) as session:
        for number in range(CONFIRMATIONS + 1):
            email = f"{uuid.uuid4()}@example.com"
            made = cognito.sign_up(
                ClientId=connection.output("web_client_id"),
                Username=email,
                Password=f"Bench-{uuid.uuid4()}-Aa1!",
                UserAttributes=[{"Name": "email", "Value": email}],
            )
            began = time.perf_counter()
            cognito.admin_confirm_sign_up(UserPoolId=connection.output("user_pool_id"), Username=email)
            while not session.execute("SELECT 1 FROM users WHERE cognito_id = %s", [made["UserSub"]]).fetchone():
                if time.perf_counter() - began > 30:
                    raise TimeoutError("a confirmed sign-up did not become a row within 30 s")
                time.sleep(0.005)
            if number:  # the first one starts the functions
                taken.append(time.perf_counter() - began)
    yield Finding("confirmed to row, median", statistics.median(taken), "s", "<= 1")
    yield Finding("confirmed to row, longest", max(taken), "s")

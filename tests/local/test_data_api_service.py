"""Time limits, bounds and clean-up of the local Data API, with limits short enough to wait for.

The service runs in this process, without the emulator: clusters and secrets are given directly.
"""

import asyncio
import json
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local_cloud.data_api.clusters import Cluster
from local_cloud.data_api.errors import DataApiError
from local_cloud.data_api.service import DataApi, Limits, Target
from local_cloud.data_api.sessions import Credentials
from local_cloud.postgres import Postgres

CLUSTER = Cluster("arn:one", "cluster-ONE", "owner", "owners-password", "clinic", frozenset({"cluster-ONE"}))
TARGET = Target(CLUSTER, "owner", "owners-password")
DEFAULT = Limits()


@pytest.fixture(scope="module")
def postgres(local_directory: Path) -> Iterator[Postgres]:
    server = Postgres.start(local_directory / "service")
    yield server
    server.stop()


class Caller:
    """Calls the operations of one service and returns `(HTTP status, decoded body)`."""

    def __init__(self, postgres: Postgres, limits: Limits = DEFAULT, target: Target = TARGET) -> None:
        self.target = target
        self.service = DataApi(postgres.dsn, lambda _data, _headers: self.target, limits)

    async def call(self, path: str, **data: Any) -> tuple[int, Mapping[str, Any]]:
        body = json.dumps({"database": "clinic"} | data).encode()
        status, _headers, answer = await self.service.handle_request("POST", path, {}, body, {})
        return status, json.loads(answer)

    async def execute(self, sql: str, **data: Any) -> Mapping[str, Any]:
        status, answer = await self.call("/Execute", sql=sql, **data)
        assert status == 200, answer
        return answer

    async def begin(self) -> str:
        status, answer = await self.call("/BeginTransaction")
        assert status == 200, answer
        return str(answer["transactionId"])

    async def commit(self, transaction: str) -> tuple[int, Mapping[str, Any]]:
        return await self.call("/CommitTransaction", transactionId=transaction)


def sessions(postgres: Postgres, user: str) -> int:
    """How many sessions the role has at this moment."""
    with psycopg.connect(postgres.dsn()) as connection:
        row = connection.execute("select count(*) from pg_stat_activity where usename = %s", [user]).fetchone()
    assert row is not None
    return int(row[0])


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


def test_a_statement_that_takes_too_long_is_stopped(postgres: Postgres) -> None:
    """H1. 45 seconds in the service."""

    async def test() -> None:
        caller = Caller(postgres, Limits(statement_seconds=0.2))
        status, answer = await caller.call("/Execute", sql="select pg_sleep(30)::text")
        assert (status, answer["__type"], answer["message"]) == (400, "StatementTimeoutException", "Request timed out")
        assert (await caller.execute("select 1"))["records"] == [[{"longValue": 1}]]

    run(test())


def test_a_statement_may_go_on_after_the_call_timed_out(postgres: Postgres) -> None:
    """H1. continueAfterTimeout, meant for DDL."""

    async def test() -> None:
        caller = Caller(postgres, Limits(statement_seconds=0.2))
        await caller.execute("create table slow (n text)")
        status, answer = await caller.call(
            "/Execute", sql="insert into slow select pg_sleep(0.6)::text", continueAfterTimeout=True
        )
        assert (status, answer["__type"]) == (400, "StatementTimeoutException")
        await asyncio.sleep(0.8)
        assert (await caller.execute("select count(*) from slow"))["records"] == [[{"longValue": 1}]]

    run(test())


def test_the_time_limit_is_back_after_a_statement_without_it(postgres: Postgres) -> None:
    """H1. Within the same transaction."""

    async def test() -> None:
        caller = Caller(postgres, Limits(statement_seconds=0.2))
        transaction = await caller.begin()
        await caller.execute("select 1", transactionId=transaction, continueAfterTimeout=True)
        status, answer = await caller.call("/Execute", sql="select pg_sleep(30)::text", transactionId=transaction)
        assert (status, answer["__type"]) == (400, "StatementTimeoutException")

    run(test())


def test_an_idle_transaction_is_rolled_back(postgres: Postgres) -> None:
    """H1. Three minutes in the service; its locks go with it."""

    async def test() -> None:
        caller = Caller(postgres, Limits(idle_seconds=0.2))
        await caller.execute("create table idle (n int)")
        transaction = await caller.begin()
        await caller.execute("insert into idle values (1)", transactionId=transaction)
        await asyncio.sleep(0.5)
        status, answer = await caller.commit(transaction)
        assert (status, answer["__type"]) == (404, "TransactionNotFoundException")
        assert answer["message"] == f"Transaction {transaction} is not found. Transaction may be expired."
        assert (await caller.execute("select count(*) from idle"))["records"] == [[{"longValue": 0}]]
        await caller.execute("drop table idle")

    run(test())


def test_a_transaction_that_is_never_used_expires_too(postgres: Postgres) -> None:
    """H1. The time runs from its begin."""

    async def test() -> None:
        caller = Caller(postgres, Limits(idle_seconds=0.1))
        transaction = await caller.begin()
        await asyncio.sleep(0.3)
        assert (await caller.commit(transaction))[0] == 404

    run(test())


def test_a_transaction_in_use_does_not_expire(postgres: Postgres) -> None:
    """H1. Every call starts the time anew, and a running statement is not idleness."""

    async def test() -> None:
        caller = Caller(postgres, Limits(idle_seconds=0.3))
        transaction = await caller.begin()
        for _ in range(4):
            await caller.execute("select pg_sleep(0.1)::text", transactionId=transaction)
            await asyncio.sleep(0.1)
        await caller.execute("select pg_sleep(0.5)::text", transactionId=transaction)
        assert (await caller.commit(transaction))[0] == 200

    run(test())


def test_statements_at_once_are_bounded_and_all_are_answered(postgres: Postgres) -> None:
    """H1. The rest waits: a burst must not exhaust the database's connections."""

    async def test() -> None:
        # A role of its own, to count no session of another test.
        cluster = replace(CLUSTER, resource_id="cluster-BUSY", master_user="busy", database="clinic_of_busy")
        caller = Caller(postgres, Limits(statements=3), Target(cluster, "busy", "owners-password"))
        await caller.execute("select 1", database="clinic_of_busy")
        seen: list[int] = []

        async def watch() -> None:
            while True:
                seen.append(await asyncio.to_thread(sessions, postgres, "busy"))

        watching = asyncio.create_task(watch())
        request = {"sql": "select pg_sleep(0.05)::text", "database": "clinic_of_busy"}
        answers = await asyncio.gather(*(caller.call("/Execute", **request) for _ in range(30)))
        watching.cancel()
        assert [status for status, _ in answers] == [200] * 30
        assert max(seen) == 3

    run(test())


def test_a_crowd_waiting_for_a_lock_does_not_keep_its_holder_from_committing(postgres: Postgres) -> None:
    """H1. With all shared threads waiting, the transaction still has its own."""

    async def test() -> None:
        caller = Caller(postgres, Limits(statements=2))
        await caller.execute("create table crowded as select 0 as n")
        holder = await caller.begin()
        await caller.execute("update crowded set n = n", transactionId=holder)
        crowd = [asyncio.create_task(caller.execute("update crowded set n = n + 1")) for _ in range(6)]
        await asyncio.sleep(0.3)
        assert not any(task.done() for task in crowd)
        await asyncio.wait_for(caller.execute("update crowded set n = 100", transactionId=holder), 5)
        await asyncio.wait_for(caller.commit(holder), 5)
        await asyncio.wait_for(asyncio.gather(*crowd), 10)
        assert (await caller.execute("select n from crowded"))["records"] == [[{"longValue": 106}]]

    run(test())


def test_too_many_open_transactions_are_refused(postgres: Postgres) -> None:
    """H1. Also when they are begun at the same time; an ended one makes room."""

    async def test() -> None:
        caller = Caller(postgres, Limits(transactions=2))
        answers = await asyncio.gather(*(caller.call("/BeginTransaction") for _ in range(5)))
        begun = [str(answer["transactionId"]) for status, answer in answers if status == 200]
        refused = [answer["message"] for status, answer in answers if status != 200]
        assert len(begun) == 2
        assert refused == ["ERROR: sorry, too many clients already; SQLState: 53300"] * 3
        await caller.commit(begun[0])
        await caller.begin()

    run(test())


def test_sessions_are_used_again(postgres: Postgres) -> None:
    """H1. A connection costs more than most statements."""

    async def test() -> None:
        caller = Caller(postgres)
        pids = set()
        for _ in range(5):
            answer = await caller.execute("select pg_backend_pid()")
            pids.add(answer["records"][0][0]["longValue"])
            await asyncio.sleep(0.01)
        assert len(pids) == 1

    run(test())


def test_a_session_that_proved_one_password_is_not_given_for_another(postgres: Postgres) -> None:
    """H1 G2. Although role and database are the same."""

    async def test() -> None:
        caller = Caller(postgres)
        await caller.execute("select 1")
        caller.target = replace(TARGET, password="wrong")
        status, answer = await caller.call("/Execute", sql="select 1")
        assert (status, answer["__type"]) == (400, "BadRequestException")

    run(test())


def test_a_request_that_is_cancelled_leaves_its_transaction_usable(postgres: Postgres) -> None:
    """H1. The caller hung up; the statement ends by itself."""

    async def test() -> None:
        caller = Caller(postgres)
        transaction = await caller.begin()
        request = asyncio.create_task(caller.execute("select pg_sleep(0.3)::text", transactionId=transaction))
        await asyncio.sleep(0.1)
        request.cancel()
        await asyncio.sleep(0.05)
        _, answer = await caller.call("/Execute", sql="select 1", transactionId=transaction)
        assert answer["message"] == "Transaction is still running a query"
        await asyncio.sleep(0.4)
        await caller.execute("select 1", transactionId=transaction)
        assert (await caller.commit(transaction))[0] == 200

    run(test())


def test_reset_rolls_back_what_is_open(postgres: Postgres) -> None:
    """H1. The emulator's reset: no transaction survives it."""

    async def test() -> None:
        caller = Caller(postgres)
        await caller.execute("create table remains (n int)")
        transaction = await caller.begin()
        await caller.execute("insert into remains values (1)", transactionId=transaction)
        caller.service.reset()
        assert (await caller.commit(transaction))[0] == 404
        assert (await caller.execute("select count(*) from remains"))["records"] == [[{"longValue": 0}]]

    run(test())


def test_a_successor_gets_a_fresh_database_although_sessions_are_pooled(postgres: Postgres) -> None:
    """H1. The predecessor's idle sessions would keep its database in use."""

    async def test() -> None:
        caller = Caller(postgres)
        await caller.execute("create table of_the_first (n int)")
        successor = replace(CLUSTER, resource_id="cluster-TWO", living=frozenset({"cluster-TWO"}))
        caller.target = Target(successor, "owner", "owners-password")
        answer = await caller.execute("select to_regclass('of_the_first')::text")
        assert answer["records"] == [[{"isNull": True}]]

    run(test())


def test_a_database_that_the_operator_made_is_taken_over(postgres: Postgres) -> None:
    """H1. The cloud makes the project's database at its start, before there is a cluster."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute("create database prepared")
    with psycopg.connect(postgres.dsn("prepared"), autocommit=True) as connection:
        connection.execute("create table kept (n int)")

    async def test() -> None:
        cluster = replace(CLUSTER, resource_id="cluster-LATE", master_user="late", database="prepared")
        caller = Caller(postgres, target=Target(cluster, "late", "owners-password"))
        await caller.execute("create table added (n int)", database="prepared")
        answer = await caller.execute("select to_regclass('kept')::text", database="prepared")
        assert answer["records"] == [[{"stringValue": "kept"}]]

    run(test())


def test_the_operators_role_cannot_become_a_master_user(postgres: Postgres) -> None:
    """H1 G2. It would get a password of the caller's."""

    async def test() -> None:
        cluster = replace(CLUSTER, resource_id="cluster-THREE", master_user="rdsadmin", database="other")
        caller = Caller(postgres, target=Target(cluster, "rdsadmin", "x"))
        status, answer = await caller.call("/Execute", sql="select 1")
        assert (status, answer["__type"]) == (400, "BadRequestException")
        assert "reserved" in answer["message"]

    run(test())


def test_a_master_password_is_stored_hashed_and_never_sent_in_clear(postgres: Postgres) -> None:
    """H1 G2. Not even to the database."""

    async def test() -> None:
        await Caller(postgres).execute("select 1")

    run(test())
    with psycopg.connect(postgres.dsn()) as connection:
        row = connection.execute("select rolpassword from pg_authid where rolname = 'owner'").fetchone()
    assert row is not None
    assert row[0].startswith("SCRAM-SHA-256$")


def test_credentials_are_not_shown_in_texts() -> None:
    """H1 G2. Objects end up in logs and tracebacks."""
    for shown in (repr(CLUSTER), repr(TARGET), repr(Credentials("clinic", "owner", "owners-password"))):
        assert "owners-password" not in shown


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_refused(postgres: Postgres, body: bytes) -> None:
    """H1. Before anything is looked up in it."""

    async def test() -> None:
        service = Caller(postgres).service
        status, headers, answer = await service.handle_request("POST", "/Execute", {}, body, {})
        assert (status, headers["x-amzn-errortype"]) == (400, "BadRequestException")
        assert json.loads(answer)["message"] == "the request body is not a JSON object"

    run(test())


def test_a_refusal_of_the_control_plane_is_the_answer(postgres: Postgres) -> None:
    """H1. E.g. a missing permission: status, type and message."""

    def refuse(_data: Mapping[str, Any], _headers: Mapping[str, str]) -> Target:
        raise DataApiError("AccessDeniedException", "no")

    async def test() -> None:
        service = DataApi(postgres.dsn, refuse)
        status, _, answer = await service.handle_request("POST", "/Execute", {}, b"{}", {})
        assert (status, json.loads(answer)) == (403, {"__type": "AccessDeniedException", "message": "no"})

    run(test())


def test_a_stopped_database_is_unavailable_not_wrong(local_directory: Path) -> None:
    """H1. 504, which AWS SDKs try again."""
    server = Postgres.start(local_directory / "stopped")

    async def test() -> None:
        caller = Caller(server)
        await caller.execute("select 1")
        transaction = await caller.begin()
        server.stop()
        status, answer = await caller.call("/Execute", sql="select 1", transactionId=transaction)
        assert (status, answer["__type"]) == (504, "DatabaseUnavailableException")
        caller.target = replace(TARGET, cluster=replace(CLUSTER, resource_id="cluster-NEW"))
        status, answer = await caller.call("/Execute", sql="select 1")
        assert (status, answer["__type"]) == (504, "DatabaseUnavailableException")

    try:
        run(test())
    finally:
        server.stop()

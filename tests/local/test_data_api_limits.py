"""Time limits and bounds of the local Data API, with limits short enough to wait for."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from local.data_api_caller import CLUSTER, Caller, run
from local_cloud.data_api.service import Limits, Target
from local_cloud.postgres import Postgres


@pytest.fixture(scope="module")
def postgres(local_directory: Path) -> Iterator[Postgres]:
    server = Postgres.start(local_directory / "limits")
    yield server
    server.stop()


def sessions(postgres: Postgres, user: str) -> int:
    """How many sessions the role has at this moment."""
    with psycopg.connect(postgres.dsn()) as connection:
        row = connection.execute("select count(*) from pg_stat_activity where usename = %s", [user]).fetchone()
    assert row is not None
    return int(row[0])


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
        async with asyncio.timeout(30):
            while (await caller.execute("select count(*) from slow"))["records"] != [[{"longValue": 1}]]:
                await asyncio.sleep(0.05)

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
        caller = Caller(postgres, Limits(idle_seconds=1))
        transaction = await caller.begin()
        for _ in range(4):
            await caller.execute("select 1", transactionId=transaction)
            await asyncio.sleep(0.3)
        await caller.execute("select pg_sleep(1.2)::text", transactionId=transaction)
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

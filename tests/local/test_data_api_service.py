"""Sessions, clean-up and refusals of the local Data API."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.data_api_caller import CLUSTER, TARGET, Caller, run
from local_cloud.data_api.errors import DataApiError
from local_cloud.data_api.service import DataApi, Target
from local_cloud.data_api.sessions import Credentials
from local_cloud.postgres import Postgres


@pytest.fixture(scope="module")
def postgres(local_directory: Path) -> Iterator[Postgres]:
    server = Postgres.start(local_directory / "service")
    yield server
    server.stop()


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
        request = asyncio.create_task(caller.execute("select pg_sleep(1)::text", transactionId=transaction))
        await asyncio.sleep(0.1)
        request.cancel()
        await asyncio.sleep(0.05)
        _, answer = await caller.call("/Execute", sql="select 1", transactionId=transaction)
        assert answer["message"] == "Transaction is still running a query"
        async with asyncio.timeout(30):
            while (await caller.call("/Execute", sql="select 1", transactionId=transaction))[0] != 200:
                await asyncio.sleep(0.05)
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

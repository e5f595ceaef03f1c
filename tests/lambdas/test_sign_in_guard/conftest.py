"""Fixtures of the sign-in guard: `table` is an empty one of moto, `start` a cold start, `guard` one as usual."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.test_sign_in_guard.running import SETTINGS, TABLE, Running


@pytest.fixture(scope="module")
def _dynamodb() -> Iterator[Any]:
    with mock_aws():
        client: Any = boto3.client("dynamodb", region_name="us-east-1")
        yield client


@pytest.fixture
def table(_dynamodb: Any) -> Iterator[Any]:
    _dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "account_key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "account_key", "AttributeType": "S"}],
    )
    yield _dynamodb
    _dynamodb.delete_table(TableName=TABLE)


@pytest.fixture
def start(handler: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, context: Any) -> Callable[..., Running]:
    def started(**changes: str) -> Running:
        running = Running(handler("sign_in_guard", **{**SETTINGS, **changes}), context)
        monkeypatch.setattr("sign_in_guard.guard.time", SimpleNamespace(time=lambda: running.now))
        return running

    return started


@pytest.fixture
def guard(start: Callable[..., Running], table: Any) -> Running:  # noqa: ARG001
    return start()

"""The service of the local Data API in this process, without the emulator: cluster and credentials are given."""

import asyncio
import json
from collections.abc import Coroutine, Mapping
from typing import Any

from local_cloud.data_api.clusters import Cluster
from local_cloud.data_api.service import DataApi, Limits, Target
from local_cloud.postgres import Postgres

CLUSTER = Cluster("arn:one", "cluster-ONE", "owner", "owners-password", "clinic", frozenset({"cluster-ONE"}))
TARGET = Target(CLUSTER, "owner", "owners-password")
DEFAULT = Limits()


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


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)

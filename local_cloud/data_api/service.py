"""The five operations of the RDS Data API on the embedded PostgreSQL.

Runs inside the emulator's event loop and never blocks it: everything that talks to the database happens in worker
threads. Statements without transaction share a bounded number of threads; a transaction always has one of its own, so a
crowd waiting for a transaction's lock cannot keep that transaction from committing.
"""

import asyncio
import base64
import json
import os
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from psycopg import pq

from local_cloud.data_api.clusters import Cluster, Clusters
from local_cloud.data_api.errors import (
    DataApiError,
    bad_request,
    database_error,
    invalid,
    statement_timeout,
    too_many_connections,
)
from local_cloud.data_api.sessions import Credentials, Session, SessionPool
from local_cloud.data_api.statements import Request, check, execute, execute_batch

Response = tuple[int, dict[str, str], bytes]
T = TypeVar("T")

REQUEST_BYTES = 4 * 1024 * 1024
"""Limit of a request ("BatchExecuteStatement", RDS Data API Reference)."""

ENDED_TRANSACTIONS = 1000
"""How many ended transactions are remembered, to say why an id is unknown."""

EXPIRED = "Transaction may be expired."
TERMINATED = "One previous call resulted in a termination of your transaction."
ABORTED = "Transaction has been aborted due to an error from a previous call."
"""Causes ("Troubleshooting Amazon RDS Data API", Amazon Aurora User Guide)."""


@dataclass(frozen=True)
class Limits:
    statement_seconds: float = 45.0
    """A call times out after this long ("Using the Amazon RDS Data API", Amazon Aurora User Guide)."""
    idle_seconds: float = 180.0
    """A transaction that no call uses for this long is rolled back ("BeginTransaction", RDS Data API Reference)."""
    statements: int = 16
    """Statements without transaction that run at once; more wait. A local choice, AWS names no number."""
    transactions: int = 32
    """Open transactions; more are refused like connections beyond max_connections."""


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Target:
    """A request's cluster and the user that its secret names."""

    cluster: Cluster
    user: str
    password: str = field(repr=False)


class Transaction:
    """An open transaction and the session it lives in."""

    def __init__(self, target: Target, session: Session) -> None:
        self.id = base64.b64encode(os.urandom(138)).decode()
        self.arn = target.cluster.arn
        self.user = target.user
        self.session = session
        self.busy = False
        self.expiry: asyncio.TimerHandle | None = None


class DataApi:
    """`resolve(data, headers)` finds the target of a request or raises DataApiError."""

    def __init__(
        self,
        dsn: Callable[[str], str],
        resolve: Callable[[Request, Mapping[str, str]], Target],
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._resolve = resolve
        self._limits = limits
        self._pool = SessionPool(dsn, limits.statement_seconds, idle_limit=limits.statements)
        self._clusters = Clusters(dsn("postgres"), self._pool)
        self._workers = ThreadPoolExecutor(limits.statements + limits.transactions, thread_name_prefix="data-api")
        self._free = asyncio.Semaphore(limits.statements)
        self._transactions: dict[str, Transaction] = {}
        self._beginning = 0
        self._ended: OrderedDict[str, str] = OrderedDict()
        self._running: set[asyncio.Task[Any]] = set()

    async def handle_request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Mapping[str, Any]
    ) -> Response:
        """Answer one HTTP request; the signature is the emulator's."""
        del method, query_params
        operations = {
            "/Execute": self._execute_statement,
            "/BatchExecute": self._batch_execute_statement,
            "/BeginTransaction": self._begin_transaction,
            "/CommitTransaction": self._commit_transaction,
            "/RollbackTransaction": self._rollback_transaction,
        }
        try:
            if len(body or b"") > REQUEST_BYTES:
                return _answer(413, {"message": "Request Too Long"})
            data = _parse(body)
            return _answer(200, await operations[path](data, self._resolve(data, headers)))
        except DataApiError as error:
            content = {"__type": error.code, "message": error.message}
            return _answer(error.status, content, {"x-amzn-errortype": error.code})

    def reset(self) -> None:
        """Roll every transaction back and forget it; close what is idle."""
        self._workers.submit(self._pool.discard)
        for transaction in list(self._transactions.values()):
            self._end(transaction, EXPIRED)
            if not transaction.busy:
                self._workers.submit(transaction.session.close)

    # --- operations -------------------------------------------------------------------------------------------------

    async def _execute_statement(self, data: Request, target: Target) -> dict[str, Any]:
        work = self._statement(data, target, execute)
        if not data.get("continueAfterTimeout"):
            return await work
        try:
            return await asyncio.wait_for(work, self._limits.statement_seconds)
        except TimeoutError:
            raise statement_timeout() from None

    async def _batch_execute_statement(self, data: Request, target: Target) -> dict[str, Any]:
        return await self._statement(data, target, execute_batch)

    async def _begin_transaction(self, data: Request, target: Target) -> dict[str, Any]:
        if len(self._transactions) + self._beginning >= self._limits.transactions:
            raise too_many_connections()

        def begin() -> Session:
            session = self._acquire(data, target)
            try:
                session.command("BEGIN")
            except DataApiError:
                session.close()
                raise
            return session

        async def run() -> Transaction:
            try:
                transaction = Transaction(target, await self._in_thread(begin))
            finally:
                self._beginning -= 1
            self._transactions[transaction.id] = transaction
            self._restart_expiry(transaction)
            return transaction

        # Counted before anything else can run: those who begin at the same moment see each other.
        self._beginning += 1
        return {"transactionId": (await self._protected(run())).id}

    async def _commit_transaction(self, data: Request, target: Target) -> dict[str, Any]:
        def commit(session: Session) -> None:
            if session.state == pq.TransactionStatus.INERROR:
                session.command("ROLLBACK")
                raise database_error(
                    "current transaction is aborted, commands ignored until end of transaction block", "25P02"
                )
            session.command("COMMIT")

        await self._finish(data, target, commit)
        return {"transactionStatus": "Transaction Committed"}

    async def _rollback_transaction(self, data: Request, target: Target) -> dict[str, Any]:
        await self._finish(data, target, lambda session: session.command("ROLLBACK"))
        return {"transactionStatus": "Rollback Complete"}

    # --- statements and transactions --------------------------------------------------------------------------------

    def _statement(
        self, data: Request, target: Target, work: Callable[[Session, Request], dict[str, Any]]
    ) -> Awaitable[dict[str, Any]]:
        check(data)
        if data.get("transactionId"):
            return self._in_transaction(self._transaction(data, target), lambda session: work(session, data))
        return self._alone(data, target, work)

    async def _alone(
        self, data: Request, target: Target, work: Callable[[Session, Request], dict[str, Any]]
    ) -> dict[str, Any]:
        def run() -> dict[str, Any]:
            session = self._acquire(data, target)
            try:
                return work(session, data)
            finally:
                self._pool.release(session)

        async def queue() -> dict[str, Any]:
            async with self._free:
                return await self._in_thread(run)

        return await self._protected(queue())

    async def _in_transaction(self, transaction: Transaction, work: Callable[[Session], T]) -> T:
        """Run `work` in the transaction's session, alone."""
        if transaction.busy:
            raise DataApiError("DatabaseErrorException", "Transaction is still running a query")
        transaction.busy = True
        if transaction.expiry:
            transaction.expiry.cancel()

        async def run() -> T:
            try:
                return await self._in_thread(lambda: work(transaction.session))
            finally:
                transaction.busy = False
                self._after_statement(transaction)

        return await self._protected(run())

    def _after_statement(self, transaction: Transaction) -> None:
        if transaction.id not in self._transactions:
            self._workers.submit(self._pool.release, transaction.session)
        elif transaction.session.state in (pq.TransactionStatus.IDLE, pq.TransactionStatus.UNKNOWN):
            # A statement of the caller (COMMIT, for example) or a lost connection ended it.
            self._end(transaction, TERMINATED)
            self._workers.submit(self._pool.release, transaction.session)
        else:
            self._restart_expiry(transaction)

    async def _finish(self, data: Request, target: Target, work: Callable[[Session], object]) -> None:
        transaction = self._transaction(data, target)
        if transaction.busy:
            raise DataApiError("DatabaseErrorException", "Transaction is still running a query")
        aborted = transaction.session.state == pq.TransactionStatus.INERROR
        self._end(transaction, ABORTED if aborted else TERMINATED)
        await self._in_transaction(transaction, work)

    def _transaction(self, data: Request, target: Target) -> Transaction:
        identifier = str(data.get("transactionId") or "")
        if not identifier:
            raise bad_request("transactionId is required")
        transaction = self._transactions.get(identifier)
        if transaction is None or (transaction.arn, transaction.user) != (target.cluster.arn, target.user):
            cause = self._ended.get(identifier, EXPIRED)
            raise DataApiError("TransactionNotFoundException", f"Transaction {identifier} is not found. {cause}")
        return transaction

    def _restart_expiry(self, transaction: Transaction) -> None:
        loop = asyncio.get_running_loop()
        transaction.expiry = loop.call_later(self._limits.idle_seconds, self._expire, transaction)

    def _expire(self, transaction: Transaction) -> None:
        self._end(transaction, EXPIRED)
        self._workers.submit(transaction.session.close)

    def _end(self, transaction: Transaction, cause: str) -> None:
        """Forget the transaction; its session is the caller's to close or release."""
        self._transactions.pop(transaction.id, None)
        if transaction.expiry:
            transaction.expiry.cancel()
        self._ended[transaction.id] = cause
        while len(self._ended) > ENDED_TRANSACTIONS:
            self._ended.popitem(last=False)

    # --- threads ----------------------------------------------------------------------------------------------------

    def _acquire(self, data: Request, target: Target) -> Session:
        self._clusters.ensure(target.cluster)
        # Without the parameter the service leaves the choice to PostgreSQL, which takes the database named like the
        # user, not the cluster's initial one.
        database = str(data.get("database") or target.user)
        return self._pool.acquire(Credentials(database, target.user, target.password))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._workers, work)

    async def _protected(self, work: Awaitable[T]) -> T:
        """Let `work` finish even when the caller's request is cancelled: the thread behind it cannot be."""
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)


def _parse(body: bytes) -> Request:
    try:
        data = json.loads(body or b"{}")
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise bad_request("the request body is not a JSON object")
    if data.get("schema"):
        raise invalid("The schema parameter isn't supported")
    return data


def _answer(status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(content).encode()

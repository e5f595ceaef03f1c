"""How many environments run at a time: a ceiling in total and one per function, and idle ones are ended.

AWS would start one per concurrent invocation, up to the account's limit of 1,000. Here an invocation above the ceiling
waits for a free environment, and is throttled as on AWS when none becomes free in time. The wait is bounded because a
function may be waiting for the very invocation that waits for its environment.

The environments are kept in MiniStack's own tables, so that what MiniStack does to them on an update, a deletion or a
reset holds.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    total: int = 16
    """Environments of all functions. One with boto3 imported takes 35-50 MB."""
    per_function: int = 8
    """Environments of one version of a function."""
    wait_seconds: float = 20.0
    """How long an invocation waits for an environment before it is throttled."""
    surplus_idle_seconds: float = 60.0
    """How long an idle environment stays when its function has another one."""
    last_idle_seconds: float = 600.0
    """How long a function's last idle environment stays."""


class Pool:
    """Leases environments. `runtime` is `ministack.core.lambda_runtime`, `create` makes a worker of (config, code)."""

    def __init__(self, runtime: Any, create: Callable[[Mapping[str, Any], bytes], Any], limits: Limits) -> None:
        self._runtime = runtime
        self._create = create
        self._limits = limits
        self._changed = threading.Condition(runtime._lock)
        self._closed = False

    def acquire(
        self,
        func_name: str,
        config: Mapping[str, Any],
        code_zip: bytes,
        qualifier: str = "$LATEST",
        max_concurrency: int | None = None,
    ) -> tuple[Any, str]:
        """Lease an environment: (worker, "reused" or "spawn"), or (None, "func_cap") when none became free in time."""
        key = self._runtime._worker_key(func_name, config, qualifier)
        ceiling = min(max_concurrency or self._limits.per_function, self._limits.per_function)
        deadline = time.monotonic() + self._limits.wait_seconds
        with self._changed:
            while not self._closed:
                own = self._runtime._workers.setdefault(key, [])
                if idle := [worker for worker in own if not worker.in_use]:
                    return _lease(max(idle, key=_last_used)), "reused"
                if len(own) < ceiling and (room := self._make_room()) is not None:
                    worker = _lease(self._create(config, code_zip))
                    own.append(worker)
                    break
                if not self._changed.wait(deadline - time.monotonic()):
                    return None, "func_cap"
            else:
                return None, "func_cap"
        self._runtime.kill_workers(room)
        return worker, "spawn"

    def release(self, worker: Any) -> None:
        """End a lease. An environment that an update removed from the tables meanwhile is ended."""
        if worker is None:
            return
        with self._changed:
            worker.in_use = False
            worker.last_used = time.time()
            kept = any(worker in workers for workers in self._runtime._workers.values())
            self._changed.notify_all()
        if not kept:
            self._runtime.kill_workers([worker])

    def reap_idle(self, ttl: float | None = None) -> int:
        """End environments that were idle for too long; `ttl` seconds for all instead of the pool's own limits."""
        surplus, last = (
            (ttl, ttl)
            if ttl is not None
            else (
                self._limits.surplus_idle_seconds,
                self._limits.last_idle_seconds,
            )
        )
        now, ended = time.time(), []
        with self._changed:
            for key, workers in list(self._runtime._workers.items()):
                workers.sort(key=_last_used, reverse=True)
                stay = [
                    worker
                    for place, worker in enumerate(workers)
                    if worker.in_use or now - worker.last_used < (surplus if place else last)
                ]
                ended += [worker for worker in workers if worker not in stay]
                if stay:
                    self._runtime._workers[key] = stay
                else:
                    del self._runtime._workers[key]
            self._changed.notify_all()
        self._runtime.kill_workers(ended)
        return len(ended)

    def close(self) -> None:
        """End all environments and start none any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._runtime.reset()

    def _make_room(self) -> list[Any] | None:
        """Environments to end before another may start (none or one); None when all are in use."""
        tables = self._runtime._workers.values()
        if sum(len(workers) for workers in tables) < self._limits.total:
            return []
        idle = [worker for workers in tables for worker in workers if not worker.in_use]
        if not idle:
            return None
        oldest = min(idle, key=_last_used)
        for workers in tables:
            if oldest in workers:
                workers.remove(oldest)
        return [oldest]


def _lease(worker: Any) -> Any:
    worker.in_use = True
    worker.last_used = time.time()
    return worker


def _last_used(worker: Any) -> float:
    return float(worker.last_used)

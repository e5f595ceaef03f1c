"""Who gets an execution environment, who waits, and which one has to go: the pool by itself, without processes."""

import json
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from local_cloud.lambda_isolation.pool import Limits, Pool


class Emulator:
    """As much of MiniStack's worker tables as the pool uses."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._workers: dict[str, list[Any]] = {}
        self.ended: list[Any] = []

    def _worker_key(self, name: str, _config: object, qualifier: str) -> str:
        return f"{name}:{qualifier}"

    def kill_workers(self, workers: list[Any]) -> None:
        self.ended += workers


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


def _pool(emulator: Emulator, **limits: float) -> Pool:
    return Pool(emulator, lambda _config, _code: SimpleNamespace(in_use=False, last_used=0.0), Limits(**limits))  # type: ignore[arg-type]


def test_an_invocation_is_throttled_when_no_environment_becomes_free_in_time(emulator: Emulator) -> None:
    """H1. Waiting for ever would deadlock a function that invokes itself."""
    pool = _pool(emulator, per_function=1, wait_seconds=0.05)
    pool.acquire("f", {}, b"")
    assert pool.acquire("f", {}, b"") == (None, "func_cap")


def test_a_waiting_invocation_gets_the_environment_that_becomes_free(emulator: Emulator) -> None:
    """H1. A burst is served, late rather than throttled."""
    pool = _pool(emulator, per_function=1, wait_seconds=5)
    first, _ = pool.acquire("f", {}, b"")
    threading.Timer(0.05, pool.release, [first]).start()
    assert pool.acquire("f", {}, b"") == (first, "reused")


def test_the_longest_idle_environment_of_another_function_makes_room(emulator: Emulator) -> None:
    """H1. The ceiling must not keep a function from ever starting."""
    pool = _pool(emulator, total=2)
    older, _ = pool.acquire("older", {}, b"")
    newer, _ = pool.acquire("newer", {}, b"")
    pool.release(older)
    pool.release(newer)
    assert pool.acquire("third", {}, b"")[1] == "spawn"
    assert emulator.ended == [older]


def test_a_busy_environment_is_never_taken_from_another_function(emulator: Emulator) -> None:
    """H1. It would fail an invocation that did nothing wrong."""
    pool = _pool(emulator, total=1, wait_seconds=0.05)
    pool.acquire("busy", {}, b"")
    assert pool.acquire("other", {}, b"") == (None, "func_cap")
    assert emulator.ended == []


def test_an_environment_that_an_update_dropped_is_ended_at_the_end_of_its_lease(emulator: Emulator) -> None:
    """H1. Otherwise it would live, unknown to anybody, until the cloud stops."""
    pool = _pool(emulator)
    worker, _ = pool.acquire("f", {}, b"")
    emulator._workers.clear()
    pool.release(worker)
    assert emulator.ended == [worker]


def test_idle_environments_are_ended_surplus_ones_first(emulator: Emulator) -> None:
    """H1. The last one stays longer: the next request finds it warm."""
    pool = _pool(emulator, surplus_idle_seconds=60, last_idle_seconds=600)
    workers = [pool.acquire("f", {}, b"")[0] for _ in range(3)]
    for worker in workers:
        pool.release(worker)
    workers[0].last_used -= 61
    workers[1].last_used -= 61
    workers[2].last_used -= 30
    assert pool.reap_idle() == 2
    workers[2].last_used -= 600
    assert pool.reap_idle() == 1
    assert json.dumps(emulator._workers) == "{}"

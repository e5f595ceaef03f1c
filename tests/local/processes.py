"""Processes and whatever else ends in its own time, as the tests of the local cloud wait for it."""

import time
from collections.abc import Callable, Iterable

import psutil  # type: ignore[import-untyped]


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Fail unless the condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


def alive(suspects: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; zombies that wait for a parent to notice do not."""
    return [process for process in suspects if _runs(process)]


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # it ended between the two questions
        return False

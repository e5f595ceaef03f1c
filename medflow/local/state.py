"""The state directory of a checkout (`.local/`): which cloud runs, and what a killed run left behind.

`up.lock` is held (flock) by the process of `medflow local up` for as long as it lives, so a killed run is told from a
running one without guessing by process ids. The file stays, empty, when the run ends well: unlinking a lock file lets
two processes hold it at once.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from local_cloud import connection
from local_cloud.connection import Connection, ConnectionFileError
from medflow.errors import OperatorError, not_writable
from medflow.local import sample_user

LOCK_FILE = "up.lock"


@dataclass(frozen=True, slots=True)
class Running:
    """The cloud that a `medflow local up` of this checkout holds; empty and 0 until it is deployed."""

    pid: int = field(default_factory=os.getpid)
    endpoint: str = ""
    deploy_seconds: float = 0.0
    resources: int = 0


class AlreadyRunningError(OperatorError):
    """Another `medflow local up` holds this checkout's cloud."""


class Lock:
    """The held lock; tells others what runs."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def announce(self, running: Running) -> None:
        """Replace what others read. One write of a few bytes: a reader in between finds no JSON."""
        self._file.seek(0)
        self._file.truncate()
        json.dump(asdict(running), self._file)
        self._file.flush()


@contextlib.contextmanager
def hold(directory: Path) -> Iterator[tuple[Lock, int | None]]:
    """Hold the checkout's cloud. Yields the lock and the process id of a killed earlier run, None if there was none.

    Raises AlreadyRunningError naming the process and the address of the run that holds it.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        opened = (directory / LOCK_FILE).open("a+")
    except OSError as error:
        raise not_writable(error) from error
    with opened as file:
        if not _taken(file):
            raise AlreadyRunningError(_already(_parse(file)))
        killed = _parse(file)
        lock = Lock(file)
        lock.announce(Running())
        _remove_addresses(directory)
        try:
            yield lock, killed.pid if killed else None
        finally:
            _remove_addresses(directory)
            file.truncate(0)


def running(directory: Path) -> Running | None:
    """The cloud of this checkout, None when none runs."""
    try:
        with (directory / LOCK_FILE).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _parse(file) or Running(0)
    except FileNotFoundError:
        pass
    return None


def connect(directory: Path) -> Connection:
    """The connection to the running cloud. Raises OperatorError, naming the process if one runs."""
    try:
        return connection.read(directory)
    except ConnectionFileError as error:
        run = running(directory)
        first = f", after stopping the running one (process {run.pid}) with Ctrl-C" if run and run.endpoint else ""
        raise OperatorError(f"{error}{first}") from error


def _remove_addresses(directory: Path) -> None:
    connection.remove(directory)
    sample_user.remove(directory)


def _taken(file: IO[str]) -> bool:
    """Take the lock. A second try, because `running` holds it for an instant to look."""
    for pause in (0.05, 0.0):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(pause)
        else:
            return True
    return False


def _already(run: Running | None) -> str:
    where = f" at {run.endpoint}" if run and run.endpoint else ", still starting"
    return (
        f"a local cloud of this checkout already runs{where} (process {run.pid if run else 'unknown'});"
        " use it, or stop it with Ctrl-C where it was started"
    )


def _parse(file: IO[str]) -> Running | None:
    file.seek(0)
    try:
        return Running(**json.loads(file.read()))
    except (ValueError, TypeError):
        return None

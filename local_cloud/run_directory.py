"""The directory of one running local cloud: its files, its lock, and how what a killed run left behind is cleared away.

    lock          held (flock) by the server for as long as it lives; names the server's and its owner's process
    server.json   written when the cloud answers
    server.log    output of the server; outlives the cloud
    postgres.log  output of a database that ended by itself, until the next start
    tmp/          TMPDIR of the server and of its Lambda workers
    state/ s3/    the emulator's own files
    postgres/     the database cluster

Nothing survives a stop on purpose: the emulator keeps its state in memory, and a database without the user pool that
filled it would be a lie.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psutil  # type: ignore[import-untyped]

from local_cloud.processes import is_alive

END_GRACE_SECONDS = 5.0
"""How long a left-over process may take to end after being asked, before it is killed."""

OWNER_LOST_GRACE_SECONDS = 5.0
"""How long a server whose owner is gone may take to notice and clean up by itself."""

IN_USE_GRACE_SECONDS = 1.0
"""How long a directory has to look used before it counts as that: a process that was just killed takes its moment."""


class DirectoryInUseError(Exception):
    """Another local cloud runs in this directory. The text names its process and what to do."""


class RunDirectory:
    """Paths and housekeeping of one local cloud's directory."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.lock_file = self.path / "lock"
        self.server_file = self.path / "server.json"
        self.log_file = self.path / "server.log"
        self.kept_database_log = self.path / "postgres.log"
        self.temporary = self.path / "tmp"
        self.state = self.path / "state"
        self.objects = self.path / "s3"
        self.postgres = self.path / "postgres"
        self.workers = self.temporary / "lambda"

    def lock(self, owner: int) -> IO[str]:
        """Take the directory for this process until the returned file is closed. Raises DirectoryInUseError.

        `owner` is the process that the server lives for. The lock ends with the process, however it ends.
        """
        file = self._take()
        if file is None:
            raise DirectoryInUseError(self._in_use_text())
        file.truncate(0)
        json.dump({"pid": os.getpid(), "owner": owner}, file)
        file.flush()
        return file

    def repair(self) -> None:
        """End what a killed run left in the directory and remove its files. Raises DirectoryInUseError if one runs.

        Only processes that work in this directory, or whose command line names it, are ended, each by its id.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        while (holder := self._holder()) is not None:
            waited = time.monotonic() - started
            if is_alive(holder["owner"]) and waited > IN_USE_GRACE_SECONDS:
                raise DirectoryInUseError(self._in_use_text())
            if waited > OWNER_LOST_GRACE_SECONDS:
                self.end(holder["pid"], signal.SIGKILL)
                break
            time.sleep(0.02)
        self.kept_database_log.unlink(missing_ok=True)
        self.clear()

    def keep_database_log(self) -> Path:
        """Save the database's log from the cleaning up. Returns where it is then."""
        with contextlib.suppress(OSError):
            shutil.copyfile(self.postgres / "postgres.log", self.kept_database_log)
        return self.kept_database_log

    def clear(self) -> None:
        """Remove the run-time files unless a cloud holds the directory: it may be another one by now, with files of
        the same names."""
        if (lock := self._take()) is not None:
            with lock:
                self.remove_run_time_files()

    def _take(self) -> IO[str] | None:
        """The lock file, locked; None while another process holds it."""
        while True:
            file = self.lock_file.open("a+")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(file.fileno()), self.lock_file.stat()):
                    return file
            except BlockingIOError:
                file.close()
                return None
            except FileNotFoundError:
                pass
            file.close()  # its last holder removed it: a lock on a file without a name keeps nobody out

    def remove_run_time_files(self) -> None:
        """End left-over Lambda workers and PostgreSQL of this directory, then delete everything but the log.

        For who holds the lock.
        """
        for pid in self._recorded(self.workers, "*/pid"):
            self.end(pid, signal.SIGKILL)
        for pid in self._recorded(self.postgres, "**/postmaster.pid"):
            self.end(pid, signal.SIGQUIT)
        for directory in (self.temporary, self.state, self.objects, self.postgres):
            shutil.rmtree(directory, ignore_errors=True)
        for file in (self.server_file, self.lock_file):
            file.unlink(missing_ok=True)

    def end(self, pid: int, first: signal.Signals) -> None:
        """End one process by id if it is ours; a number that now belongs to another process is left alone."""
        try:
            process = psutil.Process(pid)
            if not self._ours(process):
                return
            process.send_signal(first)
            process.wait(END_GRACE_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(END_GRACE_SECONDS)
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # AccessDenied: another user's, so not ours
            return

    def _ours(self, process: psutil.Process) -> bool:
        """Whether it works in this directory or its command line names it."""
        places = [process.cwd(), *process.cmdline()]
        return any(place == str(self.path) or f"{self.path}/" in place for place in places)

    def _holder(self) -> dict[str, Any] | None:
        """Who holds the lock: `{"pid", "owner"}`; None when nobody does."""
        with contextlib.suppress(FileNotFoundError), self.lock_file.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                try:
                    holder: dict[str, Any] = json.loads(file.read())
                except ValueError:
                    return {"pid": 0, "owner": os.getpid()}
                return holder
        return None

    def _in_use_text(self) -> str:
        holder = self._holder() or {"pid": "unknown"}
        return (
            f"a local cloud already runs in {self.path} (process {holder['pid']});"
            " stop it (Ctrl-C where it was started) or use another directory"
        )

    @staticmethod
    def _recorded(directory: Path, pattern: str) -> Iterator[int]:
        """Process ids in the first lines of the files that match, e.g. of PostgreSQL's postmaster.pid."""
        for file in directory.glob(pattern):
            with contextlib.suppress(OSError, ValueError, IndexError):
                yield int(file.read_text().splitlines()[0])

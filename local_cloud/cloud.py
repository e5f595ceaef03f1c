"""A running local cloud, seen from the process that wants one: start it, get clients for it, stop it.

    with LocalCloud.start(Path(".local/mine")) as cloud:
        cloud.client("sqs").create_queue(QueueName="signups")

The cloud itself is a child process (`local_cloud.server`) with an environment of its own. It ends with this process,
however this process ends.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local_cloud import aws, compatibility
from local_cloud.processes import is_alive
from local_cloud.run_directory import DirectoryInUseError, RunDirectory
from local_cloud.server import ACCOUNT_ID, FAILURE_PREFIX, REGION

ROOT = Path(__file__).resolve().parent.parent
LAMBDA_PYTHON = ROOT / ".venv-lambda" / "bin" / "python"
"""Interpreter with what AWS's Python runtime brings along and nothing else; `make install` creates it."""

START_SECONDS = 60.0
"""Far above the second that a start takes, for a machine under load."""

STOP_SECONDS = 15.0
"""After this long the server is killed and its left-overs are ended one by one."""

PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "XDG_RUNTIME_DIR")
"""The only environment variables that the server gets from this process."""

LOG_TAIL_LINES = 15


class LocalCloudError(Exception):
    """The local cloud did not start. The text says why and what to do."""


class LocalCloud:
    """A local cloud that runs. Context manager; `stop()` may be called more than once.

    `endpoint` is the URL for every AWS client, `postgres_dsn` the database behind the Data API as its superuser.
    """

    endpoint: str
    region: str = REGION
    account_id: str = ACCOUNT_ID
    postgres_dsn: str
    directory: Path
    pid: int

    def __init__(
        self, run_directory: RunDirectory, process: "subprocess.Popen[bytes]", details: dict[str, Any]
    ) -> None:
        self._run_directory = run_directory
        self._process = process
        self.directory = run_directory.path
        self.log_file = run_directory.log_file
        self.endpoint = details["endpoint"]
        self.port: int = details["port"]
        self.postgres_dsn = details["postgres_dsn"]
        self.postgres_pid: int = details["postgres_pid"]
        self.pid = details["pid"]
        self._clients: dict[str, Any] = {}
        self._clients_lock = threading.Lock()

    @classmethod
    def start(cls, directory: Path, port: int | None = None) -> "LocalCloud":
        """Start a cloud whose files live in `directory`, on `port` of 127.0.0.1 (None: a free one), and wait for it.

        Clears away what a killed run left in the directory. Raises LocalCloudError: busy port, another cloud in the
        directory, a wheel missing or in another version, or whatever else the server has to say.
        """
        run_directory = RunDirectory(directory)
        try:
            compatibility.check_wheels()
            run_directory.repair()
        except (compatibility.IncompatibleError, DirectoryInUseError) as problem:
            raise LocalCloudError(str(problem)) from None
        if not LAMBDA_PYTHON.exists():
            raise LocalCloudError(f"the Lambda functions' interpreter {LAMBDA_PYTHON} is missing. Run `make install`.")
        log_start = run_directory.log_file.stat().st_size if run_directory.log_file.exists() else 0
        process = _spawn(run_directory, port or 0)
        try:
            details = _wait_until_ready(run_directory, process, log_start)
        except BaseException:
            _end(run_directory, process)
            raise
        return cls(run_directory, process, details)

    def client(self, service: str) -> Any:
        """The boto3 client of a service as the account's root user, e.g. `client("cognito-idp")`; safe to share."""
        with self._clients_lock:
            if service not in self._clients:
                self._clients[service] = aws.client(service, self.endpoint, self.region)
            return self._clients[service]

    def ended(self) -> str | None:
        """Which part of it ended by itself, and the log that may say why; None while all of it runs."""
        if not is_alive(self.pid):
            return f"the local cloud ended by itself; see {self._run_directory.log_file}"
        if not is_alive(self.postgres_pid):
            return f"PostgreSQL, and so the local cloud, ended by itself; see {self._run_directory.keep_database_log()}"
        return None

    def stop(self) -> None:
        """End the server, its Lambda workers and PostgreSQL, free the port, delete all files but the log."""
        _end(self._run_directory, self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _spawn(run_directory: RunDirectory, port: int) -> "subprocess.Popen[bytes]":
    run_directory.temporary.mkdir(parents=True, exist_ok=True)
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    with run_directory.log_file.open("ab") as log:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "local_cloud.server"),
                *("--directory", str(run_directory.path)),
                *("--port", str(port)),
                *("--lambda-python", str(LAMBDA_PYTHON)),
                *("--owner", str(os.getpid())),
            ],
            cwd=ROOT,
            env={**environment, "TMPDIR": str(run_directory.temporary)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C in a terminal goes to every process of its group; ending the server is this process's decision.
            start_new_session=True,
        )


def _wait_until_ready(
    run_directory: RunDirectory, process: "subprocess.Popen[bytes]", log_start: int
) -> dict[str, Any]:
    deadline = time.monotonic() + START_SECONDS
    while not run_directory.server_file.exists():
        if process.poll() is not None:
            raise LocalCloudError(_last_words(run_directory.log_file, log_start))
        if time.monotonic() > deadline:
            raise LocalCloudError(
                f"the local cloud does not answer after {START_SECONDS:.0f} s; see {run_directory.log_file}"
            )
        time.sleep(0.01)
    details: dict[str, Any] = json.loads(run_directory.server_file.read_text())
    return details


def _last_words(log_file: Path, start: int) -> str:
    """Why the server ended: its own message, or else the tail of what it wrote."""
    with log_file.open("rb") as log:
        log.seek(start)
        text = log.read().decode(errors="replace").strip()
    if FAILURE_PREFIX in text:
        return text.rpartition(FAILURE_PREFIX)[2]
    tail = "\n".join(text.splitlines()[-LOG_TAIL_LINES:])
    return f"the local cloud ended while starting; the end of {log_file}:\n{tail}"


def _end(run_directory: RunDirectory, process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    run_directory.clear()

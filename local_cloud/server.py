"""The local cloud's process: MiniStack with the additions of this package, and an embedded PostgreSQL, on one port.

`python -m local_cloud.server --directory DIR --port N --lambda-python PATH` runs until SIGTERM, SIGINT or the end of
the process that started it. When the cloud answers, DIR/server.json holds
`{"pid", "port", "endpoint", "postgres_dsn", "postgres_pid"}`. Use `local_cloud.cloud.LocalCloud` rather than this.

The emulator reads its settings from the environment while it is imported, so everything of it is imported here inside
functions, after `configure_environment`.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from local_cloud import compatibility
from local_cloud.run_directory import DirectoryInUseError, RunDirectory

if TYPE_CHECKING:
    from local_cloud.postgres import Postgres

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT_ID = "000000000000"
DATABASE = "medflow"
ROOT_ACCESS_KEY = "test"
"""The emulator's root user: key and secret, worthless anywhere else."""

FAILURE_PREFIX = "local cloud: "
"""Begins the log line that says why the server did not start."""

OWNER_CHECK_SECONDS = 0.2
"""How often the server looks whether the process it lives for still exists."""

STUCK_SHUTDOWN_SECONDS = 15.0
"""After this long without an owner the server ends without cleaning up; the next start repairs the directory."""

GRACEFUL_SECONDS = 0.3
"""What a request in flight gets at shutdown. Nothing that matters outlives the emulator's memory anyway."""

Asgi = Callable[[Any, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


class StartError(Exception):
    """The server cannot start; the text is for the person who started it."""


@dataclass(frozen=True, slots=True)
class Options:
    directory: RunDirectory
    port: int
    """0 takes a free one."""
    lambda_python: Path
    owner: int
    """Process id whose end ends the server."""


def main() -> None:
    options = _parse()
    signal.signal(signal.SIGTERM, _stop_starting)
    signal.signal(signal.SIGINT, _stop_starting)
    threading.Thread(target=_end_with, args=(options.owner,), daemon=True, name="owner-watch").start()
    try:
        run(options)
    except (StartError, DirectoryInUseError, compatibility.IncompatibleError) as problem:
        print(f"{FAILURE_PREFIX}{problem}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None
    # Leaves without waiting for pool threads: what they wait for is gone.
    os._exit(0)


def run(options: Options) -> None:
    """Start everything, serve until told to stop, take everything down again."""
    directory = options.directory
    directory.path.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as cleanup:
        lock = directory.lock(options.owner)
        cleanup.callback(lock.close)
        listener = cleanup.enter_context(_listen(options.port))
        port = int(listener.getsockname()[1])
        cleanup.callback(directory.remove_run_time_files)
        configure_environment(os.environ, directory, port)
        with ThreadPoolExecutor(1) as beside:
            database = cleanup.enter_context(_database(beside, directory.postgres))
            application = _load_emulator()
            postgres = database.result()
        cleanup.callback(_install_additions(options, postgres))
        details = {
            "pid": os.getpid(),
            "port": port,
            "endpoint": f"http://{HOST}:{port}",
            "postgres_dsn": postgres.dsn(DATABASE),
            "postgres_pid": postgres.pid,
        }
        # Not asyncio.run: it would wait for pool threads, which may wait for answers of the database that stops below.
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(_tell_unless_cancelled)
        loop.run_until_complete(_serve(application, listener, lambda: _publish(directory.server_file, details)))


def configure_environment(environment: Any, directory: RunDirectory, port: int) -> None:
    """Set what MiniStack reads while it is imported, and create the directories it is told to use."""
    for path in (directory.temporary, directory.state, directory.objects, directory.workers):
        path.mkdir(parents=True, exist_ok=True)
    environment.update(settings(directory, port))


def settings(directory: RunDirectory, port: int) -> Mapping[str, str]:
    """MiniStack's environment variables: this machine only, rules enforced, its own directories, no Docker."""
    return {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": "WARNING",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ROOT_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_ACCESS_KEY,
        "AUTH": "true",
        "MINISTACK_COGNITO_PRETOKEN_STRICT": "1",
        # Both open further listeners by default.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(directory.temporary),
        "STATE_DIR": str(directory.state),
        "S3_DATA_DIR": str(directory.objects),
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        # With a daemon in reach the emulator removes other emulators' containers at start-up.
        "DOCKER_HOST": f"unix://{directory.path}/no-docker",
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_STRICT": "0",
        # AWS's own default ("Lambda quotas", AWS Lambda Developer Guide); the emulator would derive it from the memory
        # of the machine. How many processes run is bounded by lambda_isolation, which lets a burst wait.
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
    }


def _parse() -> Options:
    parser = argparse.ArgumentParser(prog="python -m local_cloud.server", description="Run the local cloud.")
    parser.add_argument("--directory", type=Path, required=True, help="the run's own directory")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    parser.add_argument("--lambda-python", type=Path, required=True, help="interpreter that runs the Lambda functions")
    parser.add_argument("--owner", type=int, default=os.getppid(), help="process whose end ends the server")
    given = parser.parse_args()
    return Options(RunDirectory(given.directory), given.port, given.lambda_python, given.owner)


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as refused:
        listener.close()
        raise StartError(f"cannot listen on port {port} of {HOST} ({refused}); choose another with --port") from None
    listener.listen(128)
    return listener


@contextlib.contextmanager
def _database(beside: ThreadPoolExecutor, directory: Path) -> Iterator["Future[Postgres]"]:
    """PostgreSQL, started while the emulator is being imported, with the database of the project in it."""

    def start() -> "Postgres":
        import psycopg

        from local_cloud.postgres import Postgres, PostgresError

        try:
            postgres = Postgres.start(directory)
        except PostgresError as problem:
            raise StartError(str(problem)) from problem
        try:
            with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {DATABASE}")
        except BaseException:
            postgres.stop()
            raise
        return postgres

    future = beside.submit(start)
    try:
        yield future
    finally:
        with contextlib.suppress(Exception):
            future.result().stop()


def _load_emulator() -> Asgi:
    compatibility.check_wheels()
    from ministack import app
    from ministack.core import hypercorn_compat

    hypercorn_compat.install()
    application: Asgi = app.app
    return application


def _install_additions(options: Options, postgres: "Postgres") -> Callable[[], None]:
    """Patch the emulator. Returns what ends the Lambda environments."""
    from local_cloud import cognito_triggers, data_api, delivery, iam_gaps, lambda_isolation

    compatibility.check_patched(
        compatibility.registered([cognito_triggers, data_api, delivery, iam_gaps, lambda_isolation]),
    )
    data_api.install(postgres)
    cognito_triggers.install()
    delivery.install()
    iam_gaps.install()
    return lambda_isolation.install(options.lambda_python, options.directory.workers)


async def _serve(application: Asgi, listener: socket.socket, ready: Callable[[], None]) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    config = Config()
    config.bind = [f"fd://{os.dup(listener.fileno())}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = GRACEFUL_SECONDS
    config.loglevel = "WARNING"
    await serve(_announcing(application, ready), config, shutdown_trigger=stop.wait)


def _tell_unless_cancelled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A connection that is open at shutdown is cancelled, which asyncio's streams of Python 3.11 take for an error."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


def _announcing(application: Asgi, ready: Callable[[], None]) -> Asgi:
    """The application, calling `ready` once its start-up is complete. The listener queues what arrives before."""

    async def announced(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await application(scope, receive, send)
            return

        async def observed(message: Any) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                ready()

        await application(scope, receive, observed)

    return announced


def _publish(file: Path, details: Mapping[str, object]) -> None:
    """Write the readiness file in one step: whoever sees it sees all of it."""
    incomplete = file.with_suffix(".incomplete")
    incomplete.write_text(json.dumps(details, indent=2) + "\n")
    incomplete.replace(file)


def _stop_starting(_number: int, _frame: FrameType | None) -> None:
    """Before the server listens, a signal unwinds the start; afterwards the event loop has its own handler."""
    raise SystemExit(0)


def _end_with(owner: int) -> None:
    """End this process when `owner` is no longer its parent.

    Linux could signal a parent's death by itself (PR_SET_PDEATHSIG), but counts the end of the *thread* that started
    the child as that; asking is portable and right for an owner with threads.
    """
    while os.getppid() == owner:
        time.sleep(OWNER_CHECK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STUCK_SHUTDOWN_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()

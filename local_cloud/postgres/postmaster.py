"""The server process: started with its guard, found again after a crash, stopped."""

import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from local_cloud.postgres.installation import Installation, PostgresError

logger = logging.getLogger(__name__)

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 103
"""Bytes. sun_path holds 108 on Linux and 104 on macOS, both with a closing NUL."""

SHORT_PREFIX = "medflow-"
"""Begins the name of a temporary directory that holds nothing but a socket."""

START_SECONDS = 60.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.005

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",
    # The data is thrown away with the cloud: it has to survive a killed process, which it does, not a power cut. (With
    # synchronous_commit off as well it would not: acknowledged commits would wait in the killed process's memory.)
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "64MB",
    "min_wal_size": "2MB",
    "shared_buffers": "32MB",
    "io_method": "sync",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Failing statements and their details hold personal data and passwords: the log gets the bare message.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

# Keeps the server tied to its owner: `read` returns when the owner's end of the pipe closes, be it by a stop or by a
# SIGKILL. The server's descriptor 3 is closed so that nothing it starts can keep the pipe's reading end.
GUARD_SCRIPT = """
temporary=$1; shift
exec 3<&0
"$@" 3<&- </dev/null & server=$!
{ read -r _ <&3; kill -INT "$server"; } 2>/dev/null & guard=$!
wait "$server"; status=$?
kill "$guard" 2>/dev/null
[ -z "$temporary" ] || rmdir "$temporary"
exit "$status"
"""


@dataclass(frozen=True)
class _Postmaster:
    """What a running server writes into its `postmaster.pid`."""

    pid: int
    socket_directory: Path | None
    ready: bool

    @classmethod
    def read(cls, data: Path) -> "_Postmaster | None":
        try:
            lines = [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
            pid = int(lines[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        socket_directory = Path(lines[4]) if len(lines) > 4 and lines[4] else None
        return cls(pid, socket_directory, len(lines) > 7 and lines[7] == "ready")

    def process(self, data: Path) -> psutil.Process | None:
        """The process, if it still is the server of this data directory and not a later user of the number.

        A postmaster's working directory is its data directory for life.
        """
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            if process.name() == "postgres" and Path(process.cwd()).resolve() == data.resolve():
                return process
        return None


def stop_leftover(data: Path) -> None:
    """Stop the server a killed run left in `data`. A number that now belongs to another process is left alone."""
    postmaster = _Postmaster.read(data)
    if postmaster is None:
        return
    process = postmaster.process(data)
    if process is not None:
        logger.warning("stopping the PostgreSQL server %d that a killed run left in %s", postmaster.pid, data)
        for stop_signal in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(stop_signal)
            with suppress(psutil.TimeoutExpired):
                process.wait(STOP_SECONDS)
                break
    # PostgreSQL refuses to start while the number in this file is alive, even as somebody else's process.
    (data / "postmaster.pid").unlink(missing_ok=True)
    if (sockets := postmaster.socket_directory) is not None and _is_temporary(sockets, data.parent):
        shutil.rmtree(sockets, ignore_errors=True)


def socket_directory(installation: Installation, directory: Path) -> Path:
    """A directory of our own for the socket: below `directory`, or a short temporary one where that is too long."""
    nearby = directory / "socket"
    if _fits(nearby):
        nearby.mkdir(exist_ok=True)
        installation.give(nearby)
        return nearby
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - mkdtemp makes an own, closed directory in it
        if base.is_dir() and _fits(base / f"{SHORT_PREFIX}12345678"):
            installation.admit(base)
            short = Path(tempfile.mkdtemp(prefix=SHORT_PREFIX, dir=base))
            installation.give(short)
            return short
    raise PostgresError(f"no directory is short enough for a unix socket; choose one shorter than {directory}")


def launch(installation: Installation, directory: Path, sockets: Path) -> tuple[subprocess.Popen[bytes], int]:
    """The guarding shell and the postmaster's pid, once the server accepts connections."""
    data = directory / "data"
    log = directory / "postgres.log"
    # The setting is a comma-separated list whose items may be quoted: a quoted item may hold any character.
    settings = SETTINGS | {"unix_socket_directories": '"' + str(sockets).replace('"', '""') + '"'}
    command = [str(installation.programs / "postgres"), "-D", str(data)]
    command += [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    temporary = str(sockets) if _is_temporary(sockets, directory) else ""
    with log.open("wb") as output:
        shell = subprocess.Popen(
            ["/bin/sh", "-c", GUARD_SCRIPT, "medflow-postgres", temporary, *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            # Ctrl-C in a terminal reaches the whole group: the server is stopped by its owner, in its own time.
            start_new_session=True,
            **installation.process_options(),
        )
    deadline = time.monotonic() + START_SECONDS
    while shell.poll() is None and time.monotonic() < deadline:
        postmaster = _Postmaster.read(data)
        if postmaster is not None and postmaster.ready:
            return shell, postmaster.pid
        time.sleep(POLL_SECONDS)
    release(shell)
    shell.wait(STOP_SECONDS)
    raise PostgresError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}")


def release(shell: subprocess.Popen[bytes]) -> None:
    """Close the guard's pipe: it then asks the server for a fast shutdown."""
    if shell.stdin is not None:
        shell.stdin.close()


def _fits(directory: Path) -> bool:
    return len(os.fsencode(directory / SOCKET_NAME)) <= SOCKET_PATH_LIMIT


def _is_temporary(sockets: Path, directory: Path) -> bool:
    return sockets.parent != directory and sockets.name.startswith(SHORT_PREFIX)

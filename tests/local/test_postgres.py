"""The embedded PostgreSQL: how it starts, who gets in, and what is left of it after a crash."""

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from local_cloud import postgres as postgres_package
from local_cloud.postgres import Postgres, PostgresError, installation
from local_cloud.postgres.postmaster import SOCKET_PATH_LIMIT
from local_cloud.processes import is_alive

HOLDER = """
import sys, time
from pathlib import Path
from local_cloud.postgres import Postgres
server = Postgres.start(Path(sys.argv[1]))
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def postgres(local_directory: Path) -> Iterator[Postgres]:
    server = Postgres.start(local_directory / "postgres")
    yield server
    server.stop()


@pytest.fixture
def directory(local_directory: Path) -> Path:
    """A directory of one test. Not pytest's: under root, every new run of pytest closes those to other users again."""
    return local_directory / uuid.uuid4().hex[:8]


def ask(server: Postgres, query: str) -> object:
    with psycopg.connect(server.dsn()) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def wait_until_gone(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_alive(pid)


@pytest.fixture
def holder(directory: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that runs the server of `directory`, and the server's pid."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(directory)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    yield process, pid
    process.kill()
    process.wait()
    wait_until_gone(pid)


def guards_of(pid: int) -> list[psutil.Process]:
    """The shells that would stop the server when its owner dies."""
    shell = psutil.Process(pid).parent()
    return [shell, *(child for child in shell.children() if child.pid != pid)]


def test_the_server_answers_and_tells_its_own_pid(postgres: Postgres) -> None:
    """H1. `pid` is the postmaster's."""
    ask(postgres, "select 1")
    assert psutil.Process(postgres.pid).name() == "postgres"


def test_nothing_listens_on_the_network(postgres: Postgres) -> None:
    """H1. A unix socket only."""
    assert ask(postgres, "show listen_addresses") == ""
    assert psutil.Process(postgres.pid).net_connections("inet") == []


def test_the_socket_is_closed_to_other_users_of_the_machine(postgres: Postgres) -> None:
    """H1. The superuser is trusted on the socket, so only its owner may reach it."""
    directory = Path(unquote(postgres.dsn().partition("host=")[2]))
    assert directory.stat().st_mode & 0o077 == 0


def test_a_role_with_the_wrong_password_is_refused_by_the_database(postgres: Postgres) -> None:
    """H1. Only the operator's role is trusted."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute("create role clerk login password 'right'")
    assert psycopg.connect(make_conninfo(postgres.dsn(user="clerk"), password="right")).closed is False
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(make_conninfo(postgres.dsn(user="clerk"), password="wrong"))


def test_a_master_user_named_postgres_has_to_prove_its_password(postgres: Postgres) -> None:
    """H1. The operator's role has a name that no cluster's master user can have."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute("create role postgres login password 'right'")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(make_conninfo(postgres.dsn(user="postgres"), password="wrong"))


def test_the_log_holds_no_values_of_a_failing_statement(postgres: Postgres) -> None:
    """H1 G2. Statements and their details hold personal data."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute("create table addresses (address text primary key)")
        connection.execute("insert into addresses values ('ada@example.org')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("insert into addresses values ('ada@example.org')")
    log = (postgres.directory / "postgres.log").read_text()
    assert "duplicate key value" in log
    assert "ada@example.org" not in log


def test_two_servers_run_in_two_directories_at_once(postgres: Postgres, directory: Path) -> None:
    """H1. Each cloud has its own."""
    other = Postgres.start(directory)
    try:
        with psycopg.connect(other.dsn(), autocommit=True) as connection:
            connection.execute("create database only_here")
        assert ask(postgres, "select count(*) from pg_database where datname = 'only_here'") == 0
    finally:
        other.stop()


def test_a_directory_too_deep_for_a_socket_works(directory: Path) -> None:
    """H1. A checkout may lie deep: the socket moves to a short directory, which is gone after the stop."""
    server = Postgres.start(directory / ("deep" * 20))
    sockets = Path(unquote(server.dsn().partition("host=")[2]))
    assert len(str(sockets / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT
    assert ask(server, "select 1") == 1
    assert sockets.stat().st_mode & 0o077 == 0
    server.stop()
    assert not sockets.exists()


def test_data_survives_a_stop(directory: Path) -> None:
    """H1. A second start takes up what the first left."""
    first = Postgres.start(directory)
    with psycopg.connect(first.dsn(), autocommit=True) as connection:
        connection.execute("create database kept")
    first.stop()
    second = Postgres.start(directory)
    try:
        assert ask(second, "select count(*) from pg_database where datname = 'kept'") == 1
    finally:
        second.stop()


def test_stop_ends_the_server_although_sessions_are_open(directory: Path) -> None:
    """H1. And a second stop does nothing."""
    server = Postgres.start(directory)
    connection = psycopg.connect(server.dsn())
    server.stop()
    server.stop()
    assert not is_alive(server.pid)
    connection.close()


def test_a_directory_in_use_is_refused_by_name(holder: tuple[subprocess.Popen[str], int], directory: Path) -> None:
    """H1. A second start must not stop the first one's database."""
    process, pid = holder
    with pytest.raises(PostgresError, match=f"in use by process {process.pid}"):
        Postgres.start(directory)
    assert is_alive(pid)


def test_the_server_ends_when_its_owner_is_killed(holder: tuple[subprocess.Popen[str], int]) -> None:
    """H1. SIGKILL leaves the owner no chance to stop it."""
    process, pid = holder
    process.kill()
    process.wait()
    assert wait_until_gone(pid)


def test_a_server_that_outlived_a_killed_owner_is_replaced(
    holder: tuple[subprocess.Popen[str], int], directory: Path
) -> None:
    """H1. The guard can be killed too: the next start of the directory stops the left-over server by its pid."""
    process, pid = holder
    for guard in guards_of(pid):
        guard.kill()
    process.kill()
    process.wait()
    assert is_alive(pid)
    server = Postgres.start(directory)
    try:
        assert not is_alive(pid)
        assert server.pid != pid
        assert ask(server, "select 1") == 1
    finally:
        server.stop()


def test_a_stale_pid_file_does_not_harm_the_process_that_has_the_number_now(directory: Path) -> None:
    """H1. Numbers are reused: only a server of this very directory is stopped."""
    Postgres.start(directory).stop()
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        (directory / "data" / "postmaster.pid").write_text(
            f"{bystander.pid}\n{directory}/data\n1\n5432\n/tmp\n\n0\nready\n"
        )
        server = Postgres.start(directory)
        server.stop()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_server_killed_with_the_data_open_recovers(directory: Path) -> None:
    """H1. fsync is off, which risks the data in a power cut, not when processes die."""
    server = Postgres.start(directory)
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create table rows as select generate_series(1, 1000) as n")
    os.kill(server.pid, signal.SIGKILL)
    wait_until_gone(server.pid)
    server.stop()
    again = Postgres.start(directory)
    try:
        assert ask(again, "select count(*) from rows") == 1000
    finally:
        again.stop()


def test_data_of_another_version_is_refused_with_what_to_do(directory: Path) -> None:
    """H1. After an upgrade of the wheel."""
    (directory / "data").mkdir(parents=True)
    (directory / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresError, match=r"is of PostgreSQL 16, the wheel holds 18; delete the directory"):
        Postgres.start(directory)


def test_a_start_that_fails_shows_the_log_and_leaves_the_directory_free(directory: Path) -> None:
    """H1. E.g. a damaged cluster."""
    Postgres.start(directory).stop()
    (directory / "data" / "global" / "pg_control").unlink()
    for _ in range(2):
        with pytest.raises(PostgresError, match="pg_control"):
            Postgres.start(directory)


def spoil(template: Path) -> None:
    (template / "global" / "pg_control").unlink()


def empty(template: Path) -> None:
    shutil.rmtree(template)
    template.mkdir()


def replace_by_a_file(template: Path) -> None:
    shutil.rmtree(template)
    template.write_text("in the way")


@pytest.mark.parametrize("damage", [spoil, empty, replace_by_a_file])
def test_a_damaged_template_is_made_anew(
    directory: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    """H1. Otherwise every start from then on would fail the same way."""
    monkeypatch.setattr(installation, "TEMPLATE_CACHE", directory / "cache")
    Postgres.start(directory / "first").stop()
    [template] = (directory / "cache").iterdir()
    damage(template)
    server = Postgres.start(directory / "second")
    try:
        assert ask(server, "select 1") == 1
    finally:
        server.stop()
    assert list((directory / "cache").iterdir()) == [template]


def test_a_first_start_that_fails_twice_names_the_cache(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """H1. The last thing left to try by hand."""
    monkeypatch.setattr(postgres_package, "launch", lambda *_: (_ for _ in ()).throw(PostgresError("no luck")))
    with pytest.raises(PostgresError, match=rf"^no luck\nIts data is copied from .*{installation.TEMPLATE_CACHE.name}"):
        Postgres.start(directory)


def test_an_interrupted_first_start_is_not_taken_for_a_database(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H1. The copy of the template becomes the data directory in one step."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(installation.Installation, "run", killed)
    with pytest.raises(KeyboardInterrupt):
        Postgres.start(directory)
    monkeypatch.undo()
    assert not (directory / "data").exists()
    server = Postgres.start(directory)
    server.stop()

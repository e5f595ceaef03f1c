"""`medflow local up` and `medflow local smoke` as a person runs them: real processes, real signals, real ports."""

import contextlib
import json
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from local.lambda_functions import zip_of
from local_cloud import connection
from local_cloud.cloud import ROOT
from local_cloud.connection import Connection

PATIENCE_SECONDS = 120.0
"""For anything that starts or deploys, on a machine under load."""

BROKEN_HANDLER = "def lambda_handler(event, context):\n    raise RuntimeError('broken on purpose')\n"

STANDING = "Ctrl-C stops it."
"""The last line of `up`."""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "medflow", "local", *arguments]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a sub-command of `medflow local` to its end."""
    return subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )


@dataclass
class Up:
    """A running `medflow local up`, its output in a file."""

    process: "subprocess.Popen[bytes]"
    directory: Path
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text()

    def wait_until_it_says(self, text: str) -> str:
        """What it has said so far, once that is in it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.said:
            assert self.process.poll() is None, f"it ended instead of saying {text!r}:\n{self.said}"
            assert time.monotonic() < deadline, f"it did not say {text!r}:\n{self.said}"
            time.sleep(0.05)
        return self.said

    def family(self) -> list[psutil.Process]:
        """Every process it has started, directly or not."""
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def end(self, number: signal.Signals) -> int:
        """Send that signal to this one process and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


Start = Callable[..., Up]


@contextlib.contextmanager
def starting() -> Iterator[Start]:
    """`start()` runs `up` in a state directory of its own, or in that of an earlier one; all are ended afterwards."""
    # Under /tmp rather than pytest's directory: a socket's path may have 107 characters.
    place = Path(tempfile.mkdtemp(prefix="medflow-"))
    ups: list[Up] = []

    def start(directory: Path | None = None) -> Up:
        number = len(ups)
        directory = directory or place / f"state-{number}"
        output = place / f"output-{number}"
        with output.open("wb") as file:
            process = subprocess.Popen(
                command("up", "--directory", str(directory)), cwd=ROOT, stdout=file, stderr=subprocess.STDOUT
            )
        ups.append(Up(process, directory, output))
        return ups[-1]

    try:
        yield start
    finally:
        for up in ups:
            if up.process.poll() is None:
                up.end(signal.SIGTERM)
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def start() -> Iterator[Start]:
    with starting() as starter:
        yield starter


@pytest.fixture(scope="module")
def standing() -> Iterator[Up]:
    """One cloud that stands, for the tests that only look at it."""
    with starting() as starter:
        up = starter()
        up.wait_until_it_says(STANDING)
        yield up


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run, after a moment's grace for the operating system."""
    return list(psutil.wait_procs(processes, timeout=5)[1])


def free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def port_in(text: str) -> int:
    match = re.search(r"local cloud at http://127\.0\.0\.1:(\d+)", text)
    assert match, text
    return int(match.group(1))


# --- a cloud that stands ----------------------------------------------------------------------------------------------


def test_without_a_terminal_there_are_only_plain_lines(standing: Up) -> None:
    """H1. A CI log, a pipe, a file."""
    assert "\x1b" not in standing.said


def test_everything_needed_to_go_on_by_hand_is_printed(standing: Up) -> None:
    """H1. Addresses, the first user's credentials, the connection file."""
    access = connection.read(standing.directory)
    needed = (
        access.endpoint,
        access.api_url,
        access.output("user_pool_id"),
        access.region,
        str(standing.directory / "outputs.json"),
        "@example.com",
        "password",
    )
    assert [text for text in needed if text not in standing.said] == []


def test_the_printed_commands_work_as_they_are(standing: Up) -> None:
    """H1. Pasted into a shell: the first user's own profile, and a client that finds the queues."""
    pasted = [line for line in standing.said.splitlines() if line.startswith(("export ", "curl "))]
    program = "import boto3; print(boto3.client('sqs').list_queues()['QueueUrls'])"
    script = "\n".join([*pasted, f'{sys.executable} -c "{program}"'])
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert '"tenant_id"' in done.stdout, done.stderr
    assert "signups" in done.stdout


def test_the_connection_file_is_its_owners_alone(standing: Up) -> None:
    """H1. It holds the back end's client secret."""
    assert stat.S_IMODE((standing.directory / connection.FILE_NAME).stat().st_mode) == 0o600


def test_a_second_start_names_the_first_and_leaves_it_alone(standing: Up) -> None:
    """H1. Address and process, so the reader can use it or end it."""
    second = run("up", "--directory", str(standing.directory))
    endpoint = connection.read(standing.directory).endpoint
    assert second.returncode == 1
    assert f"already runs at {endpoint} (process {standing.process.pid})" in second.stderr
    assert standing.process.poll() is None


def test_smoke_uses_the_standing_cloud(standing: Up) -> None:
    """H1 H2. A new user each time, so it can be repeated."""
    done = run("smoke", "--directory", str(standing.directory))
    written = json.loads((standing.directory / "smoke.json").read_text())
    assert done.returncode == 0, done.stdout + done.stderr
    assert [step["name"] for step in written["steps"] if not step["ok"]] == []
    assert written["resources"] > 0


def test_redrive_finds_the_standing_cloud(standing: Up) -> None:
    """C2. By its connection file."""
    done = subprocess.run(
        [sys.executable, "-m", "medflow", "redrive", "--dry-run", "--directory", str(standing.directory)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert (done.returncode, "dead letters of the sign-ups of stack local" in done.stdout) == (0, True), done.stderr


@contextlib.contextmanager
def broken(access: Connection, function_name: str, package: str) -> Iterator[None]:
    """The function's live alias on a version that raises, until the end of the block."""
    functions: Any = access.client("lambda")
    alias = functions.get_alias(FunctionName=function_name, Name="live")
    code = zip_of({f"{package}/__init__.py": "", f"{package}/handler.py": BROKEN_HANDLER})
    functions.update_function_code(FunctionName=function_name, ZipFile=code)
    version = functions.publish_version(FunctionName=function_name)["Version"]
    functions.update_alias(FunctionName=function_name, Name="live", FunctionVersion=version)
    try:
        yield
    finally:
        functions.update_alias(FunctionName=function_name, Name="live", FunctionVersion=alias["FunctionVersion"])


def test_smoke_fails_when_a_function_is_broken(standing: Up) -> None:
    """H1. Exit code 1; what does not need a token is still checked, what does is reported as not run."""
    access = connection.read(standing.directory)
    with broken(access, access.output("token_enricher_function_name"), "token_enricher"):
        done = run("smoke", "--directory", str(standing.directory))
    steps = {step["name"]: step for step in json.loads((standing.directory / "smoke.json").read_text())["steps"]}
    assert done.returncode == 1
    assert "the first: the user signs in by SRP" in " ".join(done.stderr.split())
    assert steps["the user lands as a row in PostgreSQL"]["ok"]
    assert steps["a poison event is dead-lettered with its reason"]["ok"]
    assert steps["the API answers the token"]["detail"] == "not run, because this failed: the user signs in by SRP"


# --- starting and ending ----------------------------------------------------------------------------------------------


def test_ctrl_c_leaves_no_process_no_port_and_no_connection_file(start: Start) -> None:
    """H1. A second `make up` must find the machine as the first did."""
    up = start()
    port = port_in(up.wait_until_it_says(STANDING))
    family = up.family()
    assert len(family) > 1, "no server and no database to end"
    assert up.end(signal.SIGINT) == 0, up.said
    assert (alive(family), free(port)) == ([], True)
    left = {path.relative_to(up.directory).as_posix() for path in up.directory.rglob("*") if path.is_file()}
    assert left <= {"up.lock", "up/server.log"}


def test_a_start_after_a_killed_run_repairs_and_says_so(start: Start) -> None:
    """H1. SIGKILL gives nothing a chance to clean up: server and database notice, the next start does the rest."""
    killed = start()
    killed.wait_until_it_says("local cloud at")
    family = killed.family()
    killed.end(signal.SIGKILL)
    again = start(killed.directory)
    said = again.wait_until_it_says("local cloud at")
    assert f"note: the previous run (process {killed.process.pid}) was killed" in said
    assert alive(family) == []


def test_an_interrupted_start_cleans_up(start: Start) -> None:
    """H1. Ctrl-C in the middle of the deployment: exit code 130, nothing left."""
    up = start()
    port = port_in(up.wait_until_it_says("deploying the stack"))
    family = up.family()
    assert up.end(signal.SIGINT) == 130, up.said
    assert (alive(family), free(port)) == ([], True)


def test_a_cloud_that_ends_by_itself_is_told(start: Start) -> None:
    """H1. `up` must not go on standing for nothing."""
    up = start()
    up.wait_until_it_says(STANDING)
    server = next(process for process in up.family() if "local_cloud.server" in process.cmdline())
    server.kill()
    assert up.process.wait(PATIENCE_SECONDS) == 1
    assert "the local cloud ended by itself; see" in up.said


def test_a_database_that_ends_by_itself_is_told(start: Start) -> None:
    """H1. With its log, which the cleaning up spares."""
    up = start()
    up.wait_until_it_says(STANDING)
    psutil.Process(json.loads((up.directory / "up" / "server.json").read_text())["postgres_pid"]).kill()
    assert up.process.wait(PATIENCE_SECONDS) == 1
    log = up.directory / "up" / "postgres.log"
    assert f"PostgreSQL, and so the local cloud, ended by itself; see {log}" in up.said
    assert "ready to accept connections" in log.read_text()


@pytest.mark.parametrize("sub_command", ["up", "smoke"])
def test_a_busy_port_is_named_with_the_option_that_changes_it(tmp_path: Path, sub_command: str) -> None:
    """H1. Somebody else's server is on it."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = run(sub_command, "--port", port, "--directory", str(tmp_path))
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr


def test_smoke_starts_its_own_cloud_and_takes_it_away(tmp_path: Path) -> None:
    """H1 H2. What CI runs: exit code 0, every step timed, nothing left."""
    done = run("smoke", "--directory", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    written = json.loads((tmp_path / "smoke.json").read_text())
    assert [step["name"] for step in written["steps"] if not (step["ok"] and step["seconds"] >= 0)] == []
    assert (written["deploy_seconds"] > 0, written["resources"] > 50) == (True, True)
    assert free(port_in(done.stdout))
    assert not (tmp_path / connection.FILE_NAME).exists()

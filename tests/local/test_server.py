"""The local cloud as a process: how it starts, what it says when it cannot, and that it leaves nothing behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import ministack
import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
from botocore.exceptions import ClientError

from local.lambda_functions import create_function
from local.processes import alive, wait_until
from local_cloud import cloud as cloud_module
from local_cloud import compatibility
from local_cloud import server as server_module
from local_cloud.cloud import ROOT, LocalCloud, LocalCloudError
from local_cloud.postgres import Postgres, PostgresError
from local_cloud.run_directory import RunDirectory
from local_cloud.server import StartError, settings

TEMPORARY_FILE = """
import tempfile
def lambda_handler(event, context):
    return tempfile.mkdtemp()
"""


@pytest.fixture
def directory(local_directory: Path, unique: Callable[[str], str]) -> Path:
    """A fresh directory for a cloud of the test's own."""
    return local_directory / unique("own")


@pytest.fixture
def own(directory: Path) -> Iterator[LocalCloud]:
    """A cloud that the test may do anything to, with a warm Lambda environment."""
    with LocalCloud.start(directory) as running:
        create_function(running, TEMPORARY_FILE).invoke()
        yield running


def processes(running: LocalCloud) -> list[psutil.Process]:
    """The server and all that it started, PostgreSQL and Lambda environments included."""
    server = psutil.Process(running.pid)
    return [server, *server.children(recursive=True)]


def files_of(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


# --- it runs


def test_the_readiness_file_tells_where_everything_is(cloud: LocalCloud) -> None:
    """H1. Written once the cloud answers; the keys are a contract with the CLI."""
    details = json.loads((cloud.directory / "server.json").read_text())
    assert set(details) == {"pid", "port", "endpoint", "postgres_dsn", "postgres_pid"}
    assert details["endpoint"] == cloud.endpoint == f"http://127.0.0.1:{details['port']}"
    assert psutil.Process(details["postgres_pid"]).name() == "postgres"


def test_the_database_of_the_project_exists(cloud: LocalCloud) -> None:
    """C3 H1. The migrator creates tables, not the database."""
    with psycopg.connect(cloud.postgres_dsn) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("medflow",)


def test_it_listens_on_one_port_of_this_machine_only(own: LocalCloud) -> None:
    """H1. The emulator by itself opens further ports, on all interfaces."""
    addresses = {
        tuple(connection.laddr)
        for process in processes(own)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {("127.0.0.1", own.port)}


def test_a_key_that_nobody_was_given_is_refused(cloud: LocalCloud) -> None:
    """H1. Without enforcement no missing permission would ever show."""
    stranger = boto3.client(
        "sqs",
        endpoint_url=cloud.endpoint,
        region_name=cloud.region,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="any",
    )
    with pytest.raises(ClientError, match="security token included in the request is invalid"):
        stranger.list_queues()


def test_the_host_s_environment_does_not_reach_the_server(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """H1. Not the developer's AWS profile, nor anything else that happens to be set."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://example.invalid")
    monkeypatch.setenv("PERSIST_STATE", "1")
    with LocalCloud.start(directory) as running:
        function = create_function(running, "import os\ndef lambda_handler(e, c): return dict(os.environ)")
        seen = function.invoke().payload
        server = psutil.Process(running.pid).environ()
    assert "AWS_PROFILE" not in seen | server
    assert "AWS_ENDPOINT_URL" not in server
    assert seen["AWS_ENDPOINT_URL"] == running.endpoint


@pytest.mark.parametrize("name", sorted(settings(RunDirectory(Path()), 1)))
def test_the_emulator_reads_every_variable_it_is_given(name: str) -> None:
    """H1. A renamed variable would silently turn enforcement off or open a port."""
    if name == "TMPDIR":  # read by Python's tempfile
        return
    sources = Path(ministack.__file__).parent.rglob("*.py")
    assert any(re.search(rf'environ[^\n]*"{name}"', source.read_text()) for source in sources)


# --- it does not start, and says why


def test_a_busy_port_is_named_with_the_way_out(directory: Path) -> None:
    """H1. Another program on the port is the most common reason of a failed start."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LocalCloudError, match=rf"^cannot listen on port {port} of [^\n]*in use[^\n]*--port$"):
            LocalCloud.start(directory, port)
    assert files_of(directory) == {"server.log"}


def test_a_number_that_is_no_port_is_refused(directory: Path) -> None:
    """H1. `--port 70000` must not end in a traceback."""
    with pytest.raises(LocalCloudError, match=r"cannot listen on port 70000.*0-65535"):
        LocalCloud.start(directory, 70000)


def test_a_given_port_is_used_and_can_be_used_again_at_once(directory: Path) -> None:
    """H1. A restart must not wait for the operating system to forget the old connections."""
    with LocalCloud.start(directory) as first:
        port = first.port
        first.client("sqs").list_queues()
    with LocalCloud.start(directory, port) as second:
        assert second.port == port


def test_a_second_start_in_the_same_directory_is_refused_and_harms_nothing(cloud: LocalCloud) -> None:
    """H1. The message names the process; the running cloud keeps running."""
    with pytest.raises(LocalCloudError, match=rf"already runs in {cloud.directory} \(process {cloud.pid}\).*stop it"):
        LocalCloud.start(cloud.directory)
    assert cloud.client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_of_two_starts_at_once_one_wins_and_keeps_its_files(local_directory: Path) -> None:
    """H1. The loser clears away what is its own, not the winner's lock: a third start would take the database."""
    directory = local_directory / "race"
    outcomes: list[LocalCloud | LocalCloudError] = []

    def start() -> None:
        try:
            outcomes.append(LocalCloud.start(directory))
        except LocalCloudError as error:
            outcomes.append(error)

    starts = [threading.Thread(target=start) for _ in range(2)]
    for thread in starts:
        thread.start()
    for thread in starts:
        thread.join()
    [winner] = [outcome for outcome in outcomes if isinstance(outcome, LocalCloud)]
    with winner:
        with pytest.raises(LocalCloudError, match="already runs in"):
            LocalCloud.start(directory)
        with psycopg.connect(winner.postgres_dsn) as session:
            assert session.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(
    ("wheels", "message"),
    [
        ({"ministack": "9.9.9"}, "ministack is 1.5.33, the local cloud needs 9.9.9.*make install"),
        ({"ministack-of-tomorrow": "2.0"}, "ministack-of-tomorrow 2.0 is not installed.*make install"),
    ],
)
def test_a_missing_or_different_wheel_is_named_with_the_way_out(
    directory: Path, monkeypatch: pytest.MonkeyPatch, wheels: dict[str, str], message: str
) -> None:
    """H1. Before anything is started."""
    monkeypatch.setattr(compatibility, "WHEELS", wheels)
    with pytest.raises(LocalCloudError, match=message):
        LocalCloud.start(directory)
    assert not directory.exists()


def test_a_missing_lambda_interpreter_is_named_with_the_way_out(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H1. Otherwise the first sign-up would fail, with a stack trace of the emulator."""
    monkeypatch.setattr(cloud_module, "LAMBDA_PYTHON", ROOT / ".venv-nowhere" / "bin" / "python")
    with pytest.raises(LocalCloudError, match=r"\.venv-nowhere/bin/python is missing.*make install"):
        LocalCloud.start(directory)


def test_what_the_server_says_while_failing_reaches_the_caller(directory: Path) -> None:
    """H1. Here PostgreSQL cannot have its directory; nothing keeps running."""
    directory.mkdir(parents=True)
    (directory / "postgres").write_text("in the way")
    with pytest.raises(LocalCloudError, match=r"FileExistsError.*postgres"):
        LocalCloud.start(directory)
    assert not [process for process in psutil.process_iter(["cmdline"]) if str(directory) in str(process.info)]


def test_a_database_that_does_not_start_is_told_without_a_traceback(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H1. Its own words are the server's."""

    def fail(_: Path) -> None:
        raise PostgresError("PostgreSQL did not start: no luck")

    monkeypatch.setattr(Postgres, "start", fail)
    with (
        ThreadPoolExecutor(1) as beside,
        server_module._database(beside, directory) as database,
        pytest.raises(StartError, match=r"^PostgreSQL did not start: no luck$"),
    ):
        database.result()


# --- it ends, and leaves nothing


def test_stopping_ends_every_process_frees_the_port_and_keeps_only_the_log(own: LocalCloud) -> None:
    """H1. Temporary directories of functions included; a second stop does nothing."""
    started = processes(own)
    assert len(started) >= 3
    own.stop()
    own.stop()
    assert alive(started) == []
    assert files_of(own.directory) == {"server.log"}
    with socket.create_server(("127.0.0.1", own.port)):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signalled_server_cleans_up_by_itself(own: LocalCloud, number: signal.Signals) -> None:
    """H1. `kill` and Ctrl-C are as good as a stop."""
    started = processes(own)
    os.kill(own.pid, number)
    wait_until(lambda: not alive(started))
    assert files_of(own.directory) == {"server.log"}


@pytest.mark.parametrize("delay", [0, 0.02, 1])
def test_stopping_does_not_wait_for_a_function_that_starts_or_runs(own: LocalCloud, delay: float) -> None:
    """H1. Ctrl-C must not take as long as the longest handler."""
    function = create_function(own, "import time\ndef lambda_handler(e, c): time.sleep(60)", timeout=60)
    own.client("lambda").invoke(FunctionName=function.name, InvocationType="Event")
    time.sleep(delay)
    started = time.monotonic()
    own.stop()
    assert time.monotonic() - started < 5


def test_a_request_under_way_at_the_end_leaves_no_traceback(own: LocalCloud) -> None:
    """H1. The log's errors are looked at: what is none must not stand there."""
    sqs = own.client("sqs")
    queue = sqs.create_queue(QueueName="polled")["QueueUrl"]
    with ThreadPoolExecutor(1) as beside:
        polling = beside.submit(sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=20)
        time.sleep(0.5)  # the request is on its way
        own.stop()
        assert polling.exception()
    assert "Traceback" not in own.log_file.read_text()


def test_after_a_killed_server_the_next_start_works_and_ends_what_was_left(directory: Path) -> None:
    """H1. SIGKILL gives the server no chance to clean up."""
    killed = LocalCloud.start(directory)
    create_function(killed, TEMPORARY_FILE).invoke()
    started = processes(killed)
    os.kill(killed.pid, signal.SIGKILL)
    with LocalCloud.start(directory) as again:
        assert alive(started) == []
        create_function(again, TEMPORARY_FILE).invoke()
    assert files_of(directory) == {"server.log"}


def test_what_a_killed_server_left_running_is_ended_by_the_repair(directory: Path) -> None:
    """H1. A process that does not notice the server's end, here a stopped one, is ended by its recorded id."""
    killed = LocalCloud.start(directory)
    create_function(killed, TEMPORARY_FILE).invoke()
    [worker] = [process for process in processes(killed) if "bootstrap.py" in str(process.cmdline())]
    worker.send_signal(signal.SIGSTOP)
    os.kill(killed.pid, signal.SIGKILL)
    RunDirectory(directory).repair()
    assert alive([worker]) == []


def test_the_repair_leaves_processes_of_others_alone(directory: Path) -> None:
    """H1. A recorded number may belong to somebody else by now."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        record = directory / "tmp" / "lambda" / "gone" / "pid"
        record.parent.mkdir(parents=True)
        record.write_text(str(other.pid))
        RunDirectory(directory).repair()
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_cloud_ends_with_the_process_that_started_it(directory: Path, number: signal.Signals) -> None:
    """H1. However that ends: a crashed test run must not leave a server behind."""
    program = f"""
import pathlib, sys, time
sys.path.insert(0, {str(ROOT)!r})
from local_cloud.cloud import LocalCloud
print(LocalCloud.start(pathlib.Path({str(directory)!r})).pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        server = psutil.Process(int(owner.stdout.readline()))
        started = [server, *server.children(recursive=True)]
        owner.send_signal(number)
    wait_until(lambda: not alive(started))
    assert files_of(directory) == {"server.log"}

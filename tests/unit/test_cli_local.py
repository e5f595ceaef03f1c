"""`medflow local` without a cloud: who holds the checkout's cloud, what is told, what `.local/smoke.json` says."""

import errno
import io
import json
import os
import signal
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Never

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from local_cloud import connection
from local_cloud.connection import Connection
from local_cloud.deploy.client import DeployError
from local_cloud.journey import Report, StepResult
from local_cloud.journey.traveller import Traveller
from medflow import cli
from medflow.errors import OperatorError
from medflow.local import sample_user, smoke, state, up
from medflow.local.narrator import Narrator
from medflow.local.sample_user import SampleUser
from medflow.local.session import MAX_LISTED, StopSignals, clearly, point_to_log

CONNECTION = Connection("http://127.0.0.1:4566", "us-east-1", "http://api", "dsn", {"api_id": "a"})

HELD = StepResult("the user lands as a row in PostgreSQL", 0.25, True, "250 ms after the confirmation")
BROKEN = StepResult("the user signs in by SRP", 0.1, False, "NotAuthorizedException: no")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["local", *arguments])


def said(result: Result) -> str:
    return " ".join(result.stderr.split())


def report(*steps: StepResult) -> Report:
    return Report(list(steps), Traveller(CONNECTION, lambda _: 0, "a@example.com", "", "clinic"))


@pytest.fixture
def journey(monkeypatch: pytest.MonkeyPatch) -> list[StepResult]:
    """The steps that the journey will report."""
    steps: list[StepResult] = []
    monkeypatch.setattr(smoke, "make_journey", lambda *_: (report(*steps), 1.5))
    return steps


# --- one cloud per checkout -------------------------------------------------------------------------------------------


def test_a_second_start_names_the_address_and_process_of_the_first(tmp_path: Path) -> None:
    """H1. The newcomer who typed `make up` twice."""
    with state.hold(tmp_path) as (lock, _):
        lock.announce(state.Running(endpoint="http://127.0.0.1:4599"))
        result = run("up", "--directory", str(tmp_path))
    assert result.exit_code == 1
    assert f"already runs at http://127.0.0.1:4599 (process {os.getpid()})" in said(result)


def test_a_second_start_during_the_first_ones_deployment_says_so(tmp_path: Path) -> None:
    """H1. There is no address yet."""
    with state.hold(tmp_path):
        result = run("up", "--directory", str(tmp_path))
    assert (result.exit_code, "already runs, still starting" in said(result)) == (1, True)


def test_the_second_start_leaves_the_firsts_connection_alone(tmp_path: Path) -> None:
    """H1. Its users go on."""
    with state.hold(tmp_path):
        connection.write(CONNECTION, tmp_path)
        run("up", "--directory", str(tmp_path))
        assert connection.read(tmp_path) == CONNECTION


def test_a_killed_run_is_reported_and_its_connection_file_is_gone(tmp_path: Path) -> None:
    """H1. SIGKILL leaves both files; the lock itself ended with the process."""
    (tmp_path / state.LOCK_FILE).write_text(json.dumps({"pid": 4711, "endpoint": "http://127.0.0.1:1"}))
    connection.write(CONNECTION, tmp_path)
    with state.hold(tmp_path) as (_, killed):
        assert (killed, (tmp_path / connection.FILE_NAME).exists()) == (4711, False)


def test_a_lock_file_that_is_not_ours_is_no_obstacle(tmp_path: Path) -> None:
    """H1. Half a write of a killed run."""
    (tmp_path / state.LOCK_FILE).write_text('{"pid": 47')
    with state.hold(tmp_path) as (_, killed):
        assert killed is None


def test_a_run_that_ended_well_leaves_nothing_to_repair(tmp_path: Path) -> None:
    """H1. The next start has no note to print."""
    with state.hold(tmp_path):
        connection.write(CONNECTION, tmp_path)
    assert (state.running(tmp_path), (tmp_path / connection.FILE_NAME).exists()) == (None, False)
    with state.hold(tmp_path) as (_, killed):
        assert killed is None


def test_a_place_that_cannot_be_written_is_named_with_the_option_that_changes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H1. A checkout on a read-only disk."""

    def refuse(path: Path, *_: object, **__: object) -> Never:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    result = run("up", "--directory", str(tmp_path))
    expected = f"error: cannot write {tmp_path / state.LOCK_FILE}: Read-only file system; choose another place"
    assert (result.exit_code, expected in said(result), "--directory" in said(result)) == (1, True, True)


# --- smoke ------------------------------------------------------------------------------------------------------------


def test_smoke_uses_the_cloud_that_runs(tmp_path: Path, journey: list[StepResult]) -> None:
    """H1. It does not start a second one beside it."""
    journey.append(HELD)
    with state.hold(tmp_path) as (lock, _):
        connection.write(CONNECTION, tmp_path)
        lock.announce(state.Running(endpoint=CONNECTION.endpoint, deploy_seconds=2.5, resources=90))
        result = run("smoke", "--directory", str(tmp_path))
    assert (result.exit_code, f"using the local cloud at {CONNECTION.endpoint}" in result.output) == (0, True)


def test_smoke_waits_for_no_cloud_that_is_still_starting(tmp_path: Path) -> None:
    """H1. It says so instead of failing at the first step."""
    with state.hold(tmp_path):
        result = run("smoke", "--directory", str(tmp_path))
    assert (result.exit_code, "is still starting" in said(result)) == (1, True)


def test_the_smoke_file_holds_every_step_and_the_deployment(tmp_path: Path, journey: list[StepResult]) -> None:
    """H1. For CI and the bench."""
    journey.append(HELD)
    with state.hold(tmp_path) as (lock, _):
        connection.write(CONNECTION, tmp_path)
        lock.announce(state.Running(endpoint=CONNECTION.endpoint, deploy_seconds=2.5, resources=90))
        run("smoke", "--directory", str(tmp_path))
    written = json.loads((tmp_path / smoke.FILE_NAME).read_text())
    assert written["steps"] == [{"name": HELD.name, "seconds": 0.25, "ok": True, "detail": HELD.detail}]
    assert (written["deploy_seconds"], written["resources"], written["phases"]) == (2.5, 90, {"journey": 1.5})


def test_a_failed_step_fails_the_command_and_is_named(tmp_path: Path, journey: list[StepResult]) -> None:
    """H1. Exit code 1, and the file is there all the same."""
    journey.extend([HELD, BROKEN])
    with state.hold(tmp_path) as (lock, _):
        connection.write(CONNECTION, tmp_path)
        lock.announce(state.Running(endpoint=CONNECTION.endpoint))
        result = run("smoke", "--directory", str(tmp_path))
    assert result.exit_code == 1
    assert f"1 of 2 steps failed, the first: {BROKEN.name}" in said(result)
    assert [step["ok"] for step in json.loads((tmp_path / smoke.FILE_NAME).read_text())["steps"]] == [True, False]


def test_a_stack_that_cannot_be_deployed_is_a_failed_step_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H1. A CI job that reads the file sees why, not an old run's success."""

    @contextmanager
    def failing(*_: object) -> Iterator[Never]:
        raise OperatorError("the deployment failed at aws:sqs/queue:Queue signups: no")
        yield

    monkeypatch.setattr(smoke, "deployed_cloud", failing)
    result = run("smoke", "--directory", str(tmp_path))
    [step] = json.loads((tmp_path / smoke.FILE_NAME).read_text())["steps"]
    assert (result.exit_code, step["ok"]) == (1, False)
    assert step["detail"] == "the deployment failed at aws:sqs/queue:Queue signups: no"


def test_a_damaged_connection_file_names_the_process_to_stop(tmp_path: Path) -> None:
    """H1. Starting again would be refused while that one runs."""
    with state.hold(tmp_path) as (lock, _):
        lock.announce(state.Running(endpoint=CONNECTION.endpoint))
        (tmp_path / connection.FILE_NAME).write_text("{")
        result = run("smoke", "--directory", str(tmp_path))
    repair = f"start the local cloud again with `make up`, after stopping the running one (process {os.getpid()})"
    assert repair in said(result)


@pytest.mark.parametrize("held", [False, True])
def test_smokes_own_cloud_can_be_found_unless_another_is_there(tmp_path: Path, held: bool) -> None:
    """H1. For as long as the journey lasts; the file of an `up` that began meanwhile stays."""
    other = Connection("http://127.0.0.1:1", "us-east-1", "http://api", "dsn", {})
    with state.hold(tmp_path) if held else nullcontext():
        if held:
            connection.write(other, tmp_path)
        with smoke._announced(CONNECTION, tmp_path):
            assert connection.read(tmp_path) == (other if held else CONNECTION)
        assert (tmp_path / connection.FILE_NAME).exists() is held


def test_the_sample_users_password_is_their_owners_alone_and_goes_with_the_cloud(tmp_path: Path) -> None:
    """H1. `medflow local token` signs in with it."""
    user = SampleUser("a@example.com", "secret")
    with state.hold(tmp_path):
        sample_user.write(user, tmp_path)
        mode = stat.S_IMODE((tmp_path / sample_user.FILE_NAME).stat().st_mode)
        assert (mode, sample_user.read(tmp_path)) == (0o600, user)
    assert not (tmp_path / sample_user.FILE_NAME).exists()


def test_a_token_of_nobody_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """H1. Without a cloud, and without a user."""
    assert "start one with `make up`" in said(run("token", "--directory", str(tmp_path)))
    connection.write(replace(CONNECTION, outputs={"user_pool_id": "p", "web_client_id": "c"}), tmp_path)
    assert "holds no user: start the local cloud" in said(run("token", "--directory", str(tmp_path)))


# --- a deployment that fails ------------------------------------------------------------------------------------------


def told(error: DeployError) -> str:
    with pytest.raises(OperatorError) as caught, clearly():
        raise error
    return str(caught.value)


def test_no_problem_of_the_configuration_is_left_out() -> None:
    """F1. All of them in one round, however many there are."""
    problems = "\n".join(f"Pulumi.local.yaml: medflow:key{number} is wrong" for number in range(3 * MAX_LISTED))
    assert told(DeployError(problems)) == f"the deployment failed: {problems}"


def test_what_is_left_out_of_a_resources_error_is_said() -> None:
    """H1. With the way to see it."""
    queue = "aws:sqs/queue:Queue signups"
    lines = told(DeployError(f"{queue}: " + "\n".join(f"line {number}" for number in range(12)), queue)).splitlines()
    assert (len(lines), lines[MAX_LISTED - 1]) == (MAX_LISTED + 1, f"line {MAX_LISTED - 1}")
    assert lines[-1] == f"… and {12 - MAX_LISTED} more lines; `medflow --debug local up` shows all"


def test_the_resource_that_failed_is_named_once() -> None:
    """H1. Its own error begins with it."""
    queue = "aws:sqs/queue:Queue signups"
    assert told(DeployError(f"{queue}: CreateQueue: no", queue)) == f"the deployment failed: {queue}: CreateQueue: no"
    assert told(DeployError("CreateQueue: no", queue)) == f"the deployment failed: {queue}: CreateQueue: no"


def test_after_a_failed_step_the_servers_last_errors_are_shown_once_each(tmp_path: Path) -> None:
    """H1. A function that cannot start says so there, many times."""
    log = tmp_path / "server.log"
    noise = [f"2026-01-01 10:00:{second:02} SyntaxError: no" for second in range(30)]
    log.write_text("\n".join(["10:00:00 ERROR first", *noise, "all is well", "10:00:40 [ERROR] last"]))
    text = plain(lambda narrator: point_to_log(log, report(HELD, BROKEN), narrator))
    assert text.splitlines()[1:] == ["  ERROR first", "  SyntaxError: no", "  [ERROR] last"]
    assert str(log) in text
    assert plain(lambda narrator: point_to_log(log, report(HELD), narrator)) == ""


# --- what is told -----------------------------------------------------------------------------------------------------


def plain(narrate: Any) -> str:
    """What a narrator writes where there is no terminal."""
    file = io.StringIO()
    narrate(Narrator(Console(file=file, highlight=False)))
    return file.getvalue()


def test_without_a_terminal_a_step_is_one_plain_line() -> None:
    """H1. In a CI log there is nothing to animate, and no escape code to read around."""
    text = plain(lambda narrator: narrator.step(HELD))
    assert text == f"✓ {HELD.name}  250 ms  {HELD.detail}\n"


def test_what_a_step_saw_is_never_taken_for_markup() -> None:
    """H1. An error text with brackets comes out whole."""
    step = StepResult("the API answers", 1.25, False, "got [red]404[/red] [x")
    assert plain(lambda narrator: narrator.step(step)) == "✗ the API answers  1.2 s  got [red]404[/red] [x\n"


def test_a_phase_that_fails_is_crossed() -> None:
    """H1. The error comes after it, not instead of it."""

    def fail(narrator: Narrator) -> None:
        with pytest.raises(ValueError, match="no"), narrator.phase("deploying"):
            raise ValueError("no")

    assert plain(fail).splitlines()[-1].startswith("✗ deploying")


def test_a_phase_with_a_bad_end_is_crossed_without_an_exception() -> None:
    """H2. A journey in which a step failed went its way to the end."""

    def end_badly(narrator: Narrator) -> None:
        with narrator.phase("travelling") as phase:
            phase.done, phase.ok = "journey: 24 of 25 steps", False

    assert plain(end_badly).splitlines()[-1].startswith("✗ journey: 24 of 25 steps")


def test_on_a_terminal_the_live_line_says_how_far_it_is() -> None:
    """H1. A count that moves, so that nobody thinks it hangs."""
    file = io.StringIO()
    narrator = Narrator(Console(file=file, force_terminal=True, width=80))
    with narrator.phase("deploying") as phase:
        phase.says("deploying: 57 resources")
        time.sleep(0.2)  # the live line is drawn 12 times a second
    assert "deploying: 57 resources" in file.getvalue()


def test_a_long_address_is_not_broken_without_a_terminal() -> None:
    """H1. It is there to be copied."""
    address = f"http://127.0.0.1:4566/{'a' * 120}"
    assert address in plain(lambda narrator: narrator.table("Addresses", [("API", address)]))


def test_what_is_not_emulated_is_listed_by_type() -> None:
    """H1. The reader looks for a type, and there may be many of one."""
    risk = "aws:cognito/riskConfiguration:RiskConfiguration"
    listed = up.not_emulated(["aws:wafv2/x:X two", f"{risk} r", "aws:wafv2/x:X one"])
    assert listed == [
        (risk, "r"),
        ("aws:wafv2/x:X", "two, one"),
    ]


def test_a_second_signal_does_not_disturb_the_cleaning_up() -> None:
    """H1. The impatient second Ctrl-C would leave processes behind."""
    with StopSignals():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)


def test_a_termination_is_handled_like_ctrl_c() -> None:
    """H1. Containers and CI end a command that way."""
    with StopSignals(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)

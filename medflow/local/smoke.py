"""`medflow local smoke`: the journey as a check, with `.local/smoke.json` for CI and the bench."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from local_cloud import connection
from local_cloud.connection import Connection
from local_cloud.journey import Report, StepResult
from medflow.errors import OperatorError
from medflow.local import state
from medflow.local.narrator import Narrator
from medflow.local.session import StopSignals, deployed_cloud, make_journey, point_to_log

FILE_NAME = "smoke.json"


def smoke(directory: Path, port: int | None, narrator: Narrator) -> None:
    """Use the cloud that `medflow local up` runs in this directory, else start one and stop it afterwards.

    Raises OperatorError when a step failed or the stack could not be deployed; the file is written either way.
    Raises KeyboardInterrupt after Ctrl-C or SIGTERM, cleaned up.
    """
    with StopSignals():
        report = _on_running(directory, narrator) or _on_own(directory, port, narrator)
    failed = [step.name for step in report.steps if not step.ok]
    if failed:
        raise OperatorError(
            f"{len(failed)} of {len(report.steps)} steps failed, the first: {failed[0]};"
            f" details in {directory / FILE_NAME}"
        )


def write(
    directory: Path,
    steps: Sequence[StepResult],
    deploy_seconds: float,
    resources: int,
    phases: Mapping[str, float],
    confirm_to_row_seconds: float | None,
) -> Path:
    """Write the file in one step. `phases` are wall-clock seconds by name; only the journey's for a running cloud."""
    directory.mkdir(parents=True, exist_ok=True)
    document = {
        "steps": [asdict(step) for step in steps],
        "deploy_seconds": deploy_seconds,
        "resources": resources,
        "phases": {name: round(seconds, 3) for name, seconds in phases.items()},
        "confirm_to_row_seconds": confirm_to_row_seconds,
    }
    path = directory / FILE_NAME
    incomplete = path.with_suffix(".incomplete")
    incomplete.write_text(json.dumps(document, indent=2) + "\n")
    incomplete.replace(path)
    return path


def _on_running(directory: Path, narrator: Narrator) -> Report | None:
    run = state.running(directory)
    if run is None:
        return None
    if not run.endpoint:
        raise OperatorError(f"a local cloud of this checkout is still starting (process {run.pid}); try again soon")
    narrator.say(f"using the local cloud at {run.endpoint} (process {run.pid})")
    report, seconds = make_journey(state.connect(directory), narrator)
    point_to_log(directory / "up" / "server.log", report, narrator)
    confirm_to_row = report.traveller.confirm_to_row_seconds
    write(directory, report.steps, run.deploy_seconds, run.resources, {"journey": seconds}, confirm_to_row)
    return report


def _on_own(directory: Path, port: int | None, narrator: Narrator) -> Report:
    began = time.monotonic()
    try:
        with (
            deployed_cloud(directory / "smoke", port, narrator) as deployed,
            _announced(deployed.connection, directory),
        ):
            report, seconds = make_journey(deployed.connection, narrator)
            point_to_log(deployed.cloud.log_file, report, narrator)
    except OperatorError as error:
        failure = StepResult("the stack is deployed", round(time.monotonic() - began, 4), False, str(error))
        write(directory, [failure], 0.0, 0, {}, None)
        raise
    phases = {**deployed.phases, "journey": seconds, "total": time.monotonic() - began}
    confirm_to_row = report.traveller.confirm_to_row_seconds
    deployment = deployed.deployment
    write(directory, report.steps, deployment.seconds, deployment.resources, phases, confirm_to_row)
    return report


@contextmanager
def _announced(made: Connection, directory: Path) -> Iterator[None]:
    """The connection file, while the journey lasts. One of a `medflow local up` is left alone, at both ends."""
    if state.running(directory) is None:
        connection.write(made, directory)
    try:
        yield
    finally:
        if state.running(directory) is None:
            connection.remove(directory)

"""One local cloud from nothing to deployed: build the functions, start the emulator, run the program against it."""

import contextlib
import re
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from local_cloud.cloud import ROOT, LocalCloud, LocalCloudError
from local_cloud.connection import Connection, ConnectionFileError
from local_cloud.deploy.client import Deployer, DeployError, Deployment, ResourceCreated
from local_cloud.journey import Report, Step, travel
from medflow import redrive
from medflow.build import BuildError, build
from medflow.errors import OperatorError, not_writable
from medflow.local.narrator import Narrator

MAX_LISTED = 5
"""Lines of a resource's error that are shown without --debug."""


TIME = re.compile(r"^\S*\d\d:\d\d:\d\d\S*\s*|\d{4}-\d\d-\d\d[T ][\d:.,]+Z?\s*")
"""When a line was logged; two lines that differ in it alone say the same."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A running cloud with the stack in it. `phases` are wall-clock seconds by name."""

    cloud: LocalCloud
    connection: Connection
    deployment: Deployment
    phases: dict[str, float]


@contextlib.contextmanager
def deployed_cloud(directory: Path, port: int | None, narrator: Narrator) -> Iterator[Deployed]:
    """Build, start and deploy; whatever happens afterwards, the cloud ends and only its log stays.

    Raises OperatorError with the cause and the fix.
    """
    phases: dict[str, float] = {}
    with contextlib.ExitStack() as cleanup, clearly():
        # Pulumi is imported, the emulator starts and the functions are built at once: none needs the others.
        deployer = cleanup.enter_context(Deployer())
        beside = cleanup.enter_context(ThreadPoolExecutor(1))
        starting = beside.submit(LocalCloud.start, directory, port)
        cleanup.callback(_stop, starting)
        with narrator.phase("building the Lambda packages") as phase:
            packages = build(ROOT, ROOT / "build" / "lambdas")
            fresh = sum(not package.cached for package in packages)
            phase.done = f"{len(packages)} Lambda packages, {fresh} of them built anew"
        phases["build"] = phase.seconds
        with narrator.phase("starting the local cloud") as phase:
            cloud = starting.result()
            phase.done = f"local cloud at {cloud.endpoint}"
        phases["start"] = phase.seconds
        with narrator.phase("deploying the stack") as phase:
            created = 0

            def count(resource: ResourceCreated) -> None:
                nonlocal created
                created += 1
                phase.says(f"deploying the stack: {created} resources, last {resource.type} {resource.name}")

            deployment = deployer.deploy(cloud.endpoint, on_resource=count)
            phase.done = f"{deployment.resources} resources deployed"
        phases["deploy"] = phase.seconds
        connection = Connection.of_deployment(
            endpoint=cloud.endpoint, postgres_dsn=cloud.postgres_dsn, outputs=deployment.outputs
        )
        yield Deployed(cloud, connection, deployment, phases)


def make_journey(connection: Connection, narrator: Narrator) -> tuple[Report, float]:
    """The first user's journey, told step by step. Returns its report and how long it took in seconds."""
    began = time.monotonic()
    with narrator.phase("the first user's journey") as phase:

        def show(step: Step) -> None:
            phase.says(step.name)

        report = travel(connection, redrive_all, on_start=show, on_end=narrator.step)
        phase.ok = report.ok
        phase.done = f"journey: {sum(step.ok for step in report.steps)} of {len(report.steps)} steps"
    return report, time.monotonic() - began


def point_to_log(log: Path, report: Report, narrator: Narrator) -> None:
    """After a failed step: where the functions' own words are, and the last of them."""
    if report.ok:
        return
    narrator.note(f"the functions' and the emulator's own words are in {log}")
    for line in last_errors(log):
        narrator.say(f"  {line}", "red")


def last_errors(log: Path) -> list[str]:
    """The log's last lines that speak of an error, each once, whenever it was said."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return []
    said = {TIME.sub("", line).strip(): None for line in reversed(lines) if "error" in line.lower()}
    return list(said)[:MAX_LISTED][::-1]


def redrive_all(connection: Connection) -> int:
    """The operator's redrive on a local cloud, as the journey uses it."""
    queues = redrive.Queues(connection.output("signup_queue_url"), connection.output("signup_dead_letter_queue_url"))
    return redrive.redrive(connection.client("sqs"), queues).moved


@contextlib.contextmanager
def clearly() -> Iterator[None]:
    """Turn what the layers below raise on purpose into one OperatorError."""
    try:
        yield
    except DeployError as error:
        raise OperatorError(f"the deployment failed: {_told(error)}") from error
    except (LocalCloudError, BuildError, ConnectionFileError) as error:
        raise OperatorError(str(error)) from error
    except PermissionError as error:
        raise not_writable(error) from error


class StopSignals:
    """Ctrl-C and SIGTERM end the command once, in order: the second signal does not disturb the cleaning up."""

    def __init__(self) -> None:
        self.stopping = threading.Event()

    def __enter__(self) -> "StopSignals":
        self._before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if not self.stopping.is_set():
            self.stopping.set()
            raise KeyboardInterrupt


def _stop(starting: "Future[LocalCloud]") -> None:
    with contextlib.suppress(Exception):
        starting.result().stop()


def _told(error: DeployError) -> str:
    """What failed, resource first. Only AWS's words on a resource are cut: a configuration is mended line by line."""
    text = str(error).strip()
    if error.resource is None:
        return text
    first, *others = text.splitlines()
    if not first.startswith(error.resource):
        first = f"{error.resource}: {first}"
    hidden = len(others) + 1 - MAX_LISTED
    if hidden > 0:
        others = [*others[: MAX_LISTED - 1], f"… and {hidden} more lines; `medflow --debug local up` shows all"]
    return "\n".join([first, *others])

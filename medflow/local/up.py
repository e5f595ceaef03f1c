"""`medflow local up`: the whole platform on this machine until Ctrl-C."""

import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from local_cloud import connection
from local_cloud.connection import Connection
from local_cloud.journey import Report
from local_cloud.journey.traveller import STAFF_ROLE
from local_cloud.server import ROOT_ACCESS_KEY
from medflow.errors import OperatorError
from medflow.local import sample_user, state
from medflow.local.narrator import Narrator
from medflow.local.sample_user import SampleUser
from medflow.local.session import Deployed, StopSignals, deployed_cloud, make_journey, point_to_log
from medflow.local.state import Running

LOOK_SECONDS = 0.5
"""How often `up` looks whether the cloud still runs."""


def up(directory: Path, port: int | None, narrator: Narrator) -> bool:
    """Start, deploy, make the journey, stay until Ctrl-C or SIGTERM, clean up.

    Returns whether the platform stood when it was told to stop. Raises OperatorError.
    """
    stood = False
    with StopSignals(), ExitStack() as cleanup:
        try:
            lock, killed = cleanup.enter_context(state.hold(directory))
            if killed:
                narrator.note(f"the previous run (process {killed}) was killed; what it left behind is cleared away")
            deployed = cleanup.enter_context(deployed_cloud(directory / "up", port, narrator))
            file = connection.write(deployed.connection, directory)
            lock.announce(_running(deployed))
            report, _ = make_journey(deployed.connection, narrator)
            sample_user.write(SampleUser(report.traveller.email, report.traveller.password), directory)
            _show(narrator, deployed, report, file)
            point_to_log(deployed.cloud.log_file, report, narrator)
            narrator.say("\nCtrl-C stops it.", "bold")
            stood = True
            _stay(deployed)
        except KeyboardInterrupt:
            narrator.say("stopping ...")
    return stood


def _stay(deployed: Deployed) -> None:
    while (end := deployed.cloud.ended()) is None:
        time.sleep(LOOK_SECONDS)
    raise OperatorError(end)


def _running(deployed: Deployed) -> Running:
    return Running(
        endpoint=deployed.cloud.endpoint,
        deploy_seconds=deployed.deployment.seconds,
        resources=deployed.deployment.resources,
    )


def _show(narrator: Narrator, deployed: Deployed, report: Report, file: Path) -> None:
    """Everything somebody needs to go on by hand. The password is the journey's user's, worthless elsewhere."""
    access, user = deployed.connection, report.traveller
    narrator.table(
        "Addresses",
        [
            ("API", access.api_url),
            ("health", user.api("/api/health")),
            ("own profile", user.api("/api/me")),
            ("clinic's users", user.users_of(user.clinic_id)),
            ("AWS endpoint", access.endpoint),
            ("AWS region", access.region),
            ("AWS keys", f"{ROOT_ACCESS_KEY} / {ROOT_ACCESS_KEY}"),
            ("user pool", user.pool_id),
            ("token keys", f"{access.endpoint}/{user.pool_id}/.well-known/jwks.json"),
            ("e-mails sent", f"{access.endpoint}/_ministack/ses/messages"),
            ("PostgreSQL", access.postgres_dsn),
            ("connection file", str(file)),
        ],
    )
    narrator.table(
        "The first user",
        [
            ("e-mail", user.email),
            ("password", user.password),
            ("role", STAFF_ROLE),
            ("clinic", user.clinic_id),
            ("web client", user.web_client_id),
        ],
    )
    narrator.note("the outputs issuer and hosted_ui_url are names in AWS: what asks them leaves this machine")
    for line in _commands(access, file.parent):
        narrator.say(f"\n{line}")
    if deployed.deployment.not_emulated:
        narrator.table("Checked, but not emulated here", not_emulated(deployed.deployment.not_emulated))
    if not report.ok:
        failed = [step.name for step in report.steps if not step.ok]
        narrator.say(f"\n{len(failed)} of {len(report.steps)} steps of the journey failed: {'; '.join(failed)}", "red")


def _commands(access: Connection, directory: Path) -> list[str]:
    """Lines to paste into a shell: for every AWS client, and a first call of the API."""
    keys = {
        "AWS_ENDPOINT_URL": access.endpoint,
        "AWS_ACCESS_KEY_ID": ROOT_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_ACCESS_KEY,
        "AWS_DEFAULT_REGION": access.region,
    }
    token = f"{Path(sys.prefix) / 'bin' / 'medflow'} local token --directory {directory}"
    return [
        " ".join(["export", *(f"{name}={value}" for name, value in keys.items())]),
        f'curl -H "Authorization: Bearer $({token})" {access.api_url}/api/me',
    ]


def not_emulated(resources: Iterable[str]) -> list[tuple[str, str]]:
    """Rows of type and names, from the deployer's "type name"."""
    names: dict[str, list[str]] = {}
    for resource in resources:
        kind, _, name = resource.partition(" ")
        names.setdefault(kind, []).append(name)
    return [(kind, ", ".join(names[kind])) for kind in sorted(names)]

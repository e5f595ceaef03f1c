"""The deployment process that is started before there is anything to deploy into."""

from pathlib import Path

import psutil  # type: ignore[import-untyped]

from local.programs.small import write_program
from local_cloud.cloud import LocalCloud
from local_cloud.deploy.client import Deployer


def test_a_deployer_may_be_started_before_the_emulator(local_directory: Path, tmp_path: Path) -> None:
    """H1. Pulumi's import and the emulator's start take the same second."""
    program = write_program(tmp_path, 'pulumi.export("queue", aws.sqs.Queue("early", name="early").name)')
    with Deployer(program=program) as deployer, LocalCloud.start(local_directory / "later") as cloud:
        assert deployer.deploy(cloud.endpoint).outputs == {"queue": "early"}


def test_a_deployer_that_is_given_up_leaves_no_process() -> None:
    """H1. The emulator did not start, so there is nothing to deploy into."""
    before = set(psutil.Process().children())
    with Deployer():
        started = set(psutil.Process().children()) - before
    assert (len(started), [process for process in started if process.is_running()]) == (1, [])

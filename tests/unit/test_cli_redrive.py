"""`medflow redrive`: what it asks of SQS, and what the operator reads when it cannot."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from typer.testing import CliRunner, Result

from local_cloud import aws, connection
from local_cloud.connection import Connection
from medflow import cli

OUTPUTS = {"signup_queue_url": "https://sqs/000000000000/signups", "signup_dead_letter_queue_url": "https://sqs/0/dead"}

COMPLETED = {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 3, "ApproximateNumberOfMessagesToMove": 3}


class Sqs:
    """As much of SQS as the command uses, with the calls it got."""

    class exceptions:  # noqa: N801 (boto3's own spelling)
        class QueueDoesNotExist(Exception):  # noqa: N818
            """boto3 makes such a class per client."""

    def __init__(self, waiting: int = 3, tasks: list[dict[str, Any]] | None = None) -> None:
        self.waiting, self.started = waiting, list[dict[str, str]]()
        self._before, *self._after = tasks or [{}, COMPLETED]

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        values = {"ApproximateNumberOfMessages": str(self.waiting), "QueueArn": f"arn:{QueueUrl}"}
        return {"Attributes": {name: values[name] for name in AttributeNames}}

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803
        raise self.exceptions.QueueDoesNotExist(QueueName)

    def start_message_move_task(self, **request: str) -> dict[str, str]:
        self.started.append(request)
        return {"TaskHandle": "handle"}

    def list_message_move_tasks(self, **_: object) -> dict[str, Any]:
        task = (self._after.pop(0) if len(self._after) > 1 else self._after[0]) if self.started else self._before
        return {"Results": [task] if task else []}


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command against that SQS, with the connection file of a running local cloud."""
    connection.write(Connection("http://127.0.0.1:1", "us-east-1", "http://api", "dsn", OUTPUTS), tmp_path)

    def against(sqs: object, *arguments: str) -> Result:
        monkeypatch.setattr(aws, "client", lambda *_: sqs)
        monkeypatch.setattr(boto3, "client", lambda *_, **__: sqs)
        return CliRunner().invoke(cli.app, ["redrive", "--directory", str(tmp_path), *arguments])

    return against


def said(result: Result) -> str:
    """What the operator reads, on one line."""
    return " ".join((result.output + result.stderr).split())


def test_the_messages_destination_is_named(run: Run) -> None:
    """C2. What the consumer dead-lettered itself has no source queue to go back to."""
    sqs = Sqs()
    run(sqs)
    assert sqs.started == [
        {
            "SourceArn": f"arn:{OUTPUTS['signup_dead_letter_queue_url']}",
            "DestinationArn": f"arn:{OUTPUTS['signup_queue_url']}",
        }
    ]


def test_the_operator_reads_how_many_were_moved(run: Run) -> None:
    """C2. After the last look, not after the first."""
    under_way = {"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 1, "ApproximateNumberOfMessagesToMove": 3}
    result = run(Sqs(tasks=[{}, under_way, COMPLETED]))
    assert (result.exit_code, "3 of 3 dead letters moved back" in said(result)) == (0, True)


def test_a_dry_run_counts_and_moves_nothing(run: Run) -> None:
    """C2. Not even a receive, which would count as a delivery."""
    sqs = Sqs(waiting=7)
    result = run(sqs, "--dry-run")
    assert ("7 dead letters" in said(result), sqs.started) == (True, [])


def test_an_empty_dead_letter_queue_starts_no_task(run: Run) -> None:
    """C2. Running it twice is no error."""
    sqs = Sqs(waiting=0)
    result = run(sqs)
    assert (result.exit_code, sqs.started) == (0, [])


def test_a_redrive_under_way_is_left_alone(run: Run) -> None:
    """C2. SQS allows one task per queue; the operator reads how far that one is."""
    sqs = Sqs(
        tasks=[{"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 2, "ApproximateNumberOfMessagesToMove": 9}]
    )
    result = run(sqs)
    assert result.exit_code == 1
    assert "already under way (2 of 9 messages moved); wait for its end" in said(result)
    assert not sqs.started


def test_a_failed_task_is_an_error_with_its_reason(run: Run) -> None:
    """C2. Messages that were not moved are still there, and the operator is told so."""
    failed = {
        "Status": "FAILED",
        "FailureReason": "CouldNotDetermineMessageSource",
        "ApproximateNumberOfMessagesMoved": 1,
        "ApproximateNumberOfMessagesToMove": 3,
    }
    result = run(Sqs(tasks=[{}, failed]))
    assert result.exit_code == 1
    assert "failed after 1 of 3 messages (CouldNotDetermineMessageSource)" in said(result)
    assert "still in the dead-letter queue" in said(result)


def test_another_stack_is_looked_up_by_the_names_of_its_queues(run: Run) -> None:
    """C2 A16. A wrong stack or a wrong account is the usual mistake."""
    result = run(Sqs(), "--stack", "staging")
    assert result.exit_code == 1
    assert "no queues staging-medflow-sqs-signups and staging-medflow-sqs-signups-dead-letters" in said(result)
    assert "check --stack and the AWS profile" in said(result)


@pytest.mark.parametrize(
    "problem",
    [NoCredentialsError(), ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetQueueAttributes")],
)
def test_what_sqs_refuses_is_one_clear_line(run: Run, problem: Exception) -> None:
    """C2. No traceback for a missing credential."""

    class Refusing(Sqs):
        def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: ARG002, N803
            raise problem

    result = run(Refusing())
    assert result.exit_code == 1
    assert f"SQS cannot be used: {problem}; check the AWS credentials" in said(result)
    assert "Traceback" not in said(result)


def test_an_account_without_a_region_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """C2. The most common half of a set-up."""
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, str(tmp_path / "absent"))
    for variable in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    result = CliRunner().invoke(cli.app, ["redrive", "--stack", "staging"])
    assert result.exit_code == 1
    assert "error: You must specify a region. Set AWS_DEFAULT_REGION, or AWS_PROFILE to one" in said(result)


def test_without_a_running_cloud_the_command_names_the_one_that_starts_it(tmp_path: Path) -> None:
    """C2 H1. The stack `local` is the default, and often not there."""
    result = CliRunner().invoke(cli.app, ["redrive", "--directory", str(tmp_path)])
    assert result.exit_code == 1
    assert said(result).startswith("error: no local cloud")
    assert "make up" in said(result)

"""Send the sign-up queue's dead letters back to it, through SQS's own message move task.

The consumer dead-letters what can never succeed by sending it to the queue itself, and such a message has no source
queue: without an explicit destination the task fails on it ("StartMessageMoveTask", Amazon SQS API Reference).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from medflow.errors import OperatorError

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

POLL_SECONDS = 0.1
"""Pause between two looks at a running task."""

PATIENCE_SECONDS = 600.0
"""After this long the command stops watching; the task itself goes on."""


@dataclass(frozen=True, slots=True)
class Queues:
    """URLs of the work queue and of its dead-letter queue."""

    work: str
    dead_letters: str


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a task is, in messages."""

    moved: int
    total: int


def queues_of_stack(sqs: "SQSClient", stack: str, project: str) -> Queues:
    """The sign-up queues of a deployed stack, by the names that the program gives them.

    Raises OperatorError when the account has no such queues or cannot be asked.
    """
    work, dead_letters = (f"{stack}-{project}-sqs-signups{suffix}" for suffix in ("", "-dead-letters"))
    try:
        return Queues(*(sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in (work, dead_letters)))
    except sqs.exceptions.QueueDoesNotExist:
        raise OperatorError(
            f"this account and region have no queues {work} and {dead_letters};"
            " check --stack and the AWS profile and region you use"
        ) from None
    except (ClientError, BotoCoreError) as error:
        raise _unreachable(error) from error


def backlog(sqs: "SQSClient", queues: Queues) -> int:
    """About how many dead letters wait to be moved. Touches none of them. Raises OperatorError."""
    try:
        attributes = sqs.get_queue_attributes(
            QueueUrl=queues.dead_letters, AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]
    except (ClientError, BotoCoreError) as error:
        raise _unreachable(error) from error
    return int(attributes["ApproximateNumberOfMessages"])


def redrive(
    sqs: "SQSClient",
    queues: Queues,
    on_progress: Callable[[Moved], None] = lambda _: None,
    *,
    patience: float = PATIENCE_SECONDS,
) -> Moved:
    """Move every dead letter that waits now back to the work queue, and wait for the end of it.

    Raises OperatorError: a redrive is already under way, the task failed or was cancelled, it takes longer than
    `patience` seconds, or SQS cannot be asked.
    """
    try:
        source, destination = (_arn(sqs, url) for url in (queues.dead_letters, queues.work))
        _refuse_second(_newest(sqs, source))
        sqs.start_message_move_task(SourceArn=source, DestinationArn=destination)
        return _watch(sqs, source, on_progress, patience)
    except (ClientError, BotoCoreError) as error:
        raise _unreachable(error) from error


def _watch(sqs: "SQSClient", source: str, on_progress: Callable[[Moved], None], patience: float) -> Moved:
    deadline = time.monotonic() + patience
    while True:
        task = _newest(sqs, source)
        progress = Moved(
            int(task.get("ApproximateNumberOfMessagesMoved", 0)), int(task.get("ApproximateNumberOfMessagesToMove", 0))
        )
        on_progress(progress)
        match task.get("Status"):
            case "COMPLETED":
                return progress
            case "FAILED" | "CANCELLED" as end:
                raise OperatorError(
                    f"the redrive {'failed' if end == 'FAILED' else 'was cancelled'} after {progress.moved} of"
                    f" {progress.total} messages ({task.get('FailureReason', 'no reason given')});"
                    " the others are still in the dead-letter queue: settle the cause and run it again"
                )
        if time.monotonic() > deadline:
            raise OperatorError(
                f"the redrive moved {progress.moved} of {progress.total} messages in {patience:.0f} s and goes on;"
                " run it again later to see whether it ended"
            )
        time.sleep(POLL_SECONDS)


def _refuse_second(task: dict[str, Any]) -> None:
    """SQS allows one active task per queue; say how far it is rather than what SQS says."""
    if task.get("Status") in ("RUNNING", "CANCELLING"):
        raise OperatorError(
            f"a redrive of this queue is already under way ({task.get('ApproximateNumberOfMessagesMoved', 0)} of"
            f" {task.get('ApproximateNumberOfMessagesToMove', 0)} messages moved); wait for its end"
        )


def _newest(sqs: "SQSClient", source: str) -> dict[str, Any]:
    results = sqs.list_message_move_tasks(SourceArn=source, MaxResults=1).get("Results", [])
    return dict(results[0]) if results else {}


def _arn(sqs: "SQSClient", url: str) -> str:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _unreachable(error: Exception) -> OperatorError:
    return OperatorError(f"SQS cannot be used: {error}; check the AWS credentials, or the stack with `--stack`")

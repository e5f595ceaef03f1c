"""SQS message move tasks, which the emulator lacks: StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask.

As documented in the Amazon SQS API Reference and under "Configuring a dead-letter queue redrive" in the Developer
Guide: only a queue that another queue names as its dead-letter queue can be a source, one task per source at a time, a
moved message is a new one (new id, receive count 0) with its attributes. Without a destination each message goes to the
queue it was dead-lettered from, and one that was sent to the dead-letter queue directly has none: the task fails.
"""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.services import sqs

from local_cloud.compatibility import Patched

PATCHED = (
    Patched("ministack.services.sqs", "_HANDLERS", "dict"),
    Patched("ministack.services.sqs", "_queues", "AccountRegionScopedDict"),
    Patched("ministack.services.sqs", "_queue_by_arn", "(arn: str) -> dict | None"),
    Patched("ministack.services.sqs", "_Err", "(code: str, message: str, status: int = 400)"),
)

MAX_PER_SECOND = 500
"""Upper limit of MaxNumberOfMessagesPerSecond (StartMessageMoveTask, API Reference)."""

MAX_RESULTS = 10
"""Upper limit of MaxResults (ListMessageMoveTasks, API Reference)."""

IN_HAND_SECONDS = 30
"""How long a message is hidden while it is on its way; it is deleted from the source only once it has arrived."""


@dataclass
class MoveTask:
    """One task, in the words of ListMessageMoveTasks."""

    source_arn: str
    destination_arn: str | None
    per_second: int | None
    to_move: int
    handle: str = field(default_factory=lambda: str(uuid.uuid4()))
    started_ms: int = field(default_factory=lambda: int(time.time() * 1000))
    moved: int = 0
    status: str = "RUNNING"
    failure: str = ""
    job: "asyncio.Task[None] | None" = None  # the loop keeps only a weak reference

    def described(self) -> dict[str, Any]:
        optional = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "DestinationArn": self.destination_arn,
            "MaxNumberOfMessagesPerSecond": self.per_second,
            "FailureReason": self.failure or None,
        }
        return {
            "SourceArn": self.source_arn,
            "Status": self.status,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "StartedTimestamp": self.started_ms,
            **{key: value for key, value in optional.items() if value is not None},
        }


class _MoveError(Exception):
    """Ends a task as FAILED; the text is its FailureReason."""


_tasks: list[MoveTask] = []


def install() -> None:
    """Add the three actions to the emulator's SQS."""
    sqs._HANDLERS.update(
        {
            "StartMessageMoveTask": start_message_move_task,
            "ListMessageMoveTasks": list_message_move_tasks,
            "CancelMessageMoveTask": cancel_message_move_task,
        }
    )


async def start_message_move_task(request: dict[str, Any], _url: str) -> dict[str, Any]:
    """Start moving what is in the source now; messages that arrive later stay, or a redrive might never end."""
    source = _queue(request.get("SourceArn", ""), "source")
    destination_arn, per_second = request.get("DestinationArn"), request.get("MaxNumberOfMessagesPerSecond")
    source_arn = source["attributes"]["QueueArn"]
    if not _is_dead_letter_queue(source_arn):
        raise sqs._Err("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    if destination_arn is not None:
        _queue(destination_arn, "destination")
    if per_second is not None and not 1 <= per_second <= MAX_PER_SECOND:
        raise sqs._Err("InvalidParameterValue", f"MaxNumberOfMessagesPerSecond must be between 1 and {MAX_PER_SECOND}.")
    if any(task.source_arn == source_arn and task.status == "RUNNING" for task in _tasks):
        raise sqs._Err(
            "UnsupportedOperation",
            "There is already a task running. Only one active task is allowed for a source queue.",
        )
    task = MoveTask(source_arn, destination_arn, per_second, to_move=len(source["messages"]))
    _tasks.append(task)
    task.job = asyncio.get_running_loop().create_task(_run(task, source["url"]))
    return {"TaskHandle": task.handle}


def list_message_move_tasks(request: dict[str, Any], _url: str) -> dict[str, Any]:
    """The newest tasks of a source, one unless MaxResults asks for more."""
    source_arn, limit = request.get("SourceArn", ""), request.get("MaxResults", 1)
    _queue(source_arn, "source")
    if not 1 <= limit <= MAX_RESULTS:
        raise sqs._Err("InvalidParameterValue", f"MaxResults must be between 1 and {MAX_RESULTS}.")
    mine = [task.described() for task in reversed(_tasks) if task.source_arn == source_arn]
    return {"Results": mine[:limit]}


def cancel_message_move_task(request: dict[str, Any], _url: str) -> dict[str, Any]:
    """Stop a running task; what it has moved stays moved."""
    handle = request.get("TaskHandle", "")
    for task in _tasks:
        if task.handle == handle and task.status == "RUNNING":
            task.status = "CANCELLED"
            return {"ApproximateNumberOfMessagesMoved": task.moved}
    raise sqs._Err("ResourceNotFoundException", "Task does not exist, or is no longer running.")


async def _run(task: MoveTask, source_url: str) -> None:
    try:
        while task.moved < task.to_move and task.status == "RUNNING":
            if not await _move_one(task, source_url):
                break
            task.moved += 1
            await asyncio.sleep(1 / task.per_second if task.per_second else 0)
    except _MoveError as failure:
        task.status, task.failure = "FAILED", str(failure)
    if task.status == "RUNNING":
        task.status = "COMPLETED"


async def _move_one(task: MoveTask, source_url: str) -> bool:
    """Move the first visible message. Returns whether there was one. Raises _MoveError when it has nowhere to go."""
    asked = {
        "QueueUrl": source_url,
        "VisibilityTimeout": IN_HAND_SECONDS,
        "WaitTimeSeconds": 0,
        "AttributeNames": ["All"],
        "MessageAttributeNames": ["All"],
    }
    received = (await sqs._HANDLERS["ReceiveMessage"](asked, source_url)).get("Messages", [])
    if not received:
        return False
    [message] = received
    held = {"QueueUrl": source_url, "ReceiptHandle": message["ReceiptHandle"]}
    try:
        destination = _destination(task, message)
        _send(destination["url"], message)
    except (_MoveError, sqs._Err) as reason:
        sqs._HANDLERS["ChangeMessageVisibility"]({**held, "VisibilityTimeout": 0}, source_url)
        raise _MoveError(str(reason)) from reason
    with contextlib.suppress(sqs._Err):  # someone else deleted it meanwhile
        sqs._HANDLERS["DeleteMessage"](held, source_url)
    return True


def _send(url: str, message: Mapping[str, Any]) -> None:
    sqs._HANDLERS["SendMessage"](
        {
            "QueueUrl": url,
            "MessageBody": message["Body"],
            "MessageAttributes": message.get("MessageAttributes", {}),
        },
        url,
    )


def _destination(task: MoveTask, message: Mapping[str, Any]) -> dict[str, Any]:
    arn = task.destination_arn or message.get("Attributes", {}).get("DeadLetterQueueSourceArn")
    queue: dict[str, Any] | None = sqs._queue_by_arn(arn) if arn else None
    if queue is None:
        raise _MoveError("CouldNotDetermineMessageSource" if not arn else "AWS.SimpleQueueService.NonExistentQueue")
    return queue


def _queue(arn: str, role: str) -> dict[str, Any]:
    queue: dict[str, Any] | None = sqs._queue_by_arn(arn)
    if queue is None:
        raise sqs._Err("ResourceNotFoundException", f"The resource that you specified for the {role} doesn't exist.")
    return queue


def _is_dead_letter_queue(arn: str) -> bool:
    policies = (json.loads(queue["attributes"].get("RedrivePolicy") or "{}") for queue in sqs._queues.values())
    return any(policy.get("deadLetterTargetArn") == arn for policy in policies)

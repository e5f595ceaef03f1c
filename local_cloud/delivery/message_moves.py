"""Redrive of dead letters: StartMessageMoveTask, ListMessageMoveTasks and CancelMessageMoveTask.

("StartMessageMoveTask" and its siblings, Amazon SQS API Reference; "Configure a dead-letter queue redrive" and
"Dead-letter queue and DLQ redrive issues", Developer Guide.) A moved message is a new one: new id, receive count zero,
retention from now. A task moves what was visible in the queue when it started, so one whose messages fail again at
once still ends. A task is a plain dictionary in its source queue's record: it goes where the queue goes.
"""

import base64
import json
import threading
import time
import uuid
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.concurrency import spawn_background
from ministack.services import sqs

from local_cloud.delivery.queues import LOCK

MAX_RATE = 500
"""Messages per second a caller may ask for (StartMessageMoveTask)."""

MAX_LISTED = 10
"""Tasks of one queue that AWS remembers and lists (ListMessageMoveTasks)."""

TASKS = "message_move_tasks"
"""Key of a queue's record under which its tasks are, oldest first."""

LISTED = (
    "Status",
    "SourceArn",
    "DestinationArn",
    "MaxNumberOfMessagesPerSecond",
    "ApproximateNumberOfMessagesMoved",
    "ApproximateNumberOfMessagesToMove",
    "FailureReason",
    "StartedTimestamp",
)
"""Members of a listed task; `TaskHandle` is listed of a running one alone."""


class Status(StrEnum):
    """Life of a task: RUNNING, perhaps CANCELLING, then one of the other three for good."""

    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class UnknownSourceError(Exception):
    """The message was sent to the dead-letter queue directly, so there is no queue to send it back to."""


_cancelled: dict[str, threading.Event] = {}
"""By task id, what a running task waits on between two messages."""


def install() -> None:
    """Add the three actions to the emulator's SQS."""
    sqs._HANDLERS["StartMessageMoveTask"] = start
    sqs._HANDLERS["ListMessageMoveTasks"] = list_tasks
    sqs._HANDLERS["CancelMessageMoveTask"] = cancel


def start(data: dict[str, Any], _url: str) -> dict[str, Any]:
    """Check the request and move the messages on a thread of its own."""
    source_arn, destination_arn = _required(data, "SourceArn"), data.get("DestinationArn")
    rate = data.get("MaxNumberOfMessagesPerSecond")
    with LOCK:
        source = _queue(source_arn, "SourceArn")
        sqs._enforce_queue_policy(source, "sqs:StartMessageMoveTask")
        if not _is_dead_letter_queue(source_arn):
            raise _invalid("Source queue must be configured as a Dead Letter Queue.")
        if destination_arn:
            if destination_arn == source_arn:
                raise _invalid("Source queue arn and destination queue arn cannot be the same.")
            _queue(destination_arn, "DestinationArn")
        if rate is not None and not 1 <= int(rate) <= MAX_RATE:
            raise _invalid(
                f"Value {rate} for parameter MaxNumberOfMessagesPerSecond is invalid."
                f" Reason: Must be between 1 and {MAX_RATE}, if provided."
            )
        tasks = source.setdefault(TASKS, [])
        if any(task["Status"] in (Status.RUNNING, Status.CANCELLING) for task in tasks):
            raise _invalid(
                "There is already a task running. Only one active task is allowed for a source queue arn at a given"
                " time."
            )
        sqs._expire_retained(source)
        now = time.time()
        waiting = [message["id"] for message in source["messages"] if message["visible_at"] <= now]
        task: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "Status": Status.RUNNING.value,
            "SourceArn": source_arn,
            "DestinationArn": destination_arn or None,
            "MaxNumberOfMessagesPerSecond": int(rate) if rate is not None else None,
            "ApproximateNumberOfMessagesMoved": 0,
            "ApproximateNumberOfMessagesToMove": len(waiting),
            "StartedTimestamp": int(now * 1000),
        }
        tasks.append(task)
        del tasks[:-MAX_LISTED]
        _cancelled[task["id"]] = threading.Event()
    spawn_background(_run, task, waiting, thread_name="sqs-message-move")
    return {"TaskHandle": _handle(task)}


def list_tasks(data: dict[str, Any], _url: str) -> dict[str, Any]:
    """The newest tasks of a source queue, newest first; one unless more are asked for."""
    limit = int(data.get("MaxResults") or 1)
    if not 1 <= limit <= MAX_LISTED:
        raise _invalid(
            f"Value {limit} for parameter MaxResults is invalid. Reason: Must be between 1 and {MAX_LISTED},"
            " if provided."
        )
    with LOCK:
        source = _queue(_required(data, "SourceArn"), "SourceArn")
        sqs._enforce_queue_policy(source, "sqs:ListMessageMoveTasks")
        return {"Results": [_listed(task) for task in reversed(source.get(TASKS, [])[-limit:])]}


def cancel(data: dict[str, Any], _url: str) -> dict[str, Any]:
    """Stop a running task; what it has moved stays moved."""
    try:
        handle = json.loads(base64.b64decode(_required(data, "TaskHandle"), validate=True))
        task_id, source_arn = handle["taskId"], handle["sourceArn"]
    except (ValueError, TypeError, KeyError):
        raise _invalid("Value for parameter TaskHandle is invalid.") from None
    with LOCK:
        source = _queue(source_arn, "SourceArn")
        sqs._enforce_queue_policy(source, "sqs:CancelMessageMoveTask")
        task = next((task for task in source.get(TASKS, []) if task["id"] == task_id), None)
        if task is None:
            raise sqs._Err("ResourceNotFoundException", "Task does not exist.", 404)
        if task["Status"] != Status.RUNNING:
            raise sqs._Err(
                "UnsupportedOperation", f"The task is {task['Status']}; only a running one can be cancelled."
            )
        task["Status"] = Status.CANCELLING.value
        _cancelled[task_id].set()
        return {"ApproximateNumberOfMessagesMoved": task["ApproximateNumberOfMessagesMoved"]}


def _run(task: dict[str, Any], waiting: Iterable[str]) -> None:
    """Move the messages one by one at the task's rate, until done, cancelled or failed."""
    rate = task["MaxNumberOfMessagesPerSecond"]
    cancelled = _cancelled[task["id"]]
    outcome = Status.FAILED
    try:
        for message_id in waiting:
            # The pause comes first: a task that may move one message a second moves none in its first instant.
            if cancelled.wait(1 / rate if rate else 0):
                outcome = Status.CANCELLED
                break
            with LOCK:
                task["ApproximateNumberOfMessagesMoved"] += _move(task, message_id)
        else:
            outcome = Status.COMPLETED
    except UnknownSourceError:
        task["FailureReason"] = "CouldNotDetermineMessageSource"
    except sqs._Err as refused:
        task["FailureReason"] = sqs._QUERY_COMPAT_CODES.get(refused.code, refused.code)
    finally:
        with LOCK:
            task["Status"] = outcome.value
            del _cancelled[task["id"]]


def _move(task: dict[str, Any], message_id: str) -> int:
    """Send one message on and delete it here; 0 if someone received or deleted it meanwhile."""
    source = _existing(task["SourceArn"])
    message = next((m for m in source["messages"] if m["id"] == message_id), None)
    if message is None or message["visible_at"] > time.time():
        return 0
    destination_arn = task["DestinationArn"] or message["sys"].get("DeadLetterQueueSourceArn")
    if not destination_arn:
        raise UnknownSourceError
    destination = _existing(destination_arn)
    request = {"MessageBody": message["body"], "MessageAttributes": message["message_attributes"]}
    if trace := message["sys"].get("AWSTraceHeader"):
        request["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    if destination["is_fifo"]:
        # A new deduplication id, or the queue would take the message for a repetition of its first sending.
        request |= {"MessageGroupId": message["group_id"], "MessageDeduplicationId": str(uuid.uuid4())}
    sqs._act_send_message(request, destination["url"])
    source["messages"].remove(message)
    return 1


def _existing(arn: str) -> dict[str, Any]:
    queue: dict[str, Any] | None = sqs._queue_by_arn(arn)
    if queue is None:
        raise sqs._Err("QueueDoesNotExist", "The specified queue does not exist.")
    return queue


def _queue(arn: str, parameter: str) -> dict[str, Any]:
    """The queue of a request's ARN, or the API error for that parameter."""
    try:
        parse_arn(arn)
    except ArnParseError:
        raise _invalid(
            f"You must use this format to specify the {parameter}:"
            " arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
        ) from None
    queue: dict[str, Any] | None = sqs._queue_by_arn(arn)
    if queue is None:
        raise sqs._Err(
            "ResourceNotFoundException",
            f"The resource that you specified for the {parameter} parameter doesn't exist.",
            404,
        )
    return queue


def _is_dead_letter_queue(arn: str) -> bool:
    """Whether some queue's redrive policy names it."""
    policies = (queue["attributes"].get("RedrivePolicy") for queue in sqs._queues.all_values())
    return any(policy and json.loads(policy).get("deadLetterTargetArn") == arn for policy in policies)


def _listed(task: dict[str, Any]) -> dict[str, Any]:
    result = {name: task[name] for name in LISTED if task.get(name) is not None}
    if task["Status"] == Status.RUNNING:
        result["TaskHandle"] = _handle(task)
    return result


def _handle(task: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps({"taskId": task["id"], "sourceArn": task["SourceArn"]}).encode()).decode()


def _required(data: dict[str, Any], parameter: str) -> str:
    value = data.get(parameter)
    if not value:
        raise sqs._Err("MissingParameter", f"The request must contain the parameter {parameter}.")
    return str(value)


def _invalid(message: str) -> Exception:
    error: Exception = sqs._Err("InvalidParameterValue", message)
    return error

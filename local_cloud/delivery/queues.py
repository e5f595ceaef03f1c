"""The queues themselves: one lock over their messages, and who may name a queue as its dead-letter queue.

The emulator changes a queue's messages from the server's event loop (every API call) and from threads (event source
mappings, replays), finding what is visible in one step and hiding it in the next: two receivers at once get the same
message. Every change goes through `LOCK` here. It is held for memory work only, never while a function runs.
"""

import functools
import inspect
import json
import threading
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import sqs

LOCK = threading.RLock()
"""Re-entrant: SendMessageBatch calls SendMessage, receiving sweeps to the dead-letter queue."""

MAX_SOURCE_QUEUES = 10
""" "RedriveAllowPolicy", SetQueueAttributes in the API reference."""


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, run under LOCK."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        with LOCK:
            return function(*args, **kwargs)

    return run


def discard(queue: dict[str, Any], receipt_handles: set[str]) -> None:
    """Delete the messages held under these receipt handles; a message received anew has another and stays."""
    with LOCK:
        queue["messages"] = [m for m in queue["messages"] if m["receipt_handle"] not in receipt_handles]


def install() -> None:
    """Put the lock around every access, and check redrive policies where they are set."""
    create, change = sqs._act_create_queue, sqs._act_set_queue_attributes

    def create_queue(data: dict[str, Any], url: str) -> Any:
        name = data.get("QueueName", "")
        _check(data.get("Attributes") or {}, f"arn:aws:sqs:{get_region()}:{get_account_id()}:{name}")
        return create(data, url)

    def set_queue_attributes(data: dict[str, Any], url: str) -> Any:
        queue = sqs._get_q(data.get("QueueUrl", url))
        _check(data.get("Attributes") or {}, queue["attributes"]["QueueArn"])
        return change(data, url)

    sqs._act_create_queue = sqs._HANDLERS["CreateQueue"] = create_queue
    sqs._act_set_queue_attributes = sqs._HANDLERS["SetQueueAttributes"] = set_queue_attributes
    for action, handler in sqs._HANDLERS.items():
        # ReceiveMessage waits; what it calls to change the queue is locked below.
        if not inspect.iscoroutinefunction(handler):
            sqs._HANDLERS[action] = guarded(handler)
    sqs._expire_retained = guarded(sqs._expire_retained)
    sqs._dlq_sweep = guarded(sqs._dlq_sweep)
    sqs._collect_msgs = guarded(sqs._collect_msgs)


def _check(attributes: dict[str, str], source_arn: str) -> None:
    """Raise the API error for a redrive allow policy AWS refuses, or a dead-letter queue that refuses this source."""
    if attributes.get("RedriveAllowPolicy"):
        _check_allow_policy(attributes["RedriveAllowPolicy"])
    if not attributes.get("RedrivePolicy"):
        return
    target = sqs._queue_by_arn(_object(attributes["RedrivePolicy"]).get("deadLetterTargetArn", ""))
    if target is not None and not _accepts_source(target, source_arn):
        raise _invalid(
            "RedrivePolicy",
            attributes["RedrivePolicy"],
            "The redrive allow policy of the dead-letter queue does not permit this source queue.",
        )


def _accepts_source(dead_letter_queue: dict[str, Any], source_arn: str) -> bool:
    policy = _object(dead_letter_queue["attributes"].get("RedriveAllowPolicy") or "{}")
    permission = policy.get("redrivePermission", "allowAll")
    return permission == "allowAll" or (permission == "byQueue" and source_arn in policy["sourceQueueArns"])


def _check_allow_policy(text: str) -> None:
    policy = _object(text)
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    refusal = "Amazon SQS can't create the redrive allow policy"
    if permission not in ("allowAll", "denyAll", "byQueue"):
        raise _invalid("RedriveAllowPolicy", text, f"{refusal}, as it's in an unsupported format.")
    if sources and permission != "byQueue":
        raise _invalid(
            "RedriveAllowPolicy",
            text,
            f"{refusal}. To specify one or more source queue ARNs, you must set redrivePermission to byQueue.",
        )
    if permission == "byQueue" and not (isinstance(sources, list) and 0 < len(sources) <= MAX_SOURCE_QUEUES):
        raise _invalid(
            "RedriveAllowPolicy",
            text,
            f"{refusal}. When you specify the byQueue permission type, you must also specify one or more"
            " sourceQueueArns values.",
        )


def _object(text: str) -> dict[str, Any]:
    """A JSON object, or an empty one for anything else; the emulator words the error of a broken RedrivePolicy."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _invalid(parameter: str, value: str, reason: str) -> Exception:
    error: Exception = sqs._Err(
        "InvalidParameterValue", f"Value {value} for parameter {parameter} is invalid. Reason: {reason}"
    )
    return error

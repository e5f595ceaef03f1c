"""Event source mapping, SQS to Lambda: what AWS refuses to create, how long it gathers, what an answer means.

("Using Lambda with Amazon SQS", "Creating and configuring an Amazon SQS event source mapping" and "Handling errors for
an SQS event source in Lambda", AWS Lambda Developer Guide.)
"""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.services import lambda_svc, sqs

from local_cloud.delivery.batch_results import failed_messages
from local_cloud.delivery.permissions import role_may
from local_cloud.delivery.queues import LOCK, discard

POLLER_ACTIONS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
"""What Lambda does on the queue in the name of the function's role, in the order it tries them."""

MAX_UNBATCHED = 10
"""Records that one ReceiveMessage can return; a larger batch needs a window to gather in, and no FIFO queue has one."""

LIMITS = {"BatchSize": (1, 10_000), "MaximumBatchingWindowInSeconds": (0, 300)}
"""Bounds of the API's shapes (CreateEventSourceMapping)."""

IDLE_WAKE_GAP_SECONDS = 0.005
"""Pause of the poller after a wake that found nothing. The emulator's 50 ms is what a message then waits."""

logger = logging.getLogger("lambda")


@dataclass(slots=True)
class Gathering:
    """Messages received for a batch that is not full yet. They are in flight: hidden from other consumers."""

    closes_at: float
    """Monotonic time at which the function is invoked with what there is."""
    held: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    """The queue's own records with the receipt handles they were received under."""


_polled = threading.local()
"""`mapping`: the event source mapping the poller thread is at."""

_gatherings: dict[str, Gathering] = {}
"""By mapping id."""


def install() -> None:
    """Replace how the emulator creates mappings, receives for them and reads their functions' answers."""
    create, update, delete = lambda_svc._create_esm, lambda_svc._update_esm, lambda_svc._delete_esm
    mappings, receive = lambda_svc._iter_all_esms, sqs._receive_messages_for_esm

    def create_mapping(data: dict[str, Any]) -> Any:
        answer = _refusal(data, data) or create(data)
        # The poller may be asleep for seconds, and what is in the queue already does not wake it.
        lambda_svc._esm_wake.set()
        return answer

    def update_mapping(mapping_id: str, data: dict[str, Any]) -> Any:
        existing = lambda_svc._esms.get(mapping_id)
        return (existing and _refusal({**existing, **data}, data)) or update(mapping_id, data)

    def delete_mapping(mapping_id: str) -> Any:
        _gatherings.pop(mapping_id, None)
        return delete(mapping_id)

    def each_mapping() -> Iterator[Any]:
        for account, region, mapping in mappings():
            _polled.mapping = mapping
            yield account, region, mapping

    def receive_batch(queue_url: str, max_number: int) -> list[dict[str, Any]]:
        with LOCK:
            window = _polled.mapping["MaximumBatchingWindowInSeconds"]
            if not window:
                return list(receive(queue_url, max_number))
            return _gather(_polled.mapping["UUID"], window, max_number, lambda count: receive(queue_url, count))

    lambda_svc._create_esm = create_mapping
    lambda_svc._update_esm = update_mapping
    lambda_svc._delete_esm = delete_mapping
    lambda_svc._iter_all_esms = each_mapping
    lambda_svc._run_sqs_batch = _run_batch
    lambda_svc._ESM_IDLE_WAKE_GAP_SECONDS = IDLE_WAKE_GAP_SECONDS
    sqs._receive_messages_for_esm = receive_batch


def _refusal(wanted: dict[str, Any], given: dict[str, Any]) -> Any:
    """AWS's error for a mapping that must not be, or None. `wanted` is all of it, `given` what this request sets."""
    for name, (least, most) in LIMITS.items():
        value = given.get(name)
        if value is not None and not least <= value <= most:
            bound = "less than or equal to" if value > most else "greater than or equal to"
            return lambda_svc.error_response_json(
                "ValidationException",
                f"1 validation error detected: Value '{value}' at '{name[0].lower()}{name[1:]}' failed to satisfy"
                f" constraint: Member must have value {bound} {most if value > most else least}",
                400,
            )
    queue = sqs._queue_by_arn(wanted.get("EventSourceArn", ""))
    if queue is None:
        # A stream, or nothing at all: the emulator has the words for it.
        return None
    _, function, _ = lambda_svc._get_func_record_for_ref(given.get("FunctionName", ""))
    problem = (_polling_problem(queue, function) if function else "") or _batching_problem(wanted, queue)
    return lambda_svc._invalid_parameter_value(problem) if problem else None


def _polling_problem(queue: dict[str, Any], function: dict[str, Any]) -> str:
    """Why Lambda cannot or must not poll this queue for this function; empty if it can.

    Asked when a function is named, so that a mapping that has come into trouble can still be disabled.
    """
    for action in POLLER_ACTIONS:
        if not role_may(function["Role"], f"sqs:{action}", queue["attributes"]["QueueArn"]):
            return f"The provided execution role does not have permissions to call {action} on SQS"
    visibility, timeout = int(queue["attributes"]["VisibilityTimeout"]), int(function["Timeout"])
    if visibility < timeout:
        return f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
    return ""


def _batching_problem(mapping: dict[str, Any], queue: dict[str, Any]) -> str:
    """Why no batch of this size can be gathered from this queue; empty if it can."""
    window = mapping.get("MaximumBatchingWindowInSeconds") or 0
    if queue["is_fifo"] and window:
        return "Batching window is not supported for FIFO queues"
    if mapping.get("BatchSize", MAX_UNBATCHED) > MAX_UNBATCHED and not window:
        return "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
    return ""


def _gather(mapping_id: str, window: int, size: int, receive: Any) -> list[dict[str, Any]]:
    """Receive until the batch is full or its window is over; an empty list as long as it is neither."""
    gathering = _gatherings.get(mapping_id)
    held = gathering.held if gathering else []
    while len(held) < size and (received := receive(size - len(held))):
        held += [(message, message["receipt_handle"]) for message in received]
    if not held:
        return []
    if gathering is None:
        gathering = _gatherings[mapping_id] = Gathering(time.monotonic() + window, held)
        timer = threading.Timer(window, lambda_svc._esm_wake.set)
        timer.daemon = True
        timer.start()
    if len(held) < size and time.monotonic() < gathering.closes_at:
        return []
    del _gatherings[mapping_id]
    # A message whose visibility timeout ended meanwhile is the queue's again, and perhaps someone else's.
    return [message for message, handle in held if message["receipt_handle"] == handle]


def _run_batch(
    mapping: dict[str, Any],
    record: dict[str, Any],
    event: dict[str, Any],
    batch: list[dict[str, Any]],
    queue_url: str,
    queue_name: str,
) -> None:
    """Invoke the function once and delete what it has dealt with; the rest comes back after its visibility timeout."""
    # Taken before the function runs: a message that outlives its timeout may be received anew, under another handle.
    handles = {message["id"]: message["receipt_handle"] for message in batch}
    invoked = {**record, "config": {**record["config"], "FunctionArn": mapping["FunctionArn"]}}
    result = lambda_svc._execute_function(invoked, event)
    if result.get("error"):
        failed = frozenset(handles)
    elif "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or []):
        failed = failed_messages(result.get("body"), handles)
    else:
        failed = frozenset()
    discard(sqs._get_q(queue_url), {handle for message, handle in handles.items() if message not in failed})

    if failed == frozenset(handles):
        lambda_svc._esm_backoff_until[mapping["UUID"]] = time.time() + lambda_svc._ESM_BACKOFF_SECONDS
    else:
        lambda_svc._esm_backoff_until.pop(mapping["UUID"], None)
    succeeded = len(handles) - len(failed)
    mapping["LastProcessingResult"] = "FAILED" if failed and not succeeded else f"OK - {succeeded} records"
    if failed:
        logger.warning(
            "%s: %d of %d messages from %s failed\n%s",
            mapping["FunctionArn"],
            len(failed),
            len(handles),
            queue_name,
            result.get("log", ""),
        )

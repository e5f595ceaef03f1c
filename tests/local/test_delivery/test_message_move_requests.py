"""What SQS refuses of a redrive: "StartMessageMoveTask" and its siblings (Amazon SQS API Reference)."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from local.test_delivery.resources import Queue, dead_letter, newest_unless, refusal

Pair = Callable[..., tuple[Queue, Queue]]
Wait = Callable[..., Any]


def test_a_finished_task_cannot_be_cancelled(make_pair: Pair, sqs: Any, eventually: Wait) -> None:
    """C2."""
    _, dead_letters = make_pair()
    handle = sqs.start_message_move_task(SourceArn=dead_letters.arn)["TaskHandle"]
    eventually(lambda: newest_unless(sqs, dead_letters, "RUNNING"))
    assert refusal(sqs.cancel_message_move_task, TaskHandle=handle)[0] == "AWS.SimpleQueueService.UnsupportedOperation"


def test_only_one_task_of_a_queue_runs_at_a_time(make_pair: Pair, sqs: Any) -> None:
    """C2."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a")
    handle = sqs.start_message_move_task(SourceArn=dead_letters.arn, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    refused = refusal(sqs.start_message_move_task, SourceArn=dead_letters.arn)
    sqs.cancel_message_move_task(TaskHandle=handle)
    assert refused == (
        "InvalidParameterValue",
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
    )


def test_a_queue_that_is_no_dead_letter_queue_cannot_be_redriven(make_queue: Callable[..., Queue], sqs: Any) -> None:
    """C2."""
    assert refusal(sqs.start_message_move_task, SourceArn=make_queue().arn) == (
        "InvalidParameterValue",
        "Source queue must be configured as a Dead Letter Queue.",
    )


def test_a_queue_cannot_be_redriven_into_itself(make_pair: Pair, sqs: Any) -> None:
    """C2."""
    _, dead_letters = make_pair()
    assert refusal(sqs.start_message_move_task, SourceArn=dead_letters.arn, DestinationArn=dead_letters.arn) == (
        "InvalidParameterValue",
        "Source queue arn and destination queue arn cannot be the same.",
    )


@pytest.mark.parametrize("parameter", ["SourceArn", "DestinationArn"])
def test_a_queue_that_does_not_exist_is_named_by_its_parameter(parameter: str, make_pair: Pair, sqs: Any) -> None:
    """C2."""
    _, dead_letters = make_pair()
    request = {"SourceArn": dead_letters.arn, parameter: f"{dead_letters.arn}-gone"}
    assert refusal(sqs.start_message_move_task, **request) == (
        "ResourceNotFoundException",
        f"The resource that you specified for the {parameter} parameter doesn't exist.",
    )


def test_a_destination_that_is_no_arn_is_refused(make_pair: Pair, sqs: Any) -> None:
    """C2. A queue URL is what one passes by mistake."""
    _, dead_letters = make_pair()
    assert refusal(sqs.start_message_move_task, SourceArn=dead_letters.arn, DestinationArn=dead_letters.url) == (
        "InvalidParameterValue",
        "You must use this format to specify the DestinationArn:"
        " arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
    )


@pytest.mark.parametrize("rate", [0, 501])
def test_a_rate_outside_1_to_500_is_refused(rate: int, make_pair: Pair, sqs: Any) -> None:
    """C2."""
    _, dead_letters = make_pair()
    code, _ = refusal(sqs.start_message_move_task, SourceArn=dead_letters.arn, MaxNumberOfMessagesPerSecond=rate)
    assert code == "InvalidParameterValue"


def test_more_than_ten_tasks_cannot_be_listed(make_pair: Pair, sqs: Any) -> None:
    """C2."""
    _, dead_letters = make_pair()
    assert refusal(sqs.list_message_move_tasks, SourceArn=dead_letters.arn, MaxResults=11)[0] == "InvalidParameterValue"


def test_an_unreadable_handle_is_refused(sqs: Any) -> None:
    """C2."""
    assert refusal(sqs.cancel_message_move_task, TaskHandle="nonsense") == (
        "InvalidParameterValue",
        "Value for parameter TaskHandle is invalid.",
    )


def test_the_handle_of_an_unknown_task_is_refused(make_pair: Pair, sqs: Any) -> None:
    """C2."""
    _, dead_letters = make_pair()
    handle = base64.b64encode(json.dumps({"taskId": "unknown", "sourceArn": dead_letters.arn}).encode()).decode()
    assert refusal(sqs.cancel_message_move_task, TaskHandle=handle) == (
        "ResourceNotFoundException",
        "Task does not exist.",
    )

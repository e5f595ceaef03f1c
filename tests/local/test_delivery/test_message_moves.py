"""Redrive: "StartMessageMoveTask", "ListMessageMoveTasks" and "CancelMessageMoveTask" (Amazon SQS API Reference), and
"Dead-letter queue and DLQ redrive issues" (Developer Guide)."""

import time
from collections.abc import Callable
from typing import Any

from local.test_delivery.resources import Queue, dead_letter, newest_unless

Pair = Callable[..., tuple[Queue, Queue]]
Wait = Callable[..., Any]


def test_messages_go_back_to_the_queue_they_failed_in(make_pair: Pair, move: Callable[..., dict[str, Any]]) -> None:
    """C2 H2."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a", "b")
    move(dead_letters)
    assert sorted(message["Body"] for message in queue.receive()) == ["a", "b"]


def test_messages_of_two_queues_go_back_each_to_its_own(
    make_pair: Pair, make_queue: Callable[..., Queue], move: Callable[..., dict[str, Any]]
) -> None:
    """C2."""
    queue, dead_letters = make_pair()
    policy = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": 1}
    other = make_queue(VisibilityTimeout="0", RedrivePolicy=policy)
    dead_letter(queue, "a")
    dead_letter(other, "b")
    move(dead_letters)
    assert [[message["Body"] for message in each.receive()] for each in (queue, other)] == [["a"], ["b"]]


def test_messages_go_to_the_destination_that_was_named(
    make_pair: Pair, make_queue: Callable[..., Queue], move: Callable[..., dict[str, Any]]
) -> None:
    """C2."""
    (queue, dead_letters), destination = make_pair(), make_queue()
    dead_letter(queue, "a")
    move(dead_letters, DestinationArn=destination.arn)
    assert [message["Body"] for message in destination.receive()] == ["a"]


def test_a_moved_message_has_left_the_dead_letter_queue(make_pair: Pair, move: Callable[..., dict[str, Any]]) -> None:
    """C2."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a")
    move(dead_letters)
    assert dead_letters.count() + dead_letters.count("NotVisible") == 0


def test_a_moved_message_keeps_its_attributes(make_pair: Pair, move: Callable[..., dict[str, Any]]) -> None:
    """C2."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a", reason="INVALID_EVENT")
    move(dead_letters)
    [message] = queue.receive()
    assert message["MessageAttributes"]["reason"]["StringValue"] == "INVALID_EVENT"


def test_a_moved_message_starts_anew_with_its_receive_count(
    make_pair: Pair, move: Callable[..., dict[str, Any]]
) -> None:
    """C2 C3. "Configure a dead-letter queue redrive": it is a new message, so it may fail as often as any."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a")
    move(dead_letters)
    [message] = queue.receive()
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_a_moved_message_has_a_new_id(make_pair: Pair, move: Callable[..., dict[str, Any]]) -> None:
    """C2 C4. "Configure a dead-letter queue redrive": whoever deduplicates must not go by the message's id."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a")
    [before] = dead_letters.receive(VisibilityTimeout=0)
    move(dead_letters)
    [after] = queue.receive()
    assert after["MessageId"] != before["MessageId"]


def test_a_moved_message_of_a_fifo_queue_stays_in_its_group(
    make_pair: Pair, sqs: Any, move: Callable[..., dict[str, Any]]
) -> None:
    """C2."""
    queue, dead_letters = make_pair(".fifo")
    sqs.send_message(QueueUrl=queue.url, MessageBody="a", MessageGroupId="group")
    while queue.receive():
        pass
    move(dead_letters)
    [message] = queue.receive()
    assert message["Attributes"]["MessageGroupId"] == "group"


def test_a_message_in_flight_is_not_moved(make_pair: Pair, move: Callable[..., dict[str, Any]]) -> None:
    """C2. Someone is looking at it."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a")
    dead_letters.receive(VisibilityTimeout=60)
    move(dead_letters)
    assert dead_letters.count("NotVisible") == 1


def test_a_message_in_flight_does_not_count_as_to_be_moved(
    make_pair: Pair, move: Callable[..., dict[str, Any]]
) -> None:
    """C2."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a")
    dead_letters.receive(VisibilityTimeout=60)
    assert move(dead_letters)["ApproximateNumberOfMessagesToMove"] == 0


def test_a_message_received_while_the_task_runs_is_not_moved(make_pair: Pair, sqs: Any, eventually: Wait) -> None:
    """C2."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a")
    sqs.start_message_move_task(SourceArn=dead_letters.arn, MaxNumberOfMessagesPerSecond=2)
    dead_letters.receive(VisibilityTimeout=60)
    eventually(lambda: newest_unless(sqs, dead_letters, "RUNNING"))
    assert dead_letters.count("NotVisible") == 1


def test_a_message_sent_to_the_dead_letter_queue_directly_has_nowhere_to_go_back_to(
    make_pair: Pair, move: Callable[..., dict[str, Any]]
) -> None:
    """C2 C3. Those that the consumer itself dead-letters: the redrive must name a destination."""
    _, dead_letters = make_pair()
    dead_letters.send("a")
    task = move(dead_letters)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")


def test_a_message_that_could_not_be_moved_stays(make_pair: Pair, move: Callable[..., dict[str, Any]]) -> None:
    """C2."""
    _, dead_letters = make_pair()
    dead_letters.send("a")
    move(dead_letters)
    assert dead_letters.count() == 1


def test_a_task_fails_when_its_destination_is_deleted_meanwhile(
    make_pair: Pair, make_queue: Callable[..., Queue], sqs: Any, eventually: Wait
) -> None:
    """C2."""
    (queue, dead_letters), destination = make_pair(), make_queue()
    dead_letter(queue, "a")
    sqs.start_message_move_task(
        SourceArn=dead_letters.arn, DestinationArn=destination.arn, MaxNumberOfMessagesPerSecond=2
    )
    destination.delete()
    task = eventually(lambda: newest_unless(sqs, dead_letters, "RUNNING"))
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "AWS.SimpleQueueService.NonExistentQueue")


def test_a_finished_task_is_listed_with_its_counts(make_pair: Pair, move: Callable[..., dict[str, Any]]) -> None:
    """C2. Without a handle: that is listed of a running task alone."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a", "b")
    started = int(time.time() * 1000)
    task = move(dead_letters)
    assert started <= task.pop("StartedTimestamp") <= int(time.time() * 1000)
    assert task == {
        "Status": "COMPLETED",
        "SourceArn": dead_letters.arn,
        "ApproximateNumberOfMessagesMoved": 2,
        "ApproximateNumberOfMessagesToMove": 2,
    }


def test_a_running_task_is_listed_with_its_handle_and_what_was_asked_for(
    make_pair: Pair, make_queue: Callable[..., Queue], sqs: Any
) -> None:
    """C2."""
    (queue, dead_letters), destination = make_pair(), make_queue()
    dead_letter(queue, "a", "b")
    handle = sqs.start_message_move_task(
        SourceArn=dead_letters.arn, DestinationArn=destination.arn, MaxNumberOfMessagesPerSecond=1
    )["TaskHandle"]
    [task] = sqs.list_message_move_tasks(SourceArn=dead_letters.arn)["Results"]
    sqs.cancel_message_move_task(TaskHandle=handle)
    assert (task["Status"], task["TaskHandle"], task["DestinationArn"], task["MaxNumberOfMessagesPerSecond"]) == (
        "RUNNING",
        handle,
        destination.arn,
        1,
    )


def test_a_task_keeps_to_the_rate_it_was_given(make_pair: Pair, move: Callable[..., dict[str, Any]]) -> None:
    """C2."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a", "b", "c")
    started = time.monotonic()
    move(dead_letters, MaxNumberOfMessagesPerSecond=10)
    assert time.monotonic() - started >= 0.3


def test_the_newest_tasks_are_listed_first(make_pair: Pair, sqs: Any, move: Callable[..., dict[str, Any]]) -> None:
    """C2."""
    queue, dead_letters = make_pair()
    for body in ("a", "b"):
        # The second time with "a" again, which the first move has brought back.
        dead_letter(queue, body)
        move(dead_letters)
    tasks = sqs.list_message_move_tasks(SourceArn=dead_letters.arn, MaxResults=10)["Results"]
    assert [task["ApproximateNumberOfMessagesMoved"] for task in tasks] == [2, 1]


def test_one_task_is_listed_unless_more_are_asked_for(
    make_pair: Pair, sqs: Any, move: Callable[..., dict[str, Any]]
) -> None:
    """C2."""
    _, dead_letters = make_pair()
    move(dead_letters)
    move(dead_letters)
    assert len(sqs.list_message_move_tasks(SourceArn=dead_letters.arn)["Results"]) == 1


def test_a_cancelled_task_leaves_what_it_has_not_moved(make_pair: Pair, sqs: Any, eventually: Wait) -> None:
    """C2."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a", "b")
    handle = sqs.start_message_move_task(SourceArn=dead_letters.arn, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    sqs.cancel_message_move_task(TaskHandle=handle)
    eventually(lambda: newest_unless(sqs, dead_letters, "CANCELLING"))
    assert dead_letters.count() == 2


def test_a_cancelled_task_ends_as_cancelled(make_pair: Pair, sqs: Any, eventually: Wait) -> None:
    """C2."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a")
    handle = sqs.start_message_move_task(SourceArn=dead_letters.arn, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    sqs.cancel_message_move_task(TaskHandle=handle)
    assert eventually(lambda: newest_unless(sqs, dead_letters, "CANCELLING"))["Status"] == "CANCELLED"


def test_cancelling_says_how_many_messages_were_moved(make_pair: Pair, sqs: Any, eventually: Wait) -> None:
    """C2."""
    queue, dead_letters = make_pair()
    dead_letter(queue, "a", "b")
    handle = sqs.start_message_move_task(SourceArn=dead_letters.arn, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    eventually(lambda: dead_letters.count() == 1)
    assert sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"] == 1

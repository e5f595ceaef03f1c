"""The queues themselves: who may name one as its dead-letter queue ("SetQueueAttributes", Amazon SQS API Reference),
and that a message has one receiver at a time."""

import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.test_delivery.resources import Queue
from local_cloud.cloud import ROOT

DENY_ALL = {"redrivePermission": "denyAll"}


def redrive_to(dead_letters: Queue) -> dict[str, object]:
    return {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": 5}


def test_a_queue_cannot_be_created_with_a_dead_letter_queue_that_refuses_it(make_queue: Callable[..., Queue]) -> None:
    """C2."""
    dead_letters = make_queue(RedriveAllowPolicy=DENY_ALL)
    with pytest.raises(ClientError, match="RedrivePolicy is invalid"):
        make_queue(RedrivePolicy=redrive_to(dead_letters))


def test_a_queue_cannot_be_given_a_dead_letter_queue_that_names_others(make_queue: Callable[..., Queue]) -> None:
    """C2."""
    queue, other = make_queue(), make_queue()
    dead_letters = make_queue(RedriveAllowPolicy={"redrivePermission": "byQueue", "sourceQueueArns": [other.arn]})
    with pytest.raises(ClientError, match="RedrivePolicy is invalid"):
        queue.set(RedrivePolicy=redrive_to(dead_letters))


def test_a_queue_can_be_given_a_dead_letter_queue_that_names_it(make_queue: Callable[..., Queue]) -> None:
    """C2."""
    queue = make_queue()
    dead_letters = make_queue(RedriveAllowPolicy={"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]})
    queue.set(RedrivePolicy=redrive_to(dead_letters))
    queue.send("a")
    assert [message["Body"] for message in queue.receive()] == ["a"]


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"redrivePermission": "sometimes"}, "unsupported format"),
        ({"redrivePermission": "byQueue"}, "must also specify one or more sourceQueueArns"),
        ({"redrivePermission": "byQueue", "sourceQueueArns": ["arn"] * 11}, "sourceQueueArns"),
        ({"redrivePermission": "allowAll", "sourceQueueArns": ["arn"]}, "must set redrivePermission to byQueue"),
    ],
    ids=repr,
)
def test_a_redrive_allow_policy_that_says_nothing_clear_is_refused(
    policy: dict[str, Any], reason: str, make_queue: Callable[..., Queue]
) -> None:
    """C2."""
    with pytest.raises(ClientError, match=reason):
        make_queue(RedriveAllowPolicy=policy)


def test_two_receivers_at_once_never_get_the_same_message() -> None:
    """C3. The emulator looks for visible messages in one step and hides them in the next, on several threads. Switching
    threads after every few instructions finds that gap every time."""
    program = """
        import sys, threading
        from local_cloud import delivery
        from ministack.services import sqs

        delivery.install()
        sys.setswitchinterval(1e-6)
        url = sqs._HANDLERS["CreateQueue"]({"QueueName": "queue"}, "")["QueueUrl"]
        for _ in range(2000):
            sqs._HANDLERS["SendMessage"]({"MessageBody": "x"}, url)
        received = []

        def receive():
            while batch := sqs._collect_msgs(sqs._get_q(url), 10, 60):
                received.extend(message["id"] for message in batch)

        receivers = [threading.Thread(target=receive) for _ in range(2)]
        for receiver in receivers:
            receiver.start()
        for receiver in receivers:
            receiver.join()
        print(len(received), len(set(received)))
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "2000 2000"

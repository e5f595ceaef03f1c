"""What the delivery tests share: queues, functions that record how they were invoked, and waiting."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.lambda_functions import Function
from local.test_delivery.resources import RECORDER, Queue, Recorder, newest_unless
from local_cloud.cloud import LocalCloud


@pytest.fixture
def make_queue(cloud: LocalCloud, unique: Callable[[str], str]) -> Callable[..., Queue]:
    """Create a queue: `make_queue(VisibilityTimeout="5", RedrivePolicy={...})`; `suffix=".fifo"` for a FIFO queue."""

    def make(suffix: str = "", **attributes: object) -> Queue:
        name = unique("queue") + suffix
        values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in attributes.items()}
        if suffix:
            values |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        url = cloud.client("sqs").create_queue(QueueName=name, Attributes=values)["QueueUrl"]
        return Queue(cloud, url, f"arn:aws:sqs:{cloud.region}:{cloud.account_id}:{name}")

    return make


@pytest.fixture
def make_pair(make_queue: Callable[..., Queue]) -> Callable[..., tuple[Queue, Queue]]:
    """A queue and its dead-letter queue. A message received once is dead-lettered as soon as it is visible again."""

    def make(suffix: str = "") -> tuple[Queue, Queue]:
        dead_letters = make_queue(suffix)
        policy = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": 1}
        return make_queue(suffix, VisibilityTimeout="0", RedrivePolicy=policy), dead_letters

    return make


@pytest.fixture
def make_recorder(make_function: Callable[..., Function], tmp_path: Path) -> Callable[..., Recorder]:
    """Create a recording function: `make_recorder(answer={"statusCode": 204}, statements=[...])`."""

    def make(answer: object = None, source: str = RECORDER, **options: Any) -> Recorder:
        record = tmp_path / f"invocations-{len(list(tmp_path.iterdir()))}"
        record.touch()
        environment = {"RECORD": str(record), "ANSWER": json.dumps(answer)}
        return Recorder(make_function(source, environment=environment, **options), record)

    return make


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """`eventually(check)`: what `check` returns once that is truthy; fails after `seconds`."""

    def wait(check: Callable[[], Any], seconds: float = 10.0) -> Any:
        deadline = time.monotonic() + seconds
        while not (value := check()):
            if time.monotonic() > deadline:
                pytest.fail(f"not within {seconds} s; last: {value!r}")
            time.sleep(0.02)
        return value

    return wait


@pytest.fixture
def sqs(client: Callable[[str], Any]) -> Any:
    return client("sqs")


@pytest.fixture
def move(sqs: Any, eventually: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Start a task and return how it is listed once it has ended."""

    def run(source: Queue, **request: Any) -> dict[str, Any]:
        sqs.start_message_move_task(SourceArn=source.arn, **request)
        return dict(eventually(lambda: newest_unless(sqs, source, "RUNNING")))

    return run

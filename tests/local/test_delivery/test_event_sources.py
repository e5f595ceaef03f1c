"""Event source mappings of queues, as "Using Lambda with Amazon SQS" and the pages below it in the AWS Lambda Developer
Guide describe them."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from local.test_delivery.resources import Queue, Recorder, refusal

Wait = Callable[..., Any]
ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")

FAIL_B = """
import json, os

def lambda_handler(event, context):
    with open(os.environ["RECORD"], "a") as record:
        record.write(json.dumps({"event": event}) + "\\n")
    failed = [record["messageId"] for record in event["Records"] if record["body"] == "b"]
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
"""


def polling(queue: Queue, *actions: str) -> dict[str, object]:
    """The statement of a role that lets Lambda poll a queue."""
    return {"Effect": "Allow", "Action": actions or ACTIONS, "Resource": queue.arn}


def bodies(recorder: Recorder) -> list[list[str]]:
    """The message bodies of each invocation so far."""
    return [[record["body"] for record in each["event"]["Records"]] for each in recorder.invocations()]


@pytest.fixture
def map_queue(client: Callable[[str], Any]) -> Any:
    """Create a mapping that is deleted after the test; arguments of CreateEventSourceMapping."""
    made: list[str] = []

    def create(queue: Queue, function: str, **settings: Any) -> dict[str, Any]:
        mapping = client("lambda").create_event_source_mapping(
            EventSourceArn=queue.arn, FunctionName=function, **settings
        )
        made.append(mapping["UUID"])
        return dict(mapping)

    yield create
    for identifier in made:
        client("lambda").delete_event_source_mapping(UUID=identifier)


@pytest.mark.parametrize("missing", ACTIONS)
def test_a_role_that_may_not_poll_the_queue_gets_no_mapping(
    missing: str, make_queue: Callable[..., Queue], make_recorder: Callable[..., Recorder], map_queue: Any
) -> None:
    """C3 I1. Each of the three is needed ("Execution role permissions")."""
    queue = make_queue()
    recorder = make_recorder(statements=[polling(queue, *(action for action in ACTIONS if action != missing))])
    assert refusal(map_queue, queue, recorder.function.arn) == (
        "InvalidParameterValueException",
        f"The provided execution role does not have permissions to call {missing.removeprefix('sqs:')} on SQS",
    )


def test_a_role_that_may_poll_another_queue_gets_no_mapping(
    make_queue: Callable[..., Queue], make_recorder: Callable[..., Recorder], map_queue: Any
) -> None:
    """C3."""
    queue, other = make_queue(), make_queue()
    recorder = make_recorder(statements=[polling(other)])
    assert refusal(map_queue, queue, recorder.function.arn)[0] == "InvalidParameterValueException"


def test_a_queue_policy_may_let_the_role_poll_instead(
    make_queue: Callable[..., Queue], make_recorder: Callable[..., Recorder], map_queue: Any
) -> None:
    """C3. Within one account either policy suffices ("Policy evaluation logic", IAM User Guide)."""
    queue, recorder = make_queue(), make_recorder()
    role = f"arn:aws:iam::{queue.cloud.account_id}:role/{recorder.function.role_name}"
    queue.set(Policy={"Version": "2012-10-17", "Statement": [{**polling(queue), "Principal": {"AWS": role}}]})
    assert map_queue(queue, recorder.function.arn)["EventSourceArn"] == queue.arn


def test_a_visibility_timeout_below_the_function_timeout_is_refused(
    make_queue: Callable[..., Queue], make_recorder: Callable[..., Recorder], map_queue: Any
) -> None:
    """C3. The message would be delivered again while the function still works on it."""
    queue = make_queue(VisibilityTimeout="9")
    recorder = make_recorder(statements=[polling(queue)], timeout=10)
    assert refusal(map_queue, queue, recorder.function.arn) == (
        "InvalidParameterValueException",
        "Queue visibility timeout: 9 seconds is less than Function timeout: 10 seconds",
    )


def test_a_visibility_timeout_equal_to_the_function_timeout_is_accepted(
    make_queue: Callable[..., Queue], make_recorder: Callable[..., Recorder], map_queue: Any
) -> None:
    """C3."""
    queue = make_queue(VisibilityTimeout="10")
    recorder = make_recorder(statements=[polling(queue)], timeout=10)
    assert map_queue(queue, recorder.function.arn)["EventSourceArn"] == queue.arn


@pytest.mark.parametrize(
    ("suffix", "settings", "code", "message"),
    [
        (
            "",
            {"BatchSize": 11},
            "InvalidParameterValueException",
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ),
        (
            ".fifo",
            {"MaximumBatchingWindowInSeconds": 1},
            "InvalidParameterValueException",
            "Batching window is not supported for FIFO queues",
        ),
        (
            "",
            {"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1},
            "ValidationException",
            "1 validation error detected: Value '10001' at 'batchSize' failed to satisfy constraint:"
            " Member must have value less than or equal to 10000",
        ),
        (
            "",
            {"MaximumBatchingWindowInSeconds": 301},
            "ValidationException",
            "1 validation error detected: Value '301' at 'maximumBatchingWindowInSeconds' failed to satisfy"
            " constraint: Member must have value less than or equal to 300",
        ),
    ],
    ids=["no window", "fifo window", "batch", "window"],
)
def test_batches_that_lambda_cannot_gather_are_refused(
    suffix: str,
    settings: dict[str, int],
    code: str,
    message: str,
    make_queue: Callable[..., Queue],
    make_recorder: Callable[..., Recorder],
    map_queue: Any,
) -> None:
    """C3. "CreateEventSourceMapping" (API Reference)."""
    queue = make_queue(suffix)
    recorder = make_recorder(statements=[polling(queue)])
    assert refusal(map_queue, queue, recorder.function.arn, **settings) == (code, message)


def test_an_update_is_held_to_the_same_rules(
    make_queue: Callable[..., Queue],
    make_recorder: Callable[..., Recorder],
    map_queue: Any,
    client: Callable[[str], Any],
) -> None:
    """C3."""
    queue = make_queue()
    mapping = map_queue(queue, make_recorder(statements=[polling(queue)]).function.arn)
    update = client("lambda").update_event_source_mapping
    assert refusal(update, UUID=mapping["UUID"], BatchSize=11)[0] == "InvalidParameterValueException"


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (None, 0),
        ({"batchItemFailures": []}, 0),
        ("done", 1),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, 1),
        ({"batchItemFailures": [{"itemIdentifier": "elsewhere"}]}, 1),
    ],
    ids=repr,
)
def test_a_message_is_deleted_only_if_the_answer_says_so(
    answer: object,
    left: int,
    make_queue: Callable[..., Queue],
    make_recorder: Callable[..., Recorder],
    map_queue: Any,
    client: Callable[[str], Any],
    eventually: Wait,
) -> None:
    """C3. "Success and failure conditions"; `test_batch_results.py` has all of them."""
    queue = make_queue(VisibilityTimeout="30")
    recorder = make_recorder(answer, statements=[polling(queue)])
    mapping = map_queue(queue, recorder.function.arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    queue.send("a")
    processed = "No records processed"
    read = client("lambda").get_event_source_mapping
    eventually(lambda: read(UUID=mapping["UUID"])["LastProcessingResult"] != processed)
    assert queue.count() + queue.count("NotVisible") == left


def test_without_report_batch_item_failures_the_answer_says_nothing(
    make_queue: Callable[..., Queue], make_recorder: Callable[..., Recorder], map_queue: Any, eventually: Wait
) -> None:
    """C3. Why the mapping must ask for the report: the failed message is deleted with the others."""
    queue = make_queue(VisibilityTimeout="30")
    recorder = make_recorder(source=FAIL_B, statements=[polling(queue)])
    map_queue(queue, recorder.function.arn)
    queue.send("b")
    eventually(recorder.invocations)
    eventually(lambda: queue.count() + queue.count("NotVisible") == 0)


def test_only_the_failed_message_of_a_batch_is_delivered_again(
    make_queue: Callable[..., Queue], make_recorder: Callable[..., Recorder], map_queue: Any, eventually: Wait
) -> None:
    """C3."""
    queue = make_queue(VisibilityTimeout="1")
    recorder = make_recorder(source=FAIL_B, statements=[polling(queue)], timeout=1)
    queue.send("a", "b")
    map_queue(queue, recorder.function.arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    eventually(lambda: len(bodies(recorder)) >= 2)
    assert [sorted(batch) for batch in bodies(recorder)[:2]] == [["a", "b"], ["b"]]


def test_a_batching_window_gathers_what_comes_one_by_one(
    make_queue: Callable[..., Queue], make_recorder: Callable[..., Recorder], map_queue: Any, eventually: Wait
) -> None:
    """C3. "Batching behavior"."""
    queue = make_queue()
    recorder = make_recorder(statements=[polling(queue)])
    map_queue(queue, recorder.function.arn, MaximumBatchingWindowInSeconds=1)
    for body in ("a", "b", "c"):
        queue.send(body)
        time.sleep(0.1)
    eventually(recorder.invocations)
    assert bodies(recorder) == [["a", "b", "c"]]


def test_gathered_messages_are_hidden_from_other_consumers(
    make_queue: Callable[..., Queue], make_recorder: Callable[..., Recorder], map_queue: Any, eventually: Wait
) -> None:
    """C3. Lambda has received them: they count as in flight."""
    queue = make_queue()
    recorder = make_recorder(statements=[polling(queue)])
    map_queue(queue, recorder.function.arn, MaximumBatchingWindowInSeconds=20)
    queue.send("a")
    eventually(lambda: queue.count("NotVisible") == 1)
    assert (queue.receive(), recorder.invocations()) == ([], [])


def test_a_full_batch_does_not_wait_for_its_window(
    make_queue: Callable[..., Queue], make_recorder: Callable[..., Recorder], map_queue: Any, eventually: Wait
) -> None:
    """C3. "Batching behavior": whichever comes first."""
    queue = make_queue()
    recorder = make_recorder(statements=[polling(queue)])
    map_queue(queue, recorder.function.arn, BatchSize=2, MaximumBatchingWindowInSeconds=60)
    queue.send("a", "b")
    eventually(recorder.invocations)
    assert bodies(recorder) == [["a", "b"]]


def test_a_batch_can_hold_more_than_one_receive_returns(
    make_queue: Callable[..., Queue], make_recorder: Callable[..., Recorder], map_queue: Any, eventually: Wait
) -> None:
    """C3."""
    queue = make_queue()
    recorder = make_recorder(statements=[polling(queue)])
    queue.send(*(str(number) for number in range(25)))
    map_queue(queue, recorder.function.arn, BatchSize=25, MaximumBatchingWindowInSeconds=60)
    eventually(recorder.invocations)
    assert [len(batch) for batch in bodies(recorder)] == [25]


def test_a_message_handled_too_slowly_is_not_deleted_under_its_next_receiver(
    make_queue: Callable[..., Queue],
    make_recorder: Callable[..., Recorder],
    map_queue: Any,
    client: Callable[[str], Any],
    eventually: Wait,
) -> None:
    """C3 C4. Whoever received it anew is still to answer for it."""
    queue = make_queue(VisibilityTimeout="5")
    slow = "import time\ndef lambda_handler(event, context): time.sleep(2)"
    recorder = make_recorder(source=slow, statements=[polling(queue)], timeout=5)
    mapping = map_queue(queue, recorder.function.arn)
    queue.set(VisibilityTimeout="1")
    queue.send("a")
    eventually(lambda: queue.count("NotVisible") == 1)
    # The mapping must not receive it again itself.
    client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    eventually(lambda: queue.receive(VisibilityTimeout=30))
    read = client("lambda").get_event_source_mapping
    eventually(lambda: read(UUID=mapping["UUID"])["LastProcessingResult"].startswith("OK"))
    assert queue.count("NotVisible") == 1


def test_a_mapping_invokes_an_alias_as_the_alias(
    make_queue: Callable[..., Queue], make_recorder: Callable[..., Recorder], map_queue: Any, eventually: Wait
) -> None:
    """B4 C3."""
    queue = make_queue()
    recorder = make_recorder(statements=[polling(queue)])
    alias_arn = recorder.publish_live()
    map_queue(queue, alias_arn)
    queue.send("a")
    assert [invocation["arn"] for invocation in eventually(recorder.invocations)] == [alias_arn]


def test_events_reach_the_function_within_tens_of_milliseconds(
    make_queue: Callable[..., Queue], make_recorder: Callable[..., Recorder], map_queue: Any, eventually: Wait
) -> None:
    """H1 H2. Half a second would be the poller's own rhythm instead of the wake; a busy machine takes some of it."""
    clock = (
        "import json, os, time\n"
        "def lambda_handler(event, context):\n"
        "    with open(os.environ['RECORD'], 'a') as record:\n"
        "        for each in event['Records']: record.write(json.dumps(time.time() - float(each['body'])) + chr(10))\n"
    )
    queue = make_queue()
    recorder = make_recorder(source=clock, statements=[polling(queue)])
    map_queue(queue, recorder.function.arn)
    for count in range(1, 12):
        queue.send(json.dumps(time.time()))
        eventually(lambda expected=count: len(recorder.invocations()) == expected)
    delays = sorted(map(float, recorder.record.read_text().split()))
    assert delays[len(delays) // 2] < 0.1

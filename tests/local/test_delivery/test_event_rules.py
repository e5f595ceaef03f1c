"""EventBridge rule to target: "Using resource-based policies for Amazon EventBridge" and "Using dead-letter queues to
process undelivered events in EventBridge" (EventBridge User Guide).

The emulator delivers before PutEvents returns, so what is not in a queue then was dropped.
"""

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from local.test_delivery.resources import Queue, Recorder
from local_cloud.cloud import LocalCloud

EVENTS = "events.amazonaws.com"


def sending(queue: Queue, rule_arn: str, **condition: object) -> dict[str, object]:
    """A queue policy that lets one rule send."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": EVENTS},
        "Action": "sqs:SendMessage",
        "Resource": queue.arn,
        "Condition": condition or {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule on a bus of its own that takes every event with source `test`."""

    cloud: LocalCloud
    name: str
    arn: str

    def aim(self, arn: str, dead_letters: Queue | None = None) -> None:
        """Give it its target."""
        target: dict[str, Any] = {"Id": "target", "Arn": arn}
        if dead_letters:
            target["DeadLetterConfig"] = {"Arn": dead_letters.arn}
        self.cloud.client("events").put_targets(Rule=self.name, EventBusName=self.name, Targets=[target])

    def fire(self, **detail: str) -> None:
        entry = {"Source": "test", "DetailType": "tested", "Detail": json.dumps(detail), "EventBusName": self.name}
        self.cloud.client("events").put_events(Entries=[entry])

    def metric(self, name: str) -> float:
        """Sum of one of the rule's CloudWatch metrics."""
        now = datetime.datetime.now(datetime.UTC)
        points = self.cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Events",
            MetricName=name,
            Dimensions=[{"Name": "RuleName", "Value": self.name}, {"Name": "EventBusName", "Value": self.name}],
            StartTime=now - datetime.timedelta(minutes=5),
            EndTime=now + datetime.timedelta(minutes=5),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in points))


@pytest.fixture
def make_rule(cloud: LocalCloud, unique: Callable[[str], str]) -> Callable[[], Rule]:
    def make() -> Rule:
        client, name = cloud.client("events"), unique("rule")
        client.create_event_bus(Name=name)
        arn = client.put_rule(Name=name, EventBusName=name, EventPattern='{"source": ["test"]}')["RuleArn"]
        return Rule(cloud, name, arn)

    return make


@pytest.fixture
def rule(make_rule: Callable[[], Rule]) -> Rule:
    return make_rule()


@pytest.fixture
def dead_letters(rule: Rule, make_queue: Callable[..., Queue]) -> Queue:
    """A dead-letter queue that takes what the rule cannot deliver."""
    queue = make_queue()
    queue.set(Policy=sending(queue, rule.arn))
    return queue


def attributes_of(message: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


def test_a_queue_whose_policy_names_the_rule_gets_the_event(rule: Rule, make_queue: Callable[..., Queue]) -> None:
    """C2."""
    queue = make_queue()
    queue.set(Policy=sending(queue, rule.arn))
    rule.aim(queue.arn)
    rule.fire(name="a")
    assert [json.loads(message["Body"])["detail"] for message in queue.receive()] == [{"name": "a"}]


def test_a_queue_without_a_policy_gets_nothing(rule: Rule, make_queue: Callable[..., Queue]) -> None:
    """C2. Being in the same account is no permission for a service."""
    queue = make_queue()
    rule.aim(queue.arn)
    rule.fire()
    assert queue.count() == 0


def test_a_queue_whose_policy_names_another_rule_gets_nothing(
    make_rule: Callable[[], Rule], make_queue: Callable[..., Queue]
) -> None:
    """C2."""
    rule, other, queue = make_rule(), make_rule(), make_queue()
    queue.set(Policy=sending(queue, other.arn))
    rule.aim(queue.arn)
    rule.fire()
    assert queue.count() == 0


@pytest.mark.parametrize(("pattern", "delivered"), [("arn:aws:events:*:*:rule/*", 1), ("arn:aws:events:*", 0)])
def test_a_source_arn_pattern_is_matched_part_by_part(
    pattern: str, delivered: int, rule: Rule, make_queue: Callable[..., Queue]
) -> None:
    """C2. "IAM JSON policy elements: Condition operators"."""
    queue = make_queue()
    queue.set(Policy=sending(queue, rule.arn, ArnLike={"aws:SourceArn": pattern}))
    rule.aim(queue.arn)
    rule.fire()
    assert queue.count() == delivered


def test_a_queue_that_refuses_plain_http_still_takes_events(rule: Rule, make_queue: Callable[..., Queue]) -> None:
    """C2. AWS's services call each other over TLS, although this cloud is reached without."""
    queue = make_queue()
    policy: dict[str, Any] = sending(queue, rule.arn)
    refusal = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue.arn}
    policy["Statement"].append({**refusal, "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    queue.set(Policy=policy)
    rule.aim(queue.arn)
    rule.fire()
    assert queue.count() == 1


def test_a_refused_event_is_dead_lettered_as_the_rule_matched_it(
    rule: Rule, dead_letters: Queue, make_queue: Callable[..., Queue]
) -> None:
    """C2. The redrive tools put this body on the queue again."""
    rule.aim(make_queue().arn, dead_letters)
    rule.fire(name="a")
    [message] = dead_letters.receive()
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"], event["detail"]) == ("test", "tested", {"name": "a"})


def test_a_dead_letter_says_which_rule_could_not_reach_which_target_and_why(
    rule: Rule, dead_letters: Queue, make_queue: Callable[..., Queue]
) -> None:
    """C2. The attributes of "Using dead-letter queues to process undelivered events in EventBridge"."""
    queue = make_queue()
    rule.aim(queue.arn, dead_letters)
    rule.fire()
    [message] = dead_letters.receive()
    assert attributes_of(message) == {
        "RULE_ARN": rule.arn,
        "TARGET_ARN": queue.arn,
        "ERROR_CODE": "NO_PERMISSIONS",
        "ERROR_MESSAGE": f"events.amazonaws.com may not send to {queue.arn} for this rule",
    }


def test_an_event_for_a_deleted_queue_is_dead_lettered(
    rule: Rule, dead_letters: Queue, make_queue: Callable[..., Queue]
) -> None:
    """C2."""
    queue = make_queue()
    rule.aim(queue.arn, dead_letters)
    queue.delete()
    rule.fire()
    assert [attributes_of(message)["ERROR_CODE"] for message in dead_letters.receive()] == ["NO_RESOURCE"]


def test_a_dead_letter_queue_needs_a_policy_of_its_own(rule: Rule, make_queue: Callable[..., Queue]) -> None:
    """C2. "Granting permissions to the dead-letter queue": PutTargets does not add it."""
    dead_letters = make_queue()
    rule.aim(make_queue().arn, dead_letters)
    rule.fire()
    assert dead_letters.count() == 0


def test_a_fifo_queue_is_no_dead_letter_queue_of_a_rule(rule: Rule, make_queue: Callable[..., Queue]) -> None:
    """C2. "Considerations for using a dead-letter queue"."""
    dead_letters = make_queue(".fifo")
    dead_letters.set(Policy=sending(dead_letters, rule.arn))
    rule.aim(make_queue().arn, dead_letters)
    rule.fire()
    assert dead_letters.count() == 0


def test_a_delivered_event_is_not_dead_lettered(
    rule: Rule, dead_letters: Queue, make_queue: Callable[..., Queue]
) -> None:
    """C2."""
    queue = make_queue()
    queue.set(Policy=sending(queue, rule.arn))
    rule.aim(queue.arn, dead_letters)
    rule.fire()
    assert dead_letters.count() == 0


@pytest.mark.parametrize(
    ("permitted", "metrics"),
    [(True, ("FailedInvocations", "InvocationsSentToDlq")), (False, ("InvocationsFailedToBeSentToDlq",))],
)
def test_a_failed_delivery_is_counted(
    permitted: bool,
    metrics: tuple[str, ...],
    rule: Rule,
    dead_letters: Queue,
    make_queue: Callable[..., Queue],
) -> None:
    """C8. "Monitoring Amazon EventBridge": what the alarms stand on."""
    rule.aim(make_queue().arn, dead_letters if permitted else make_queue())
    rule.fire()
    assert [rule.metric(name) for name in metrics] == [1.0] * len(metrics)


def test_a_queue_under_the_aws_managed_key_cannot_take_events(
    rule: Rule, dead_letters: Queue, make_queue: Callable[..., Queue]
) -> None:
    """C2. Nobody can edit that key's policy ("Amazon SQS key management")."""
    queue = make_queue(KmsMasterKeyId="alias/aws/sqs")
    queue.set(Policy=sending(queue, rule.arn))
    rule.aim(queue.arn, dead_letters)
    rule.fire()
    assert (queue.count(), dead_letters.count()) == (0, 1)


@pytest.mark.parametrize(("principal", "delivered"), [({"Service": EVENTS}, 1), ({"Service": "sns.amazonaws.com"}, 0)])
def test_a_queue_under_a_key_of_its_own_takes_events_when_the_key_lets_eventbridge(
    principal: dict[str, str], delivered: int, rule: Rule, make_queue: Callable[..., Queue], cloud: LocalCloud
) -> None:
    """C2. "Amazon SQS key management": GenerateDataKey and Decrypt for the sending service."""
    owner = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{cloud.account_id}:root"}, "Action": "kms:*"}
    service = {"Effect": "Allow", "Principal": principal, "Action": ["kms:GenerateDataKey*", "kms:Decrypt"]}
    statements = [{**statement, "Resource": "*"} for statement in (owner, service)]
    key = cloud.client("kms").create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    queue = make_queue(KmsMasterKeyId=key["KeyMetadata"]["Arn"])
    queue.set(Policy=sending(queue, rule.arn))
    rule.aim(queue.arn)
    rule.fire()
    assert queue.count() == delivered


def test_a_function_that_permits_the_rule_is_invoked(
    rule: Rule, make_recorder: Callable[..., Recorder], eventually: Callable[..., Any]
) -> None:
    """C6."""
    recorder = make_recorder()
    recorder.permit(EVENTS, rule.arn)
    rule.aim(recorder.function.arn)
    rule.fire(name="a")
    [invocation] = eventually(recorder.invocations)
    assert invocation["event"]["detail"] == {"name": "a"}


def test_an_event_for_a_function_that_permits_another_rule_is_dead_lettered(
    make_rule: Callable[[], Rule], rule: Rule, dead_letters: Queue, make_recorder: Callable[..., Recorder]
) -> None:
    """C6."""
    recorder = make_recorder()
    recorder.permit(EVENTS, make_rule().arn)
    rule.aim(recorder.function.arn, dead_letters)
    rule.fire()
    assert [attributes_of(message)["ERROR_CODE"] for message in dead_letters.receive()] == ["NO_PERMISSIONS"]


def test_an_event_for_a_function_that_is_gone_is_dead_lettered(
    rule: Rule, dead_letters: Queue, cloud: LocalCloud
) -> None:
    """C6."""
    rule.aim(f"arn:aws:lambda:{cloud.region}:{cloud.account_id}:function:gone", dead_letters)
    rule.fire()
    assert [attributes_of(message)["ERROR_CODE"] for message in dead_letters.receive()] == ["NO_RESOURCE"]


def test_an_alias_target_is_invoked_as_the_alias(
    rule: Rule, make_recorder: Callable[..., Recorder], eventually: Callable[..., Any]
) -> None:
    """B4 C6."""
    recorder = make_recorder()
    alias_arn = recorder.publish_live()
    recorder.permit(EVENTS, rule.arn, Qualifier="live")
    rule.aim(alias_arn)
    rule.fire()
    assert [invocation["arn"] for invocation in eventually(recorder.invocations)] == [alias_arn]

"""SignupPipeline on the resource graph."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from components._checks import ArgumentsError
from components.signup_pipeline import SignupPipeline
from support.component_args import DATABASE, TOPIC, signup_pipeline
from support.pulumi_harness import Synth, synth

QUEUE = "aws:sqs/queue:Queue"
FUNCTION = "aws:lambda/function:Function"
RULE = "aws:cloudwatch/eventRule:EventRule"


@pytest.fixture(scope="module")
def graph() -> Synth:
    return synth(lambda: SignupPipeline("signups", signup_pipeline()))


def variables(graph: Synth, name: str) -> dict[str, str]:
    found: dict[str, str] = graph.one(FUNCTION, name).inputs["environment"]["variables"]
    return found


def statement(graph: Synth, policy: str, sid: str) -> dict[str, Any]:
    [found] = [s for s in graph.policy(policy)["Statement"] if s["Sid"] == sid]
    return dict(found)


def test_it_has_exactly_these_children(graph: Synth) -> None:
    assert sorted(child.name for child in graph.children("signups")) == [
        "signups-archive",
        "signups-bus",
        "signups-consumer",
        "signups-consumption",
        "signups-migration",
        "signups-migrator",
        "signups-publisher",
        "signups-rule",
        "signups-signups",
        "signups-target",
        "signups-undelivered",
        "signups-undelivered-send-policy",
    ]


def test_events_travel_on_a_bus_of_their_own(graph: Synth) -> None:
    """C1."""
    bus = graph.one("aws:cloudwatch/eventBus:EventBus").inputs["name"]
    assert bus == "test-medflow-events-identity"
    assert variables(graph, "signups-publisher-function")["EVENT_BUS_NAME"] == bus
    assert graph.one(RULE).inputs["eventBusName"] == bus


def test_the_publisher_may_publish_and_fall_back_and_nothing_else(graph: Synth) -> None:
    """C1 B4."""
    policy = "signups-publisher-policy"
    assert [s["Sid"] for s in graph.policy(policy)["Statement"]] == [
        "PublishEvents",
        "SendWhenTheBusFails",
        "WriteOwnLogs",
    ]
    bus, queue = graph.one("aws:cloudwatch/eventBus:EventBus"), graph.one(QUEUE, "signups-signups-queue")
    assert statement(graph, policy, "PublishEvents")["Resource"] == [bus.outputs["arn"]]
    assert statement(graph, policy, "SendWhenTheBusFails")["Resource"] == [queue.outputs["arn"]]


def test_the_publisher_ends_before_cognito_gives_up(graph: Synth) -> None:
    """C1."""
    assert graph.one(FUNCTION, "signups-publisher-function").inputs["timeout"] <= 5


def test_a_sign_up_that_nothing_took_rings_an_alarm() -> None:
    """C1 C8. The publisher lets the user go on, so the function itself shows no error."""
    graph = synth(lambda: SignupPipeline("signups", signup_pipeline(operations={"alarm_topic_arn": TOPIC})))
    alarm = graph.one("aws:cloudwatch/metricAlarm:MetricAlarm", "signups-not-published-alarm").inputs
    assert (alarm["namespace"], alarm["metricName"]) == ("MedFlow", "SignupNotPublished")
    assert alarm["dimensions"] == {"service": "signup_publisher"}
    assert (alarm["threshold"], alarm["alarmActions"]) == (1, [TOPIC])


def test_registered_users_are_routed_and_archived(graph: Synth) -> None:
    """C2."""
    wanted = {"source": ["medflow.identity"], "detail-type": ["user.registered"]}
    archive = graph.one("aws:cloudwatch/eventArchive:EventArchive").inputs
    assert json.loads(graph.one(RULE).inputs["eventPattern"]) == wanted
    assert json.loads(archive["eventPattern"]) == wanted
    assert archive["eventSourceArn"] == graph.one("aws:cloudwatch/eventBus:EventBus").outputs["arn"]


def test_the_archive_forgets(graph: Synth) -> None:
    """C2. It holds personal data; 0 or nothing would mean for ever."""
    assert graph.one("aws:cloudwatch/eventArchive:EventArchive").inputs["retentionDays"] == 30


def test_what_the_rule_cannot_deliver_is_kept(graph: Synth) -> None:
    """C2. Without a dead-letter queue EventBridge drops it after a day."""
    target = graph.one("aws:cloudwatch/eventTarget:EventTarget").inputs
    assert target["deadLetterConfig"] == {"arn": graph.one(QUEUE, "signups-undelivered").outputs["arn"]}
    assert target["retryPolicy"] == {"maximumEventAgeInSeconds": 86_400, "maximumRetryAttempts": 185}


def test_the_target_names_the_rule_and_its_bus(graph: Synth) -> None:
    """C2. A target without the bus would land on the default bus, where the rule is not."""
    target, rule = graph.one("aws:cloudwatch/eventTarget:EventTarget").inputs, graph.one(RULE).inputs
    assert (target["rule"], target["eventBusName"]) == (rule["name"], rule["eventBusName"])


@pytest.mark.parametrize("policy", ["signups-signups-send-policy", "signups-undelivered-send-policy"])
def test_only_the_rule_may_send(graph: Synth, policy: str) -> None:
    """C2."""
    [only] = graph.policy(policy)["Statement"]
    assert only["Principal"] == {"Service": "events.amazonaws.com"}
    assert only["Condition"] == {"ArnEquals": {"aws:SourceArn": graph.one(RULE).outputs["arn"]}}


def test_every_queue_is_encrypted(graph: Synth) -> None:
    """C2."""
    assert all(queue.inputs["sqsManagedSseEnabled"] is True for queue in graph.all(QUEUE))


def test_a_message_stays_hidden_six_times_as_long_as_its_consumer_may_run(graph: Synth) -> None:
    """C2. Less, and Lambda would see the message twice while still working on it."""
    timeout = graph.one(FUNCTION, "signups-consumer-function").inputs["timeout"]
    assert graph.one(QUEUE, "signups-signups-queue").inputs["visibilityTimeoutSeconds"] == 6 * timeout


def test_dead_letters_outlive_the_queue_and_go_back_to_it_alone(graph: Synth) -> None:
    """C2."""
    queue, dead = graph.one(QUEUE, "signups-signups-queue"), graph.one(QUEUE, "signups-signups-dead-letters")
    redrive = json.loads(queue.inputs["redrivePolicy"])
    allow = graph.one("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy").inputs
    assert redrive == {"deadLetterTargetArn": dead.outputs["arn"], "maxReceiveCount": 5}
    assert dead.inputs["messageRetentionSeconds"] == 14 * 86_400 > queue.inputs["messageRetentionSeconds"]
    assert json.loads(allow["redriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [queue.outputs["arn"]],
    }


def test_the_consumer_is_bounded_and_reports_single_failures(graph: Synth) -> None:
    """C3. Without the response type one bad message would send its whole batch round again."""
    mapping = graph.one("aws:lambda/eventSourceMapping:EventSourceMapping").inputs
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["scalingConfig"] == {"maximumConcurrency": 5}
    assert mapping["batchSize"] == 10
    assert mapping["functionName"].endswith(":live")


def test_the_consumer_reaches_one_cluster_with_one_secret(graph: Synth) -> None:
    """C3 B4."""
    policy = "signups-consumer-policy"
    assert statement(graph, policy, "RunStatements")["Action"] == ["rds-data:ExecuteStatement"]
    assert statement(graph, policy, "RunStatements")["Resource"] == [DATABASE["cluster_arn"]]
    assert statement(graph, policy, "ReadDatabaseCredentials")["Resource"] == [DATABASE["secret_arn"]]
    assert variables(graph, "signups-consumer-function")["CLUSTER_ARN"] == DATABASE["cluster_arn"]


def test_the_consumer_dead_letters_by_itself_and_knows_the_last_delivery(graph: Synth) -> None:
    """C3."""
    dead = graph.one(QUEUE, "signups-signups-dead-letters").outputs
    environment = variables(graph, "signups-consumer-function")
    assert (environment["DEAD_LETTER_QUEUE_URL"], environment["MAX_RECEIVE_COUNT"]) == (dead["url"], "5")
    assert statement(graph, "signups-consumer-policy", "DeadLetterWithReason")["Resource"] == [dead["arn"]]


def test_a_customer_managed_key_of_the_secret_is_granted() -> None:
    """C7."""
    key = "arn:aws:kms:eu-west-3:123456789012:key/1"
    graph = synth(lambda: SignupPipeline("signups", signup_pipeline(database={**DATABASE, "secret_key_arn": key})))
    for policy in ("signups-consumer-policy", "signups-migrator-policy"):
        assert statement(graph, policy, "DecryptDatabaseCredentials")["Resource"] == [key]


def test_migrations_run_at_deployment_and_again_when_they_change(graph: Synth) -> None:
    """C5. The input holds the build's digest, and another input is another invocation."""
    migration = graph.one("aws:lambda/invocation:Invocation").inputs
    digest = hashlib.sha256(Path("build/lambdas/database_migrator.zip").read_bytes()).hexdigest()
    assert json.loads(migration["input"]) == {"build_digest": digest}
    assert migration["qualifier"] == "live"


def test_a_new_consumer_goes_live_after_its_migration(graph: Synth) -> None:
    """C5. Else new code would meet old tables at each release, and dead-letter what it cannot write."""
    assert "signups-migration" in graph.one(FUNCTION, "signups-consumer-function").depends_on


def test_no_event_is_consumed_before_its_table_exists(graph: Synth) -> None:
    """C5. The mapping waits for the alias, the alias for the function, the function for the migration."""
    mapping = graph.one("aws:lambda/eventSourceMapping:EventSourceMapping")
    assert "signups-consumer-live" in mapping.depends_on
    assert "signups-consumer-function" in graph.one("aws:lambda/alias:Alias", "signups-consumer-live").depends_on


def test_another_database_is_migrated_whatever_the_build(graph: Synth) -> None:
    """C5 C7. A stack that moves to another cluster finds no table there."""
    other = {**DATABASE, "cluster_arn": "arn:aws:rds:eu-west-3:123456789012:cluster:other"}
    moved = synth(lambda: SignupPipeline("signups", signup_pipeline(database=other)))
    triggers = [g.one("aws:lambda/invocation:Invocation").inputs["triggers"] for g in (graph, moved)]
    assert triggers[0] == {"cluster": DATABASE["cluster_arn"], "database": "medflow"}
    assert triggers[0] != triggers[1]


def test_events_are_routed_only_once_both_queues_take_them(graph: Synth) -> None:
    """C2."""
    target = graph.one("aws:cloudwatch/eventTarget:EventTarget")
    assert {"signups-undelivered-send-policy", "signups-signups-send-policy"} <= target.depends_on


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"archive_retention_days": 0}, "archive_retention_days is 0; it must be 1 to 3650 days"),
        ({"max_receive_count": 0}, "max_receive_count is 0; it must be 1 to 1000 deliveries"),
        ({"batch_size": 11}, "batch_size is 11; it must be 1 to 10 events"),
        ({"maximum_concurrency": 1}, "maximum_concurrency is 1; it must be 2 to 1000 consumers"),
    ],
)
def test_a_bad_argument_is_refused_with_its_key_and_its_fix(changes: dict[str, Any], message: str) -> None:
    """C2 C3."""
    with pytest.raises(ArgumentsError, match=message):
        synth(lambda: SignupPipeline("signups", signup_pipeline(**changes)))

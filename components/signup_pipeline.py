"""From a confirmed sign-up to a row in PostgreSQL: bus, archive, queue, consumer, and the table they write.

Owns the post confirmation function, the bus with its archive and rule, both dead-letter queues, the consumer, and the
migrations that run at deployment. Does not own the database (its ARN comes in), nor the pool's permission to invoke.
"""

import json
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._alarms import count_alarm
from components._checks import between, refuse
from components._database_access import DatabaseArgs, database_environment, database_statements
from components._dead_lettered_queue import DeadLetteredQueue, allow_rule, dead_letter_queue
from components._iam import Statement
from components._names import Kind, physical_name, prefix_problems
from components._operations import OperationsArgs
from components._python_lambda import PythonLambda, PythonLambdaArgs, archive_digest
from components.token_enricher import TRIGGER_TIMEOUT_SECONDS

CONSUMER_TIMEOUT_SECONDS = 60
"""Time for one batch. A paused database resumes in some 15 s or more, and the retries must outlast that; the queue
hides the batch six times as long."""

PUBLISHER_MEMORY_MB = 512
"""CPU comes with memory, and the publisher's cold start counts against the seconds that Cognito waits."""

MIGRATION_TIMEOUT_SECONDS = 300
"""For all pending migrations and a paused cluster's half minute; the Data API gives a single statement 45 s."""

EVENT_SOURCE, EVENT_TYPE = "medflow.identity", "user.registered"


class SignupPipelineArgs(TypedDict):
    name_prefix: str
    """`{environment}-{project}`; a change replaces queues, bus and functions."""
    database: DatabaseArgs
    archive_retention_days: NotRequired[int]
    """1 to 3650 days that events can be replayed. They hold personal data: no longer than needed. Default 30."""
    max_receive_count: NotRequired[int]
    """Deliveries before an event is dead-lettered. Default 5."""
    batch_size: NotRequired[int]
    """1 to 10 events for one statement. Default 10, the most that comes without waiting for a batching window."""
    maximum_concurrency: NotRequired[int]
    """2 to 1000 consumers at once, what the database bears. Default 5."""
    operations: NotRequired[OperationsArgs]
    """Logs, traces and alarms."""


class SignupPipeline(pulumi.ComponentResource):
    """Carries every confirmed sign-up into the users table, once, or into a dead-letter queue with its reason."""

    publisher_function_name: pulumi.Output[str]
    """The post confirmation trigger."""
    publisher_alias_name: pulumi.Output[str]
    """Alias that the pool invokes."""
    publisher_alias_arn: pulumi.Output[str]
    """ARN for the pool's trigger configuration."""
    consumer_function_name: pulumi.Output[str]
    """The function that writes the rows."""
    migrator_function_name: pulumi.Output[str]
    """The function that makes and changes the table."""
    event_bus_name: pulumi.Output[str]
    """Bus that carries the events of the identity platform."""
    event_archive_name: pulumi.Output[str]
    """Archive to replay from."""
    queue_url: pulumi.Output[str]
    """Queue of the sign-ups."""
    dead_letter_queue_url: pulumi.Output[str]
    """Sign-ups that could not be written, each with its reason."""
    event_dead_letter_queue_url: pulumi.Output[str]
    """Events that the rule could not deliver to the queue."""
    migrated_cluster_arn: pulumi.Output[str]
    """ARN of the database's cluster, known once its tables are those of this release: for what reads them."""

    def __init__(self, name: str, args: SignupPipelineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("medflow:index:SignupPipeline", name, {}, opts)
        refuse("SignupPipeline", name, _problems(args))

        bus = self._create_bus(name, args)
        archive = self._create_archive(name, args, bus)
        rule = self._create_rule(name, args, bus)
        queue = self._create_queue(name, args, rule)
        undelivered = self._route(name, args, bus, rule, queue)
        publisher = self._create_publisher(name, args, bus, queue)
        migrator = self._create_migrator(name, args)
        migration = self._migrate(name, args["database"], migrator)
        migrated = _after(migration, args["database"])
        consumer = self._create_consumer(name, args, migrated, queue)
        self._consume(name, args, queue, consumer)

        self._watch_for_lost_signups(name, args)

        self.publisher_function_name = publisher.function_name
        self.publisher_alias_name, self.publisher_alias_arn = publisher.alias_name, publisher.alias_arn
        self.consumer_function_name, self.migrator_function_name = consumer.function_name, migrator.function_name
        self.event_bus_name, self.event_archive_name = bus.name, archive.name
        self.queue_url, self.dead_letter_queue_url = queue.queue_url, queue.dead_letter_queue_url
        self.event_dead_letter_queue_url = undelivered.url
        self.migrated_cluster_arn = pulumi.Output.from_input(migrated["cluster_arn"])
        self.register_outputs(
            {
                "publisher_function_name": self.publisher_function_name,
                "publisher_alias_name": self.publisher_alias_name,
                "publisher_alias_arn": self.publisher_alias_arn,
                "consumer_function_name": self.consumer_function_name,
                "migrator_function_name": self.migrator_function_name,
                "event_bus_name": self.event_bus_name,
                "event_archive_name": self.event_archive_name,
                "queue_url": self.queue_url,
                "dead_letter_queue_url": self.dead_letter_queue_url,
                "event_dead_letter_queue_url": self.event_dead_letter_queue_url,
                "migrated_cluster_arn": self.migrated_cluster_arn,
            }
        )

    def _create_bus(self, name: str, args: SignupPipelineArgs) -> aws.cloudwatch.EventBus:
        return aws.cloudwatch.EventBus(
            f"{name}-bus",
            name=physical_name(args["name_prefix"], Kind.EVENT_BUS, "identity"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_archive(
        self, name: str, args: SignupPipelineArgs, bus: aws.cloudwatch.EventBus
    ) -> aws.cloudwatch.EventArchive:
        return aws.cloudwatch.EventArchive(
            f"{name}-archive",
            name=physical_name(args["name_prefix"], Kind.EVENT_ARCHIVE, "identity"),
            event_source_arn=bus.arn,
            event_pattern=_pattern(),
            retention_days=args.get("archive_retention_days", 30),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_rule(
        self, name: str, args: SignupPipelineArgs, bus: aws.cloudwatch.EventBus
    ) -> aws.cloudwatch.EventRule:
        return aws.cloudwatch.EventRule(
            f"{name}-rule",
            name=physical_name(args["name_prefix"], Kind.EVENT_RULE, "signups"),
            description="Registered users to the queue of the sign-ups",
            event_bus_name=bus.name,
            event_pattern=_pattern(),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_queue(self, name: str, args: SignupPipelineArgs, rule: aws.cloudwatch.EventRule) -> DeadLetteredQueue:
        return DeadLetteredQueue(
            f"{name}-signups",
            {
                "name_prefix": args["name_prefix"],
                "resource": "signups",
                "consumer_timeout_seconds": CONSUMER_TIMEOUT_SECONDS,
                "rule_arn": rule.arn,
                "max_receive_count": args.get("max_receive_count", 5),
            },
            pulumi.ResourceOptions(parent=self),
        )

    def _route(
        self,
        name: str,
        args: SignupPipelineArgs,
        bus: aws.cloudwatch.EventBus,
        rule: aws.cloudwatch.EventRule,
        queue: DeadLetteredQueue,
    ) -> aws.sqs.Queue:
        """Rule to queue; what the rule cannot deliver goes to a queue of its own instead of nowhere."""
        undelivered = dead_letter_queue(self, f"{name}-undelivered", args["name_prefix"], "events-undelivered")
        allowed = allow_rule(self, f"{name}-undelivered-send-policy", undelivered, rule.arn)
        aws.cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            event_bus_name=bus.name,
            target_id="signups",
            arn=queue.queue_arn,
            dead_letter_config={"arn": undelivered.arn},
            retry_policy={"maximum_event_age_in_seconds": 24 * 3600, "maximum_retry_attempts": 185},
            # Without the queues' policies the first events would be refused.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[queue, allowed]),
        )
        return undelivered

    def _create_publisher(
        self, name: str, args: SignupPipelineArgs, bus: aws.cloudwatch.EventBus, queue: DeadLetteredQueue
    ) -> PythonLambda:
        return self._create_function(
            f"{name}-publisher",
            args,
            package="signup_publisher",
            description="Publishes user.registered after a confirmed sign-up",
            timeout_seconds=TRIGGER_TIMEOUT_SECONDS,
            memory_mb=PUBLISHER_MEMORY_MB,
            environment={"EVENT_BUS_NAME": bus.name, "FALLBACK_QUEUE_URL": queue.queue_url},
            statements=[
                Statement("PublishEvents", ["events:PutEvents"], [bus.arn]),
                Statement("SendWhenTheBusFails", ["sqs:SendMessage"], [queue.queue_arn]),
            ],
        )

    def _watch_for_lost_signups(self, name: str, args: SignupPipelineArgs) -> None:
        """The publisher never blocks a user, so its failure is no error of the function: only this metric tells."""
        topic_arn = args.get("operations", {}).get("alarm_topic_arn")
        if topic_arn is not None:
            count_alarm(
                self,
                f"{name}-not-published-alarm",
                name_prefix=args["name_prefix"],
                resource="signup-not-published",
                metric="SignupNotPublished",
                service="signup_publisher",
                text="A confirmed sign-up reached neither the bus nor the queue: its row is missing",
                topic_arn=topic_arn,
            )

    def _create_migrator(self, name: str, args: SignupPipelineArgs) -> PythonLambda:
        operations = ("BeginTransaction", "CommitTransaction", "ExecuteStatement", "RollbackTransaction")
        return self._create_function(
            f"{name}-migrator",
            args,
            package="database_migrator",
            description="Brings the users table to the version of this deployment",
            timeout_seconds=MIGRATION_TIMEOUT_SECONDS,
            environment=database_environment(args["database"]),
            statements=database_statements(args["database"], *operations),
        )

    def _migrate(self, name: str, database: DatabaseArgs, migrator: PythonLambda) -> aws.lambda_.Invocation:
        """Runs at deployment, again whenever the migrator's build (its SQL is in it) or the database is another."""
        return aws.lambda_.Invocation(
            f"{name}-migration",
            function_name=migrator.function_name,
            qualifier=migrator.alias_name,
            input=json.dumps({"build_digest": archive_digest("database_migrator")}),
            # Another database has no tables yet, whatever the build.
            triggers={"cluster": database["cluster_arn"], "database": database["database_name"]},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[migrator]),
        )

    def _create_consumer(
        self, name: str, args: SignupPipelineArgs, database: DatabaseArgs, queue: DeadLetteredQueue
    ) -> PythonLambda:
        receive = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        return self._create_function(
            f"{name}-consumer",
            args,
            package="signup_consumer",
            description="Writes registered users to the users table, one statement per batch",
            timeout_seconds=CONSUMER_TIMEOUT_SECONDS,
            environment={
                **database_environment(database),
                "DEAD_LETTER_QUEUE_URL": queue.dead_letter_queue_url,
                "MAX_RECEIVE_COUNT": str(args.get("max_receive_count", 5)),
            },
            statements=[
                Statement("ReceiveSignups", receive, [queue.queue_arn]),
                Statement("DeadLetterWithReason", ["sqs:SendMessage"], [queue.dead_letter_queue_arn]),
                *database_statements(database, "ExecuteStatement"),
            ],
        )

    def _consume(
        self,
        name: str,
        args: SignupPipelineArgs,
        queue: DeadLetteredQueue,
        consumer: PythonLambda,
    ) -> None:
        aws.lambda_.EventSourceMapping(
            f"{name}-consumption",
            event_source_arn=queue.queue_arn,
            function_name=consumer.alias_arn,
            batch_size=args.get("batch_size", 10),
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximum_concurrency": args.get("maximum_concurrency", 5)},
            # Lambda refuses a mapping whose role may not read the queue yet.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[consumer]),
        )

    def _create_function(
        self,
        name: str,
        args: SignupPipelineArgs,
        *,
        package: str,
        description: str,
        timeout_seconds: int,
        environment: dict[str, pulumi.Input[str]],
        statements: list[Statement],
        memory_mb: int = 256,
    ) -> PythonLambda:
        function: PythonLambdaArgs = {
            "name_prefix": args["name_prefix"],
            "package": package,
            "description": description,
            "timeout_seconds": timeout_seconds,
            "memory_mb": memory_mb,
            "environment": environment,
            "statements": statements,
            "operations": args.get("operations", {}),
        }
        return PythonLambda(name, function, pulumi.ResourceOptions(parent=self))


def _after(migration: aws.lambda_.Invocation, database: DatabaseArgs) -> DatabaseArgs:
    """The same database, known once the migration has run: what uses it is then never ahead of its tables."""
    arrived = pulumi.Output.all(database["cluster_arn"], migration.result).apply(lambda found: str(found[0]))
    return {**database, "cluster_arn": arrived}


def _pattern() -> str:
    return json.dumps({"source": [EVENT_SOURCE], "detail-type": [EVENT_TYPE]})


def _problems(args: SignupPipelineArgs) -> list[str]:
    return [
        *prefix_problems(args["name_prefix"]),
        *between("archive_retention_days", args.get("archive_retention_days", 30), 1, 3650, "days"),
        *between("max_receive_count", args.get("max_receive_count", 5), 1, 1000, "deliveries"),
        *between("batch_size", args.get("batch_size", 10), 1, 10, "events"),
        *between("maximum_concurrency", args.get("maximum_concurrency", 5), 2, 1000, "consumers"),
    ]

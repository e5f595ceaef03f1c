"""Private block: a work queue that loses no message to a failing consumer.

Owns the encrypted queue, its dead-letter queue, which of them redrives where, and the one rule that may send. Does not
own the consumer, its event source mapping, or the alarms.
"""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._checks import between, refuse
from components._iam import Statement, policy_json
from components._names import Kind, physical_name, prefix_problems

CONSUMER_TIMEOUT_FACTOR = 6
"""Visibility timeout per second of consumer timeout ("Using Lambda with Amazon SQS", AWS Lambda Developer Guide)."""

RETENTION_DAYS = 10
"""How long a message waits for its consumer. What waits longer, because nothing reads the queue at all, SQS deletes."""

DEAD_LETTER_RETENTION_DAYS = 14
"""The longest that SQS keeps a message: a dead letter must outlive the queue's own retention and a long weekend."""


class DeadLetteredQueueArgs(TypedDict):
    name_prefix: str
    resource: str
    """What the queue holds, as its name says it: `signups`."""
    consumer_timeout_seconds: int
    """Timeout of the Lambda that reads the queue; the visibility timeout follows from it."""
    rule_arn: pulumi.Input[str]
    """The one EventBridge rule that may send."""
    max_receive_count: NotRequired[int]
    """Deliveries before a message is dead-lettered. Default 5, the least that AWS advises for Lambda."""


class DeadLetteredQueue(pulumi.ComponentResource):
    """An encrypted queue with a dead-letter queue, open to exactly one rule."""

    queue_url: pulumi.Output[str]
    """URL of the work queue."""
    queue_arn: pulumi.Output[str]
    """ARN of the work queue."""
    dead_letter_queue_url: pulumi.Output[str]
    """URL of the dead-letter queue."""
    dead_letter_queue_arn: pulumi.Output[str]
    """ARN of the dead-letter queue."""

    def __init__(self, name: str, args: DeadLetteredQueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("medflow:index:DeadLetteredQueue", name, {}, opts)
        refuse("DeadLetteredQueue", name, _problems(args))

        dead_letters = self._create_dead_letter_queue(name, args)
        queue = self._create_queue(name, args, dead_letters)
        self._allow_redrive(name, queue, dead_letters)
        self._allow_rule(name, args, queue)

        self.queue_url, self.queue_arn = queue.url, queue.arn
        self.dead_letter_queue_url, self.dead_letter_queue_arn = dead_letters.url, dead_letters.arn
        self.register_outputs(
            {
                "queue_url": self.queue_url,
                "queue_arn": self.queue_arn,
                "dead_letter_queue_url": self.dead_letter_queue_url,
                "dead_letter_queue_arn": self.dead_letter_queue_arn,
            }
        )

    def _create_dead_letter_queue(self, name: str, args: DeadLetteredQueueArgs) -> aws.sqs.Queue:
        return dead_letter_queue(self, f"{name}-dead-letters", args["name_prefix"], f"{args['resource']}-dead-letters")

    def _create_queue(self, name: str, args: DeadLetteredQueueArgs, dead_letters: aws.sqs.Queue) -> aws.sqs.Queue:
        return aws.sqs.Queue(
            f"{name}-queue",
            name=physical_name(args["name_prefix"], Kind.QUEUE, args["resource"]),
            visibility_timeout_seconds=args["consumer_timeout_seconds"] * CONSUMER_TIMEOUT_FACTOR,
            message_retention_seconds=RETENTION_DAYS * 24 * 3600,
            sqs_managed_sse_enabled=True,
            redrive_policy=pulumi.Output.json_dumps(
                {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": args.get("max_receive_count", 5)}
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _allow_redrive(self, name: str, queue: aws.sqs.Queue, dead_letters: aws.sqs.Queue) -> None:
        aws.sqs.RedriveAllowPolicy(
            f"{name}-redrive-allow-policy",
            queue_url=dead_letters.url,
            redrive_allow_policy=pulumi.Output.json_dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _allow_rule(self, name: str, args: DeadLetteredQueueArgs, queue: aws.sqs.Queue) -> None:
        allow_rule(self, f"{name}-send-policy", queue, args["rule_arn"])


def dead_letter_queue(parent: pulumi.Resource, name: str, name_prefix: str, resource: str) -> aws.sqs.Queue:
    """An encrypted queue that keeps its messages for as long as SQS does."""
    return aws.sqs.Queue(
        name,
        name=physical_name(name_prefix, Kind.QUEUE, resource),
        message_retention_seconds=DEAD_LETTER_RETENTION_DAYS * 24 * 3600,
        # SQS's own key: EventBridge may use it, while the policy of the AWS managed KMS key cannot let it in.
        sqs_managed_sse_enabled=True,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def allow_rule(
    parent: pulumi.Resource, name: str, queue: aws.sqs.Queue, rule_arn: pulumi.Input[str]
) -> aws.sqs.QueuePolicy:
    """Let one EventBridge rule, and nothing else of that service, send to the queue."""
    statement = Statement(
        "OneRuleOnly",
        ["sqs:SendMessage"],
        [queue.arn],
        conditions={"ArnEquals": {"aws:SourceArn": rule_arn}},
        service="events.amazonaws.com",
    )
    return aws.sqs.QueuePolicy(
        name, queue_url=queue.url, policy=policy_json([statement]), opts=pulumi.ResourceOptions(parent=parent)
    )


def _problems(args: DeadLetteredQueueArgs) -> list[str]:
    return [
        *prefix_problems(args["name_prefix"]),
        *between("consumer_timeout_seconds", args["consumer_timeout_seconds"], 1, 900, "seconds"),
        *between("max_receive_count", args.get("max_receive_count", 5), 1, 1000, "deliveries"),
    ]

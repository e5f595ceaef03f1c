"""SQS: queues and their policies. Every setting of a queue is a string in its attribute map."""

from typing import Any

from local_cloud.deploy.spec import REST, At, Call, Scope, Spec, attributes

_SETTINGS = attributes(
    "contentBasedDeduplication",
    "deduplicationScope",
    "delaySeconds",
    "fifoQueue",
    "fifoThroughputLimit",
    "kmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId",
    "policy",
    "redriveAllowPolicy",
    "redrivePolicy",
    "sqsManagedSseEnabled",
    maxMessageSize="MaximumMessageSize",
    messageRetentionSeconds="MessageRetentionPeriod",
    receiveWaitTimeSeconds="ReceiveMessageWaitTimeSeconds",
    visibilityTimeoutSeconds="VisibilityTimeout",
)


def _without_false_fifo(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    """SQS takes these two only as true; a standard queue leaves them out ("CreateQueue", Amazon SQS API Reference)."""
    only_true = ("fifoQueue", "contentBasedDeduplication")
    return {key: value for key, value in properties.items() if value or key not in only_true}


def _number(attribute: str) -> Any:
    def read(scope: Scope) -> int:
        return int(scope.responses["GetQueueAttributes"]["Attributes"][attribute])

    return read


QUEUE = Spec(
    token="aws:sqs/queue:Queue",
    service="sqs",
    noun="Queue",
    auto_name="name",
    name_ending=lambda scope: ".fifo" if scope.inputs.get("fifoQueue") else "",
    calls=(
        Call("CreateQueue", REST, renames=_SETTINGS, reshape=_without_false_fifo),
        Call(
            "GetQueueAttributes",
            gives={
                "QueueUrl": lambda scope: scope.responses["CreateQueue"]["QueueUrl"],
                "AttributeNames": ["All"],
            },
        ),
    ),
    id="{url}",
    outputs={
        "url": At("QueueUrl"),
        "arn": At("Attributes.QueueArn", of="GetQueueAttributes"),
        "visibilityTimeoutSeconds": _number("VisibilityTimeout"),
        "messageRetentionSeconds": _number("MessageRetentionPeriod"),
        "delaySeconds": _number("DelaySeconds"),
        "receiveWaitTimeSeconds": _number("ReceiveMessageWaitTimeSeconds"),
        "maxMessageSize": _number("MaximumMessageSize"),
        "fifoQueue": False,
    },
)


def _attribute_of_queue(token: str, attribute: str) -> Spec:
    return Spec(
        token=token,
        service="sqs",
        calls=(Call("SetQueueAttributes", REST, renames=attributes(attribute)),),
        id="{queueUrl}",
    )


QUEUE_POLICY = _attribute_of_queue("aws:sqs/queuePolicy:QueuePolicy", "policy")
REDRIVE_POLICY = _attribute_of_queue("aws:sqs/redrivePolicy:RedrivePolicy", "redrivePolicy")
REDRIVE_ALLOW_POLICY = _attribute_of_queue("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", "redriveAllowPolicy")

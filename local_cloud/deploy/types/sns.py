"""SNS: topics and subscriptions."""

from collections.abc import Callable

from local_cloud.deploy.spec import PROVIDER_ONLY, REST, At, Call, Scope, Spec, attributes

_FEEDBACK = [
    f"{protocol}{kind}"
    for protocol in ("application", "firehose", "http", "lambda", "sqs")
    for kind in ("FailureFeedbackRoleArn", "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate")
]

TOPIC = Spec(
    token="aws:sns/topic:Topic",
    service="sns",
    auto_name="name",
    name_ending=lambda scope: ".fifo" if scope.inputs.get("fifoTopic") else "",
    calls=(
        Call(
            "CreateTopic",
            REST,
            renames=attributes(
                "archivePolicy",
                "contentBasedDeduplication",
                "deliveryPolicy",
                "displayName",
                "fifoThroughputScope",
                "fifoTopic",
                "kmsMasterKeyId",
                "policy",
                "signatureVersion",
                "tracingConfig",
                *_FEEDBACK,
                maximumMessageSize="MaxMessageSize",
            ),
        ),
    ),
    id="{arn}",
    outputs={"arn": At("TopicArn"), "owner": "{account}", "beginningArchiveTime": "", "fifoTopic": False},
)


def _flag(attribute: str) -> Callable[[Scope], bool]:
    def read(scope: Scope) -> bool:
        return bool(scope.responses["GetSubscriptionAttributes"]["Attributes"].get(attribute) == "true")

    return read


TOPIC_SUBSCRIPTION = Spec(
    token="aws:sns/topicSubscription:TopicSubscription",
    service="sns",
    calls=(
        Call(
            "Subscribe",
            REST,
            renames={
                "topic": "TopicArn",
                **attributes(
                    "deliveryPolicy",
                    "filterPolicy",
                    "filterPolicyScope",
                    "rawMessageDelivery",
                    "redrivePolicy",
                    "replayPolicy",
                    "subscriptionRoleArn",
                ),
            },
            gives={"ReturnSubscriptionArn": True},
        ),
        Call(
            "GetSubscriptionAttributes",
            gives={"SubscriptionArn": lambda scope: scope.responses["Subscribe"]["SubscriptionArn"]},
        ),
    ),
    not_sent={"endpointAutoConfirms": PROVIDER_ONLY, "confirmationTimeoutInMinutes": PROVIDER_ONLY},
    id="{arn}",
    outputs={
        "arn": At("SubscriptionArn"),
        "ownerId": At("Attributes.Owner", of="GetSubscriptionAttributes"),
        "pendingConfirmation": _flag("PendingConfirmation"),
        "confirmationWasAuthenticated": _flag("ConfirmationWasAuthenticated"),
        "rawMessageDelivery": False,
    },
)

"""The consumer's dead-letter queue."""

from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.config import Config

from signup_consumer.planning import DeadLetter

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


class DeadLetters:
    """Takes messages that can never succeed, as they came, with the reason beside them."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def send(self, record: SQSRecord, letter: DeadLetter) -> None:
        """Send it. Raises the client's errors: the message then stays on its own queue."""
        attributes = {
            "reason": letter.reason.value,
            "detail": letter.detail[:256],
            "original_message_id": record.message_id,
        }
        self._client.send_message(
            QueueUrl=self._queue_url,
            MessageBody=record.body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )


def dead_letters(queue_url: str) -> DeadLetters:
    config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
    return DeadLetters(boto3.client("sqs", config=config), queue_url)

"""Queues and recording functions, as the delivery tests handle them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.lambda_functions import Function
from local_cloud.cloud import LocalCloud

RECORDER = """
import json, os

def lambda_handler(event, context):
    with open(os.environ["RECORD"], "a") as record:
        record.write(json.dumps({"event": event, "arn": context.invoked_function_arn}) + "\\n")
    return json.loads(os.environ["ANSWER"])
"""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue in the cloud."""

    cloud: LocalCloud
    url: str
    arn: str

    def send(self, *bodies: str, attributes: Mapping[str, str] | None = None) -> None:
        values = {name: {"DataType": "String", "StringValue": text} for name, text in (attributes or {}).items()}
        for body in bodies:
            self.cloud.client("sqs").send_message(QueueUrl=self.url, MessageBody=body, MessageAttributes=values)

    def receive(self, **more: Any) -> list[dict[str, Any]]:
        """Up to ten messages with all attributes; they are then in flight."""
        answer = self.cloud.client("sqs").receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
            **more,
        )
        return list(answer.get("Messages", []))

    def set(self, **attributes: object) -> None:
        """Set attributes; what is no text is written as JSON."""
        values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in attributes.items()}
        self.cloud.client("sqs").set_queue_attributes(QueueUrl=self.url, Attributes=values)

    def count(self, kind: str = "") -> int:
        """Visible messages; `kind` "NotVisible" counts those in flight."""
        name = f"ApproximateNumberOfMessages{kind}"
        answer = self.cloud.client("sqs").get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return int(answer["Attributes"][name])

    def delete(self) -> None:
        self.cloud.client("sqs").delete_queue(QueueUrl=self.url)


@dataclass(frozen=True, slots=True)
class Recorder:
    """A function that writes down each invocation and gives a fixed answer."""

    function: Function
    record: Path

    def invocations(self) -> list[dict[str, Any]]:
        """`{"event", "arn"}` of each so far; `arn` is what the context called the function."""
        return [json.loads(line) for line in self.record.read_text().splitlines()] if self.record.exists() else []

    def publish_live(self) -> str:
        """Publish a version, point alias `live` at it, and return the alias's ARN."""
        client = self.function.cloud.client("lambda")
        version = client.publish_version(FunctionName=self.function.name)["Version"]
        alias = client.create_alias(FunctionName=self.function.name, Name="live", FunctionVersion=version)
        return str(alias["AliasArn"])

    def permit(self, principal: str, source_arn: str, **more: str) -> None:
        """AddPermission for one source of one service; `Qualifier="live"` for the alias."""
        self.function.cloud.client("lambda").add_permission(
            FunctionName=self.function.name,
            StatementId="test",
            Action="lambda:InvokeFunction",
            Principal=principal,
            SourceArn=source_arn,
            **more,
        )


def dead_letter(queue: Queue, *bodies: str, **attributes: str) -> None:
    """Put messages into the dead-letter queue of a pair the way SQS does: by receiving them too often."""
    queue.send(*bodies, attributes=attributes)
    while queue.receive():
        pass


def newest_unless(sqs: Any, source: Queue, status: str) -> Any:
    [task] = sqs.list_message_move_tasks(SourceArn=source.arn)["Results"]
    return task if task["Status"] != status else None


def refusal(call: Callable[..., Any], *arguments: Any, **request: Any) -> tuple[str, str]:
    """Code and text of the error of an API call."""
    with pytest.raises(ClientError) as refused:
        call(*arguments, **request)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]

"""Hands an event to the bus, or else to the consumer's queue. Everything together stays well inside Cognito's 5 s."""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from signup_publisher.env import Environment

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient
    from types_boto3_sqs import SQSClient

BUS_ATTEMPTS = 2
CONNECT_SECONDS, READ_SECONDS = 0.4, 0.8
"""Of one attempt. A name that resolves to several addresses costs the first of them once for each."""

FALLBACK_SECONDS = 2.0
"""Kept for the queue: with less than this left, the bus is not tried again."""

CONFIG = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 1})


class Outlet(StrEnum):
    """Where an event went."""

    BUS = "bus"
    QUEUE = "queue"


class UndeliverableError(Exception):
    """Neither the bus nor the queue took the event. The text holds error codes, nothing of the user."""


def deliver(
    envelope: Mapping[str, Any], environment: Environment, remaining_seconds: Callable[[], float]
) -> tuple[Outlet, str]:
    """Where the event went, and why not to the bus (empty if it did). Raises UndeliverableError."""
    refusal = ""
    for attempt in range(BUS_ATTEMPTS):
        if attempt and remaining_seconds() < FALLBACK_SECONDS + CONNECT_SECONDS + READ_SECONDS:
            break
        refusal = _put(envelope, environment.event_bus_name)
        if not refusal:
            return Outlet.BUS, ""
    try:
        _queue().send_message(QueueUrl=environment.fallback_queue_url, MessageBody=json.dumps(envelope))
    except (BotoCoreError, ClientError) as error:
        raise UndeliverableError(f"bus: {refusal}; queue: {_code(error)}") from None
    return Outlet.QUEUE, refusal


def _put(envelope: Mapping[str, Any], bus_name: str) -> str:
    """Error code, empty for success. PutEvents answers 200 for an entry that it did not take."""
    try:
        answer = _bus().put_events(
            Entries=[
                {
                    "EventBusName": bus_name,
                    "Source": envelope["source"],
                    "DetailType": envelope["detail-type"],
                    "Detail": json.dumps(envelope["detail"]),
                    "Time": envelope["time"],
                }
            ]
        )
    except (BotoCoreError, ClientError) as error:
        return _code(error)
    return answer["Entries"][0].get("ErrorCode", "Unknown") if answer["FailedEntryCount"] else ""


def _code(error: Exception) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


@cache
def _bus() -> "EventBridgeClient":
    return boto3.client("events", config=CONFIG)


@cache
def _queue() -> "SQSClient":
    return boto3.client("sqs", config=CONFIG)


_bus()  # made while the function starts, when it has a full processor; the queue's client is rarely needed

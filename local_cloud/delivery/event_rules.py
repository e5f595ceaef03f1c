"""EventBridge rule to target: delivered only where the target's policy lets this rule, else to the dead-letter queue.

("Using dead-letter queues to process undelivered events in EventBridge" and "Using resource-based policies for Amazon
EventBridge", EventBridge User Guide.) A missing permission and a missing resource are not retried; the event goes to
the dead-letter queue at once, or is dropped. The dead letter carries the event as the rule matched it, before any input
transformation. The error texts are our own: AWS does not document them.
"""

import json
import logging
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id
from ministack.services import cloudwatch, eventbridge, lambda_svc, sqs

from local_cloud.delivery.permissions import may_invoke, may_send, qualified_function_arn
from local_cloud.delivery.queues import LOCK

PRINCIPAL = "events.amazonaws.com"

logger = logging.getLogger("eventbridge")


class ErrorCode(StrEnum):
    """Why a target did not get the event, as the dead letter's ERROR_CODE."""

    NO_PERMISSIONS = "NO_PERMISSIONS"
    NO_RESOURCE = "NO_RESOURCE"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one target."""

    rule: dict[str, Any]
    target: dict[str, Any]
    event: Any
    """The emulator's view of the event, decoded only if asked."""


_delivery: ContextVar[Delivery] = ContextVar("delivery")

_enqueue = eventbridge._dispatch_to_sqs
"""The emulator's own: puts a payload on the queue of a parsed ARN, asking nobody."""


def install() -> None:
    """Replace how the emulator hands an event to queues and functions."""
    invoke, matches_request_scope = eventbridge._invoke_target, eventbridge._target_matches_request_scope

    def invoke_target(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        view = view or eventbridge._pattern_event_view(event)
        token = _delivery.set(Delivery(rule, target, view))
        try:
            invoke(target, event, rule, view)
        finally:
            _delivery.reset(token)

    def target_matches_request_scope(spec: Any) -> bool:
        if matches_request_scope(spec):
            return True
        _undelivered(_delivery.get(), ErrorCode.NO_RESOURCE, f"{spec} is not in the rule's account and Region")
        return False

    def dispatch_to_sqs(spec: Any, payload: str, sqs_parameters: Any = None) -> None:
        delivery, arn = _delivery.get(), str(spec)
        if sqs._queue_by_arn(arn) is None:
            _undelivered(delivery, ErrorCode.NO_RESOURCE, f"The queue {arn} does not exist")
        elif not may_send(arn, PRINCIPAL, delivery.rule["Arn"], get_account_id()):
            _undelivered(delivery, ErrorCode.NO_PERMISSIONS, f"{PRINCIPAL} may not send to {arn} for this rule")
        else:
            with LOCK:
                _enqueue(spec, payload, sqs_parameters)

    def dispatch_to_lambda(arn: str, payload: str) -> None:
        delivery = _delivery.get()
        record, config, _ = lambda_svc._get_func_record_for_ref(arn)
        if not config:
            _undelivered(delivery, ErrorCode.NO_RESOURCE, f"The function {arn} does not exist")
        elif not may_invoke(arn, PRINCIPAL, delivery.rule["Arn"], get_account_id()):
            _undelivered(delivery, ErrorCode.NO_PERMISSIONS, f"{PRINCIPAL} may not invoke {arn} for this rule")
        else:
            invoked = {**record, "config": {**config, "FunctionArn": qualified_function_arn(arn)}}
            # Asynchronous: the function's errors are Lambda's to retry, not a failed delivery.
            lambda_svc.invoke_async_with_retry(invoked, json.loads(payload))

    eventbridge._invoke_target = invoke_target
    eventbridge._target_matches_request_scope = target_matches_request_scope
    eventbridge._dispatch_to_sqs = dispatch_to_sqs
    eventbridge._dispatch_to_lambda = dispatch_to_lambda


def _undelivered(delivery: Delivery, code: ErrorCode, message: str) -> None:
    """Send the event to the target's dead-letter queue if that queue lets the rule, else drop it."""
    _count("FailedInvocations", delivery)
    arn = (delivery.target.get("DeadLetterConfig") or {}).get("Arn")
    if not arn:
        logger.warning("%s: %s; no dead-letter queue, the event is dropped", delivery.rule["Arn"], message)
        return
    queue = sqs._queue_by_arn(arn)
    # EventBridge takes standard queues only.
    if queue is None or queue["is_fifo"] or not may_send(arn, PRINCIPAL, delivery.rule["Arn"], get_account_id()):
        _count("InvocationsFailedToBeSentToDlq", delivery)
        logger.warning("%s: %s; dead-letter queue %s refused the event, dropped", delivery.rule["Arn"], message, arn)
        return
    attributes = {
        "RULE_ARN": delivery.rule["Arn"],
        "TARGET_ARN": delivery.target["Arn"],
        "ERROR_CODE": code.value,
        "ERROR_MESSAGE": message,
    }
    with LOCK:
        _enqueue(parse_arn(arn), json.dumps(delivery.event.event_with_detail()))
        queue["messages"][-1]["message_attributes"] = {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        }
    _count("InvocationsSentToDlq", delivery)
    logger.warning("%s: %s; the event is in %s", delivery.rule["Arn"], message, arn)


def _count(metric: str, delivery: Delivery) -> None:
    """One data point of a rule's metric ("Monitoring Amazon EventBridge")."""
    dimensions = {"RuleName": delivery.rule["Name"]}
    if delivery.rule["EventBusName"] != "default":
        dimensions["EventBusName"] = delivery.rule["EventBusName"]
    cloudwatch.record_metric("AWS/Events", metric, 1, "Count", dimensions)

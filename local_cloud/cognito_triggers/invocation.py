"""Calls a trigger function the way a user pool does: permission, time limit, attempts, errors, shape of the answer.

From "Customizing user pool workflows with Lambda triggers", Amazon Cognito Developer Guide: the function must answer
within 5 seconds, otherwise it is called again; after three attempts the operation fails; none of this can be
configured. It returns the event it got, changed in `response`. A lost process counts as no answer here, a raised error
as an answer.

The exception names are those of the user pools API reference. The texts are not documented; they are the ones people
quote from AWS ("How do I troubleshoot Lambda trigger errors in Amazon Cognito", AWS re:Post, and public bug reports).
"""

import contextvars
import logging
import queue
import threading
from collections.abc import Mapping
from typing import Any

from ministack.services import lambda_svc

from local_cloud.cognito_triggers.calls import CallRefusedError
from local_cloud.delivery import may_invoke

logger = logging.getLogger(__name__)

PRINCIPAL = "cognito-idp.amazonaws.com"
ANSWER_SECONDS = 5.0
ATTEMPTS = 3

EVENT_FIELDS = frozenset(
    {"version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request", "response"}
)
"""What the function has to hand back."""

UNANSWERED = frozenset({"Sandbox.Timedout", "Runtime.ExitError"})
"""Error types that Lambda, not the function, reports: its time limit ended it, or its process did."""


def answer(trigger: str, function: str, event: Mapping[str, Any], pool: Mapping[str, Any]) -> dict[str, Any]:
    """The `response` block that the function returns for the event. `function` is an ARN, with or without qualifier.

    Raises CallRefusedError: UnexpectedLambdaException (no permission, no function, throttled, no answer in time),
    UserLambdaValidationException (the function raised), InvalidLambdaResponseException (not the event).
    """
    record = _record(function)
    # Lambda denies access to a function that does not exist as it does to one that lacks the permission.
    if record is None or not may_invoke(function, PRINCIPAL, pool["Arn"], pool["Arn"].split(":")[4]):
        raise _unexpected(trigger, "AccessDeniedException")
    result = _result(trigger, record, event)
    body = result.get("body")
    if result.get("error"):
        message = body.get("errorMessage") if isinstance(body, dict) else body
        raise CallRefusedError("UserLambdaValidationException", f"{trigger} failed with error {message}.")
    if not isinstance(body, dict) or not body.keys() >= EVENT_FIELDS or not isinstance(body["response"], dict):
        raise unrecognizable()
    response: dict[str, Any] = body["response"]
    return response


def unrecognizable() -> CallRefusedError:
    """The function answered with something else than the event in its documented shape."""
    return CallRefusedError("InvalidLambdaResponseException", "Unrecognizable lambda output")


def _record(function: str) -> dict[str, Any] | None:
    """What the emulator executes: the version that the ARN's qualifier points to, invoked under the ARN itself."""
    record, config, _ = lambda_svc._get_func_record_for_ref(function)
    if record is None or config is None:
        return None
    executable: dict[str, Any] = lambda_svc._execution_record_for_config(record, {**config, "FunctionArn": function})
    return executable


def _result(trigger: str, record: dict[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    result = None
    for attempt in range(1, ATTEMPTS + 1):
        result = _attempt(record, event)
        if result is not None and result.get("throttle"):
            raise _unexpected(trigger, "TooManyRequestsException")
        if result is not None and not _without_answer(result):
            return result
        logger.warning("%s of %s: attempt %d of %d without an answer", trigger, event["userPoolId"], attempt, ATTEMPTS)
    if result is None:
        raise _unexpected(trigger, "Socket timeout while invoking Lambda function")
    return result


def _attempt(record: dict[str, Any], event: Mapping[str, Any]) -> dict[str, Any] | None:
    """The result of one execution; None when it takes too long. The execution goes on, as it does in AWS."""
    results: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    context = contextvars.copy_context()

    def execute() -> None:
        try:
            results.put(context.run(lambda_svc._execute_function_with_config_scope, record, dict(event)))
        except Exception as error:
            logger.exception("the emulator could not execute a trigger function")
            results.put({"error": True, "body": {"errorMessage": str(error)}})

    threading.Thread(target=execute, daemon=True, name="cognito-trigger").start()
    try:
        return results.get(timeout=ANSWER_SECONDS)
    except queue.Empty:
        return None


def _without_answer(result: Mapping[str, Any]) -> bool:
    body = result.get("body")
    return bool(result.get("error")) and isinstance(body, dict) and body.get("errorType") in UNANSWERED


def _unexpected(trigger: str, reason: str) -> CallRefusedError:
    return CallRefusedError("UnexpectedLambdaException", f"{trigger} invocation failed due to error {reason}.")

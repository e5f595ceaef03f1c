"""Counts a sign-in attempt and refuses it while the account is locked; forgets the count once the password was right.

Event: PreAuthentication_Authentication and PostAuthentication_Authentication; every other source is refused.
Fails closed before the password: no counting, no sign-in. One exception: while DynamoDB itself cannot be reached,
WHEN_UNREACHABLE decides, `allow` by default. An outage would otherwise shut every clinic out of its records, while
Cognito's own lockout and the second factor go on guarding; nobody outside can bring such an outage about. What somebody
can bring about (throttling) and what a bad deployment does (no permission, no table, no environment) stays closed.
Fails open after the password: whoever got in stays in, and is told about by log and metric.
Budget: Cognito waits 5 s and asks up to three times; see store.py.

One function for both triggers: the second runs a moment after the first, in the same warm process, and a role of its
own would protect nothing, for who may count an attempt could as well set the count to zero.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from medflow_runtime.logs import logger_for
from sign_in_guard.guard import SERVICE, Guard
from sign_in_guard.lockout import AFTER, BEFORE, FAILED_TEXT, SignInRefusedError

LOGGER = logger_for(SERVICE)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    LOGGER.set_correlation_id(context.aws_request_id)
    guard, source = Guard(LOGGER, context.function_name), event.get("triggerSource")
    if source == BEFORE:
        guard.before(event)
    elif source == AFTER:
        guard.after(event)
    else:
        LOGGER.error("unknown trigger source")
        raise SignInRefusedError(FAILED_TEXT)
    return event

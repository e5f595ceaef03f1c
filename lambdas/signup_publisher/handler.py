"""Publishes `user.registered`. Event: PostConfirmation_ConfirmSignUp; every other source is let through unpublished.

Fails open: whatever goes wrong is logged and counted, and the user goes on; Cognito has confirmed them already and
would not ask again. Budget: Cognito waits 5 s; see events.py.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from medflow_runtime.environment import EnvironmentProblemsError
from medflow_runtime.logs import logger_for
from medflow_runtime.metrics import count
from signup_publisher.env import environment
from signup_publisher.events import UndeliverableError
from signup_publisher.publishing import SERVICE, publish
from signup_publisher.registration import CONFIRMED

LOGGER = logger_for(SERVICE)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    LOGGER.set_correlation_id(context.aws_request_id)
    try:
        if event["triggerSource"] == CONFIRMED:
            publish(event, context, environment(), LOGGER)
        else:
            LOGGER.info("not a registration", trigger_source=event["triggerSource"])
    except Exception as error:
        # Only these two say nothing of the user; any other text might quote the event.
        told = isinstance(error, UndeliverableError | EnvironmentProblemsError)
        LOGGER.error("sign-up not published", reason=str(error) if told else type(error).__name__)
        count("SignupNotPublished", SERVICE)
    return event

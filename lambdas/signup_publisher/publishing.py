"""One registration on its way: built, checked, delivered, and each of the three told to the log and the metrics."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from medflow_runtime.events import violation
from medflow_runtime.metrics import count
from signup_publisher.env import Environment
from signup_publisher.events import Outlet, deliver
from signup_publisher.registration import envelope, user_registered

SERVICE = "signup_publisher"


def publish(event: dict[str, Any], context: LambdaContext, environment: Environment, logger: Logger) -> None:
    """Publish the registration. Raises UndeliverableError, or whatever a malformed event leads to."""
    detail = user_registered(event, context.aws_request_id, datetime.now(UTC))
    if broken_rule := violation(detail, detail["schema_version"]):
        logger.warning("the consumer will dead-letter this sign-up", broken_rule=broken_rule)
        count("SignupInvalid", SERVICE)
    account = context.invoked_function_arn.split(":")[4]
    sent = envelope(detail, event["region"], account)
    outlet, refusal = deliver(sent, environment, lambda: context.get_remaining_time_in_millis() / 1000)
    logger.info("sign-up published", outlet=outlet, event_id=detail["event_id"])
    if outlet is Outlet.QUEUE:
        logger.warning("the bus did not take the sign-up", reason=refusal)
        count("SignupFellBackToQueue", SERVICE)

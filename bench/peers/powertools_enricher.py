"""The token enricher's logic on Powertools' event classes and logger: what the convenience costs on the token path."""

import os

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes.cognito_user_pool_event import PreTokenGenerationV2TriggerEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from token_enricher import env
from token_enricher.claims import TokenRequest, Tokens

ENVIRONMENT = env.parse(os.environ)
LOGGER = Logger(service="token_enricher")


def lambda_handler(event: dict[str, object], _context: LambdaContext) -> dict[str, object]:
    trigger = PreTokenGenerationV2TriggerEvent(event)
    request = TokenRequest(trigger.raw_event)
    tokens = Tokens(request, ENVIRONMENT, lambda: True)
    LOGGER.info("token enriched", extra={"outcome": tokens.outcome, "source": trigger.trigger_source})
    event["response"] = tokens.response(request)
    return event

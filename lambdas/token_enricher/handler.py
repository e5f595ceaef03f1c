"""Puts clinic, roles, scopes and language into both tokens. Event: TokenGeneration_* (V2_0) of a person.

Fails closed: no token rather than one for the wrong clinic. Budget: Cognito waits 5 s; this needs no network at all.
"""

import os

from token_enricher import env
from token_enricher.claims import TokenRefusedError, TokenRequest, Tokens
from token_enricher.logs import log_for

ENVIRONMENT = env.parse(os.environ)


def lambda_handler(event: dict[str, object], context: object) -> dict[str, object]:
    log = log_for(event, context)
    try:
        request = TokenRequest(event)
        tokens = Tokens(request, ENVIRONMENT)
    except TokenRefusedError as refused:
        log("WARNING", "token refused", reason=refused.reason)
        raise
    except Exception as error:
        log("ERROR", "token refused", reason="UNREADABLE_EVENT", error=type(error).__name__)
        raise TokenRefusedError("UNREADABLE_EVENT") from None
    log("INFO", "token enriched", outcome=tokens.outcome, dropped_groups=len(request.groups) - len(tokens.groups))
    event["response"] = tokens.response(request)
    return event

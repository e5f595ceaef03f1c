"""Puts clinic, roles, scopes and language into both tokens. Event: TokenGeneration_* (V2_0) of a person.

Fails closed: no token rather than one for the wrong clinic, no privileged scope when the pool cannot say whether the
user has a second factor. Budget: Cognito waits 5 s; only holders of privileged scopes need the network, 2.5 s at most.
"""

import os

from token_enricher import env
from token_enricher.claims import TokenRefusedError, TokenRequest, Tokens
from token_enricher.logs import log_for
from token_enricher.store import SecondFactors

ENVIRONMENT = env.parse(os.environ)
FACTORS = SecondFactors()


def lambda_handler(event: dict[str, object], context: object) -> dict[str, object]:
    log = log_for(event, context)

    def has_second_factor() -> bool:
        try:
            return FACTORS.enrolled(str(event["userPoolId"]), str(event["userName"]))
        except Exception as error:
            log("ERROR", "second factor unknown", error=type(error).__name__)
            return False

    try:
        request = TokenRequest(event)
        tokens = Tokens(request, ENVIRONMENT, has_second_factor)
    except TokenRefusedError as refused:
        log("WARNING", "token refused", reason=refused.reason)
        raise
    except Exception as error:
        log("ERROR", "token refused", reason="UNREADABLE_EVENT", error=type(error).__name__)
        raise TokenRefusedError("UNREADABLE_EVENT") from None
    log("INFO", "token enriched", outcome=tokens.outcome, dropped_groups=len(request.groups) - len(tokens.groups))
    event["response"] = tokens.response(request)
    return event

"""Writes a message in the user's language. Event: CustomMessage_* of every source that Cognito documents.

Fails open: whatever goes wrong is logged and counted, and the event goes back as it came, so that Cognito sends its own
words. Budget: Cognito waits 5 s; a message takes milliseconds and no network.
"""

import os
from typing import Any

from custom_message.env import EnvironmentProblemsError, parse
from custom_message.logs import count_not_written, log_for
from custom_message.messages import UnacceptableError, write


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    log = log_for(event, context)
    try:
        response, language = write(event, parse(os.environ))
        event["response"] = response
    except Exception as error:
        # Only these two say nothing of the user; any other text might quote the event.
        told = isinstance(error, UnacceptableError | EnvironmentProblemsError)
        log("ERROR", "message not written", reason=str(error) if told else type(error).__name__)
        count_not_written()
    else:
        log("INFO", "message written", language=language)
    return event

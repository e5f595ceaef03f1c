"""JSON lines by plain `print`: one per message, and a metric (embedded metric format) where none was written.

Never of the person: the invocation, the pool, the source and the language.
"""

import json
import time
from collections.abc import Callable

NOT_WRITTEN = "MessageNotWritten"


def log_for(event: object, context: object) -> Callable[..., None]:
    """A log that names the invocation and the pool, and nothing of what the event says about the user."""
    known = event if isinstance(event, dict) else {}
    place = {
        "request_id": getattr(context, "aws_request_id", None),
        "trigger_source": str(known.get("triggerSource"))[:64],
        "user_pool_id": str(known.get("userPoolId"))[:64],
    }

    def log(level: str, message: str, **fields: object) -> None:
        print(json.dumps({"level": level, "message": message, **place, **fields}))

    return log


def count_not_written() -> None:
    """Count a message that went out in Cognito's own words."""
    metric = {
        "Namespace": "MedFlow",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": NOT_WRITTEN, "Unit": "Count"}],
    }
    stamp = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metric]}
    print(json.dumps({"_aws": stamp, "service": "custom_message", NOT_WRITTEN: 1}))

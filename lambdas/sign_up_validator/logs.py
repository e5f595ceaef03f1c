"""One JSON line per decision by plain `print`: `logging` alone would double the start-up. Never of the person."""

import json
import time

NAMESPACE, SERVICE, UNDECIDED = "MedFlow", "sign_up_validator", "SignUpUndecided"
"""Metric that an alarm watches. Refused users are none of its business: anybody can mistype a number."""


class DecisionLog:
    """Names the invocation and the pool, and nothing of what the event says about the user."""

    def __init__(self, event: object, context: object) -> None:
        known = event if isinstance(event, dict) else {}
        self._place = {
            "request_id": str(getattr(context, "aws_request_id", "")),
            **{
                key: _short(known.get(name))
                for key, name in (("trigger_source", "triggerSource"), ("pool", "userPoolId"))
            },
        }

    def line(self, level: str, message: str, **more: object) -> None:
        print(json.dumps({"level": level, "message": message, **self._place, **more}))

    def undecided(self, reason: str) -> None:
        """Told, and counted in CloudWatch's embedded metric format."""
        metric = {
            "Namespace": NAMESPACE,
            "Dimensions": [["service"]],
            "Metrics": [{"Name": UNDECIDED, "Unit": "Count"}],
        }
        self.line(
            "ERROR",
            "sign-up undecided",
            reason=reason,
            service=SERVICE,
            _aws={"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metric]},
            **{UNDECIDED: 1},
        )


def _short(value: object) -> str:
    return str(value)[:64] if isinstance(value, str) else ""

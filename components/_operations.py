"""How functions are watched: the same for every function of a stack, so it travels as one argument."""

from typing import NotRequired, TypedDict

import pulumi

LOG_RETENTION_DAYS = 365
"""Days that log lines are kept unless an argument says otherwise."""


class OperationsArgs(TypedDict):
    log_retention_days: NotRequired[int]
    """Days that log lines are kept. Default 365."""
    tracing: NotRequired[bool]
    """Record X-Ray traces. Default false."""
    alarm_topic_arn: NotRequired[pulumi.Input[str]]
    """SNS topic for alarms on errors, throttles and duration; no topic, no alarms."""

"""Alarms of the guard: many locks, and every way in which it might not do its work.

The usual alarm on each error of a function would fire at every refusal, which is a guard's daily work: what it refuses
on purpose is subtracted here.
"""

import pulumi
import pulumi_aws as aws

from components._alarms import SLOW_SHARE, Failure
from components.token_enricher import TRIGGER_TIMEOUT_SECONDS

METRICS, SERVICE = "MedFlow", "sign_in_guard"
"""Namespace of the function's own metrics, and their dimension `service`."""

PERIOD_SECONDS = 300

Dimensions = dict[str, pulumi.Input[str]]


def of_guard(function_name: pulumi.Output[str], many_locks: int) -> dict[str, aws.cloudwatch.MetricAlarmArgs]:
    """Alarms by the last part of their names, without the topic that they go to."""
    own: Dimensions = {"service": SERVICE, "function_name": function_name}
    function: Dimensions = {"FunctionName": function_name}
    slow = _alarm("Sign-in guard: p99 duration near Cognito's 5 s", TRIGGER_TIMEOUT_SECONDS * 1000 * SLOW_SHARE)
    _watch(slow, "AWS/Lambda", "Duration", function)
    slow.statistic, slow.extended_statistic = None, "p99"
    return {
        "many-locks": _watch(
            _alarm(f"Sign-in: {many_locks} or more accounts locked within five minutes", many_locks),
            METRICS,
            "AccountLocked",
            own,
        ),
        "failed": _watch(
            _alarm("Sign-in guard: attempts were not counted, or not taken back", 1), METRICS, "GuardFailed", own
        ),
        "throttles": _watch(
            _alarm("Sign-in guard: throttled, so sign-ins fail", 1), "AWS/Lambda", Failure.THROTTLES.value, function
        ),
        "errors": _unexpected_errors(function, own),
        "duration": slow,
    }


def _unexpected_errors(function: Dimensions, own: Dimensions) -> aws.cloudwatch.MetricAlarmArgs:
    alarm = _alarm("Sign-in guard: errors besides the refusals of locked accounts", 1)
    alarm.metric_queries = [
        aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id="unexpected", expression="errors - FILL(refused, 0)", label="Unexpected errors", return_data=True
        ),
        _query("errors", "AWS/Lambda", Failure.ERRORS.value, function),
        _query("refused", METRICS, "SignInRefused", own),
    ]
    return alarm


def _alarm(text: str, threshold: float) -> aws.cloudwatch.MetricAlarmArgs:
    return aws.cloudwatch.MetricAlarmArgs(
        comparison_operator="GreaterThanOrEqualToThreshold",
        threshold=threshold,
        evaluation_periods=1,
        treat_missing_data="notBreaching",
        alarm_description=text,
    )


def _watch(
    alarm: aws.cloudwatch.MetricAlarmArgs, namespace: str, metric: str, dimensions: Dimensions
) -> aws.cloudwatch.MetricAlarmArgs:
    alarm.namespace, alarm.metric_name, alarm.dimensions = namespace, metric, dimensions
    alarm.period, alarm.statistic = PERIOD_SECONDS, "Sum"
    return alarm


def _query(key: str, namespace: str, metric: str, dimensions: Dimensions) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id=key,
        metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
            namespace=namespace, metric_name=metric, dimensions=dimensions, period=PERIOD_SECONDS, stat="Sum"
        ),
    )

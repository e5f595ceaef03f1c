"""Alarms that every function has: one failure is enough to be told, and so is slowness near the timeout."""

from enum import StrEnum

import pulumi
import pulumi_aws as aws

from components._names import Kind, physical_name

SLOW_SHARE = 0.8
"""Share of the timeout from which the duration alarm fires."""


NAMESPACE = "MedFlow"
"""Namespace of what the functions count themselves."""


class Failure(StrEnum):
    """Metric of AWS/Lambda of which a single count is worth an alarm."""

    ERRORS = "Errors"
    THROTTLES = "Throttles"


def function_alarms(
    parent: pulumi.Resource,
    name: str,
    *,
    name_prefix: str,
    resource: str,
    function_name: pulumi.Output[str],
    timeout_seconds: int,
    topic_arn: pulumi.Input[str],
) -> None:
    """Create the alarms of one function as children of `parent`; they go to `topic_arn`, and so does their end."""

    def create(key: str, alarm: aws.cloudwatch.MetricAlarmArgs) -> None:
        alarm.name = physical_name(name_prefix, Kind.ALARM, f"{resource}-{key}")
        alarm.alarm_actions = alarm.ok_actions = [topic_arn]
        aws.cloudwatch.MetricAlarm(f"{name}-{key}-alarm", alarm, pulumi.ResourceOptions(parent=parent))

    for failure in Failure:
        counted = _alarm(function_name, failure.value, threshold=1, text=f"{resource}: {failure.value.lower()}")
        counted.statistic = "Sum"
        create(failure.value.lower(), counted)
    slow = _alarm(
        function_name,
        "Duration",
        threshold=timeout_seconds * 1000 * SLOW_SHARE,
        text=f"{resource}: p99 duration near its timeout of {timeout_seconds} s",
    )
    slow.extended_statistic = "p99"
    create("duration", slow)


def count_alarm(
    parent: pulumi.Resource,
    name: str,
    *,
    name_prefix: str,
    resource: str,
    metric: str,
    service: str,
    text: str,
    topic_arn: pulumi.Input[str],
) -> None:
    """Alarm on one count of a metric that a function of this project publishes (namespace MedFlow)."""
    alarm = aws.cloudwatch.MetricAlarmArgs(
        name=physical_name(name_prefix, Kind.ALARM, resource),
        namespace=NAMESPACE,
        metric_name=metric,
        dimensions={"service": service},
        statistic="Sum",
        comparison_operator="GreaterThanOrEqualToThreshold",
        threshold=1,
        period=60,
        evaluation_periods=1,
        treat_missing_data="notBreaching",
        alarm_description=text,
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
    )
    aws.cloudwatch.MetricAlarm(name, alarm, pulumi.ResourceOptions(parent=parent))


def _alarm(
    function_name: pulumi.Output[str], metric: str, *, threshold: float, text: str
) -> aws.cloudwatch.MetricAlarmArgs:
    return aws.cloudwatch.MetricAlarmArgs(
        namespace="AWS/Lambda",
        metric_name=metric,
        dimensions={"FunctionName": function_name},
        comparison_operator="GreaterThanOrEqualToThreshold",
        threshold=threshold,
        period=60,
        evaluation_periods=1,
        treat_missing_data="notBreaching",
        alarm_description=text,
    )

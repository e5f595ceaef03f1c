"""Metrics by log line (CloudWatch embedded metric format): no call, so they cost a trigger none of its seconds."""

from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE = "MedFlow"


def count(name: str, service: str) -> None:
    """Count one occurrence of something that an alarm watches."""
    with single_metric(name, MetricUnit.Count, 1, namespace=NAMESPACE, default_dimensions={"service": service}):
        pass

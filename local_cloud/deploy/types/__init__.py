"""The resource types the deployer knows, one module per AWS service."""

from collections.abc import Mapping
from types import ModuleType

from local_cloud.deploy.spec import Spec
from local_cloud.deploy.types import (
    acm,
    apigatewayv2,
    cloudwatch,
    codedeploy,
    cognito,
    dynamodb,
    ec2,
    events,
    iam,
    kms,
    lambda_,
    rds,
    route53,
    s3,
    secretsmanager,
    sns,
    sqs,
    ssm,
    wafv2,
)

_MODULES: tuple[ModuleType, ...] = (
    acm, apigatewayv2, cloudwatch, codedeploy, cognito, dynamodb, ec2, events, iam, kms, lambda_, rds, route53, s3,
    secretsmanager, sns, sqs, ssm, wafv2,
)  # fmt: skip


def _collect() -> dict[str, Spec]:
    specs = [value for module in _MODULES for value in vars(module).values() if isinstance(value, Spec)]
    return {spec.token: spec for spec in specs}


SPECS: Mapping[str, Spec] = _collect()
"""Specification by type token."""

"""The resource types the deployer knows, one module per AWS service."""

from collections.abc import Mapping
from types import ModuleType

from local_cloud.deploy.spec import Spec
from local_cloud.deploy.types import (
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
    s3,
    secretsmanager,
    sns,
    sqs,
    ssm,
    wafv2,
)

_MODULES: tuple[ModuleType, ...] = (
    apigatewayv2, cloudwatch, codedeploy, cognito, dynamodb, ec2, events, iam, kms, lambda_, rds, s3, secretsmanager,
    sns, sqs, ssm, wafv2,
)  # fmt: skip


def _collect() -> dict[str, Spec]:
    specs = [value for module in _MODULES for value in vars(module).values() if isinstance(value, Spec)]
    return {spec.token: spec for spec in specs}


SPECS: Mapping[str, Spec] = _collect()
"""Specification by type token."""

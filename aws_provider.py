"""The one AWS provider of the program: its region, the accounts it may touch, the tags it puts on everything."""

import pulumi_aws as aws

from settings import Stack

LOCAL_SERVICES = (
    "apigatewayv2",
    "cloudwatch",
    "cognitoidentity",
    "cognitoidp",
    "dynamodb",
    "ec2",
    "eventbridge",
    "iam",
    "lambda_",
    "logs",
    "rds",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
    "wafv2",
)
"""Endpoints that the stack `local` redirects: the services of the program, as the provider's arguments name them."""


def create_provider(stack: Stack) -> aws.Provider:
    """An explicit provider, so that no resource ever lands in the default account or region of a shell."""
    settings = stack.settings
    provider = aws.ProviderArgs(
        region=settings.region,
        allowed_account_ids=list(settings.allowed_account_ids) or None,
        default_tags=aws.ProviderDefaultTagsArgs(tags=stack.tags),
    )
    if settings.local_endpoint:
        provider.access_key = provider.secret_key = "local"
        provider.skip_credentials_validation = provider.skip_metadata_api_check = True
        provider.skip_region_validation = provider.s3_use_path_style = True
        endpoints = dict.fromkeys(LOCAL_SERVICES, settings.local_endpoint)
        provider.endpoints = [aws.ProviderEndpointArgs(**endpoints)]
    return aws.Provider("aws", provider)

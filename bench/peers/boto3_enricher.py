"""The token enricher with the one import line that many handlers begin with, and the client it is for."""

import boto3

from token_enricher.handler import lambda_handler

USERS = boto3.client("cognito-idp", region_name="eu-west-3")

__all__ = ["USERS", "lambda_handler"]

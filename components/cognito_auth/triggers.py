"""Triggers as the pool's configuration wants them."""

from collections.abc import Mapping
from typing import cast

import pulumi_aws as aws

from components.cognito_auth.args import TriggerArgs, TriggersArgs


def by_name(triggers: TriggersArgs) -> Mapping[str, TriggerArgs]:
    """`{"pre_sign_up": …}`: those that are given, under the names that the pool's configuration has for them."""
    return cast("Mapping[str, TriggerArgs]", triggers)


def configuration(triggers: TriggersArgs) -> aws.cognito.UserPoolLambdaConfigArgs | None:
    """The pool's trigger configuration. The older key `pre_token_generation` is left out: beside the versioned one it
    must repeat the same ARN, and what is not said cannot drift."""
    if not triggers:
        return None
    config = aws.cognito.UserPoolLambdaConfigArgs()
    for key, trigger in by_name(triggers).items():
        if key != "pre_token_generation":
            setattr(config, key, trigger["alias_arn"])
    if "pre_token_generation" in triggers:
        config.pre_token_generation_config = aws.cognito.UserPoolLambdaConfigPreTokenGenerationConfigArgs(
            lambda_arn=triggers["pre_token_generation"]["alias_arn"], lambda_version="V2_0"
        )
    return config

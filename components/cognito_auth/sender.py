"""Who sends the pool's messages."""

import re

import pulumi_aws as aws

from components._checks import arn_of
from components.cognito_auth.args import CognitoAuthArgs


def configuration(args: CognitoAuthArgs) -> aws.cognito.UserPoolEmailConfigurationArgs:
    """Said in either case: an update puts back what is not said."""
    if "email" not in args:
        return aws.cognito.UserPoolEmailConfigurationArgs(email_sending_account="COGNITO_DEFAULT")
    email = args["email"]
    return aws.cognito.UserPoolEmailConfigurationArgs(
        email_sending_account="DEVELOPER",
        source_arn=email["source_arn"],
        from_email_address=email["from_address"],
        reply_to_email_address=email.get("reply_to"),
        configuration_set=email.get("configuration_set"),
    )


def problems(args: CognitoAuthArgs) -> list[str]:
    """What is wrong with the sender."""
    if "email" not in args:
        without = "triggers.custom_message needs email: Cognito takes its words only where SES sends for the pool"
        return [without] if "custom_message" in args.get("triggers", {}) else []
    email = args["email"]
    found = arn_of("email.source_arn", email["source_arn"], "ses")
    for key, text in (("from_address", email["from_address"]), ("reply_to", email.get("reply_to", "a@b"))):
        if not re.fullmatch(r"[^@<>\s]+@[^@<>\s]+|[^<>]+ <[^@<>\s]+@[^@<>\s]+>", text):
            found.append(f"email.{key} {text!r} must read like `a@b.c` or `Name <a@b.c>`")
    return found

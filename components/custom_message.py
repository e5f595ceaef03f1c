"""The custom message trigger: a Lambda that writes the pool's e-mails and text messages in the user's language.

Owns the function and its role. Does not own the pool, nor the pool's permission to invoke it, nor who sends: Cognito
takes e-mails from a trigger only in a pool that sends through Amazon SES ("Custom message Lambda trigger", Cognito
Developer Guide), and refuses the sign-up otherwise. Whoever gives this trigger to a pool has to see to that.
"""

from enum import StrEnum
from typing import NotRequired, TypedDict

import pulumi

from components._checks import redirect_urls, refuse
from components._operations import OperationsArgs
from components._python_lambda import PythonLambda, PythonLambdaArgs

TRIGGER_TIMEOUT_SECONDS = 5
"""Cognito waits no longer ("Customizing user pool workflows with Lambda triggers", Cognito Developer Guide)."""


class Language(StrEnum):
    """What the messages are written in."""

    ARABIC = "ar"
    FRENCH = "fr"
    ENGLISH = "en"


class CustomMessageArgs(TypedDict):
    name_prefix: str
    """`{environment}-{project}`; a change replaces the function."""
    default_language: Language
    """For users who prefer no language, or one that is not written here."""
    application_url: NotRequired[str]
    """Where invited users sign in, such as `https://app.example.com`. Without it an invitation holds no link."""
    operations: NotRequired[OperationsArgs]
    """Logs, traces and alarms."""


class CustomMessage(pulumi.ComponentResource):
    """A custom message trigger that never stops a message: what it cannot write, Cognito sends in its own words."""

    function_name: pulumi.Output[str]
    """Physical name of the function, for permissions and rollback."""
    alias_name: pulumi.Output[str]
    """Alias that the pool invokes."""
    alias_arn: pulumi.Output[str]
    """ARN for the pool's trigger configuration."""
    role_name: pulumi.Output[str]
    """Name of the function's role."""

    def __init__(self, name: str, args: CustomMessageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("medflow:index:CustomMessage", name, {}, opts)
        url = args.get("application_url", "")
        refuse("CustomMessage", name, redirect_urls("application_url", [url] if url else []))

        function = self._create_function(name, args)

        self.function_name, self.alias_name = function.function_name, function.alias_name
        self.alias_arn, self.role_name = function.alias_arn, function.role_name
        self.register_outputs(
            {
                "function_name": self.function_name,
                "alias_name": self.alias_name,
                "alias_arn": self.alias_arn,
                "role_name": self.role_name,
            }
        )

    def _create_function(self, name: str, args: CustomMessageArgs) -> PythonLambda:
        function: PythonLambdaArgs = {
            "name_prefix": args["name_prefix"],
            "package": "custom_message",
            "description": "Writes the pool's messages in the user's language",
            "timeout_seconds": TRIGGER_TIMEOUT_SECONDS,
            "statements": [],
            "environment": {
                "DEFAULT_LANGUAGE": args["default_language"].value,
                "APPLICATION_URL": args.get("application_url", ""),
            },
            "operations": args.get("operations", {}),
        }
        return PythonLambda(f"{name}-function", function, pulumi.ResourceOptions(parent=self))

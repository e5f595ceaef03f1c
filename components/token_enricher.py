"""The pre token generation trigger: a Lambda that puts clinic, roles, scopes and language into both tokens.

Owns the function and its role. Does not own the pool, nor the pool's permission to invoke it: CognitoAuth grants that.
"""

import json
from enum import StrEnum
from typing import NotRequired, TypedDict

import pulumi

from components._checks import refuse
from components._operations import OperationsArgs
from components._python_lambda import PythonLambda, PythonLambdaArgs
from components._roles import RoleArgs, role_problems

TRIGGER_TIMEOUT_SECONDS = 5
"""Cognito waits no longer ("Customizing user pool workflows with Lambda triggers", Cognito Developer Guide)."""


class TenantlessUsers(StrEnum):
    """What a user gets who belongs to no clinic yet."""

    REFUSE = "refuse"
    """No token at all: the sign-in fails."""
    LIMITED = "limited"
    """Tokens without tenant claim and without scopes of the API: the application can say "wait for your clinic"."""


class TokenEnricherArgs(TypedDict):
    name_prefix: str
    """`{environment}-{project}`; a change replaces the function."""
    roles: list[RoleArgs]
    """Roles by precedence, the most powerful first, with the scopes each brings."""
    resource_server: str
    """Identifier before the slash of every scope, such as `medflow`."""
    tenantless_users: TenantlessUsers
    """What a user without clinic gets. A user whose clinic id is no UUID is always refused."""
    privileged_scopes: NotRequired[list[str]]
    """Scopes, such as `records.read`, that only users with an enrolled second factor get, whatever their roles. Default
    none. With any, the function must be allowed `AdminGetUser` on the pool."""
    operations: NotRequired[OperationsArgs]
    """Logs, traces and alarms."""


class TokenEnricher(pulumi.ComponentResource):
    """A pre token generation trigger (event V2_0) that fails closed: no token rather than one for the wrong clinic."""

    function_name: pulumi.Output[str]
    """Physical name of the function, for permissions and rollback."""
    alias_name: pulumi.Output[str]
    """Alias that the pool invokes."""
    alias_arn: pulumi.Output[str]
    """ARN for the pool's trigger configuration."""
    role_name: pulumi.Output[str]
    """Role of the function, for its access to the pool."""

    def __init__(self, name: str, args: TokenEnricherArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("medflow:index:TokenEnricher", name, {}, opts)
        refuse("TokenEnricher", name, role_problems(args["roles"]))

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

    def _create_function(self, name: str, args: TokenEnricherArgs) -> PythonLambda:
        function: PythonLambdaArgs = {
            "name_prefix": args["name_prefix"],
            "package": "token_enricher",
            "description": "Puts clinic, roles, scopes and language into tokens",
            "timeout_seconds": TRIGGER_TIMEOUT_SECONDS,
            "statements": [],
            "environment": {
                "ROLES": json.dumps([{"name": role["name"], "scopes": role["scopes"]} for role in args["roles"]]),
                "RESOURCE_SERVER": args["resource_server"],
                "TENANTLESS_USERS": args["tenantless_users"].value,
                "PRIVILEGED_SCOPES": json.dumps(sorted(args.get("privileged_scopes", []))),
            },
            "operations": args.get("operations", {}),
        }
        return PythonLambda(f"{name}-function", function, pulumi.ResourceOptions(parent=self))

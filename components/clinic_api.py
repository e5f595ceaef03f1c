"""The sample service behind the front door: who am I, and who works in my clinic.

Owns one function that reads the users table. It stands where a clinic's own services will stand, and shows what each
must do with a token: believe the tenant claim, and nothing else, about whose data to show.
"""

from typing import NotRequired, TypedDict

import pulumi

from components._database_access import DatabaseArgs, database_environment, database_statements
from components._operations import OperationsArgs
from components._python_lambda import PythonLambda, PythonLambdaArgs


class ClinicApiArgs(TypedDict):
    name_prefix: str
    database: DatabaseArgs
    resource_server: str
    """Identifier before the slash of every scope: the service checks scopes itself, too."""
    operations: NotRequired[OperationsArgs]
    """Logs, traces and alarms."""


class ClinicApi(pulumi.ComponentResource):
    """A service on a Lambda alias, ready to be an upstream of ApiFrontDoor."""

    function_name: pulumi.Output[str]
    """Physical name of the function."""
    alias_name: pulumi.Output[str]
    """Alias to invoke."""
    invoke_arn: pulumi.Output[str]
    """ARN for an API Gateway integration."""

    def __init__(self, name: str, args: ClinicApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("medflow:index:ClinicApi", name, {}, opts)

        function = self._create_function(name, args)

        self.function_name, self.alias_name = function.function_name, function.alias_name
        self.invoke_arn = function.invoke_arn
        self.register_outputs(
            {"function_name": self.function_name, "alias_name": self.alias_name, "invoke_arn": self.invoke_arn}
        )

    def _create_function(self, name: str, args: ClinicApiArgs) -> PythonLambda:
        function: PythonLambdaArgs = {
            "name_prefix": args["name_prefix"],
            "package": "clinic_api",
            "description": "Sample service: the caller, and the users of the caller's clinic",
            "timeout_seconds": 29,
            "environment": {**database_environment(args["database"]), "RESOURCE_SERVER": args["resource_server"]},
            "statements": database_statements(args["database"], "ExecuteStatement"),
            "operations": args.get("operations", {}),
        }
        return PythonLambda(f"{name}-function", function, pulumi.ResourceOptions(parent=self))

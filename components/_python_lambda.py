"""Private block: one Python Lambda as every function of this project has it.

Owns the role and its policy, the log group, the function, its published version, the alias `live` and, given a topic,
the alarms. Does not own who may invoke it: the caller of the function (the pool, the API) brings its own permission.
"""

import hashlib
from pathlib import Path
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._alarms import function_alarms
from components._checks import between, refuse
from components._iam import Statement, assume_role_policy, policy_json
from components._names import Kind, physical_name, prefix_problems
from components._operations import LOG_RETENTION_DAYS, OperationsArgs

BUILD_DIRECTORY = "build/lambdas"
"""Where `make build` leaves one zip per package, relative to the program (so that no state holds a machine's path)."""

LIVE = "live"
"""The alias that everything invokes: a release moves it, a rollback moves it back."""

RUNTIME, ARCHITECTURE = "python3.13", "arm64"
"""python3.13 is supported until mid 2029 ("Lambda runtimes", AWS Lambda Developer Guide)."""


class PythonLambdaArgs(TypedDict):
    name_prefix: str
    """`{environment}-{project}`; a change replaces every named child."""
    package: str
    """Import package under `lambdas/`: names the zip, the handler and, with hyphens, the function."""
    description: str
    timeout_seconds: int
    """1 to 900. A Cognito trigger gets 5 at most, whatever stands here."""
    statements: list[Statement]
    """What the function may do besides writing its own logs."""
    environment: NotRequired[dict[str, pulumi.Input[str]]]
    """Environment variables; at most 4 KB in all, and nothing secret."""
    memory_mb: NotRequired[int]
    """128 to 10240. Default 256; CPU grows with it."""
    operations: NotRequired[OperationsArgs]
    """Logs, traces and alarms."""


class PythonLambda(pulumi.ComponentResource):
    """A Python function with its own role, log group, published version and alias `live`."""

    function_name: pulumi.Output[str]
    """Physical name of the function."""
    alias_name: pulumi.Output[str]
    """Name of the alias to invoke."""
    alias_arn: pulumi.Output[str]
    """ARN to invoke, alias included."""
    invoke_arn: pulumi.Output[str]
    """ARN in the form that API Gateway integrations take, alias included."""
    role_name: pulumi.Output[str]
    """Name of the function's role, for policies made later."""
    log_group_name: pulumi.Output[str]
    """Log group of the function."""

    def __init__(self, name: str, args: PythonLambdaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("medflow:index:PythonLambda", name, {}, opts)
        refuse("PythonLambda", name, _problems(args))
        operations = args.get("operations", {})
        resource = args["package"].replace("_", "-")
        function_name = physical_name(args["name_prefix"], Kind.LAMBDA_FUNCTION, resource)

        logs = self._create_log_group(name, args, function_name)
        role = self._create_role(name, args, physical_name(args["name_prefix"], Kind.IAM_ROLE, resource))
        grants = self._grant(name, args, role, logs)
        function = self._create_function(name, args, function_name, role, logs, grants)
        live = self._create_alias(name, function)
        if "alarm_topic_arn" in operations:
            function_alarms(
                self,
                name,
                name_prefix=args["name_prefix"],
                resource=resource,
                function_name=function.name,
                timeout_seconds=args["timeout_seconds"],
                topic_arn=operations["alarm_topic_arn"],
            )

        self.function_name, self.log_group_name, self.role_name = function.name, logs.name, role.name
        self.alias_name, self.alias_arn, self.invoke_arn = live.name, live.arn, live.invoke_arn
        self.register_outputs(
            {
                "function_name": self.function_name,
                "alias_name": self.alias_name,
                "alias_arn": self.alias_arn,
                "invoke_arn": self.invoke_arn,
                "role_name": self.role_name,
                "log_group_name": self.log_group_name,
            }
        )

    def _create_log_group(self, name: str, args: PythonLambdaArgs, function_name: str) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/lambda/{function_name}",
            retention_in_days=args.get("operations", {}).get("log_retention_days", LOG_RETENTION_DAYS),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_role(self, name: str, args: PythonLambdaArgs, role_name: str) -> aws.iam.Role:
        return aws.iam.Role(
            f"{name}-role",
            name=role_name,
            description=f"Execution role of {args['package']}",
            assume_role_policy=assume_role_policy("lambda.amazonaws.com"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _grant(
        self, name: str, args: PythonLambdaArgs, role: aws.iam.Role, logs: aws.cloudwatch.LogGroup
    ) -> aws.iam.RolePolicy:
        statements = [
            Statement(
                "WriteOwnLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [pulumi.Output.concat(logs.arn, ":*")]
            ),
            *args["statements"],
        ]
        if _traces(args):
            because = "X-Ray knows no resource for trace segments"
            actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
            statements.append(Statement("SendTraces", actions, ["*"], any_resource_because=because))
        return aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=policy_json(statements),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_function(
        self,
        name: str,
        args: PythonLambdaArgs,
        function_name: str,
        role: aws.iam.Role,
        logs: aws.cloudwatch.LogGroup,
        grants: aws.iam.RolePolicy,
    ) -> aws.lambda_.Function:
        package = args["package"]
        return aws.lambda_.Function(
            f"{name}-function",
            name=function_name,
            description=args["description"],
            role=role.arn,
            runtime=RUNTIME,
            architectures=[ARCHITECTURE],
            handler=f"{package}.handler.lambda_handler",
            code=pulumi.FileArchive(archive_path(package)),
            timeout=args["timeout_seconds"],
            memory_size=args.get("memory_mb", 256),
            publish=True,
            environment={"variables": args["environment"]} if args.get("environment") else None,
            logging_config={"log_format": "JSON", "log_group": logs.name},
            tracing_config={"mode": "Active" if _traces(args) else "PassThrough"},
            # The first invocation may come at once: grants before the function, or it fails with AccessDenied.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[grants]),
        )

    def _create_alias(self, name: str, function: aws.lambda_.Function) -> aws.lambda_.Alias:
        return aws.lambda_.Alias(
            f"{name}-live",
            name=LIVE,
            function_name=function.name,
            function_version=function.version,
            opts=pulumi.ResourceOptions(parent=self),
        )


def _traces(args: PythonLambdaArgs) -> bool:
    return args.get("operations", {}).get("tracing", False)


def archive_path(package: str) -> str:
    """Path of a built zip, relative to the program's directory."""
    return f"{BUILD_DIRECTORY}/{package}.zip"


def archive_digest(package: str) -> str:
    """SHA-256 of a built zip, in hex: equal for equal sources, because builds are deterministic."""
    return hashlib.sha256(Path(archive_path(package)).read_bytes()).hexdigest()


def _problems(args: PythonLambdaArgs) -> list[str]:
    problems = [
        *prefix_problems(args["name_prefix"]),
        *between("timeout_seconds", args["timeout_seconds"], 1, 900, "seconds"),
        *between("memory_mb", args.get("memory_mb", 256), 128, 10_240, "MB"),
    ]
    if not Path(archive_path(args["package"])).is_file():
        problems.append(f"package {args['package']!r} has no {archive_path(args['package'])}: run `make build` first")
    return problems

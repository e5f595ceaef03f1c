"""What the consumers read at start-up: public values as SSM parameters, the NestJS service's secret as one JSON.

Owns the parameters, the secret, and the two policies that the service's role gets: to read them, and to administer
users. Does not own the service's role.
"""

import re
from typing import NotRequired, TypedDict, cast

import pulumi
import pulumi_aws as aws

from components._checks import between, refuse
from components._iam import Statement, policy_json
from components._names import Kind, physical_name, prefix_problems

ADMINISTRATION = (
    "AdminAddUserToGroup",
    "AdminConfirmSignUp",
    "AdminCreateUser",
    "AdminDisableUser",
    "AdminEnableUser",
    "AdminGetUser",
    "AdminInitiateAuth",
    "AdminListGroupsForUser",
    "AdminRemoveUserFromGroup",
    "AdminRespondToAuthChallenge",
    "AdminUpdateUserAttributes",
    "AdminUserGlobalSignOut",
)
"""What a clinic's administration needs. Clinic and role are written this way alone; deleting a user is not among it."""


class NestJsArgs(TypedDict):
    user_pool_id: pulumi.Input[str]
    user_pool_arn: pulumi.Input[str]
    client_id: pulumi.Input[str]
    client_secret: pulumi.Input[str]
    """Secret of the confidential client; empty when it has none."""
    region: pulumi.Input[str]
    authority: pulumi.Input[str]
    """Issuer URL of the tokens."""
    identity_pool_id: NotRequired[pulumi.Input[str]]
    """Left out, the JSON says null."""


class ConsumerConfigArgs(TypedDict):
    name_prefix: str
    """`{environment}-{project}`, for the policies."""
    parameter_path: str
    """`/{project}/{environment}`: parameters and secret live under it."""
    parameters: dict[str, pulumi.Input[str]]
    """Public values by name, none of them empty: `user-pool-id` becomes `/medflow/dev/user-pool-id`."""
    nestjs: NestJsArgs
    secret_recovery_days: NotRequired[int]
    """0, or 7 to 30 days in which a deleted secret can be had back, and its name not be used again. Default 30."""


class ConsumerConfig(pulumi.ComponentResource):
    """Configuration for the NestJS service and the React application, in the places where they look for it."""

    parameter_path: pulumi.Output[str]
    """Path of the parameters."""
    nestjs_secret_arn: pulumi.Output[str]
    """Secret with userPoolId, clientId, clientSecret, region, authority and identityPoolId."""
    nestjs_read_policy_arn: pulumi.Output[str]
    """Policy for the service's role: read the secret and the parameters."""
    nestjs_administration_policy_arn: pulumi.Output[str]
    """Policy for the service's role: administer the pool's users."""

    def __init__(self, name: str, args: ConsumerConfigArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("medflow:index:ConsumerConfig", name, {}, opts)
        refuse("ConsumerConfig", name, _problems(args))

        parameters = self._create_parameters(name, args)
        secret = self._create_secret(name, args)
        read = self._create_read_policy(name, args, secret, parameters)
        administer = self._create_administration_policy(name, args)

        self.parameter_path = pulumi.Output.from_input(args["parameter_path"])
        self.nestjs_secret_arn, self.nestjs_read_policy_arn = secret.arn, read.arn
        self.nestjs_administration_policy_arn = administer.arn
        self.register_outputs(
            {
                "parameter_path": self.parameter_path,
                "nestjs_secret_arn": self.nestjs_secret_arn,
                "nestjs_read_policy_arn": self.nestjs_read_policy_arn,
                "nestjs_administration_policy_arn": self.nestjs_administration_policy_arn,
            }
        )

    def _create_parameters(self, name: str, args: ConsumerConfigArgs) -> list[aws.ssm.Parameter]:
        return [
            aws.ssm.Parameter(
                f"{name}-{key}-parameter",
                name=f"{args['parameter_path']}/{key}",
                type="String",
                value=value,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for key, value in args["parameters"].items()
        ]

    def _create_secret(self, name: str, args: ConsumerConfigArgs) -> aws.secretsmanager.Secret:
        secret = aws.secretsmanager.Secret(
            f"{name}-nestjs-secret",
            name=f"{args['parameter_path'].lstrip('/')}/nestjs",
            description="Cognito configuration of the NestJS service",
            recovery_window_in_days=args.get("secret_recovery_days", 30),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.secretsmanager.SecretVersion(
            f"{name}-nestjs-secret-version",
            secret_id=secret.id,
            secret_string=_secret_text(args["nestjs"]),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return secret

    def _create_read_policy(
        self,
        name: str,
        args: ConsumerConfigArgs,
        secret: aws.secretsmanager.Secret,
        parameters: list[aws.ssm.Parameter],
    ) -> aws.iam.Policy:
        statements = [Statement("ReadSecret", ["secretsmanager:GetSecretValue"], [secret.arn])]
        if parameters:
            actions = ["ssm:GetParameter", "ssm:GetParameters"]
            statements.append(Statement("ReadParameters", actions, [parameter.arn for parameter in parameters]))
        return self._create_policy(name, args, "nestjs-read", "Read the NestJS service's configuration", statements)

    def _create_administration_policy(self, name: str, args: ConsumerConfigArgs) -> aws.iam.Policy:
        actions = [f"cognito-idp:{operation}" for operation in ADMINISTRATION]
        statements = [Statement("AdministerUsers", actions, [args["nestjs"]["user_pool_arn"]])]
        return self._create_policy(name, args, "nestjs-administration", "Administer the pool's users", statements)

    def _create_policy(
        self, name: str, args: ConsumerConfigArgs, resource: str, description: str, statements: list[Statement]
    ) -> aws.iam.Policy:
        return aws.iam.Policy(
            f"{name}-{resource}-policy",
            name=physical_name(args["name_prefix"], Kind.IAM_POLICY, resource),
            description=description,
            policy=policy_json(statements),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _secret_text(nestjs: NestJsArgs) -> pulumi.Output[str]:
    text = pulumi.Output.json_dumps(
        {
            "userPoolId": nestjs["user_pool_id"],
            "clientId": nestjs["client_id"],
            "clientSecret": nestjs["client_secret"],
            "region": nestjs["region"],
            "authority": nestjs["authority"],
            "identityPoolId": nestjs.get("identity_pool_id"),
        }
    )
    return cast("pulumi.Output[str]", pulumi.Output.secret(text))


def _problems(args: ConsumerConfigArgs) -> list[str]:
    days = args.get("secret_recovery_days", 30)
    problems = [*prefix_problems(args["name_prefix"])]
    if days:
        problems += between("secret_recovery_days", days, 7, 30, "days (or 0 for none)")
    if not re.fullmatch(r"(/[a-z0-9-]+)+", args["parameter_path"]):
        problems.append(f"parameter_path {args['parameter_path']!r} must read like /medflow/dev")
    problems += [
        f"parameter {key!r} must be lower-case letters, digits and hyphens"
        for key in args["parameters"]
        if not re.fullmatch(r"[a-z0-9-]+", key)
    ]
    problems += [
        f"parameter {key!r} must not be empty: SSM takes no empty value"
        for key, value in args["parameters"].items()
        if value == ""
    ]
    return problems

"""The user pool of the clinics: accounts, groups, scopes, clients, sign-in pages, and who may invoke on its behalf.

Owns the pool, its groups, resource server, clients, domain, branding, and every permission that lets the pool invoke a
trigger. Does not own the triggers: they exist before the pool and learn its id from the event.
"""

from urllib.parse import quote

import pulumi
import pulumi_aws as aws

from components._checks import refuse
from components._iam import Statement, policy_json
from components._names import Kind, physical_name
from components.cognito_auth import attributes, checks, clients, triggers
from components.cognito_auth.args import (
    BackendClientArgs,
    CognitoAuthArgs,
    HostedUiArgs,
    MachineClientArgs,
    Mfa,
    PasswordPolicyArgs,
    Tier,
    TokenLifetimeArgs,
    TriggerArgs,
    TriggersArgs,
    WebClientArgs,
)

__all__ = [
    "BackendClientArgs",
    "CognitoAuth",
    "CognitoAuthArgs",
    "HostedUiArgs",
    "MachineClientArgs",
    "Mfa",
    "PasswordPolicyArgs",
    "Tier",
    "TokenLifetimeArgs",
    "TriggerArgs",
    "TriggersArgs",
    "WebClientArgs",
]

MANAGED_LOGIN = 2
"""Version of the sign-in pages: 2 is managed login, 1 the older hosted UI."""


class CognitoAuth(pulumi.ComponentResource):
    """A Cognito user pool with the clinics' attributes, groups and scopes, and the two clients of the consumers."""

    user_pool_id: pulumi.Output[str]
    """Id such as `eu-west-3_AbCdEfGhI`."""
    user_pool_arn: pulumi.Output[str]
    """ARN of the pool."""
    user_pool_endpoint: pulumi.Output[str]
    """Host and path of the pool's issuer, without scheme."""
    issuer: pulumi.Output[str]
    """`iss` of every token; the authority of OpenID Connect clients."""
    user_pool_domain: pulumi.Output[str]
    """Host of the sign-in pages; empty without hosted UI."""
    hosted_ui_url: pulumi.Output[str]
    """Sign-in page of the web client; empty without hosted UI."""
    custom_domain_url: pulumi.Output[str]
    """Base URL of the custom domain; empty without one."""
    backend_client_id: pulumi.Output[str]
    """Id of the NestJS client."""
    backend_client_secret: pulumi.Output[str]
    """Secret of the NestJS client, a Pulumi secret; empty when it has none."""
    web_client_id: pulumi.Output[str]
    """Id of the React client."""
    machine_client_id: pulumi.Output[str]
    """Id of the machine client; empty without one."""

    def __init__(self, name: str, args: CognitoAuthArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("medflow:index:CognitoAuth", name, {}, opts)
        refuse("CognitoAuth", name, checks.problems(args))

        pool = self._create_pool(name, args)
        self._allow_triggers(name, args.get("triggers", {}), pool)
        self._create_groups(name, args, pool)
        resource_server = self._create_resource_server(name, args, pool)
        web = self._create_client(f"{name}-web-client", clients.web_client(args, pool.id))
        backend = self._create_client(f"{name}-app-client", clients.backend_client(args, pool.id))
        domain_host = self._create_hosted_ui(name, args, pool, web)

        self.user_pool_id, self.user_pool_arn, self.user_pool_endpoint = pool.id, pool.arn, pool.endpoint
        self.issuer = pulumi.Output.concat("https://", pool.endpoint)
        self.user_pool_domain = domain_host
        self.hosted_ui_url = _sign_in_url(domain_host, web.id, args)
        self.custom_domain_url = _custom_domain_url(args)
        self.web_client_id, self.backend_client_id = web.id, backend.id
        self.backend_client_secret = _secret_or_empty(backend, args)
        self.machine_client_id = self._create_machine_client(name, args, pool, resource_server)
        self.register_outputs(
            {
                "user_pool_id": self.user_pool_id,
                "user_pool_arn": self.user_pool_arn,
                "user_pool_endpoint": self.user_pool_endpoint,
                "issuer": self.issuer,
                "user_pool_domain": self.user_pool_domain,
                "hosted_ui_url": self.hosted_ui_url,
                "custom_domain_url": self.custom_domain_url,
                "backend_client_id": self.backend_client_id,
                "backend_client_secret": self.backend_client_secret,
                "web_client_id": self.web_client_id,
                "machine_client_id": self.machine_client_id,
            }
        )

    def _create_pool(self, name: str, args: CognitoAuthArgs) -> aws.cognito.UserPool:
        password = args["password_policy"]
        return aws.cognito.UserPool(
            f"{name}-user-pool",
            name=physical_name(args["name_prefix"], Kind.USER_POOL, "user-pool"),
            user_pool_tier=args["tier"].value,
            username_attributes=["email"],
            username_configuration={"case_sensitive": args.get("username_case_sensitive", False)},
            auto_verified_attributes=["email"],
            # A new address counts only once its owner has answered: else a typo locks a user out, or a stranger in.
            user_attribute_update_settings={"attributes_require_verification_before_updates": ["email"]},
            account_recovery_setting={"recovery_mechanisms": [{"name": "verified_email", "priority": 1}]},
            admin_create_user_config={"allow_admin_create_user_only": not args.get("self_sign_up", True)},
            password_policy={
                "minimum_length": password["minimum_length"],
                "require_uppercase": True,
                "require_lowercase": True,
                "require_numbers": True,
                "require_symbols": True,
                "temporary_password_validity_days": password["temporary_password_days"],
                **({"password_history_size": password["history_size"]} if password.get("history_size") else {}),
            },
            mfa_configuration=args["mfa"].value,
            software_token_mfa_configuration=None if args["mfa"] is Mfa.OFF else {"enabled": True},
            schemas=attributes.schemas(),
            lambda_config=triggers.configuration(args.get("triggers", {})),
            deletion_protection="ACTIVE" if args["deletion_protection"] else "INACTIVE",
            opts=pulumi.ResourceOptions(parent=self, protect=args["protect_pool"]),
        )

    def _allow_triggers(self, name: str, given: TriggersArgs, pool: aws.cognito.UserPool) -> None:
        for kind, trigger in triggers.by_name(given).items():
            key = kind.replace("_", "-")
            if trigger.get("pool_operations"):
                self._grant(f"{name}-{key}-pool-access", trigger, pool)
            aws.lambda_.Permission(
                f"{name}-{key}-permission",
                action="lambda:InvokeFunction",
                principal="cognito-idp.amazonaws.com",
                function=trigger["function_name"],
                qualifier=trigger["alias_name"],
                source_arn=pool.arn,
                source_account=pool.arn.apply(lambda arn: arn.split(":")[4]),
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _grant(self, name: str, trigger: TriggerArgs, pool: aws.cognito.UserPool) -> None:
        actions = [f"cognito-idp:{operation}" for operation in trigger["pool_operations"]]
        aws.iam.RolePolicy(
            name,
            role=trigger["role_name"],
            policy=policy_json([Statement("CallThePool", actions, [pool.arn])]),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_groups(self, name: str, args: CognitoAuthArgs, pool: aws.cognito.UserPool) -> None:
        for precedence, role in enumerate(args["roles"], start=1):
            aws.cognito.UserGroup(
                f"{name}-{role['name'].replace('_', '-')}-group",
                name=role["name"],
                description=role["description"],
                precedence=precedence,
                user_pool_id=pool.id,
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _create_resource_server(
        self, name: str, args: CognitoAuthArgs, pool: aws.cognito.UserPool
    ) -> aws.cognito.ResourceServer:
        return aws.cognito.ResourceServer(
            f"{name}-resource-server",
            identifier=args["resource_server"],
            name=args["resource_server"],
            scopes=[{"scope_name": s["name"], "scope_description": s["description"]} for s in args["scopes"]],
            user_pool_id=pool.id,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_client(
        self, name: str, client: aws.cognito.UserPoolClientArgs, depends_on: list[pulumi.Resource] | None = None
    ) -> aws.cognito.UserPoolClient:
        return aws.cognito.UserPoolClient(name, client, pulumi.ResourceOptions(parent=self, depends_on=depends_on))

    def _create_machine_client(
        self, name: str, args: CognitoAuthArgs, pool: aws.cognito.UserPool, resource_server: aws.cognito.ResourceServer
    ) -> pulumi.Output[str]:
        if "machine_client" not in args:
            return pulumi.Output.from_input("")
        client = clients.machine_client(args, args["machine_client"], pool.id)
        # Cognito refuses a client whose scopes do not exist yet, and the text of a scope carries no dependency.
        return self._create_client(f"{name}-machine-client", client, [resource_server]).id

    def _create_hosted_ui(
        self, name: str, args: CognitoAuthArgs, pool: aws.cognito.UserPool, web: aws.cognito.UserPoolClient
    ) -> pulumi.Output[str]:
        if "hosted_ui" not in args:
            return pulumi.Output.from_input("")
        hosted_ui = args["hosted_ui"]
        domain = aws.cognito.UserPoolDomain(
            f"{name}-domain",
            domain=hosted_ui.get("custom_domain_name") or hosted_ui["domain_prefix"],
            certificate_arn=hosted_ui.get("certificate_arn"),
            managed_login_version=MANAGED_LOGIN,
            user_pool_id=pool.id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # Managed login answers "Login pages unavailable" for a client without branding.
        aws.cognito.ManagedLoginBranding(
            f"{name}-web-client-branding",
            client_id=web.id,
            user_pool_id=pool.id,
            use_cognito_provided_values=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[domain]),
        )
        if "custom_domain_name" in hosted_ui:
            return domain.domain
        return pulumi.Output.all(domain.domain, pool.arn).apply(
            lambda found: f"{found[0]}.auth.{found[1].split(':')[3]}.amazoncognito.com"
        )


def _sign_in_url(host: pulumi.Output[str], client_id: pulumi.Output[str], args: CognitoAuthArgs) -> pulumi.Output[str]:
    if "hosted_ui" not in args:
        return pulumi.Output.from_input("")
    return pulumi.Output.format(
        "https://{0}/login?client_id={1}&response_type=code&scope=openid+email+profile&redirect_uri={2}",
        host,
        client_id,
        quote(args["web_client"]["callback_urls"][0], safe=""),
    )


def _custom_domain_url(args: CognitoAuthArgs) -> pulumi.Output[str]:
    host = args.get("hosted_ui", {}).get("custom_domain_name")
    return pulumi.Output.from_input(f"https://{host}" if host else "")


def _secret_or_empty(backend: aws.cognito.UserPoolClient, args: CognitoAuthArgs) -> pulumi.Output[str]:
    if not args["backend_client"]["generate_secret"]:
        return pulumi.Output.from_input("")
    return pulumi.Output.secret(backend.client_secret)

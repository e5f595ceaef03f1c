"""The user pool of the clinics: accounts, groups, scopes, clients, sign-in pages, and who may invoke on its behalf.

Owns the pool, its groups, resource server, identity providers, clients, domain, branding, firewall, logs, and every
permission that lets the pool invoke a trigger. Does not own the triggers: they exist before the pool and learn its id
from the event.
"""

import pulumi
import pulumi_aws as aws

from components._checks import refuse
from components._iam import Statement, policy_json
from components._names import Kind, physical_name
from components.cognito_auth import (
    attributes,
    checks,
    clients,
    factors,
    firewall,
    identity_providers,
    protection,
    sender,
    sign_in_pages,
    triggers,
)
from components.cognito_auth.args import (
    BackendClientArgs,
    CognitoAuthArgs,
    MachineClientArgs,
    Mfa,
    PasswordPolicyArgs,
    Tier,
    TokenLifetimeArgs,
    TriggerArgs,
    TriggersArgs,
    WebClientArgs,
)
from components.cognito_auth.feature_args import (
    AccountTakeoverArgs,
    Branding,
    EmailSenderArgs,
    FirewallArgs,
    GoogleArgs,
    HostedUiArgs,
    LogDeliveryArgs,
    OidcProviderArgs,
    PasskeysArgs,
    RiskAction,
    SamlProviderArgs,
    ThreatMode,
    ThreatProtectionArgs,
    UserVerification,
)

__all__ = [
    "AccountTakeoverArgs",
    "BackendClientArgs",
    "Branding",
    "CognitoAuth",
    "CognitoAuthArgs",
    "EmailSenderArgs",
    "FirewallArgs",
    "GoogleArgs",
    "HostedUiArgs",
    "LogDeliveryArgs",
    "MachineClientArgs",
    "Mfa",
    "OidcProviderArgs",
    "PasskeysArgs",
    "PasswordPolicyArgs",
    "RiskAction",
    "SamlProviderArgs",
    "ThreatMode",
    "ThreatProtectionArgs",
    "Tier",
    "TokenLifetimeArgs",
    "TriggerArgs",
    "TriggersArgs",
    "UserVerification",
    "WebClientArgs",
]


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
        # A client that lists a provider is refused until it exists, and a name carries no dependency.
        providers = identity_providers.create(self, name, args, pool)
        web = self._create_client(f"{name}-web-client", clients.web_client(args, pool.id), providers)
        backend = self._create_client(f"{name}-app-client", clients.backend_client(args, pool.id), providers)
        domain_host = self._create_hosted_ui(name, args, pool, web, backend)
        protection.create(self, name, args, pool)
        if "firewall" in args:
            firewall.create(self, name, args, pool)

        self.user_pool_id, self.user_pool_arn, self.user_pool_endpoint = pool.id, pool.arn, pool.endpoint
        self.issuer = pulumi.Output.concat("https://", pool.endpoint)
        self.user_pool_domain = domain_host
        self.hosted_ui_url = _sign_in_url(domain_host, web, args)
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
            account_recovery_setting=factors.recovery(args),
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
            software_token_mfa_configuration=factors.authenticator_app(args),
            email_mfa_configuration=factors.emailed_code(args),
            sign_in_policy=factors.first_factors(args),
            web_authn_configuration=factors.passkeys(args),
            email_configuration=sender.configuration(args),
            user_pool_add_ons=protection.add_ons(args),
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
        self, name: str, client: aws.cognito.UserPoolClientArgs, depends_on: list[pulumi.Resource]
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
        self,
        name: str,
        args: CognitoAuthArgs,
        pool: aws.cognito.UserPool,
        web: aws.cognito.UserPoolClient,
        backend: aws.cognito.UserPoolClient,
    ) -> pulumi.Output[str]:
        if "hosted_ui" not in args:
            return pulumi.Output.from_input("")
        hosted_ui = args["hosted_ui"]
        domain = sign_in_pages.create_domain(self, name, hosted_ui, pool)
        sign_in_pages.create_branding(self, f"{name}-web-client-branding", hosted_ui, web, domain)
        if args["backend_client"].get("callback_urls"):
            sign_in_pages.create_branding(self, f"{name}-app-client-branding", hosted_ui, backend, domain)
        return sign_in_pages.host(domain, hosted_ui, pool)


def _sign_in_url(
    host: pulumi.Output[str], web: aws.cognito.UserPoolClient, args: CognitoAuthArgs
) -> pulumi.Output[str]:
    if "hosted_ui" not in args:
        return pulumi.Output.from_input("")
    return sign_in_pages.sign_in_url(host, web.id, args["web_client"]["callback_urls"][0])


def _custom_domain_url(args: CognitoAuthArgs) -> pulumi.Output[str]:
    host = args.get("hosted_ui", {}).get("custom_domain_name")
    return pulumi.Output.from_input(f"https://{host}" if host else "")


def _secret_or_empty(backend: aws.cognito.UserPoolClient, args: CognitoAuthArgs) -> pulumi.Output[str]:
    if not args["backend_client"]["generate_secret"]:
        return pulumi.Output.from_input("")
    return pulumi.Output.secret(backend.client_secret)

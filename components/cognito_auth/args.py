"""Arguments of CognitoAuth."""

from enum import StrEnum
from typing import NotRequired, TypedDict

import pulumi

from components._operations import OperationsArgs
from components._roles import RoleArgs, ScopeArgs
from components.cognito_auth.feature_args import (
    EmailSenderArgs,
    FirewallArgs,
    GoogleArgs,
    HostedUiArgs,
    LogDeliveryArgs,
    OidcProviderArgs,
    PasskeysArgs,
    SamlProviderArgs,
    ThreatProtectionArgs,
)


class Tier(StrEnum):
    """Feature plan of the pool ("User pool feature plans", Cognito Developer Guide)."""

    LITE = "LITE"
    ESSENTIALS = "ESSENTIALS"
    """The least that can change access tokens, keep a password history or show managed login."""
    PLUS = "PLUS"
    """Adds threat protection."""


class Mfa(StrEnum):
    """Whether a second factor (an authenticator app) is asked for."""

    OFF = "OFF"
    OPTIONAL = "OPTIONAL"
    """Those who enrolled one."""
    ON = "ON"
    """Everybody; the very first sign-in of a self-registered user still passes on the e-mailed code."""


class PasswordPolicyArgs(TypedDict):
    minimum_length: int
    """6 to 99 characters. Upper case, lower case, number and symbol are always required."""
    temporary_password_days: int
    """0 to 365: how long an invitation's password works."""
    history_size: NotRequired[int]
    """0 to 24 earlier passwords refused. Default 0; needs the tier ESSENTIALS."""


class TokenLifetimeArgs(TypedDict):
    access_minutes: int
    """5 to 1440, for access and ID token."""
    refresh_days: int
    """1 to 3650."""


class WebClientArgs(TypedDict):
    callback_urls: list[str]
    """Where managed login may send the code; https, or http on localhost."""
    logout_urls: list[str]
    """Where it may send a user who signed out."""
    rotate_refresh_tokens: NotRequired[bool]
    """A refresh gives a new refresh token and ends the old. Default false: the client library must then refresh through
    GetTokensFromRefreshToken or the OAuth endpoint."""


class BackendClientArgs(TypedDict):
    generate_secret: bool
    """Whether the client proves itself with a secret; a change replaces the client."""
    callback_urls: NotRequired[list[str]]
    """Where the sign-in pages may send the code, for a service that signs its users in there; absent means SDK only."""
    logout_urls: NotRequired[list[str]]
    """Where the sign-in pages may send a user who signed out."""


class MachineClientArgs(TypedDict):
    scopes: list[str]
    """Scopes of the resource server that the machine may ask for with its secret."""


class TriggerArgs(TypedDict):
    function_name: pulumi.Input[str]
    alias_name: pulumi.Input[str]
    alias_arn: pulumi.Input[str]
    """ARN with the alias: the pool never invokes an unpublished version."""
    role_name: NotRequired[pulumi.Input[str]]
    """Role of the function, for `pool_operations`."""
    pool_operations: NotRequired[list[str]]
    """What the function may call on this pool, such as `AdminGetUser`; granted once the pool exists, after the
    function."""


class TriggersArgs(TypedDict):
    pre_sign_up: NotRequired[TriggerArgs]
    pre_authentication: NotRequired[TriggerArgs]
    post_authentication: NotRequired[TriggerArgs]
    post_confirmation: NotRequired[TriggerArgs]
    custom_message: NotRequired[TriggerArgs]
    pre_token_generation: NotRequired[TriggerArgs]
    """Invoked with event V2_0; needs the tier ESSENTIALS."""


class CognitoAuthArgs(TypedDict):
    name_prefix: str
    """`{environment}-{project}`; a change replaces the pool and loses its users."""
    tier: Tier
    mfa: Mfa
    password_policy: PasswordPolicyArgs
    token_lifetime: TokenLifetimeArgs
    roles: list[RoleArgs]
    """By precedence, the most powerful first; each becomes a group."""
    scopes: list[ScopeArgs]
    """Scopes of the resource server."""
    resource_server: str
    """Identifier of the resource server, before the slash of every scope."""
    web_client: WebClientArgs
    """Public client of the React application."""
    backend_client: BackendClientArgs
    """Confidential client of the NestJS service."""
    deletion_protection: bool
    """Cognito refuses to delete the pool."""
    protect_pool: bool
    """Pulumi refuses to delete or replace the pool."""
    self_sign_up: NotRequired[bool]
    """Users may register themselves. Default true; otherwise an administrator creates each."""
    username_case_sensitive: NotRequired[bool]
    """Default false; a change replaces the pool. The users table tells addresses apart without their case: of two users
    whose addresses differ in it, the second is dead-lettered."""
    hosted_ui: NotRequired[HostedUiArgs]
    """Cognito's own sign-in pages; absent means none."""
    google: NotRequired[GoogleArgs]
    """Sign-in with Google; needs hosted_ui."""
    oidc_providers: NotRequired[list[OidcProviderArgs]]
    """Hospitals that sign their people in by OpenID Connect; needs hosted_ui."""
    saml_providers: NotRequired[list[SamlProviderArgs]]
    """Hospitals that sign their people in by SAML 2.0; needs hosted_ui."""
    email_mfa: NotRequired[bool]
    """An e-mailed code as second factor, beside the authenticator app. Default false; needs `email` and the tier
    ESSENTIALS. Whoever uses it is let back in by an administrator alone: Cognito sends no recovery code to the address
    that gets the second factor."""
    passkeys: NotRequired[PasskeysArgs]
    """Sign-in with a passkey instead of a password; absent means password only."""
    email: NotRequired[EmailSenderArgs]
    """Own sender of the pool's messages; absent means Cognito's, about 50 messages a day."""
    threat_protection: NotRequired[ThreatProtectionArgs]
    """Risk assessment of sign-ins; needs the tier PLUS."""
    log_delivery: NotRequired[LogDeliveryArgs]
    """Cognito's own log of what it could not deliver, and of what users did."""
    firewall: NotRequired[FirewallArgs]
    """AWS WAF before the pool and its sign-in pages."""
    operations: NotRequired[OperationsArgs]
    """How long the pool's own logs are kept."""
    machine_client: NotRequired[MachineClientArgs]
    """A client for service to service calls; absent means none."""
    triggers: NotRequired[TriggersArgs]
    """Lambda functions that the pool invokes; CognitoAuth grants it the permission."""

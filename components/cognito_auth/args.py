"""Arguments of CognitoAuth."""

from enum import StrEnum
from typing import NotRequired, TypedDict

import pulumi

from components._roles import RoleArgs, ScopeArgs


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


class MachineClientArgs(TypedDict):
    scopes: list[str]
    """Scopes of the resource server that the machine may ask for with its secret."""


class HostedUiArgs(TypedDict):
    domain_prefix: NotRequired[str]
    """First label of `<prefix>.auth.<region>.amazoncognito.com`, unique per region; give it or a custom domain."""
    custom_domain_name: NotRequired[str]
    """Own host name such as `auth.medflow.com`; its parent domain must have an A record."""
    certificate_arn: NotRequired[str]
    """ACM certificate for the custom domain, in us-east-1."""


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
    machine_client: NotRequired[MachineClientArgs]
    """A client for service to service calls; absent means none."""
    triggers: NotRequired[TriggersArgs]
    """Lambda functions that the pool invokes; CognitoAuth grants it the permission."""

"""The app clients, as the provider wants them: what may sign in, how, and what its users may read and write."""

import pulumi
import pulumi_aws as aws

from components._names import Kind, physical_name
from components.cognito_auth import attributes, identity_providers
from components.cognito_auth.args import CognitoAuthArgs, MachineClientArgs

REFRESH_GRACE_SECONDS = 10
"""How long a rotated refresh token still works, for an answer that got lost on the way; Cognito takes 0 to 60."""

PAGES_SCOPES = ["aws.cognito.signin.user.admin", "email", "openid", "profile"]
"""What the web client may ask for on the sign-in pages. No scope of the resource server: what a client may ask for,
each of its users gets, whatever the role; those scopes come from the token enricher alone."""


def web_client(args: CognitoAuthArgs, pool_id: pulumi.Output[str]) -> aws.cognito.UserPoolClientArgs:
    """The React application: public, so no secret; SRP in the application, code with PKCE on the sign-in pages."""
    web = args["web_client"]
    client = _user_client(args, "web-client", pool_id)
    client.generate_secret = False
    if web.get("rotate_refresh_tokens", False):
        # Rotation and ALLOW_REFRESH_TOKEN_AUTH exclude each other ("Refresh tokens", Cognito Developer Guide).
        client.explicit_auth_flows = ["ALLOW_USER_SRP_AUTH"]
        client.refresh_token_rotation = aws.cognito.UserPoolClientRefreshTokenRotationArgs(
            feature="ENABLED", retry_grace_period_seconds=REFRESH_GRACE_SECONDS
        )
    else:
        client.explicit_auth_flows = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
    if "passkeys" in args:
        # The flow in which the user chooses between password and passkey.
        client.explicit_auth_flows = [*client.explicit_auth_flows, "ALLOW_USER_AUTH"]
    if "hosted_ui" in args:
        _use_pages(client, args, web["callback_urls"], web["logout_urls"])
    else:
        _close_pages(client)
    return client


def backend_client(args: CognitoAuthArgs, pool_id: pulumi.Output[str]) -> aws.cognito.UserPoolClientArgs:
    """The NestJS service: may sign users in with a password over its own AWS credentials, or on the pages."""
    backend = args["backend_client"]
    client = _user_client(args, "app-client", pool_id)
    client.generate_secret = backend["generate_secret"]
    client.explicit_auth_flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
    if backend.get("callback_urls"):
        _use_pages(client, args, backend["callback_urls"], backend.get("logout_urls", []))
    else:
        _close_pages(client)
    return client


def machine_client(
    args: CognitoAuthArgs, machine: MachineClientArgs, pool_id: pulumi.Output[str]
) -> aws.cognito.UserPoolClientArgs:
    """Service to service: client credentials and nothing else, which Cognito wants to be the only flow."""
    client = _user_client(args, "machine-client", pool_id)
    client.generate_secret = True
    # Left out, it would mean SRP and custom sign-in; refreshing what this client never gets is the least one can allow.
    client.explicit_auth_flows = ["ALLOW_REFRESH_TOKEN_AUTH"]
    client.supported_identity_providers = []
    client.write_attributes = ["email"]
    client.allowed_oauth_flows_user_pool_client = True
    client.allowed_oauth_flows = ["client_credentials"]
    client.allowed_oauth_scopes = [f"{args['resource_server']}/{scope}" for scope in machine["scopes"]]
    return client


def _user_client(args: CognitoAuthArgs, resource: str, pool_id: pulumi.Output[str]) -> aws.cognito.UserPoolClientArgs:
    lifetime = args["token_lifetime"]
    return aws.cognito.UserPoolClientArgs(
        name=physical_name(args["name_prefix"], Kind.USER_POOL_CLIENT, resource),
        user_pool_id=pool_id,
        prevent_user_existence_errors="ENABLED",
        enable_token_revocation=True,
        supported_identity_providers=[identity_providers.COGNITO],
        access_token_validity=lifetime["access_minutes"],
        id_token_validity=lifetime["access_minutes"],
        refresh_token_validity=lifetime["refresh_days"],
        token_validity_units=_units(),
        read_attributes=attributes.readable(),
        write_attributes=attributes.writable(),
    )


def _close_pages(client: aws.cognito.UserPoolClientArgs) -> None:
    """Said, not left out: the provider keeps the last state of what is left out, and with it a door open."""
    client.allowed_oauth_flows_user_pool_client = False
    client.allowed_oauth_flows, client.allowed_oauth_scopes = [], []
    client.callback_urls, client.logout_urls = [], []


def _use_pages(
    client: aws.cognito.UserPoolClientArgs, args: CognitoAuthArgs, callback_urls: list[str], logout_urls: list[str]
) -> None:
    """Code grant on the sign-in pages, where the other identity providers are offered, too."""
    client.supported_identity_providers = [identity_providers.COGNITO, *identity_providers.names(args)]
    client.allowed_oauth_flows_user_pool_client = True
    client.allowed_oauth_flows = ["code"]
    client.allowed_oauth_scopes = list(PAGES_SCOPES)
    client.callback_urls, client.logout_urls = list(callback_urls), list(logout_urls)


def _units() -> aws.cognito.UserPoolClientTokenValidityUnitsArgs:
    """All three are named: the provider reads a missing unit as hours (access, ID) and days (refresh)."""
    return aws.cognito.UserPoolClientTokenValidityUnitsArgs(
        access_token="minutes",
        id_token="minutes",
        refresh_token="days",
    )

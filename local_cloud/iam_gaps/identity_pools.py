"""Identity pools: who gets credentials, of which role, with which tags, and whether the role lets them.

`identity_rules` decides; here the emulator's operations ask it. Facts from "Identity pools authentication flow", "Role
trust and permissions" (Amazon Cognito Developer Guide), "CognitoIdentityProvider" (identity pools API reference).
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import cognito, iam, sts

from local_cloud.iam_gaps.identity_rules import RefusedError, misconfigured, role_of, tags_of

PROVIDER = "cognito-identity.amazonaws.com"
"""The federated principal of a role's trust policy, and the prefix of its condition keys."""

SESSION_NAME = "CognitoIdentityCredentials"

Operation = Callable[[dict[str, Any]], Any]

_original_get_id: Operation = cognito._get_id
_original_get_credentials: Operation = cognito._get_credentials_for_identity
_original_get_open_id_token: Operation = cognito._get_open_id_token
_original_principal_keys = iam_evaluator._principal_keys
_original_trust_principal_matches = iam_evaluator._trust_principal_matches


@dataclasses.dataclass(frozen=True)
class Login:
    """A verified sign-in with a user pool: provider name and the ID token's claims."""

    provider: str
    claims: Mapping[str, Any]


def install() -> None:
    """Replace the emulator's operations and what its policies know of a session."""
    cognito._get_id = _refusing(_get_id)
    cognito._get_credentials_for_identity = _refusing(_get_credentials)
    cognito._get_open_id_token = _refusing(_get_open_id_token)
    iam_evaluator._principal_keys = _principal_keys
    iam_evaluator._trust_principal_matches = _trust_principal_matches


def _refusing(operation: Operation) -> Operation:
    def run(data: dict[str, Any]) -> Any:
        try:
            return operation(data)
        except RefusedError as refused:
            return cognito.error_response_json(refused.code, str(refused), 400)

    return run


def _get_id(data: dict[str, Any]) -> Any:
    pool = cognito._identity_pools.get(data.get("IdentityPoolId"))
    if pool is not None and not data.get("Logins"):
        _check_guests(pool)
    return _original_get_id(data)


def _get_open_id_token(data: dict[str, Any]) -> Any:
    """The first step of the classic flow."""
    if not _pool_of(data.get("IdentityId", "")).get("AllowClassicFlow"):
        raise RefusedError(
            "InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow."
        )
    return _original_get_open_id_token(data)


def _get_credentials(data: dict[str, Any]) -> Any:
    identity, logins = data.get("IdentityId", ""), data.get("Logins") or {}
    pool = _pool_of(identity)
    refused = cognito._identity_logins_error(pool, identity, logins)
    if refused:
        return refused
    if not logins:
        _check_guests(pool)
    login = _login(pool, logins)
    role, tags = _role_and_tags(pool, logins, login, data.get("CustomRoleArn"))
    keys = _keys(pool["IdentityPoolId"], identity, cognito._identity_login_fields(logins)[0])
    if not _trusts(role, keys, tags):
        raise misconfigured()
    status, headers, body = _original_get_credentials(data)
    if status == 200:
        session = sts._sessions[json.loads(body)["Credentials"]["AccessKeyId"]]
        session["Arn"] = f"arn:aws:sts::{role.split(':')[4]}:assumed-role/{role.rsplit('/', 1)[-1]}/{SESSION_NAME}"
        session["SessionTags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return status, headers, body


def _pool_of(identity: str) -> dict[str, Any]:
    for pool in cognito._identity_pools.values():
        if identity in pool["_identities"]:
            found: dict[str, Any] = pool
            return found
    raise RefusedError("ResourceNotFoundException", f"Identity '{identity}' not found.")


def _check_guests(pool: Mapping[str, Any]) -> None:
    if not pool.get("AllowUnauthenticatedIdentities"):
        raise RefusedError("NotAuthorizedException", "Unauthenticated access is not supported for this identity pool.")


def _login(pool: Mapping[str, Any], logins: Mapping[str, str]) -> Login | None:
    """The sign-in with a user pool, if there is one; its user must still be welcome where the pool asks."""
    for provider, token in logins.items():
        if provider.startswith("cognito-idp."):
            claims = cognito._token_claims(token)
            entries = pool.get("CognitoIdentityProviders") or []
            asks = any(e.get("ServerSideTokenCheck") for e in entries if _names(e, provider, claims))
            if asks and not _still_signed_in(claims):
                raise RefusedError("NotAuthorizedException", "Invalid login token. Token has been revoked.")
            return Login(provider, claims)
    return None


def _names(entry: Mapping[str, Any], provider: str, claims: Mapping[str, Any]) -> bool:
    return bool(entry.get("ProviderName") == provider and entry.get("ClientId") == claims.get("aud"))


def _still_signed_in(claims: Mapping[str, Any]) -> bool:
    """Not deleted, not disabled, not signed out everywhere, the token's family not revoked."""
    pool = cognito._get_pool_unscoped(str(claims.get("iss", "")).rsplit("/", 1)[-1])
    user = pool["_users"].get(claims.get("cognito:username")) if pool else None
    if user is None or not user.get("Enabled", True) or claims.get("origin_jti") in cognito._revoked_tokens:
        return False
    return bool(claims.get("iat", 0) >= int(user.get("_signout_at") or 0))


def _role_and_tags(
    pool: Mapping[str, Any], logins: Mapping[str, str], login: Login | None, custom_role: str | None
) -> tuple[str, dict[str, str]]:
    default = (pool.get("_roles") or {}).get("authenticated" if logins else "unauthenticated", "")
    if login is None:
        role, tags = default, {}
    else:
        mappings = pool.get("_role_mappings") or {}
        role = role_of(default, mappings.get(f"{login.provider}:{login.claims.get('aud')}"), login.claims, custom_role)
        tags = tags_of((pool.get("_principal_tags") or {}).get(login.provider), login.claims)
    if not role:
        raise misconfigured()
    return role, tags


def _trusts(role_arn: str, keys: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    """Whether the role lets this identity assume it, and tag the session when there are tags."""
    account = role_arn.split(":")[4]
    role = iam._roles.get_scoped(account, None, role_arn.rsplit("/", 1)[-1])
    if role is None:
        return False
    context = iam_evaluator.EvalContext(
        principal_arn=PROVIDER,
        principal_type="WebIdentityUser",
        principal_account=account,
        action="sts:AssumeRoleWithWebIdentity",
        resource_arn=role_arn,
        region=cognito.get_region(),
        request_tags=dict(tags),
        tag_keys=list(tags),
        service_context=dict(keys),
    )
    actions = ["sts:AssumeRoleWithWebIdentity", *(["sts:TagSession"] if tags else [])]
    return all(
        iam_evaluator.evaluate_trust_policy(
            role["AssumeRolePolicyDocument"], PROVIDER, dataclasses.replace(context, action=action)
        )
        for action in actions
    )


def _keys(pool_id: str, identity: str, amr: list[str]) -> dict[str, Any]:
    return {f"{PROVIDER}:aud": pool_id, f"{PROVIDER}:sub": identity, f"{PROVIDER}:amr": amr}


def _principal_keys(credential: Any) -> dict[str, Any]:
    """With the keys that identity pools add, for policies of the role and of resources."""
    keys: dict[str, Any] = _original_principal_keys(credential)
    session = sts._sessions.get(credential.access_key_id) or {}
    if session.get("_identity_pool_id"):
        keys["aws:federatedprovider"] = PROVIDER
        keys.update(_keys(session["_identity_pool_id"], session["_identity_id"], session["_cognito_amr"]))
    return keys


def _trust_principal_matches(principal: Any, caller_arn: str, federated: bool) -> bool:
    """The pool's identities are federated when they tag their session too."""
    return bool(_original_trust_principal_matches(principal, caller_arn, federated or caller_arn == PROVIDER))

"""Identity pools over a user pool, for tests against the running local cloud."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.cognito_pool import Pool
from local.role_sessions import document

FEDERATED = "cognito-identity.amazonaws.com"
BOTH_ACTIONS = ("sts:AssumeRoleWithWebIdentity", "sts:TagSession")


def provider_of(pool: Pool) -> str:
    return f"cognito-idp.{pool.cloud.region}.amazonaws.com/{pool.id}"


@dataclass(frozen=True)
class Identities:
    """An identity pool; its calls are unsigned on the wire, as a browser's."""

    pool: Pool
    id: str

    @property
    def api(self) -> Any:
        return self.pool.cloud.client("cognito-identity")

    def logins(self, id_token: str) -> dict[str, dict[str, str]]:
        """The argument `Logins` of a sign-in; none for a guest."""
        return {"Logins": {provider_of(self.pool): id_token}} if id_token else {}

    def identity(self, id_token: str = "") -> str:
        return str(self.api.get_id(IdentityPoolId=self.id, **self.logins(id_token))["IdentityId"])

    def credentials(self, id_token: str = "", **more: Any) -> dict[str, str]:
        """The enhanced flow: GetId, GetCredentialsForIdentity."""
        login = self.logins(id_token)
        answer = self.api.get_credentials_for_identity(IdentityId=self.identity(id_token), **login, **more)
        found: dict[str, str] = answer["Credentials"]
        return found


def create_identities(pool: Pool, **settings: Any) -> Identities:
    """An identity pool that takes the pool's tokens and checks them with it. `settings` go to CreateIdentityPool."""
    api = pool.cloud.client("cognito-identity")
    entry = {"ProviderName": provider_of(pool), "ClientId": pool.client_id, "ServerSideTokenCheck": True}
    defaults = {"AllowUnauthenticatedIdentities": False, "CognitoIdentityProviders": [entry]}
    created = api.create_identity_pool(IdentityPoolName="test", **{**defaults, **settings})
    return Identities(pool, created["IdentityPoolId"])


def attach(identities: Identities, mapping: Mapping[str, Any] | None = None, **roles: str) -> None:
    """Set the pool's roles, and one mapping for its client."""
    mapped = {f"{provider_of(identities.pool)}:{identities.pool.client_id}": mapping} if mapping else {}
    identities.api.set_identity_pool_roles(IdentityPoolId=identities.id, Roles=roles, RoleMappings=mapped)


def map_tags(identities: Identities, tags: Mapping[str, str] | None = None, *, defaults: bool = False) -> None:
    """Session tag -> claim."""
    identities.api.set_principal_tag_attribute_map(
        IdentityPoolId=identities.id,
        IdentityProviderName=provider_of(identities.pool),
        PrincipalTags=dict(tags or {}),
        UseDefaults=defaults,
    )


def create_role(
    identities: Identities,
    *statements: Mapping[str, Any],
    actions: tuple[str, ...] = BOTH_ACTIONS,
    amr: str = "authenticated",
    aud: str = "",
    **conditions: Mapping[str, str],
) -> str:
    """ARN of a new role for identities of the pool, or of the pool `aud`. `conditions`: further ones by operator."""
    iam, name = identities.pool.cloud.client("iam"), f"test-{uuid.uuid4().hex[:12]}"
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": FEDERATED},
        "Action": list(actions),
        "Condition": {
            "StringEquals": {f"{FEDERATED}:aud": aud or identities.id},
            "ForAnyValue:StringLike": {f"{FEDERATED}:amr": amr},
            **conditions,
        },
    }
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="test", PolicyDocument=document(*statements))
    return str(arn)


def rules(*entries: tuple[str, str, str, str], ambiguous: str = "Deny") -> dict[str, Any]:
    """A role mapping of (claim, match type, value, role ARN)."""
    names = ("Claim", "MatchType", "Value", "RoleARN")
    return {
        "Type": "Rules",
        "AmbiguousRoleResolution": ambiguous,
        "RulesConfiguration": {"Rules": [dict(zip(names, entry, strict=True)) for entry in entries]},
    }

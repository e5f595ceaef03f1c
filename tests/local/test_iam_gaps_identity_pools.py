"""Identity pools in the running local cloud: who gets credentials, of which role, and what the session knows."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cognito_pool import Pool, create_pool
from local.identities import (
    FEDERATED,
    Identities,
    attach,
    create_identities,
    create_role,
    map_tags,
    provider_of,
    rules,
)
from local.role_sessions import allow, client_as, outcome
from local_cloud.cloud import LocalCloud

CLINIC = "01234567-89ab-4cde-8f01-23456789abcd"
MISCONFIGURED = "InvalidIdentityPoolConfigurationException: Invalid identity pool configuration."


@pytest.fixture
def pool(cloud: LocalCloud) -> Pool:
    """A user pool with one user, of a clinic."""
    made = create_pool(cloud)
    made.add_user(**{"custom:clinic_id": CLINIC})
    return made


@pytest.fixture
def identities(pool: Pool) -> Identities:
    return create_identities(pool)


@pytest.fixture
def token(pool: Pool) -> str:
    return str(pool.sign_in()["IdToken"])


@pytest.fixture(scope="module")
def bucket(cloud: LocalCloud) -> str:
    cloud.client("s3").create_bucket(Bucket="iam-gaps-identities")
    return "iam-gaps-identities"


def refusal(call: Callable[[], Any]) -> str:
    """Code and text of the error."""
    with pytest.raises(ClientError) as refused:
        call()
    error = refused.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def who(identities: Identities, credentials: dict[str, str]) -> str:
    """The session's ARN without account."""
    caller = client_as(identities.pool.cloud, credentials, "sts").get_caller_identity()
    return str(caller["Arn"]).split(":")[-1]


def session_of(role_arn: str) -> str:
    return f"assumed-role/{role_arn.rsplit('/', 1)[-1]}/CognitoIdentityCredentials"


def test_a_signed_in_user_gets_a_session_of_the_authenticated_role(identities: Identities, token: str) -> None:
    """A9. "Identity pools authentication flow", enhanced flow."""
    role = create_role(identities)
    attach(identities, authenticated=role)
    assert who(identities, identities.credentials(token)) == session_of(role)


def test_a_mapped_claim_is_a_tag_of_the_session(identities: Identities, token: str, bucket: str) -> None:
    """A9. "Using attributes for access control"; stock, the mapping is stored and forgotten."""
    own = allow("s3:PutObject", f"arn:aws:s3:::{bucket}/clinics/${{aws:PrincipalTag/tenant}}/*")
    attach(identities, authenticated=create_role(identities, own))
    map_tags(identities, {"tenant": "custom:clinic_id"})
    s3 = client_as(identities.pool.cloud, identities.credentials(token), "s3")
    keys = (f"clinics/{CLINIC}/a", "clinics/another/a", "clinics//a")
    assert [outcome(s3.put_object, Bucket=bucket, Key=key) for key in keys] == ["done", "denied", "denied"]


def test_a_claim_that_the_token_lacks_gives_no_tag(identities: Identities, token: str) -> None:
    """A9. "Using attributes for access control": the role demands one, so there are no credentials."""
    demanding = create_role(identities, StringLike={"aws:RequestTag/tenant": "*"})
    attach(identities, authenticated=demanding)
    map_tags(identities, {"tenant": "custom:no_such_claim", "user": "sub"})
    assert refusal(lambda: identities.credentials(token)).startswith(MISCONFIGURED)


@pytest.mark.parametrize(("tag", "claim"), [("username", "sub"), ("client", "aud")])
def test_the_default_tags_are_the_user_and_the_client(identities: Identities, token: str, tag: str, claim: str) -> None:
    """A9. "Using attributes for access control": default mappings of a user pool."""
    value = identities.pool.claims(token)[claim]
    attach(
        identities,
        authenticated=create_role(identities, StringEquals={f"aws:RequestTag/{tag}": value, **aud(identities)}),
    )
    map_tags(identities, defaults=True)
    assert identities.credentials(token)["AccessKeyId"]


def aud(identities: Identities) -> dict[str, str]:
    return {f"{FEDERATED}:aud": identities.id}


def test_tags_need_a_role_that_takes_them(identities: Identities, token: str) -> None:
    """A9. "Using attributes for access control": the trust policy must allow sts:TagSession."""
    attach(identities, authenticated=create_role(identities, actions=("sts:AssumeRoleWithWebIdentity",)))
    assert identities.credentials(token)["AccessKeyId"]
    map_tags(identities, {"user": "sub"})
    assert refusal(lambda: identities.credentials(token)).startswith(MISCONFIGURED)


@pytest.mark.parametrize(
    "untrusting", [{"aud": "us-east-1:00000000-0000-4000-8000-000000000000"}, {"amr": "unauthenticated"}]
)
def test_a_role_that_trusts_others_gives_no_credentials(
    identities: Identities, token: str, untrusting: dict[str, str]
) -> None:
    """A9. "Role trust and permissions"; stock, the trust policy is not asked."""
    attach(identities, authenticated=create_role(identities, **untrusting))  # type: ignore[arg-type]
    assert refusal(lambda: identities.credentials(token)).startswith(MISCONFIGURED)


def test_a_role_may_trust_one_provider_alone(identities: Identities, token: str) -> None:
    """A9. "Role trust and permissions": amr holds the provider besides `authenticated`."""
    attach(identities, authenticated=create_role(identities, amr=provider_of(identities.pool)))
    assert identities.credentials(token)["AccessKeyId"]


def test_a_pool_without_roles_gives_no_credentials(identities: Identities, token: str) -> None:
    """A9. "GetCredentialsForIdentity", identity pools API reference; stock, a made-up role is vended."""
    assert refusal(lambda: identities.credentials(token)).startswith(MISCONFIGURED)


def test_an_identity_that_does_not_exist_gets_none(identities: Identities) -> None:
    """A9. "GetCredentialsForIdentity", identity pools API reference; stock, anybody gets a session."""
    unknown = "us-east-1:00000000-0000-4000-8000-000000000000"
    found = refusal(lambda: identities.api.get_credentials_for_identity(IdentityId=unknown))
    assert found == f"ResourceNotFoundException: Identity '{unknown}' not found."


def test_guests_are_refused_where_they_are_off(identities: Identities) -> None:
    """A9. "GetId", identity pools API reference; stock, it hands out an identity."""
    attach(identities, unauthenticated=create_role(identities, amr="unauthenticated"))
    assert refusal(identities.identity) == (
        "NotAuthorizedException: Unauthenticated access is not supported for this identity pool."
    )


def test_a_guests_identity_is_worth_nothing_once_guests_are_off(pool: Pool) -> None:
    """A9. "GetCredentialsForIdentity", identity pools API reference."""
    open_pool = create_identities(pool, AllowUnauthenticatedIdentities=True)
    attach(open_pool, unauthenticated=create_role(open_pool, amr="unauthenticated"))
    guest = open_pool.identity()
    open_pool.api.update_identity_pool(
        IdentityPoolId=open_pool.id, IdentityPoolName="test", AllowUnauthenticatedIdentities=False
    )
    assert "Unauthenticated access is not supported" in refusal(
        lambda: open_pool.api.get_credentials_for_identity(IdentityId=guest)
    )


def test_a_guest_gets_the_unauthenticated_role_without_tags(pool: Pool) -> None:
    """A9. "Identity pools authentication flow": tags come from claims, and a guest has none."""
    open_pool = create_identities(pool, AllowUnauthenticatedIdentities=True)
    role = create_role(open_pool, actions=("sts:AssumeRoleWithWebIdentity",), amr="unauthenticated")
    attach(open_pool, unauthenticated=role)
    map_tags(open_pool, {"tenant": "custom:clinic_id"})
    assert who(open_pool, open_pool.credentials()) == session_of(role)


def test_the_classic_flow_is_refused(identities: Identities, token: str) -> None:
    """A9. "Identity pools authentication flow", basic (classic) flow: its first step."""
    identity = identities.identity(token)
    found = refusal(lambda: identities.api.get_open_id_token(IdentityId=identity, **identities.logins(token)))
    assert found == "InvalidParameterException: Basic (classic) flow is not enabled, please use enhanced flow."


def test_the_classic_flow_works_where_it_is_on(pool: Pool, token: str) -> None:
    """A9. "Identity pools authentication flow": the refusal above is the setting's."""
    classic = create_identities(pool, AllowClassicFlow=True)
    assert classic.api.get_open_id_token(IdentityId=classic.identity(token), **classic.logins(token))["Token"]


def test_another_pools_token_is_refused(cloud: LocalCloud, identities: Identities) -> None:
    """A9. "GetId", identity pools API reference: neither under its own name nor under ours."""
    other = create_pool(cloud)
    other.add_user()
    attach(identities, authenticated=create_role(identities))
    strange = other.sign_in()["IdToken"]
    assert refusal(lambda: identities.credentials(strange)).startswith("NotAuthorizedException: Invalid login token.")
    under_its_own = {provider_of(other): strange}
    found = refusal(lambda: identities.api.get_id(IdentityPoolId=identities.id, Logins=under_its_own))
    assert found == "NotAuthorizedException: Token is not from a supported provider of this identity pool."


def test_an_access_token_is_no_login(identities: Identities) -> None:
    """A9. "Identity pools authentication flow": only an ID token names its audience."""
    access = identities.pool.sign_in()["AccessToken"]
    assert "NotAuthorizedException: Invalid login token." in refusal(lambda: identities.identity(access))


@pytest.mark.parametrize("operation", ["admin_disable_user", "admin_delete_user", "admin_user_global_sign_out"])
def test_a_user_who_is_no_longer_welcome_gets_no_credentials(
    identities: Identities, token: str, operation: str
) -> None:
    """A9. "CognitoIdentityProvider", ServerSideTokenCheck; stock, an unexpired ID token is enough."""
    attach(identities, authenticated=create_role(identities))
    identities.credentials(token)
    getattr(identities.pool.cognito, operation)(UserPoolId=identities.pool.id, Username=identities.pool.email)
    assert refusal(lambda: identities.credentials(token)).startswith("NotAuthorizedException: Invalid login token.")


def test_a_revoked_sign_in_gets_no_credentials(identities: Identities) -> None:
    """A9. "CognitoIdentityProvider", ServerSideTokenCheck: the whole family of the refresh token."""
    attach(identities, authenticated=create_role(identities))
    tokens = identities.pool.sign_in()
    identities.pool.cognito.revoke_token(Token=tokens["RefreshToken"], ClientId=identities.pool.client_id)
    assert "has been revoked" in refusal(lambda: identities.credentials(tokens["IdToken"]))


def test_without_the_check_a_disabled_users_token_is_good_until_it_ends(pool: Pool, token: str) -> None:
    """A9. "CognitoIdentityProvider", ServerSideTokenCheck: what the setting is for."""
    entry = {"ProviderName": provider_of(pool), "ClientId": pool.client_id, "ServerSideTokenCheck": False}
    careless = create_identities(pool, CognitoIdentityProviders=[entry])
    attach(careless, authenticated=create_role(careless))
    pool.cognito.admin_disable_user(UserPoolId=pool.id, Username=pool.email)
    assert careless.credentials(token)["AccessKeyId"]


def test_the_first_rule_that_matches_gives_the_role(identities: Identities, token: str) -> None:
    """A9. "Using role-based access control": rules are evaluated in order."""
    first, second, default = (create_role(identities) for _ in range(3))
    matching = rules(
        ("custom:clinic_id", "Equals", "other", default),
        ("custom:clinic_id", "StartsWith", CLINIC[:8], first),
        ("custom:clinic_id", "Equals", CLINIC, second),
    )
    attach(identities, matching, authenticated=default)
    assert who(identities, identities.credentials(token)) == session_of(first)


@pytest.mark.parametrize(
    ("kind", "value", "matches"),
    [
        ("Equals", CLINIC, True),
        ("Equals", CLINIC[:-1], False),
        ("NotEqual", "other", True),
        ("NotEqual", CLINIC, False),
        ("StartsWith", CLINIC[:4], True),
        ("StartsWith", CLINIC[4:], False),
        ("Contains", CLINIC[9:13], True),
        ("Contains", "zz", False),
    ],
)
def test_match_types(identities: Identities, token: str, kind: str, value: str, matches: bool) -> None:
    """A9. "MappingRule", identity pools API reference."""
    chosen, default = create_role(identities), create_role(identities)
    mapping = rules(("custom:clinic_id", kind, value, chosen), ambiguous="AuthenticatedRole")
    attach(identities, mapping, authenticated=default)
    assert who(identities, identities.credentials(token)) == session_of(chosen if matches else default)


def test_no_matching_rule_means_no_credentials(identities: Identities, token: str) -> None:
    """A9. "RoleMapping", identity pools API reference, AmbiguousRoleResolution Deny; stock, the default role."""
    role = create_role(identities)
    attach(identities, rules(("role", "NotEqual", "admin", role)), authenticated=role)
    assert refusal(lambda: identities.credentials(token)).startswith("NotAuthorizedException")


def test_the_role_of_a_group_is_the_tokens(cloud: LocalCloud) -> None:
    """A9. "Using role-based access control", mapping type Token: the preferred role of the ID token."""
    pool = create_pool(cloud)
    identities = create_identities(pool)
    role, default = create_role(identities), create_role(identities)
    pool.add_user()
    pool.cognito.create_group(UserPoolId=pool.id, GroupName="doctor", RoleArn=role, Precedence=1)
    pool.cognito.admin_add_user_to_group(UserPoolId=pool.id, Username=pool.email, GroupName="doctor")
    attach(identities, {"Type": "Token", "AmbiguousRoleResolution": "Deny"}, authenticated=default)
    assert who(identities, identities.credentials(pool.sign_in()["IdToken"])) == session_of(role)


def test_a_role_that_the_client_wishes_for_must_be_the_tokens(identities: Identities, token: str) -> None:
    """A9. "GetCredentialsForIdentity", CustomRoleArn: nobody picks a role past the rules."""
    role = create_role(identities)
    attach(identities, rules(("sub", "StartsWith", "-", role), ambiguous="AuthenticatedRole"), authenticated=role)
    assert refusal(lambda: identities.credentials(token, CustomRoleArn=role)).startswith("NotAuthorizedException")


def test_a_policy_knows_identity_and_pool_of_a_session(identities: Identities, token: str, bucket: str) -> None:
    """A9. "AWS global condition context keys" and "Available keys for AWS web identity federation"."""
    own = allow(
        "s3:PutObject",
        f"arn:aws:s3:::{bucket}/${{{FEDERATED}:sub}}/*",
        StringEquals={f"{FEDERATED}:aud": identities.id, "aws:FederatedProvider": FEDERATED},
        ForAnyValue_StringLike={f"{FEDERATED}:amr": "authenticated"},
    )
    attach(identities, authenticated=create_role(identities, own))
    s3 = client_as(identities.pool.cloud, identities.credentials(token), "s3")
    keys = (f"{identities.identity(token)}/a", "us-east-1:other/a")
    assert [outcome(s3.put_object, Bucket=bucket, Key=key) for key in keys] == ["done", "denied"]


def test_a_tag_that_sts_does_not_take_gives_no_credentials(identities: Identities) -> None:
    """A9. "Passing session tags in AWS STS": a star would be a wildcard to a careless reader."""
    pool = identities.pool
    name = [{"Name": "name", "Value": "clinic*"}]
    pool.cloud.client("cognito-idp").admin_update_user_attributes(
        UserPoolId=pool.id, Username=pool.email, UserAttributes=name
    )
    attach(identities, authenticated=create_role(identities))
    map_tags(identities, {"tenant": "name"})
    assert refusal(lambda: identities.credentials(pool.sign_in()["IdToken"])).startswith(MISCONFIGURED)

"""Signing in, and what the tokens then say: SRP through pycognito, signatures through PyJWT."""

from functools import partial
from typing import TYPE_CHECKING, Any

import jwt

from local_cloud.journey.sign_up import ADMINISTRATORS_ATTRIBUTES
from local_cloud.journey.traveller import STAFF_ROLE, Tokens, Traveller
from local_cloud.journey.wire import expect, expect_refusal, expect_status, get

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient

GRANTED = {"medflow/profile.read", "medflow/staff.read"}
"""Scopes of the first user's role that the journey uses."""

WITHHELD = {"medflow/staff.write", "medflow/clinic.manage"}
"""Scopes that only an administrator of a clinic has."""


def srp(client: "CognitoIdentityProviderClient", pool_id: str, client_id: str, email: str, password: str) -> Tokens:
    """Sign in by Secure Remote Password: the password itself never travels."""
    # Imported late: pycognito brings `requests` along, a third of a second that only this step needs.
    from pycognito.aws_srp import AWSSRP

    answer: dict[str, Any] = AWSSRP(
        username=email, password=password, pool_id=pool_id, client_id=client_id, client=client
    ).authenticate_user()
    expect(
        "AuthenticationResult" in answer, f"the sign-in asks for {answer.get('ChallengeName')} instead of giving tokens"
    )
    return Tokens.of(answer["AuthenticationResult"])


def verified_claims(traveller: Traveller, token: str, audience: str | None) -> dict[str, Any]:
    """The claims of a token whose signature (against the pool's published keys), issuer and times were checked.

    The keys come from the emulator, as the issuer's address leads to AWS. Raises jwt.InvalidTokenError.
    """
    answer = get(f"{traveller.connection.endpoint}/{traveller.pool_id}/.well-known/jwks.json")
    expect_status(answer, 200, "the pool's published keys")
    claims: dict[str, Any] = jwt.decode(
        token,
        jwt.PyJWKSet.from_dict(answer.body)[jwt.get_unverified_header(token)["kid"]],
        algorithms=["RS256"],
        issuer=traveller.connection.output("issuer"),
        audience=audience,
        options={"require": ["exp", "iat", "iss", "sub", "token_use"]},
    )
    return claims


def sign_in(traveller: Traveller) -> str:
    """H2. SRP with the public client."""
    traveller.tokens = srp(
        traveller.browser, traveller.pool_id, traveller.web_client_id, traveller.email, traveller.password
    )
    expect(bool(traveller.tokens.refresh), "the sign-in brought no refresh token")
    return "access, ID and refresh token by SRP"


def check_tokens(traveller: Traveller) -> str:
    """B1. Clinic, role, language and scopes, in both tokens, signed by the pool."""
    access = verified_claims(traveller, traveller.tokens.access, None)
    identity = verified_claims(traveller, traveller.tokens.id, traveller.web_client_id)
    expect(access.get("client_id") == traveller.web_client_id, f"the access token is for {access.get('client_id')}")
    wanted = {
        "tenant_id": traveller.clinic_id,
        "role": STAFF_ROLE,
        "roles": [STAFF_ROLE],
        "language": traveller.language,
        "sub": traveller.user_id,
    }
    for kind, claims in (("access", access), ("id", identity)):
        found = {claim: claims.get(claim) for claim in wanted} | {"token_use": claims["token_use"]}
        expect(found == wanted | {"token_use": kind}, f"the {kind} token says {found}, expected {wanted}")
    for kind, scopes in (("access", set(access["scope"].split())), ("ID", set(identity.get("scopes", [])))):
        expect(scopes >= GRANTED, f"the {kind} token lacks {', '.join(sorted(GRANTED - scopes))}")
        expect(not scopes & WITHHELD, f"the {kind} token has {', '.join(sorted(scopes & WITHHELD))}")
    granted = sorted(scope for scope in access["scope"].split() if scope.startswith("medflow/"))
    return f"tenant_id {traveller.clinic_id}, role {STAFF_ROLE}, {len(granted)} scopes: {' '.join(granted)}"


def call_api(traveller: Traveller) -> str:
    """D1 H2. The service sees the clinic and the role that the token carries."""
    answer = get(traveller.api("/api/me"), traveller.tokens.access)
    expect_status(answer, 200, "the user's own access token")
    wanted = {"tenant_id": traveller.clinic_id, "roles": [STAFF_ROLE], "user_id": traveller.user_id}
    found = {key: answer.body.get(key) for key in wanted}
    expect(found == wanted, f"/api/me says {found}, expected {wanted}")
    return f"GET /api/me: 200, tenant {traveller.clinic_id}, roles {STAFF_ROLE}"


def refresh(traveller: Traveller) -> str:
    """B1. The trigger runs at every refresh too; a refreshed token must not lose the clinic."""
    client = traveller.administrator.describe_user_pool_client(
        UserPoolId=traveller.pool_id, ClientId=traveller.web_client_id
    )["UserPoolClient"]
    if client.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED":
        # With rotation on, Cognito refuses REFRESH_TOKEN_AUTH ("Refresh tokens", Amazon Cognito Developer Guide).
        way, result = (
            "GetTokensFromRefreshToken",
            traveller.browser.get_tokens_from_refresh_token(
                ClientId=traveller.web_client_id, RefreshToken=traveller.tokens.refresh
            )["AuthenticationResult"],
        )
    else:
        way, result = (
            "REFRESH_TOKEN_AUTH",
            traveller.browser.initiate_auth(
                ClientId=traveller.web_client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": traveller.tokens.refresh},
            )["AuthenticationResult"],
        )
    renewed = Tokens.of(result)
    expect(renewed.access != traveller.tokens.access, "the refresh returned the old access token")
    claims = verified_claims(traveller, renewed.access, None)
    expect(claims.get("tenant_id") == traveller.clinic_id, f"the refreshed token's clinic is {claims.get('tenant_id')}")
    expect_status(get(traveller.api("/api/me"), renewed.access), 200, "the refreshed access token")
    return f"{way}: same clinic, API 200"


def refuse_own_clinic_change(traveller: Traveller) -> str:
    """A5. A signed-in user cannot move to another clinic or take a role."""
    for attribute in ADMINISTRATORS_ATTRIBUTES:
        change = partial(
            traveller.browser.update_user_attributes,
            AccessToken=traveller.tokens.access,
            UserAttributes=[{"Name": attribute, "Value": "00000000-0000-4000-8000-000000000000"}],
        )
        expect_refusal(change, "NotAuthorizedException", f"a user's own change of {attribute}")
    user = traveller.administrator.admin_get_user(UserPoolId=traveller.pool_id, Username=traveller.email)
    clinic = {item["Name"]: item.get("Value") for item in user["UserAttributes"]}.get("custom:clinic_id")
    expect(clinic == traveller.clinic_id, f"the user's clinic is now {clinic}")
    return "UpdateUserAttributes: NotAuthorizedException, the clinic is unchanged"

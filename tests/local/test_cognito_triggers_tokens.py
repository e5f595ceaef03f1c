"""Pre token generation and the tokens that come of it, against the running local cloud."""

import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cognito_pool import PASSWORD, TriggerPool, create_trigger_pool

CALLBACK = "https://app.clinic.example/callback"
API_SCOPE = "aws.cognito.signin.user.admin"

CLINIC_CLAIMS = """response.update(claimsAndScopeOverrideDetails={
            "idTokenGeneration": {"claimsToAddOrOverride": {"tenant_id": "c-1", "roles": ["nurse"]}},
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"tenant_id": "c-1", "limits": {"beds": 3, "night": True}},
                "scopesToAdd": ["medflow/records.read"],
                "scopesToSuppress": ["aws.cognito.signin.user.admin"],
            },
            "groupOverrideDetails": event["request"]["groupConfiguration"],
        })"""


@pytest.fixture
def make_pool(cloud: Any, make_function: Any) -> Callable[..., TriggerPool]:
    def make(statement: str = "pass", **options: Any) -> TriggerPool:
        triggers = ["PreTokenGeneration"]
        return create_trigger_pool(
            cloud, make_function, {"PreTokenGeneration": statement}, triggers=triggers, **options
        )

    return make


def tokens(pool: TriggerPool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Verified claims of the ID token and the access token of a new sign-in."""
    signed_in = pool.sign_in()
    return pool.claims(signed_in["IdToken"]), pool.claims(signed_in["AccessToken"])


def overriding(details: str) -> str:
    return f"response.update(claimsAndScopeOverrideDetails={details})"


def test_the_function_sees_user_groups_and_scopes(make_pool: Any) -> None:
    """H1 B1. "Pre token generation Lambda trigger", Amazon Cognito Developer Guide: version two."""
    pool = make_pool()
    sub = pool.add_user(groups=["nurse"], name="Ada")
    pool.sign_in()
    [run] = pool.runs()
    assert run.event["version"] == "2"
    assert (run.event["userName"], run.client_id) == (sub, pool.client_id)
    assert run.request == {
        "userAttributes": {
            "sub": sub,
            "cognito:user_status": "CONFIRMED",
            "email": pool.email,
            "email_verified": "true",
            "name": "Ada",
        },
        "groupConfiguration": {"groupsToOverride": ["nurse"], "iamRolesToOverride": [], "preferredRole": None},
        "scopes": [API_SCOPE],
    }
    assert run.event["response"] == {"claimsAndScopeOverrideDetails": None}


def test_both_tokens_carry_what_one_run_returned(make_pool: Any) -> None:
    """H1 B1. "Pre token generation Lambda trigger": claims of any JSON type, scopes in the access token."""
    pool = make_pool(CLINIC_CLAIMS)
    pool.add_user(groups=["nurse"])
    identity, access = tokens(pool)
    assert (identity["tenant_id"], identity["roles"], identity["cognito:groups"]) == ("c-1", ["nurse"], ["nurse"])
    assert (access["tenant_id"], access["limits"]) == ("c-1", {"beds": 3, "night": True})
    assert (access["scope"], access["cognito:groups"]) == ("medflow/records.read", ["nurse"])
    assert len(pool.runs()) == 1


def test_refreshed_tokens_carry_it_too(make_pool: Any) -> None:
    """H1 B1. "Refresh tokens": also at the token endpoint, whose access token has the user's groups."""
    pool = make_pool(CLINIC_CLAIMS)
    pool.add_user(groups=["nurse"])
    form = {"grant_type": "refresh_token", "client_id": pool.client_id}
    answer = pool.post("/oauth2/token", {**form, "refresh_token": pool.sign_in()["RefreshToken"]}).json()
    access = pool.claims(answer["access_token"])
    assert (access["tenant_id"], access["cognito:groups"]) == ("c-1", ["nurse"])
    assert pool.claims(answer["id_token"])["tenant_id"] == "c-1"


def test_tokens_of_managed_login_come_of_one_run_for_its_own_source(make_pool: Any) -> None:
    """H1 B1. "Pre token generation Lambda trigger": TokenGeneration_HostedAuth, the scopes that were asked for."""
    pool = make_pool(CLINIC_CLAIMS, client=OAUTH_CLIENT)
    pool.add_user(groups=["nurse"])
    answer = code_exchange(pool).json()
    assert pool.claims(answer["access_token"])["tenant_id"] == "c-1"
    assert pool.claims(answer["id_token"])["tenant_id"] == "c-1"
    [run] = pool.runs()
    assert run.source == "TokenGeneration_HostedAuth"
    assert set(run.request["scopes"]) == {"openid", "email"}


def test_managed_login_gives_no_tokens_when_the_function_fails(make_pool: Any) -> None:
    """H1 B2. "Token endpoint": an OAuth error instead."""
    pool = make_pool("raise Exception('no clinic')", client=OAUTH_CLIENT)
    pool.add_user()
    answer = code_exchange(pool)
    assert answer.status == 400
    assert answer.json() == {
        "error": "invalid_request",
        "error_description": "PreTokenGeneration failed with error no clinic.",
    }


@pytest.mark.parametrize("version", ["V1_0", "V2_0"])
def test_an_error_of_the_function_means_no_tokens(make_pool: Any, version: str) -> None:
    """H1 B2. "InitiateAuth", user pools API reference: UserLambdaValidationException. After one run, not three."""
    pool = make_pool("raise Exception('no clinic')", event_version=version)
    pool.add_user()
    with pytest.raises(ClientError) as refused:
        pool.sign_in()
    assert refused.value.response["Error"] == {
        "Code": "UserLambdaValidationException",
        "Message": "PreTokenGeneration failed with error no clinic.",
    }
    assert len(pool.runs()) == 1


@pytest.mark.parametrize("override", ["None", "{}", "{'groupsToOverride': []}"])
def test_empty_group_details_take_the_groups_out_of_both_tokens(make_pool: Any, override: str) -> None:
    """H1 B1. "Pre token generation Lambda trigger": empty or null groupOverrideDetails suppress the groups."""
    pool = make_pool(overriding(f"{{'groupOverrideDetails': {override}}}"))
    pool.add_user(groups=["nurse"])
    identity, access = tokens(pool)
    assert ("cognito:groups" in identity, "cognito:groups" in access) == (False, False)


def test_other_groups_take_the_place_of_the_users_own(make_pool: Any) -> None:
    """H1 B1. "Pre token generation Lambda trigger": groupsToOverride, iamRolesToOverride, preferredRole."""
    details = "{'groupsToOverride': ['night'], 'iamRolesToOverride': ['r1', 'r2'], 'preferredRole': 'r2'}"
    pool = make_pool(overriding(f"{{'groupOverrideDetails': {details}}}"))
    pool.add_user(groups=["nurse"])
    identity, access = tokens(pool)
    assert (identity["cognito:groups"], access["cognito:groups"]) == (["night"], ["night"])
    assert (identity["cognito:roles"], identity["cognito:preferred_role"]) == (["r1", "r2"], "r2")


def test_version_one_changes_the_id_token_only(make_pool: Any) -> None:
    """H1. "Pre token generation Lambda trigger": version one, claimsOverrideDetails."""
    claims = "{'claimsToAddOrOverride': {'tenant_id': 'c-1'}, 'claimsToSuppress': ['email']}"
    pool = make_pool(f"response.update(claimsOverrideDetails={claims})", event_version="V1_0")
    pool.add_user()
    identity, access = tokens(pool)
    assert (identity["tenant_id"], "email" in identity, "tenant_id" in access) == ("c-1", False, False)
    [run] = pool.runs()
    assert (run.event["version"], run.event["response"]) == ("1", {"claimsOverrideDetails": None})
    assert "scopes" not in run.request


@pytest.mark.parametrize(
    ("version", "answer"),
    [
        ("V1_0", "claimsOverrideDetails={'claimsToAddOrOverride': {'roles': ['nurse']}}"),
        ("V2_0", "claimsAndScopeOverrideDetails={'idTokenGeneration': ['tenant_id']}"),
        ("V2_0", "claimsAndScopeOverrideDetails={'accessTokenGeneration': {'scopesToAdd': 'medflow/records.read'}}"),
        ("V2_0", "claimsAndScopeOverrideDetails={'accessTokenGeneration': {'scopesToAdd': ['a b']}}"),
    ],
)
def test_an_answer_of_another_shape_means_no_tokens(make_pool: Any, version: str, answer: str) -> None:
    """H1 B2. "InitiateAuth", user pools API reference: InvalidLambdaResponseException."""
    pool = make_pool(f"response.update({answer})", event_version=version)
    pool.add_user()
    with pytest.raises(ClientError, match=r"InvalidLambdaResponseException.*Unrecognizable lambda output"):
        pool.sign_in()


def test_an_application_without_user_runs_version_three(make_pool: Any) -> None:
    """H1. "Pre token generation Lambda trigger": TokenGeneration_ClientCredentials."""
    pool = make_pool(
        overriding("{'accessTokenGeneration': {'claimsToAddOrOverride': {'tenant_id': 'c-1'}}}"), event_version="V3_0"
    )
    assert pool.claims(pool.machine_token())["tenant_id"] == "c-1"
    [run] = pool.runs()
    assert (run.event["version"], run.source) == ("3", "TokenGeneration_ClientCredentials")


def test_an_unconfirmed_address_is_not_verified_in_the_id_token(make_pool: Any) -> None:
    """H1. "Understanding the identity (ID) token": email_verified."""
    pool = make_pool()
    who = {"UserPoolId": pool.id, "Username": pool.email}
    pool.cognito.admin_create_user(**who, MessageAction="SUPPRESS")
    pool.cognito.admin_set_user_password(**who, Password=PASSWORD, Permanent=True)
    assert tokens(pool)[0]["email_verified"] is False


OAUTH_CLIENT = {
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "CallbackURLs": [CALLBACK],
    "SupportedIdentityProviders": ["COGNITO"],
}


def code_exchange(pool: TriggerPool) -> Any:
    """Sign in on the page of managed login and exchange the code; the answer of the token endpoint."""
    common = {"client_id": pool.client_id, "redirect_uri": CALLBACK}
    page = pool.post(
        "/login",
        {
            **common,
            "username": pool.email,
            "password": PASSWORD,
            "scope": "openid email",
            "response_type": "code",
        },
    )
    [code] = urllib.parse.parse_qs(urllib.parse.urlsplit(page.headers["Location"]).query)["code"]
    return pool.post("/oauth2/token", {**common, "grant_type": "authorization_code", "code": code})

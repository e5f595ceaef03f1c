"""Triggers around a sign-in, against the running local cloud."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pycognito
import pytest
from botocore.exceptions import ClientError

from local.cognito_pool import ALL_FLOWS, PASSWORD, TriggerPool, create_trigger_pool, refused_sign_in

SIGN_IN = ["PreAuthentication_Authentication", "PostAuthentication_Authentication", "TokenGeneration_Authentication"]
HIDING = {"PreventUserExistenceErrors": "ENABLED"}


@pytest.fixture
def make_pool(cloud: Any, make_function: Any) -> Callable[..., TriggerPool]:
    return lambda *arguments, **options: create_trigger_pool(cloud, make_function, *arguments, **options)


def test_an_srp_client_meets_the_triggers_in_order_and_each_once(make_pool: Any, cloud: Any) -> None:
    """H1. "Customizing user pool workflows with Lambda triggers"; the client is pycognito's."""
    pool = make_pool()
    pool.add_user()
    client = pycognito.Cognito(pool.id, pool.client_id, username=pool.email, boto3_client_kwargs=keywords(cloud))
    # It takes the endpoint for the issuer; the tokens name AWS's, whose keys cannot be fetched from there.
    client.pool_domain_url = f"https://cognito-idp.{cloud.region}.amazonaws.com"
    client.pool_jwk = pool.keys()
    client.authenticate(password=PASSWORD)
    assert pool.claims(client.access_token)["username"] == client.id_claims["cognito:username"]
    assert pool.sources() == SIGN_IN


def test_an_srp_client_runs_pre_authentication_before_it_shows_its_password(make_pool: Any) -> None:
    """H1. "Pre authentication Lambda trigger": at InitiateAuth, when nothing is known of the password."""
    pool = make_pool()
    pool.add_user()
    answer = pool.cognito.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": pool.email, "SRP_A": "ab" * 384},
    )
    assert answer["ChallengeName"] == "PASSWORD_VERIFIER"
    assert pool.sources() == ["PreAuthentication_Authentication"]


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH"])
def test_a_password_sign_in_runs_the_triggers_in_order(make_pool: Any, flow: str) -> None:
    """H1. "Customizing user pool workflows with Lambda triggers"."""
    pool = make_pool()
    pool.add_user()
    parameters = {"USERNAME": pool.email, "PASSWORD": PASSWORD}
    request = {"ClientId": pool.client_id, "AuthFlow": flow, "AuthParameters": parameters}
    if flow.startswith("ADMIN"):
        pool.cognito.admin_initiate_auth(UserPoolId=pool.id, **request)
    else:
        pool.cognito.initiate_auth(**request)
    assert pool.sources() == SIGN_IN


def test_client_metadata_of_a_sign_in_reaches_pre_authentication_only(make_pool: Any) -> None:
    """H1. "InitiateAuth", user pools API reference: ClientMetadata becomes validationData, and nothing later."""
    pool = make_pool()
    sub = pool.add_user(name="Ada")
    pool.sign_in(ClientMetadata={"device": "tablet"})
    before, after, token = pool.runs()
    attributes = {"sub": sub, "cognito:user_status": "CONFIRMED", "email_verified": "true", "name": "Ada"}
    attributes["email"] = pool.email
    assert before.request == {"userAttributes": attributes, "validationData": {"device": "tablet"}}
    assert after.request == {"userAttributes": attributes, "newDeviceUsed": False}
    assert "clientMetadata" not in token.request


def test_pre_authentication_runs_before_a_wrong_password_is_found_out(make_pool: Any) -> None:
    """H1. "Pre authentication Lambda trigger"; without success there is no post authentication."""
    pool = make_pool()
    pool.add_user()
    assert refused_sign_in(pool, "Wrong-horse-1")["Code"] == "NotAuthorizedException"
    assert pool.sources() == ["PreAuthentication_Authentication"]


@pytest.mark.parametrize("password", [PASSWORD, "Wrong-horse-1"])
def test_an_error_of_pre_authentication_tells_nothing_about_the_password(make_pool: Any, password: str) -> None:
    """H1. "Pre authentication Lambda trigger": it can deny the request."""
    pool = make_pool({"PreAuthentication": "raise Exception('try again later')"})
    pool.add_user()
    assert refused_sign_in(pool, password) == {
        "Code": "UserLambdaValidationException",
        "Message": "PreAuthentication failed with error try again later.",
    }
    assert pool.sources() == ["PreAuthentication_Authentication"]


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "USER_SRP_AUTH"])
def test_an_unknown_user_runs_pre_authentication_where_the_client_hides_who_exists(make_pool: Any, flow: str) -> None:
    """H1. "Pre authentication Lambda trigger": userNotFound, with PreventUserExistenceErrors ENABLED."""
    pool = make_pool(client=HIDING)
    parameters = {"USERNAME": "nobody@clinic.example", "PASSWORD": PASSWORD, "SRP_A": "ab" * 384}
    request = {"ClientId": pool.client_id, "AuthFlow": flow, "AuthParameters": parameters}
    if flow == "USER_SRP_AUTH":
        pool.cognito.initiate_auth(**request)
    else:
        with pytest.raises(ClientError, match="Incorrect username or password"):
            pool.cognito.initiate_auth(**request)
    [run] = pool.runs()
    assert run.event["userName"] == "nobody@clinic.example"
    assert run.request == {"userAttributes": {}, "validationData": None, "userNotFound": True}


def test_a_known_user_is_marked_as_found_where_the_client_hides_who_exists(make_pool: Any) -> None:
    """H1. "Pre authentication Lambda trigger": userNotFound."""
    pool = make_pool(client=HIDING)
    pool.add_user()
    pool.sign_in()
    assert pool.runs()[0].request["userNotFound"] is False


def test_an_unknown_user_runs_nothing_where_the_client_tells_who_exists(make_pool: Any) -> None:
    """H1. "Pre authentication Lambda trigger", note: triggers depend on the user existing."""
    pool = make_pool()
    assert refused_sign_in(pool)["Code"] == "UserNotFoundException"
    assert pool.sources() == []


def test_a_client_without_its_secret_runs_no_trigger(make_pool: Any) -> None:
    """H1. "Computing secret hash values": the client is authenticated before the user."""
    pool = make_pool(client={"GenerateSecret": True})
    pool.add_user()
    assert "SECRET_HASH was not received" in refused_sign_in(pool)["Message"]
    assert pool.sources() == []


def test_a_flow_that_the_client_does_not_allow_runs_no_trigger(make_pool: Any) -> None:
    """H1. "ExplicitAuthFlows", user pools API reference."""
    pool = make_pool(client={"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]})
    pool.add_user()
    with pytest.raises(ClientError, match="InvalidParameterException"):
        pool.cognito.initiate_auth(
            ClientId=pool.client_id,
            AuthFlow="USER_SRP_AUTH",
            AuthParameters={"USERNAME": pool.email, "SRP_A": "ab" * 384},
        )
    assert pool.sources() == []


def test_an_error_of_post_authentication_ends_the_sign_in_before_its_tokens(make_pool: Any) -> None:
    """H1. "Post authentication Lambda trigger"."""
    pool = make_pool({"PostAuthentication": "raise Exception('audit log is full')"})
    pool.add_user()
    assert refused_sign_in(pool) == {
        "Code": "UserLambdaValidationException",
        "Message": "PostAuthentication failed with error audit log is full.",
    }
    assert pool.sources() == SIGN_IN[:2]


@pytest.mark.parametrize(
    "operation", ["InitiateAuth", "AdminInitiateAuth", "GetTokensFromRefreshToken", "/oauth2/token"]
)
def test_a_refresh_is_no_sign_in_and_runs_pre_token_generation_once(make_pool: Any, operation: str) -> None:
    """H1 B1. "Pre token generation Lambda trigger": TokenGeneration_RefreshTokens."""
    pool = make_pool()
    pool.add_user(groups=["nurse"])
    token = pool.sign_in()["RefreshToken"]
    pool.runs()
    refresh(pool, operation, token)
    [run] = pool.runs()
    assert run.source == "TokenGeneration_RefreshTokens"
    assert run.request["userAttributes"]["email"] == pool.email
    assert run.request["groupConfiguration"]["groupsToOverride"] == ["nurse"]


def test_metadata_of_a_refresh_reaches_pre_token_generation(make_pool: Any) -> None:
    """H1. "GetTokensFromRefreshToken", user pools API reference: ClientMetadata."""
    pool = make_pool()
    pool.add_user()
    token = pool.sign_in()["RefreshToken"]
    pool.runs()
    pool.cognito.get_tokens_from_refresh_token(
        ClientId=pool.client_id, RefreshToken=token, ClientMetadata={"device": "tablet"}
    )
    [run] = pool.runs()
    assert run.request["clientMetadata"] == {"device": "tablet"}


def test_a_new_password_ends_in_the_triggers_of_a_sign_in_with_the_answers_metadata(make_pool: Any) -> None:
    """H1. "RespondToAuthChallenge", user pools API reference: metadata for post authentication and token generation."""
    pool = make_pool()
    pool.cognito.admin_create_user(
        UserPoolId=pool.id, Username=pool.email, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    pool.runs()
    challenge = pool.cognito.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": pool.email, "PASSWORD": PASSWORD},
    )
    assert pool.sources() == ["PreAuthentication_Authentication"]
    pool.cognito.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": pool.email, "NEW_PASSWORD": f"{PASSWORD}2"},
        ClientMetadata={"device": "tablet"},
    )
    runs = pool.runs()
    assert [run.source for run in runs] == [
        "PostAuthentication_Authentication",
        "TokenGeneration_NewPasswordChallenge",
    ]
    assert [run.request["clientMetadata"] for run in runs] == [{"device": "tablet"}] * 2


def test_an_application_without_user_runs_no_trigger_of_version_two(make_pool: Any) -> None:
    """H1. "Pre token generation Lambda trigger": client credentials need event version three."""
    pool = make_pool(client={"ExplicitAuthFlows": list(ALL_FLOWS)})
    assert pool.machine_token()
    assert pool.sources() == []


def test_a_confidential_client_with_its_secret_hash_signs_in(make_pool: Any) -> None:
    """H1. "Computing secret hash values"."""
    pool = make_pool(client={"GenerateSecret": True})
    pool.add_user()
    message = (pool.email + pool.client_id).encode()
    digest = hmac.new(pool.client_secret.encode(), message, hashlib.sha256).digest()
    parameters = {"USERNAME": pool.email, "PASSWORD": PASSWORD, "SECRET_HASH": base64.b64encode(digest).decode()}
    pool.cognito.initiate_auth(ClientId=pool.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
    assert pool.sources() == SIGN_IN


def keywords(cloud: Any) -> dict[str, str]:
    return {
        "endpoint_url": cloud.endpoint,
        "region_name": cloud.region,
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }


def refresh(pool: TriggerPool, operation: str, token: str) -> None:
    parameters = {"REFRESH_TOKEN": token}
    flow = {"ClientId": pool.client_id, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": parameters}
    match operation:
        case "InitiateAuth":
            pool.cognito.initiate_auth(**flow)
        case "AdminInitiateAuth":
            pool.cognito.admin_initiate_auth(UserPoolId=pool.id, **flow)
        case "GetTokensFromRefreshToken":
            pool.cognito.get_tokens_from_refresh_token(ClientId=pool.client_id, RefreshToken=token)
        case _:
            form = {"grant_type": "refresh_token", "client_id": pool.client_id, "refresh_token": token}
            assert "access_token" in pool.post("/oauth2/token", form).json()

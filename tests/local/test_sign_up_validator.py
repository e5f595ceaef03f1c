"""The pre sign-up trigger behind the pool's own operations and the sign-in by an identity provider."""

import base64
import http.server
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3
from botocore.exceptions import ClientError

from components.cognito_auth.attributes import CUSTOM_ATTRIBUTES
from components.sign_up_validator import LINK_OPERATIONS
from local.cognito_pool import PASSWORD, Pool, create_pool
from local.lambda_functions import Function
from local_cloud.cloud import LocalCloud

PACKAGE = Path(__file__).resolve().parents[2] / "lambdas" / "sign_up_validator"
REFUSAL = "This account cannot be created at the moment, please contact your clinic"
CALLBACK = "https://app.clinic.example/in"
CLINIC = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
ENVIRONMENT = {
    "EMAIL_DOMAINS": '{"allow": [], "deny": ["denied.example"]}',
    "LICENSE_STATES": '["CA", "TN"]',
    "PROVIDERS": '[{"name": "Hospital", "email_domains": ["clinic.example"], "subject_attribute": ""}]',
    "ROLES": '["admin", "doctor", "patient"]',
    "SELF_REGISTRATION": '{"roles": [], "clinics": [], "license": false}',
}
SCHEMA = [
    {"Name": "email", "Required": True, "Mutable": True},
    *(
        {
            "Name": attribute.name,
            "AttributeDataType": "String",
            "Mutable": True,
            "StringAttributeConstraints": {"MinLength": str(attribute.shortest), "MaxLength": str(attribute.longest)},
        }
        for attribute in CUSTOM_ATTRIBUTES
    ),
]
_HTTP = urllib3.PoolManager()


@pytest.fixture
def pool(cloud: LocalCloud, make_function: Callable[..., Function]) -> Pool:
    """A pool whose client may write everything, so that the trigger is what refuses; providers come in by code."""
    function = make_function(
        {f"sign_up_validator/{file.name}": file.read_text(encoding="utf-8") for file in PACKAGE.glob("*.py")},
        handler="sign_up_validator.handler.lambda_handler",
        environment=ENVIRONMENT,
        timeout=5,
        MemorySize=1024,
    )
    functions = cloud.client("lambda")
    functions.publish_version(FunctionName=function.name)
    alias = functions.create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")["AliasArn"]
    client = {
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid", "email"],
        "CallbackURLs": [CALLBACK],
        "SupportedIdentityProviders": ["COGNITO"],
    }
    made = create_pool(cloud, client, Schema=SCHEMA, LambdaConfig={"PreSignUp": alias})
    functions.add_permission(
        FunctionName=function.name,
        Qualifier="live",
        StatementId="cognito",
        Action="lambda:InvokeFunction",
        Principal="cognito-idp.amazonaws.com",
        SourceArn=made.arn,
        SourceAccount=cloud.account_id,
    )
    function.allow(
        {
            "Effect": "Allow",
            "Action": [f"cognito-idp:{operation}" for operation in LINK_OPERATIONS],
            "Resource": made.arn,
        }
    )
    return made


@dataclass
class Hospital:
    """An OpenID provider that says of its one user what it is told to."""

    pool: Pool
    claims: dict[str, Any]

    def sign_in(self, **claims: Any) -> dict[str, Any]:
        """Come from the provider; the claims of the pool's ID token. Raises AssertionError with the pool's text."""
        self.claims.clear()
        self.claims.update({"sub": "AbC_7", "email": self.pool.email, "email_verified": True} | claims)
        query = {"client_id": self.pool.client_id, "redirect_uri": CALLBACK, "identity_provider": "Hospital"}
        state = self._redirect("/oauth2/authorize", {**query, "response_type": "code", "scope": "openid"})["state"]
        code = self._redirect("/oauth2/idpresponse", {"code": "from-the-hospital", "state": state})["code"]
        form = {"grant_type": "authorization_code", "client_id": self.pool.client_id, "code": code}
        answer = self.pool.post("/oauth2/token", {**form, "redirect_uri": CALLBACK})
        assert answer.status == 200, answer.data
        return self.pool.claims(answer.json()["id_token"])

    def _redirect(self, path: str, query: Mapping[str, str]) -> dict[str, str]:
        url = f"{self.pool.cloud.endpoint}{path}?{urlencode(query)}"
        answer = _HTTP.request("GET", url, redirect=False, retries=False)
        assert answer.status == 302, answer.data.decode()
        return {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


@pytest.fixture
def hospital(pool: Pool) -> Iterator[Hospital]:
    claims: dict[str, Any] = {}

    class TokenEndpoint(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            token = ".".join(
                base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
                for part in ({"alg": "none"}, claims, "")
            )
            body = json.dumps({"id_token": token, "access_token": "opaque", "token_type": "Bearer"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing to the test's output."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TokenEndpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    pool.cognito.create_identity_provider(
        UserPoolId=pool.id,
        ProviderName="Hospital",
        ProviderType="OIDC",
        ProviderDetails={
            "client_id": "pool",
            "client_secret": "not-a-real-secret",
            "oidc_issuer": base,
            "authorize_url": f"{base}/authorize",
            "token_url": f"{base}/token",
            "authorize_scopes": "openid email",
            "attributes_request_method": "GET",
        },
        AttributeMapping={"email": "email", "email_verified": "email_verified", "username": "sub"},
    )
    yield Hospital(pool, claims)
    server.shutdown()
    server.server_close()


def users(pool: Pool) -> list[str]:
    return sorted(user["UserStatus"] for user in pool.cognito.list_users(UserPoolId=pool.id)["Users"])


def registered(pool: Pool) -> str:
    """A user who signed up and answered the e-mailed code; the sub."""
    sub = str(pool.sign_up()["UserSub"])
    pool.confirm()
    return sub


def test_a_good_sign_up_is_let_in_and_still_has_to_answer_the_code(pool: Pool) -> None:
    """A13 A12."""
    answer = pool.sign_up(
        {
            "name": "أمينة حدّاد",
            "phone_number": "+21650123456",
            "custom:npi_number": "1234567893",
            "custom:preferred_language": "ar",
            "custom:specialties": '["cardiology"]',
        }
    )
    assert (answer["UserConfirmed"], users(pool)) == (False, ["UNCONFIRMED"])
    assert pool.user()["email_verified"] == "false"


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"custom:npi_number": "1234567890"}, "npi_number must be ten digits with a valid check digit"),
        ({"custom:user_role": "admin"}, "user_role is assigned by the clinic"),
        ({"custom:clinic_id": CLINIC}, "clinic_id is assigned by the clinic"),
        ({"name": "Amina \u202ehaddaH"}, "name must be at most 255 printable characters"),
    ],
)
def test_a_refused_sign_up_names_its_field_and_creates_nobody(
    pool: Pool, attributes: dict[str, str], text: str
) -> None:
    """A13 A5. Even through a client that may write every attribute."""
    with pytest.raises(ClientError) as refused:
        pool.sign_up(attributes)
    assert refused.value.response["Error"] == {
        "Code": "UserLambdaValidationException",
        "Message": f"PreSignUp failed with error {text}.",
    }
    assert users(pool) == []


def test_an_administrator_gives_clinic_and_role_but_no_role_that_nobody_knows(pool: Pool) -> None:
    """A13."""

    def create(role: str) -> None:
        given = [{"Name": "custom:clinic_id", "Value": CLINIC}, {"Name": "custom:user_role", "Value": role}]
        pool.cognito.admin_create_user(
            UserPoolId=pool.id, Username=pool.email, UserAttributes=given, MessageAction="SUPPRESS"
        )

    with pytest.raises(ClientError, match="user_role must be a known role"):
        create("docter")
    create("doctor")
    assert pool.user()["custom:user_role"] == "doctor"


def test_a_provider_s_user_signs_in_as_the_account_of_the_same_verified_address(pool: Pool, hospital: Hospital) -> None:
    """A7. One user, one `sub`, at the first sign-in and at the next; the password goes on working."""
    sub = registered(pool)
    assert hospital.sign_in()["sub"] == sub
    assert hospital.sign_in()["sub"] == sub
    assert pool.claims(pool.sign_in(PASSWORD)["IdToken"])["sub"] == sub
    assert len(users(pool)) == 1
    [identity] = json.loads(pool.user()["identities"])
    assert (identity["providerName"], identity["userId"]) == ("Hospital", "AbC_7")


@pytest.mark.parametrize("said", [{"email_verified": False}, {"email": "x@other.example"}])
def test_a_provider_that_did_not_verify_or_may_not_speak_for_the_domain_links_nothing(
    pool: Pool, hospital: Hospital, said: dict[str, Any]
) -> None:
    """A7."""
    sub = registered(pool)
    assert hospital.sign_in(**said)["sub"] != sub
    assert "identities" not in pool.user()


def test_an_account_that_never_answered_its_code_gets_nobody_else_s_sign_in(pool: Pool, hospital: Hospital) -> None:
    """A7. A stranger signed up with the address; its owner comes from the provider and stays apart."""
    sub = str(pool.sign_up()["UserSub"])
    assert hospital.sign_in()["sub"] != sub
    assert users(pool) == ["EXTERNAL_PROVIDER", "UNCONFIRMED"]


def test_who_was_disabled_does_not_come_back_by_the_provider_s_door(pool: Pool, hospital: Hospital) -> None:
    """A7 A13. And reads nothing about the account."""
    registered(pool)
    pool.cognito.admin_disable_user(UserPoolId=pool.id, Username=pool.email)
    with pytest.raises(AssertionError, match=REFUSAL):
        hospital.sign_in()
    assert users(pool) == ["CONFIRMED"]


def test_without_the_pool_s_grant_nobody_is_doubled(pool: Pool, hospital: Hospital, cloud: LocalCloud) -> None:
    """A7 B4. A trigger that cannot look fails closed."""
    registered(pool)
    function = pool.cognito.describe_user_pool(UserPoolId=pool.id)["UserPool"]["LambdaConfig"]["PreSignUp"]
    role = cloud.client("lambda").get_function(FunctionName=function)["Configuration"]["Role"].rpartition("/")[2]
    cloud.client("iam").delete_role_policy(RoleName=role, PolicyName="test")
    with pytest.raises(AssertionError, match=REFUSAL):
        hospital.sign_in()
    assert users(pool) == ["CONFIRMED"]

"""What must not get through: no token, a damaged one, another pool's, a poorer role's, another clinic's data."""

import secrets
import uuid
from functools import partial

from local_cloud.journey.sign_in import srp
from local_cloud.journey.traveller import POOR_ROLE, Traveller, new_password
from local_cloud.journey.wire import expect, expect_refusal, expect_status, get

FAILURES_BEFORE_LOCK = 5
"""What the stack has for `lockoutFailures`."""


def refuse_no_token(traveller: Traveller) -> str:
    """H2. Every route but health wants a token, unknown routes included."""
    for path in ("/api/me", f"/api/clinics/{traveller.clinic_id}/users", "/api/nowhere"):
        expect_status(get(traveller.api(path)), 401, f"{path} without a token")
    return "401 on three routes"


def refuse_damaged_token(traveller: Traveller) -> str:
    """H2. Garbage, a changed payload, a changed signature."""
    header, payload, signature = traveller.tokens.access.split(".")
    other_payload = traveller.tokens.id.split(".")[1]
    damaged = {
        "garbage": "garbage",
        "no signature": f"{header}.{payload}.",
        "another payload": f"{header}.{other_payload}.{signature}",
        "a changed signature": f"{header}.{payload}.{signature[:-8]}{signature[-8:].swapcase()}",
    }
    for kind, token in damaged.items():
        expect_status(get(traveller.api("/api/me"), token), 401, f"a token with {kind}")
    return f"401: {', '.join(damaged)}"


def refuse_poor_role(traveller: Traveller) -> str:
    """H2. A patient of the same clinic signs in, but has no scope on staff."""
    email, password = _register_patient(traveller)
    token = srp(traveller.browser, traveller.pool_id, traveller.web_client_id, email, password).access
    expect_status(get(traveller.api("/api/me"), token), 200, "a patient's own profile")
    expect_status(get(traveller.users_of(traveller.clinic_id), token), 403, "a patient asks for the clinic's staff")
    return f"a {POOR_ROLE} of the same clinic: own profile 200, staff 403"


def lock_after_failures(traveller: Traveller) -> str:
    """A11 H2. Five wrong passwords, and the right one no longer helps."""
    email, password = _register_patient(traveller)
    sign_in = partial(srp, traveller.browser, traveller.pool_id, traveller.web_client_id, email)
    for _ in range(FAILURES_BEFORE_LOCK):
        expect_refusal(partial(sign_in, new_password()), "NotAuthorizedException", "a wrong password")
    expect_refusal(
        partial(sign_in, password), "UserLambdaValidationException", "the right password of a locked account"
    )
    return f"{FAILURES_BEFORE_LOCK} wrong passwords, then the right one: refused"


def _register_patient(traveller: Traveller) -> tuple[str, str]:
    """E-mail address and password of a new patient of the traveller's clinic."""
    email, password = f"patient.{secrets.token_hex(4)}@example.com", new_password()
    pool_id = traveller.pool_id
    # A person the clinic registered: no e-mail is sent, the journey knows the password.
    traveller.administrator.admin_create_user(
        UserPoolId=pool_id,
        Username=email,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": email},
            {"Name": "email_verified", "Value": "true"},
            {"Name": "custom:clinic_id", "Value": traveller.clinic_id},
        ],
    )
    traveller.administrator.admin_set_user_password(
        UserPoolId=pool_id, Username=email, Password=password, Permanent=True
    )
    traveller.administrator.admin_add_user_to_group(UserPoolId=pool_id, Username=email, GroupName=POOR_ROLE)
    return email, password


def refuse_other_clinic(traveller: Traveller) -> str:
    """H2. The scope alone does not open another clinic's data."""
    other = str(uuid.uuid4())
    answer = get(traveller.users_of(other), traveller.tokens.access)
    expect_status(answer, 403, "another clinic's users")
    expect(traveller.email not in str(answer.body), "the refusal names a user")
    return f"users of clinic {other}: 403"


def list_own_clinic(traveller: Traveller) -> str:
    """H2. The same route, the same token, the own clinic."""
    answer = get(traveller.users_of(traveller.clinic_id), traveller.tokens.access)
    expect_status(answer, 200, "the own clinic's users")
    expect(traveller.email in str(answer.body), f"the list lacks {traveller.email}: {str(answer.body)[:200]}")
    return f"the list of clinic {traveller.clinic_id} holds {traveller.email}"


def refuse_id_token(traveller: Traveller) -> str:
    """D1. An ID token has no `scope`, so it opens no route that wants one, though its audience is right."""
    answer = get(traveller.users_of(traveller.clinic_id), traveller.tokens.id)
    expect_status(answer, 403, "an ID token where a scope is needed")
    return "403"


def refuse_other_pool(traveller: Traveller) -> str:
    """H2. A token that is valid, but of a pool that is not ours."""
    cognito, email, password = traveller.administrator, "stranger@example.com", new_password()
    pool_id = cognito.create_user_pool(PoolName=f"stranger-{secrets.token_hex(4)}")["UserPool"]["Id"]
    try:
        client_id = cognito.create_user_pool_client(
            UserPoolId=pool_id, ClientName="stranger", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )["UserPoolClient"]["ClientId"]
        cognito.admin_create_user(UserPoolId=pool_id, Username=email, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=pool_id, Username=email, Password=password, Permanent=True)
        token = traveller.browser.initiate_auth(
            ClientId=client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": password},
        )["AuthenticationResult"]["AccessToken"]
        expect_status(get(traveller.api("/api/me"), token), 401, "another pool's access token")
    finally:
        cognito.delete_user_pool(UserPoolId=pool_id)
    return "401"

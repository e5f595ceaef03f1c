"""Bad input on the way: what the user and the operator are told, and that nothing is lost."""

import uuid
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from local_cloud.journey import sign_in, sign_up
from local_cloud.journey.pipeline import UNKNOWN_VERSION, dead_letter_of, put_on_bus, registered, release
from local_cloud.journey.traveller import STAFF_ROLE, Traveller
from local_cloud.journey.wire import get, poll

pytest_plugins = ("local.deployed",)

NO_CLINIC = "no-uuid-but-exactly-as-long-as-one--"
"""Fits the attribute's length, which the pool checks, and is no UUID, which only the enricher checks."""

NewTraveller = Callable[[], Traveller]


def confirmed(user: Traveller, clinic_id: str | None, role: str = STAFF_ROLE) -> Traveller:
    """The user, signed up and confirmed; the administrator gave that clinic and role, or no clinic."""
    sign_up.register(user)
    sign_up.receive_code(user)
    if clinic_id is not None:
        user.administrator.admin_update_user_attributes(
            UserPoolId=user.pool_id,
            Username=user.email,
            UserAttributes=[{"Name": "custom:clinic_id", "Value": clinic_id}],
        )
    user.administrator.admin_add_user_to_group(UserPoolId=user.pool_id, Username=user.email, GroupName=role)
    sign_up.confirm(user)
    return user


def test_a_user_whose_e_mail_is_another_users_row_signs_in_all_the_same(newcomer: NewTraveller) -> None:
    """C1 C3. The sign-up pipeline's trouble is the operator's, not the user's."""
    user = newcomer()
    user.query("INSERT INTO users (id, cognito_id, email) VALUES (%s, %s, %s)", [str(uuid.uuid4()), "old", user.email])
    confirmed(user, user.clinic_id)
    letter = dead_letter_of(user, user.user_id)
    release(user, letter)
    sign_in.sign_in(user)
    assert letter.reason == "EMAIL_BELONGS_TO_ANOTHER_USER"
    assert get(user.api("/api/me"), user.tokens.access).status == 200


def test_a_user_with_an_invalid_clinic_gets_no_token(newcomer: NewTraveller) -> None:
    """B2. No token rather than a wrong tenant, and a message that names no value."""
    user = confirmed(newcomer(), NO_CLINIC)
    with pytest.raises(ClientError) as refusal:
        sign_in.sign_in(user)
    error = refusal.value.response["Error"]
    assert error["Code"] == "UserLambdaValidationException"
    assert NO_CLINIC not in error["Message"]


def test_a_user_without_a_clinic_gets_a_token_that_opens_nothing(newcomer: NewTraveller) -> None:
    """B2. The local stack lets such users in without a tenant and without scopes."""
    user = confirmed(newcomer(), None)
    sign_in.sign_in(user)
    claims = sign_in.verified_claims(user, user.tokens.access, None)
    assert "tenant_id" not in claims
    assert "medflow/" not in claims["scope"]
    assert get(user.api("/api/me"), user.tokens.access).status == 403


def test_a_clinic_of_the_wrong_length_cannot_even_be_assigned(newcomer: NewTraveller) -> None:
    """A2. The pool's own schema refuses it, and names the attribute."""
    user = newcomer()
    sign_up.register(user)
    with pytest.raises(ClientError, match="custom:clinic_id"):
        user.administrator.admin_update_user_attributes(
            UserPoolId=user.pool_id,
            Username=user.email,
            UserAttributes=[{"Name": "custom:clinic_id", "Value": "clinic-7"}],
        )


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"schema_version": 2}, "UNKNOWN_VERSION"),
        ({"user": {"email": "no.subject@example.com"}}, "INVALID_EVENT"),
    ],
)
def test_an_event_that_can_never_be_stored_is_kept_with_its_reason(
    traveller: Traveller, damage: dict[str, object], reason: str
) -> None:
    """C3. In the dead-letter queue, body and all, where an operator can read and mend it."""
    event = registered(traveller, str(uuid.uuid4()), f"{uuid.uuid4().hex}@example.com") | damage
    put_on_bus(traveller, event)
    letter = dead_letter_of(traveller, event["event_id"])
    release(traveller, letter)
    assert letter.reason == reason
    assert letter.detail
    assert "@example.com" not in letter.detail


def test_a_poison_event_does_not_hold_up_the_next_one(traveller: Traveller) -> None:
    """C3. Sent first, dead-lettered; the good one behind it lands."""
    good, bad = (registered(traveller, str(uuid.uuid4()), f"{uuid.uuid4().hex}@example.com") for _ in range(2))
    put_on_bus(traveller, bad | {"schema_version": UNKNOWN_VERSION})
    put_on_bus(traveller, good)
    poll(lambda: traveller.rows_of(good["user"]["cognito_id"]) or None, "the good event's row")
    assert traveller.rows_of(bad["user"]["cognito_id"]) == []

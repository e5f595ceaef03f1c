"""Who may write and read which user attribute, against the running local cloud."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cognito_pool import Pool, create_pool

CLINIC, OTHER_CLINIC = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
UNAUTHORIZED = {
    "Code": "NotAuthorizedException",
    "Message": "A client attempted to write unauthorized attribute",
}


@pytest.fixture
def make_pool(cloud: Any) -> Callable[..., Pool]:
    return lambda **options: create_pool(cloud, **options)


def error_of(call: Callable[[], Any]) -> dict[str, str]:
    with pytest.raises(ClientError) as refused:
        call()
    found = refused.value.response["Error"]
    return {"Code": found["Code"], "Message": found["Message"]}


def update(pool: Pool, **attributes: str) -> None:
    """The pool's user changes its own attributes; `clinic_id` stands for `custom:clinic_id`."""
    pool.cognito.update_user_attributes(AccessToken=pool.sign_in()["AccessToken"], UserAttributes=listed(attributes))


def listed(attributes: dict[str, str]) -> list[dict[str, str]]:
    custom = {"clinic_id", "npi_number", "beds", "undeclared"}
    return [
        {"Name": f"custom:{name}" if name in custom else name, "Value": value} for name, value in attributes.items()
    ]


def test_a_client_cannot_write_a_clinic_that_it_may_not_write(make_pool: Any) -> None:
    """H1 A2. "UpdateUserAttributes" and WriteAttributes of "CreateUserPoolClient", user pools API reference."""
    pool = make_pool(client={"WriteAttributes": ["email", "name"]})
    pool.add_user(**{"custom:clinic_id": CLINIC})
    assert error_of(lambda: update(pool, name="Ada", clinic_id=OTHER_CLINIC)) == UNAUTHORIZED
    user = pool.user()
    assert (user["custom:clinic_id"], user.get("name")) == (CLINIC, None)


def test_a_client_cannot_sign_up_into_a_clinic_that_it_may_not_write(make_pool: Any) -> None:
    """H1 A2. "SignUp" and WriteAttributes of "CreateUserPoolClient"."""
    pool = make_pool(client={"WriteAttributes": ["email", "name"]})
    assert error_of(lambda: pool.sign_up({"custom:clinic_id": CLINIC})) == UNAUTHORIZED
    assert pool.cognito.list_users(UserPoolId=pool.id)["Users"] == []


def test_a_client_writes_the_attributes_of_its_list(make_pool: Any) -> None:
    """H1 A2. WriteAttributes of "CreateUserPoolClient"."""
    pool = make_pool(client={"WriteAttributes": ["email", "name"]})
    pool.add_user()
    update(pool, name="Ada")
    assert pool.user()["name"] == "Ada"


def test_a_client_without_a_list_writes_every_mutable_attribute(make_pool: Any) -> None:
    """H1 A2. Why the list must be set: without one a user changes clinics."""
    pool = make_pool()
    pool.add_user(**{"custom:clinic_id": CLINIC})
    update(pool, clinic_id=OTHER_CLINIC, name="Ada")
    assert pool.user()["custom:clinic_id"] == OTHER_CLINIC


def test_no_client_marks_an_address_as_verified(make_pool: Any) -> None:
    """H1 A2. "Working with user attributes", Amazon Cognito Developer Guide."""
    pool = make_pool()
    assert error_of(lambda: pool.sign_up({"email_verified": "true"})) == UNAUTHORIZED
    pool.add_user()
    assert error_of(lambda: update(pool, email_verified="true")) == UNAUTHORIZED


def test_a_client_reads_the_attributes_of_its_list(make_pool: Any) -> None:
    """H1 A2. ReadAttributes of "CreateUserPoolClient": GetUser and the ID token."""
    pool = make_pool(client={"ReadAttributes": ["email", "email_verified"]})
    sub = pool.add_user(**{"custom:clinic_id": CLINIC, "name": "Ada"})
    signed_in = pool.sign_in()
    found = pool.cognito.get_user(AccessToken=signed_in["AccessToken"])["UserAttributes"]
    assert {item["Name"] for item in found} == {"sub", "email", "email_verified"}
    claims = pool.claims(signed_in["IdToken"])
    assert (claims["sub"], claims["email"]) == (sub, pool.email)
    assert not {"custom:clinic_id", "name"} & claims.keys()


def test_a_client_without_a_list_reads_every_attribute(make_pool: Any) -> None:
    """H1 A2. ReadAttributes of "CreateUserPoolClient"."""
    pool = make_pool()
    pool.add_user(**{"custom:clinic_id": CLINIC})
    assert pool.claims(pool.sign_in()["IdToken"])["custom:clinic_id"] == CLINIC


def test_an_undeclared_attribute_is_refused(make_pool: Any) -> None:
    """H1 A2. "Working with user attributes": custom attributes are declared in the pool."""
    pool = make_pool()
    schema = "Attributes did not conform to the schema"
    assert error_of(lambda: pool.sign_up({"custom:undeclared": "x"})) == {
        "Code": "InvalidParameterException",
        "Message": f"{schema}: custom:undeclared: Attribute does not exist in the schema.",
    }
    created = {"UserPoolId": pool.id, "Username": pool.email, "UserAttributes": listed({"undeclared": "x"})}
    assert error_of(lambda: pool.cognito.admin_create_user(**created)) == {
        "Code": "InvalidParameterException",
        "Message": f"{schema}: Type for attribute {{custom:undeclared}} could not be determined",
    }
    pool.add_user()
    unknown = {
        "Code": "InvalidParameterException",
        "Message": "user.custom:undeclared: Attribute does not exist in the schema.",
    }
    assert error_of(lambda: update(pool, undeclared="x")) == unknown
    assert error_of(lambda: pool.cognito.admin_update_user_attributes(**created)) == unknown


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("clinic_id", "x" * 35, "custom:clinic_id: String must be at least 36 characters"),
        ("clinic_id", "x" * 37, "custom:clinic_id: String must be no longer than 36 characters"),
        ("name", "x" * 2049, "name: String must be no longer than 2048 characters"),
        ("beds", "many", "custom:beds: Value must be a number"),
        ("beds", "10", "custom:beds: Value must be at most 9"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(make_pool: Any, name: str, value: str, reason: str) -> None:
    """H1 A2. "SchemaAttributeType", user pools API reference: data type and constraints."""
    pool = make_pool()
    [attribute] = listed({name: value})
    found = error_of(lambda: pool.sign_up({attribute["Name"]: value}))
    assert found == {
        "Code": "InvalidParameterException",
        "Message": f"Attributes did not conform to the schema: {reason}",
    }
    pool.add_user()
    assert error_of(lambda: update(pool, **{name: value})) == found


@pytest.mark.parametrize(
    ("name", "message"),
    [("email", "Invalid email address format."), ("phone_number", "Invalid phone number format.")],
)
def test_an_address_of_another_form_is_refused(make_pool: Any, name: str, message: str) -> None:
    """H1. "Working with user attributes": formats of e-mail addresses and phone numbers."""
    pool = make_pool()
    pool.add_user()
    assert error_of(lambda: update(pool, **{name: "nonsense"}))["Message"] == message


def test_an_immutable_attribute_is_set_once_when_the_user_is_created(make_pool: Any) -> None:
    """H1 A2. "Working with user attributes": not even an administrator changes it."""
    pool = make_pool()
    pool.sign_up({"custom:npi_number": "1"})
    pool.confirm()
    refused = {
        "Code": "InvalidParameterException",
        "Message": "Invalid user attributes: user.custom:npi_number: Attribute cannot be updated."
        " (changing an immutable attribute)",
    }
    assert error_of(lambda: update(pool, npi_number="2")) == refused
    by_administrator = {"UserPoolId": pool.id, "Username": pool.email, "UserAttributes": listed({"npi_number": "2"})}
    assert error_of(lambda: pool.cognito.admin_update_user_attributes(**by_administrator)) == refused
    assert pool.user()["custom:npi_number"] == "1"


def test_who_signs_up_brings_the_required_attributes(make_pool: Any) -> None:
    """H1. "Working with user attributes": required attributes; an administrator may leave them out."""
    schema = [{"Name": "email", "Required": True}, {"Name": "name", "Required": True}]
    pool = make_pool(Schema=schema)
    assert error_of(pool.sign_up) == {
        "Code": "InvalidParameterException",
        "Message": "Attributes did not conform to the schema: name: The attribute is required",
    }
    pool.add_user()
    assert pool.user()["UserStatus"] == "CONFIRMED"


def test_nobody_takes_over_the_address_of_another_user(make_pool: Any) -> None:
    """H1 A2. "Login attributes", Amazon Cognito Developer Guide: AliasExistsException."""
    pool = make_pool()
    other = f"other-{pool.email}"
    pool.cognito.admin_create_user(UserPoolId=pool.id, Username=other, MessageAction="SUPPRESS")
    pool.add_user()
    found = error_of(lambda: update(pool, email=other))
    assert found == {"Code": "AliasExistsException", "Message": "An account with the email already exists."}
    assert pool.user()["email"] == pool.email


def test_a_pool_for_administrators_lets_nobody_sign_up(make_pool: Any) -> None:
    """H1 A1. "AdminCreateUserConfigType", user pools API reference: AllowAdminCreateUserOnly."""
    pool = make_pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    assert error_of(pool.sign_up) == {
        "Code": "NotAuthorizedException",
        "Message": "SignUp is not permitted for this user pool",
    }


def test_an_administrator_confirms_nobody_twice(make_pool: Any) -> None:
    """H1. "AdminConfirmSignUp", user pools API reference."""
    pool = make_pool()
    pool.add_user()
    assert error_of(lambda: pool.cognito.admin_confirm_sign_up(UserPoolId=pool.id, Username=pool.email)) == {
        "Code": "NotAuthorizedException",
        "Message": "User cannot be confirmed. Current status is CONFIRMED",
    }


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"WriteAttributes": ["email", "custom:undeclared"]}, "write"),
        ({"WriteAttributes": ["email", "email_verified"]}, "write"),
        ({"WriteAttributes": ["name"]}, "write"),
        ({"ReadAttributes": ["email", "custom:undeclared"]}, "read"),
    ],
)
def test_an_app_client_lists_only_attributes_it_can_have(make_pool: Any, settings: Any, kind: str) -> None:
    """H1 A2. "App client settings": declared attributes, every required one writable, no verified flag writable."""
    pool = make_pool()
    scope = {"UserPoolId": pool.id, **settings}
    assert error_of(lambda: pool.cognito.create_user_pool_client(ClientName="other", **scope)) == {
        "Code": "InvalidParameterException",
        "Message": f"Invalid {kind} attributes specified while creating a client",
    }
    assert error_of(lambda: pool.cognito.update_user_pool_client(ClientId=pool.client_id, **scope)) == {
        "Code": "InvalidParameterException",
        "Message": f"Invalid {kind} attributes specified while updating a client",
    }

"""The custom message trigger and the codes it is written for, against the running local cloud."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cognito_pool import TriggerPool, create_trigger_pool

IN_OWN_WORDS = (
    "response.update(emailSubject='Your clinic', emailMessage=f'{source}: {event[\"request\"][\"codeParameter\"]}')"
)
NEW_ADDRESS = "new-address@clinic.example"


@pytest.fixture
def make_pool(cloud: Any, make_function: Any) -> Callable[..., TriggerPool]:
    def make(statement: str = IN_OWN_WORDS, **options: Any) -> TriggerPool:
        triggers = ["CustomMessage"]
        return create_trigger_pool(cloud, make_function, {"CustomMessage": statement}, triggers=triggers, **options)

    return make


def verifying_first(make_pool: Any, **options: Any) -> Any:
    settings = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    return make_pool(UserAttributeUpdateSettings=settings, **options)


def change_address(pool: TriggerPool, address: str) -> tuple[str, Any]:
    """A signed-in user asks for another address; access token and the answer."""
    pool.add_user()
    token = pool.sign_in()["AccessToken"]
    answer = pool.cognito.update_user_attributes(
        AccessToken=token, UserAttributes=[{"Name": "email", "Value": address}], ClientMetadata={"page": "profile"}
    )
    return token, answer


def test_the_function_sees_who_the_code_is_for(make_pool: Any) -> None:
    """H1. "Custom message Lambda trigger", Amazon Cognito Developer Guide."""
    pool = make_pool()
    sub = pool.sign_up(ClientMetadata={"page": "welcome"})["UserSub"]
    [run] = pool.runs()
    assert (run.source, run.event["userName"], run.client_id) == ("CustomMessage_SignUp", sub, pool.client_id)
    assert run.request == {
        "userAttributes": {
            "sub": sub,
            "cognito:user_status": "UNCONFIRMED",
            "email": pool.email,
            "email_verified": "false",
        },
        "codeParameter": "{####}",
        "linkParameter": "{##Click Here##}",
        "usernameParameter": None,
        "clientMetadata": {"page": "welcome"},
    }
    assert run.event["response"] == {"smsMessage": None, "emailMessage": None, "emailSubject": None}


def test_the_mail_has_the_functions_words_and_the_code(make_pool: Any) -> None:
    """H1. "Custom message Lambda trigger": the placeholder is replaced by the code."""
    pool = make_pool()
    pool.sign_up()
    assert pool.mails() == [("Your clinic", "CustomMessage_SignUp: 123456")]


def test_a_function_that_writes_nothing_leaves_the_pools_own_mail(make_pool: Any) -> None:
    """H1. "Custom message Lambda trigger": an unchanged event keeps the default."""
    pool = make_pool("pass", EmailVerificationSubject="Pool", EmailVerificationMessage="Pool: {####}")
    pool.sign_up()
    assert pool.mails() == [("Pool", "Pool: 123456")]


@pytest.mark.parametrize(
    ("operation", "source", "by_client"),
    [
        ("resend_confirmation_code", "CustomMessage_ResendCode", True),
        ("forgot_password", "CustomMessage_ForgotPassword", True),
        ("admin_reset_user_password", "CustomMessage_ForgotPassword", False),
    ],
)
def test_every_message_with_a_code_has_its_own_source(
    make_pool: Any, operation: str, source: str, by_client: bool
) -> None:
    """H1. "Custom message Lambda trigger sources"."""
    pool = make_pool()
    pool.sign_up()
    pool.runs()
    scope = {"ClientId": pool.client_id} if by_client else {"UserPoolId": pool.id}
    getattr(pool.cognito, operation)(**scope, Username=pool.email)
    [run] = pool.runs()
    assert run.source == source
    assert run.client_id == (pool.client_id if by_client else "CLIENT_ID_NOT_APPLICABLE")
    assert pool.mails()[-1][1].startswith(f"{source}: ")


def test_an_invitation_has_the_functions_words_username_and_password(make_pool: Any) -> None:
    """H1. "Custom message Lambda trigger": CustomMessage_AdminCreateUser needs both placeholders."""
    both = (
        'response.update(emailMessage=f\'{event["request"]["usernameParameter"]} {event["request"]["codeParameter"]}\')'
    )
    pool = make_pool(both)
    pool.cognito.admin_create_user(UserPoolId=pool.id, Username=pool.email, TemporaryPassword="Temporary-horse-1")
    [run] = pool.runs()
    assert run.request["userAttributes"]["cognito:user_status"] == "FORCE_CHANGE_PASSWORD"
    assert pool.mails()[-1][1] == f"{pool.email} Temporary-horse-1"


def test_a_mail_without_the_code_is_refused(make_pool: Any) -> None:
    """H1. "Custom message Lambda trigger": emailMessage must include the code parameter."""
    pool = make_pool("response.update(emailMessage='Hello')")
    with pytest.raises(ClientError, match="InvalidLambdaResponseException"):
        pool.sign_up()
    assert pool.mails() == []


def test_a_pool_that_does_not_send_through_ses_refuses_the_functions_mail(make_pool: Any) -> None:
    """H1. "Custom message Lambda trigger": emailMessage needs EmailSendingAccount DEVELOPER."""
    pool = make_pool(EmailConfiguration={"EmailSendingAccount": "COGNITO_DEFAULT"})
    with pytest.raises(ClientError, match="InvalidLambdaResponseException"):
        pool.sign_up()


def test_an_error_of_the_function_reaches_the_caller(make_pool: Any) -> None:
    """H1. "ForgotPassword", user pools API reference: UserLambdaValidationException."""
    pool = make_pool("raise Exception('no template')")
    pool.add_user()
    with pytest.raises(ClientError, match=r"CustomMessage failed with error no template\."):
        pool.cognito.forgot_password(ClientId=pool.client_id, Username=pool.email)
    assert pool.mails() == []


def test_a_new_address_waits_for_its_code_where_the_pool_wants_that(make_pool: Any) -> None:
    """H1. "Verifying updates to email addresses and phone numbers", Amazon Cognito Developer Guide."""
    pool = verifying_first(make_pool)
    _, answer = change_address(pool, NEW_ADDRESS)
    assert answer["CodeDeliveryDetailsList"] == [
        {"Destination": "n****@c****", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    ]
    user = pool.user()
    assert (user["email"], user["email_verified"]) == (pool.email, "true")
    [run] = pool.runs()
    assert (run.source, run.client_id) == ("CustomMessage_UpdateUserAttribute", pool.client_id)
    assert run.request["clientMetadata"] == {"page": "profile"}
    assert pool.mails(NEW_ADDRESS)[-1][1] == "CustomMessage_UpdateUserAttribute: 123456"


def test_the_code_puts_the_new_address_in_force(make_pool: Any) -> None:
    """H1. "VerifyUserAttribute", user pools API reference."""
    pool = verifying_first(make_pool)
    token, _ = change_address(pool, f"in-force-{pool.email}")
    pool.cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code="123456")
    found = pool.cognito.get_user(AccessToken=token)["UserAttributes"]
    attributes = {item["Name"]: item["Value"] for item in found}
    assert (attributes["email"], attributes["email_verified"]) == (f"in-force-{pool.email}", "true")


def test_a_wrong_code_leaves_the_old_address(make_pool: Any) -> None:
    """H1. "VerifyUserAttribute", user pools API reference: CodeMismatchException."""
    pool = verifying_first(make_pool)
    token, _ = change_address(pool, NEW_ADDRESS)
    with pytest.raises(ClientError, match="CodeMismatchException"):
        pool.cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code="000000")
    assert pool.user()["email"] == pool.email


def test_a_new_address_is_unverified_where_the_pool_changes_it_at_once(make_pool: Any) -> None:
    """H1. "UpdateUserAttributes", user pools API reference: an updated address has to be verified again."""
    pool = make_pool()
    token, _ = change_address(pool, f"at-once-{pool.email}")
    found = pool.cognito.get_user(AccessToken=token)["UserAttributes"]
    attributes = {item["Name"]: item["Value"] for item in found}
    assert (attributes["email"], attributes["email_verified"]) == (f"at-once-{pool.email}", "false")


def test_an_administrator_who_says_so_changes_a_verified_address_at_once(make_pool: Any) -> None:
    """H1. "AdminUpdateUserAttributes", user pools API reference."""
    pool = verifying_first(make_pool)
    sub = pool.add_user()
    values = [{"Name": "email", "Value": NEW_ADDRESS}, {"Name": "email_verified", "Value": "true"}]
    pool.cognito.admin_update_user_attributes(UserPoolId=pool.id, Username=sub, UserAttributes=values)
    found = pool.cognito.admin_get_user(UserPoolId=pool.id, Username=sub)["UserAttributes"]
    assert {"Name": "email", "Value": NEW_ADDRESS} in found
    assert pool.sources() == []


def test_a_code_can_be_asked_for_again(make_pool: Any) -> None:
    """H1. "GetUserAttributeVerificationCode", user pools API reference: CustomMessage_VerifyUserAttribute."""
    pool = verifying_first(make_pool)
    token, _ = change_address(pool, NEW_ADDRESS)
    pool.runs()
    pool.cognito.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    assert pool.sources() == ["CustomMessage_VerifyUserAttribute"]
    assert pool.mails(NEW_ADDRESS)[-1][1] == "CustomMessage_VerifyUserAttribute: 123456"

"""Triggers around the creation and confirmation of users, against the running local cloud."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cognito_pool import PASSWORD, TriggerPool, create_trigger_pool


@pytest.fixture
def make_pool(cloud: Any, make_function: Any) -> Callable[..., TriggerPool]:
    return lambda *arguments, **options: create_trigger_pool(cloud, make_function, *arguments, **options)


def test_pre_sign_up_sees_attributes_validation_data_and_metadata_of_a_sign_up(make_pool: Any) -> None:
    """H1. "Pre sign-up Lambda trigger", Amazon Cognito Developer Guide."""
    pool = make_pool(triggers=["PreSignUp"])
    answer = pool.sign_up(
        attributes={"name": "Ada"},
        ValidationData=[{"Name": "invite", "Value": "42"}],
        ClientMetadata={"page": "welcome"},
    )
    [run] = pool.runs()
    assert run.event == {
        "version": "1",
        "triggerSource": "PreSignUp_SignUp",
        "region": "us-east-1",
        "userPoolId": pool.id,
        "userName": answer["UserSub"],
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": pool.client_id},
        "request": {
            "userAttributes": {"name": "Ada", "email": pool.email},
            "validationData": {"invite": "42"},
            "clientMetadata": {"page": "welcome"},
        },
        "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    }


def test_pre_sign_up_confirms_and_verifies_a_user_who_then_passes_post_confirmation(make_pool: Any) -> None:
    """H1. "Pre sign-up Lambda trigger": autoConfirmUser, autoVerifyEmail; "SignUp": metadata for post confirmation."""
    pool = make_pool({"PreSignUp": "response.update(autoConfirmUser=True, autoVerifyEmail=True)"})
    answer = pool.sign_up(ClientMetadata={"page": "welcome"})
    first, second = pool.runs()
    assert answer["UserConfirmed"] is True
    assert (first.source, second.source) == ("PreSignUp_SignUp", "PostConfirmation_ConfirmSignUp")
    assert second.request == {
        "userAttributes": {
            "sub": answer["UserSub"],
            "cognito:user_status": "CONFIRMED",
            "email": pool.email,
            "email_verified": "true",
        },
        "clientMetadata": {"page": "welcome"},
    }


def test_an_error_of_pre_sign_up_refuses_the_user_with_its_text(make_pool: Any) -> None:
    """H1. "SignUp", user pools API reference: UserLambdaValidationException."""
    pool = make_pool({"PreSignUp": "raise Exception('this clinic is closed')"})
    with pytest.raises(ClientError) as refused:
        pool.sign_up()
    assert refused.value.response["Error"] == {
        "Code": "UserLambdaValidationException",
        "Message": "PreSignUp failed with error this clinic is closed.",
    }
    assert pool.cognito.list_users(UserPoolId=pool.id)["Users"] == []


def test_pre_sign_up_cannot_verify_an_address_that_the_user_does_not_have(make_pool: Any) -> None:
    """H1. "Pre sign-up Lambda trigger": autoVerifyPhone without a phone number is an error and nobody signs up."""
    pool = make_pool({"PreSignUp": "response.update(autoVerifyPhone=True)"})
    with pytest.raises(ClientError, match="InvalidLambdaResponseException"):
        pool.sign_up()
    assert pool.cognito.list_users(UserPoolId=pool.id)["Users"] == []


def test_pre_sign_up_sees_a_user_that_an_administrator_creates_under_its_later_name(make_pool: Any) -> None:
    """H1. "Pre sign-up Lambda trigger": PreSignUp_AdminCreateUser, no app client; then the invitation."""
    pool = make_pool()
    created = pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username=pool.email,
        UserAttributes=[{"Name": "name", "Value": "Ada"}],
        ValidationData=[{"Name": "invite", "Value": "42"}],
        ClientMetadata={"page": "admin"},
    )["User"]
    first, second = pool.runs()
    assert (first.source, second.source) == ("PreSignUp_AdminCreateUser", "CustomMessage_AdminCreateUser")
    assert (first.event["userName"], first.client_id) == (created["Username"], "CLIENT_ID_NOT_APPLICABLE")
    assert first.request == {
        "userAttributes": {"name": "Ada", "email": pool.email},
        "validationData": {"invite": "42"},
        "clientMetadata": {"page": "admin"},
    }


def test_pre_sign_up_does_not_confirm_users_of_an_administrator(make_pool: Any) -> None:
    """H1. "Pre sign-up Lambda trigger", note: the answer is ignored for AdminCreateUser."""
    pool = make_pool({"PreSignUp": "response.update(autoConfirmUser=True, autoVerifyEmail=True)"})
    pool.cognito.admin_create_user(UserPoolId=pool.id, Username=pool.email, MessageAction="SUPPRESS")
    user = pool.user()
    assert (user["UserStatus"], user.get("email_verified")) == ("FORCE_CHANGE_PASSWORD", None)


def test_an_error_of_pre_sign_up_keeps_an_administrator_from_creating_the_user(make_pool: Any) -> None:
    """H1. "AdminCreateUser", user pools API reference: UserLambdaValidationException."""
    pool = make_pool({"PreSignUp": "raise Exception('no more seats')"})
    with pytest.raises(ClientError, match=r"PreSignUp failed with error no more seats\."):
        pool.cognito.admin_create_user(UserPoolId=pool.id, Username=pool.email)
    assert pool.cognito.list_users(UserPoolId=pool.id)["Users"] == []
    assert pool.mails() == []


def test_a_confirmed_code_verifies_the_address_before_post_confirmation(make_pool: Any) -> None:
    """H1 C1. "Post confirmation Lambda trigger": the current attributes of the confirmed user."""
    pool = make_pool(triggers=["PostConfirmation"])
    sub = pool.sign_up()["UserSub"]
    assert pool.user()["email_verified"] == "false"
    pool.confirm(ClientMetadata={"page": "confirm"})
    [run] = pool.runs()
    assert (run.source, run.event["userName"], run.client_id) == (
        "PostConfirmation_ConfirmSignUp",
        sub,
        pool.client_id,
    )
    assert run.request["userAttributes"]["email_verified"] == "true"
    assert run.request["clientMetadata"] == {"page": "confirm"}
    assert run.event["response"] == {}


def test_an_administrators_confirmation_runs_post_confirmation_without_a_client(make_pool: Any) -> None:
    """H1. "Post confirmation Lambda trigger": AdminConfirmSignUp. It proves no address."""
    pool = make_pool(triggers=["PostConfirmation"])
    pool.sign_up()
    pool.cognito.admin_confirm_sign_up(UserPoolId=pool.id, Username=pool.email)
    [run] = pool.runs()
    assert (run.source, run.client_id) == ("PostConfirmation_ConfirmSignUp", None)
    assert run.request["userAttributes"]["email_verified"] == "false"


def test_a_reset_password_runs_post_confirmation_under_another_source(make_pool: Any) -> None:
    """H1. "Post confirmation Lambda trigger": PostConfirmation_ConfirmForgotPassword."""
    pool = make_pool(triggers=["PostConfirmation"])
    pool.add_user()
    pool.cognito.forgot_password(ClientId=pool.client_id, Username=pool.email)
    pool.cognito.confirm_forgot_password(
        ClientId=pool.client_id, Username=pool.email, ConfirmationCode="654321", Password=f"{PASSWORD}2"
    )
    assert pool.sources() == ["PostConfirmation_ConfirmForgotPassword"]


def test_the_user_is_confirmed_although_post_confirmation_fails(make_pool: Any) -> None:
    """H1. The function runs after the confirmation ("Post confirmation Lambda trigger"): the caller gets its error."""
    pool = make_pool({"PostConfirmation": "raise Exception('event bus is down')"})
    pool.sign_up()
    with pytest.raises(ClientError, match=r"PostConfirmation failed with error event bus is down\."):
        pool.confirm()
    assert pool.user()["UserStatus"] == "CONFIRMED"


def test_a_wrong_code_runs_no_trigger(make_pool: Any) -> None:
    """H1. "ConfirmSignUp", user pools API reference: CodeMismatchException."""
    pool = make_pool(triggers=["PostConfirmation"])
    pool.sign_up()
    with pytest.raises(ClientError, match="CodeMismatchException"):
        pool.cognito.confirm_sign_up(ClientId=pool.client_id, Username=pool.email, ConfirmationCode="000000")
    assert pool.sources() == []


def test_a_password_set_by_an_administrator_is_no_confirmation(make_pool: Any) -> None:
    """H1. "Post confirmation Lambda trigger": not for accounts that administrators create."""
    pool = make_pool(triggers=["PostConfirmation"])
    pool.cognito.admin_create_user(UserPoolId=pool.id, Username=pool.email, MessageAction="SUPPRESS")
    pool.cognito.admin_set_user_password(UserPoolId=pool.id, Username=pool.email, Password=PASSWORD, Permanent=True)
    assert pool.sources() == []

"""The custom message trigger as built, behind a pool of the running local cloud: mails one can read and use."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.cognito_pool import PASSWORD, SCHEMA, Pool, create_pool
from local.lambda_functions import Function, create_function
from local_cloud.cloud import ROOT, LocalCloud

APPLICATION = "https://app.medflow.example"
NEW_PASSWORD = "Another-horse-2"
LANGUAGE = {"Name": "preferred_language", "AttributeDataType": "String", "Mutable": True}

SUBJECTS = {
    "sign-up": {
        "ar": "رمز تأكيد حسابكم في MedFlow",
        "fr": "Votre code de confirmation MedFlow",
        "en": "Your MedFlow confirmation code",
    },
    "invitation": {
        "ar": "دعوتكم إلى MedFlow",
        "fr": "Votre invitation à MedFlow",
        "en": "Your invitation to MedFlow",
    },
    "forgot": {
        "ar": "إعادة تعيين كلمة المرور في MedFlow",
        "fr": "Réinitialisation de votre mot de passe MedFlow",
        "en": "Reset your MedFlow password",
    },
}
DIRECTIONS = {"ar": "rtl", "fr": "ltr", "en": "ltr"}

every_language = pytest.mark.parametrize("language", DIRECTIONS)


@dataclass(frozen=True)
class Mail:
    subject: str
    html: str

    @property
    def values(self) -> list[str]:
        """What stands in the boxes: a code, or user name and password."""
        return re.findall(r'monospace">([^<]*)</span>', self.html)

    def is_in(self, language: str) -> bool:
        return f'<html lang="{language}" dir="{DIRECTIONS[language]}">' in self.html


def last_mail(pool: Pool) -> Mail:
    return Mail(*pool.mails()[-1])


@pytest.fixture(scope="module")
def messages(cloud: LocalCloud) -> Iterator[Function]:
    """The function of the built package, which speaks French to whom it knows nothing of."""
    function = create_function(
        cloud,
        "",
        package=(ROOT / "build/lambdas/custom_message.zip").read_bytes(),
        handler="custom_message.handler.lambda_handler",
        environment={"DEFAULT_LANGUAGE": "fr", "APPLICATION_URL": APPLICATION},
        timeout=5,
    )
    yield function
    function.delete()


@pytest.fixture
def make_pool(cloud: LocalCloud, messages: Function) -> Callable[..., Pool]:
    def make(**settings: Any) -> Pool:
        pool = create_pool(cloud, LambdaConfig={"CustomMessage": messages.arn}, Schema=[*SCHEMA, LANGUAGE], **settings)
        cloud.client("lambda").add_permission(
            FunctionName=messages.name,
            StatementId=pool.id,
            Action="lambda:InvokeFunction",
            Principal="cognito-idp.amazonaws.com",
            SourceArn=pool.arn,
            SourceAccount=cloud.account_id,
        )
        return pool

    return make


@every_language
def test_a_sign_up_is_confirmed_with_the_code_of_its_mail(make_pool: Any, language: str) -> None:
    """A12 H1."""
    pool = make_pool()
    pool.sign_up({"custom:preferred_language": language})
    mail = last_mail(pool)
    [code] = mail.values
    assert (mail.subject, mail.is_in(language)) == (SUBJECTS["sign-up"][language], True)
    pool.cognito.confirm_sign_up(ClientId=pool.client_id, Username=pool.email, ConfirmationCode=code)
    assert pool.user()["UserStatus"] == "CONFIRMED"


@every_language
def test_an_invited_user_signs_in_with_what_the_mail_says(make_pool: Any, language: str) -> None:
    """A12 H1. User name and temporary password, and a link to the application."""
    pool = make_pool()
    attributes = {"custom:preferred_language": language, "name": "Amina O'Neil"}
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username=pool.email,
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )
    mail = last_mail(pool)
    username, password = mail.values
    assert (mail.subject, mail.is_in(language)) == (SUBJECTS["invitation"][language], True)
    assert username == pool.email
    assert "Amina O&#39;Neil" in mail.html
    assert f'href="{APPLICATION}"' in mail.html
    answer = pool.cognito.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )
    assert answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


@every_language
def test_a_forgotten_password_is_replaced_with_the_code_of_its_mail(make_pool: Any, language: str) -> None:
    """A12 H1."""
    pool = make_pool()
    pool.add_user(**{"custom:preferred_language": language, "name": "Amina"})
    pool.cognito.forgot_password(ClientId=pool.client_id, Username=pool.email)
    mail = last_mail(pool)
    [code] = mail.values
    assert (mail.subject, mail.is_in(language), "Amina" in mail.html) == (SUBJECTS["forgot"][language], True, True)
    pool.cognito.confirm_forgot_password(
        ClientId=pool.client_id, Username=pool.email, ConfirmationCode=code, Password=NEW_PASSWORD
    )
    assert pool.sign_in(NEW_PASSWORD)["AccessToken"]


@pytest.mark.parametrize(("locale", "language"), [("ar-TN", "ar"), ("de", "fr")])
def test_who_prefers_no_language_is_written_to_in_the_applications_or_the_default(
    make_pool: Any, locale: str, language: str
) -> None:
    """A12 H1."""
    pool = make_pool()
    pool.sign_up(ClientMetadata={"locale": locale})
    assert last_mail(pool).subject == SUBJECTS["sign-up"][language]


def test_a_code_asked_for_again_and_one_for_a_new_address_have_words_of_their_own(make_pool: Any) -> None:
    """A12 H1."""
    pool = make_pool()
    pool.sign_up({"custom:preferred_language": "fr"})
    pool.cognito.resend_confirmation_code(ClientId=pool.client_id, Username=pool.email)
    assert last_mail(pool).subject == "Votre nouveau code de confirmation MedFlow"
    pool.confirm()
    token, address = pool.sign_in()["AccessToken"], f"new-{pool.email}"
    pool.cognito.update_user_attributes(AccessToken=token, UserAttributes=[{"Name": "email", "Value": address}])
    assert Mail(*pool.mails(address)[-1]).subject == "Confirmez votre nouvelle adresse e-mail pour MedFlow"
    pool.cognito.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    mail = Mail(*pool.mails(address)[-1])
    assert mail.subject == "Vérifiez votre adresse e-mail pour MedFlow"
    pool.cognito.verify_user_attribute(AccessToken=token, AttributeName="email", Code=mail.values[0])


def test_a_name_full_of_tricks_does_not_keep_a_user_out(make_pool: Any) -> None:
    """A12 H1. Override of the direction, markup, placeholder: the code comes, and only where it belongs."""
    pool = make_pool()
    pool.add_user(name="\u202e<b>{####}</b>", **{"custom:preferred_language": "en"})
    pool.cognito.forgot_password(ClientId=pool.client_id, Username=pool.email)
    mail = last_mail(pool)
    assert "Hello &lt;b&gt;&#123;####&#125;&lt;/b&gt;," in mail.html
    assert mail.html.count(mail.values[0]) == 1


def test_a_stranger_who_was_signed_up_reads_no_words_of_who_did_it(make_pool: Any) -> None:
    """A12 G5. Else anybody could send anything in the clinic's name."""
    pool = make_pool()
    pool.sign_up({"custom:preferred_language": "fr", "name": "Gagnez un prix sur prix.example"})
    assert "prix" not in last_mail(pool).html


def test_a_pool_that_does_not_send_through_ses_refuses_the_sign_up(make_pool: Any) -> None:
    """A12. "Custom message Lambda trigger": why this trigger needs the pool's sender, which it cannot see."""
    pool = make_pool(EmailConfiguration={"EmailSendingAccount": "COGNITO_DEFAULT"})
    with pytest.raises(pool.cognito.exceptions.InvalidLambdaResponseException):
        pool.cognito.sign_up(ClientId=pool.client_id, Username=pool.email, Password=PASSWORD)

"""The custom message trigger: every message acceptable to Cognito, in the user's language, and never in the way."""

import json
import unicodedata
from collections.abc import Callable
from copy import deepcopy
from types import ModuleType
from typing import Any

import pytest

from custom_message.env import LANGUAGES, Environment, EnvironmentProblemsError, parse
from custom_message.messages import SOURCES, UnacceptableError, problems, write
from lambdas.custom_message_samples import Event, message_event, written

APPLICATION = "https://app.medflow.example"
ENVIRONMENT = Environment("en", APPLICATION)

every_source = pytest.mark.parametrize("source", SOURCES)
every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture
def trigger(handler: Callable[..., ModuleType]) -> ModuleType:
    return handler("custom_message", DEFAULT_LANGUAGE="fr", APPLICATION_URL=APPLICATION)


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def email(source: str, language: str = "en", **attributes: str) -> str:
    return written(source, language, **attributes)["emailMessage"]


def test_every_source_that_cognito_documents_has_its_message() -> None:
    """A12. "Custom message Lambda trigger sources", Cognito Developer Guide."""
    assert set(SOURCES) == {
        *("SignUp", "AdminCreateUser", "ResendCode", "ForgotPassword"),
        *("UpdateUserAttribute", "VerifyUserAttribute", "Authentication"),
    }


@every_language
@every_source
def test_the_code_stands_once_in_the_mail_and_in_the_text_message(source: str, language: str) -> None:
    """A12. "Custom message Lambda trigger": without it Cognito refuses the message, and the operation with it."""
    message = written(source, language)
    assert [message[key].count("{####}") for key in ("emailMessage", "smsMessage", "emailSubject")] == [1, 1, 0]


@every_language
def test_an_invitation_holds_the_user_name_and_the_link(language: str) -> None:
    """A12. "Custom message Lambda trigger": CustomMessage_AdminCreateUser needs both placeholders."""
    message = written("AdminCreateUser", language)
    assert [message[key].count("{username}") for key in ("emailMessage", "smsMessage")] == [1, 1]
    assert message["emailMessage"].count(f'href="{APPLICATION}"') == 1


@every_language
@pytest.mark.parametrize("source", [source for source in SOURCES if source != "AdminCreateUser"])
def test_no_other_message_holds_a_user_name_or_a_link(source: str, language: str) -> None:
    """A12. A mail with a code and a link is what a phishing mail looks like."""
    message = written(source, language)
    assert "{username}" not in message["emailMessage"] + message["smsMessage"]
    assert "href" not in message["emailMessage"]


def test_an_invitation_without_application_holds_no_link() -> None:
    """A12."""
    message, _ = write(message_event("AdminCreateUser", "en"), Environment("en", ""))
    assert "href" not in message["emailMessage"]


def test_the_placeholders_are_those_of_the_request() -> None:
    """A12. "Custom message Lambda trigger": refer to the input values, do not write the names down."""
    event = message_event("AdminCreateUser", "en")
    event["request"] |= {"codeParameter": "{code}", "usernameParameter": "{user}"}
    message, _ = write(event, ENVIRONMENT)
    for key in ("emailMessage", "smsMessage"):
        assert ("{code}" in message[key], "{user}" in message[key], "{####}" in message[key]) == (True, True, False)


@every_language
@every_source
def test_cognito_takes_every_message(source: str, language: str) -> None:
    """A12. Lengths and characters of "VerificationMessageTemplateType", user pools API reference."""
    message = written(source, language, name="م" * 60)
    lengths = {key: len(text) for key, text in message.items()}
    assert lengths["emailSubject"] <= 140
    assert lengths["emailMessage"] <= 20_000
    assert lengths["smsMessage"] <= 140
    for key in ("emailSubject", "emailMessage"):
        categories = {unicodedata.category(character)[0] for character in message[key] if character not in " \n"}
        assert categories <= set("LMSNP")


@every_language
@every_source
def test_a_message_says_its_language_and_direction(source: str, language: str) -> None:
    """A12. On the page and on its first element, because some mail programs drop the page."""
    direction, start = ("rtl", "right") if language == "ar" else ("ltr", "left")
    text = email(source, language)
    assert f'<html lang="{language}" dir="{direction}">' in text
    assert f'<div lang="{language}" dir="{direction}"' in text
    assert {part.split(";")[0].split('"')[0] for part in text.split("text-align:")[1:]} == {start}


@every_language
@every_source
def test_codes_and_addresses_run_from_left_to_right(source: str, language: str) -> None:
    """A12. In a right-to-left line the signs around a password would change places."""
    text = email(source, language)
    for value in ("{####}", "{username}"):
        if value in text:
            assert text.split(value)[0].rpartition("<")[2].startswith('span dir="ltr"')


@every_language
@every_source
def test_a_mail_loads_nothing_and_tells_nobody_that_it_was_read(source: str, language: str) -> None:
    """A12. No picture, script, style sheet or font from elsewhere; the one address is the application's."""
    text = email(source, language).replace(f'href="{APPLICATION}"', "").replace(f">{APPLICATION}<", "")
    assert [
        word for word in ("<img", "<script", "<link", "@import", "url(", "http", "src=", "//") if word in text
    ] == []


@pytest.mark.parametrize(
    ("attribute", "locale", "expected"),
    [
        ("ar", "fr", "ar"),
        ("fr-TN", "ar", "fr"),
        ("EN_us", "ar", "en"),
        (" ar ", None, "ar"),
        (None, "ar-TN", "ar"),
        ("de", "en", "en"),
        ("", "en", "en"),
        ("arabic", None, "fr"),
        (None, "de", "fr"),
        (None, None, "fr"),
    ],
)
def test_the_language_is_the_users_else_the_applications_else_the_default(
    attribute: str | None, locale: str | None, expected: str
) -> None:
    """A12."""
    event = message_event("SignUp")
    if attribute is not None:
        event["request"]["userAttributes"]["custom:preferred_language"] = attribute
    if locale is not None:
        event["request"]["clientMetadata"] = {"locale": locale}
    assert write(event, Environment("fr", ""))[1] == expected


@pytest.mark.parametrize("source", ["AdminCreateUser", "Authentication", "ForgotPassword"])
def test_a_known_person_is_greeted_by_name(source: str) -> None:
    """A12."""
    assert "Bonjour Amélie," in email(source, "fr", name="Amélie")


@pytest.mark.parametrize("source", ["SignUp", "ResendCode", "UpdateUserAttribute", "VerifyUserAttribute"])
def test_an_address_that_nobody_has_proved_is_told_no_name(source: str) -> None:
    """A12 G5. It may be a stranger's, and who signs up could send a stranger anything as a "name"."""
    text = email(source, "fr", name="Gagnez 1000 euros", given_name="Gagnez", family_name="Gagnez")
    assert "Bonjour," in text
    assert "Gagnez" not in text


HOSTILE = {
    "markup": ("<b>Amina</b>", "Hello &lt;b&gt;Amina&lt;/b&gt;,"),
    "an attribute's end": ("\"'Amina", "Hello &quot;&#39;Amina,"),
    "an entity": ("A&amp;B", "Hello A&amp;amp;B,"),
    "the code's placeholder": ("{####}", "Hello &#123;####&#125;,"),
    "a template's placeholder": ("$code ${intro} $$", "Hello $code $&#123;intro&#125; $$,"),
    "an override of the direction": ("Amina\u202egnp.exe\u202c", "Hello Aminagnp.exe,"),
    "an isolate and a mark": ("\u2067Amina\u2069\u200f", "Hello Amina,"),
    "zero width": ("Ami\u200bna\ufeff", "Hello Amina,"),
    "line breaks": ("Amina\r\n\r\nBcc: all", "Hello Amina Bcc: all,"),
    "odd spaces": ("Amina\u00a0\u202f\u2028Haddad", "Hello Amina Haddad,"),
    "a null": ("Ami\x00na", "Hello Amina,"),
    "half a character": ("Ami\ud800na", "Hello Amina,"),
    "nothing visible": ("\u200b\u00a0 ", "Hello,"),
    "a novel": ("x" * 61, "Hello,"),
}


@pytest.mark.parametrize(("name", "greeting"), HOSTILE.values(), ids=HOSTILE)
def test_a_name_is_text_and_nothing_else(name: str, greeting: str) -> None:
    """A12. Neither markup nor a placeholder, nor anything invisible that turns the line around."""
    text = email("ForgotPassword", "en", name=name)
    assert f">{greeting}</p>" in text
    assert text.count("{####}") == 1


def test_a_name_of_another_type_is_no_name() -> None:
    """A12."""
    event = message_event("ForgotPassword", "en")
    event["request"]["userAttributes"]["name"] = ["Amina"]
    assert "Hello," in write(event, ENVIRONMENT)[0]["emailMessage"]


@pytest.mark.parametrize(
    ("key", "text", "problem"),
    [
        ("emailSubject", "x" * 141, "emailSubject has 141 characters, at most 140 are allowed"),
        ("emailMessage", "{####}" + "x" * 19_995, "emailMessage has 20001 characters, at most 20000 are allowed"),
        ("smsMessage", "{####}" + "x" * 135, "smsMessage has 141 characters, at most 140 are allowed"),
        ("emailMessage", "no code", "emailMessage lacks {####}"),
        ("smsMessage", "no code", "smsMessage lacks {####}"),
        ("emailMessage", "{####}\u200f", "emailMessage holds a character that Cognito refuses"),
        ("emailMessage", "{####}\u00a0", "emailMessage holds a character that Cognito refuses"),
        ("emailSubject", "Code\u202f:", "emailSubject holds a character that Cognito refuses"),
    ],
)
def test_what_cognito_would_refuse_is_seen_before(key: str, text: str, problem: str) -> None:
    """A12. Cognito would refuse the sign-up with it."""
    acceptable = {"emailSubject": "s", "emailMessage": "{####}", "smsMessage": "{####}"}
    assert problems(acceptable, ["{####}"]) == []
    assert problems({**acceptable, key: text}, ["{####}"]) == [problem]


@pytest.mark.parametrize("source", ["New", "", "CustomMessage_SignUp"])
def test_a_source_of_tomorrow_is_left_to_cognito(source: str) -> None:
    """A12."""
    with pytest.raises(UnacceptableError, match="no message is known"):
        write(message_event(source), ENVIRONMENT)


def test_a_trigger_source_of_another_trigger_is_left_to_cognito() -> None:
    """A12."""
    event = message_event("SignUp") | {"triggerSource": "SignUp"}
    with pytest.raises(UnacceptableError, match="no message is known"):
        write(event, ENVIRONMENT)


@pytest.mark.parametrize("lacking", ["codeParameter", "usernameParameter"])
def test_a_request_without_placeholder_is_left_to_cognito(lacking: str) -> None:
    """A12. Cognito's own invitation still holds what the user needs."""
    event = message_event("AdminCreateUser")
    event["request"][lacking] = None
    with pytest.raises(UnacceptableError, match="the request lacks a placeholder"):
        write(event, ENVIRONMENT)


@every_language
@every_source
def test_the_handler_answers_with_the_message_and_changes_nothing_else(
    trigger: ModuleType, context: Any, source: str, language: str
) -> None:
    """A12."""
    event = message_event(source, language)
    before = deepcopy(event)
    answer = trigger.lambda_handler(event, context)
    assert answer == before | {"response": written(source, language)}


BROKEN: dict[str, Event] = {
    "nothing": {},
    "no request": {"triggerSource": "CustomMessage_SignUp", "request": None},
    "no attributes": {"triggerSource": "CustomMessage_SignUp", "request": {"codeParameter": "{####}"}},
    "no code": {"triggerSource": "CustomMessage_SignUp", "request": {"userAttributes": {}}},
    "unknown source": message_event("New"),
}


@pytest.mark.parametrize("event", BROKEN.values(), ids=BROKEN)
def test_an_event_that_cannot_be_answered_goes_back_as_it_came_and_is_counted(
    trigger: ModuleType, context: Any, event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """A12. Cognito then sends its own words: a user gets the code in English rather than none."""
    before = deepcopy(event)
    assert trigger.lambda_handler(event, context) == before
    error, metric = logged(capsys)
    assert (error["level"], error["request_id"]) == ("ERROR", context.aws_request_id)
    assert (metric["MessageNotWritten"], metric["service"]) == (1, "custom_message")
    [declared] = metric["_aws"]["CloudWatchMetrics"]
    assert (declared["Namespace"], declared["Metrics"][0]["Name"]) == ("MedFlow", "MessageNotWritten")


def test_a_template_that_is_broken_is_named_and_holds_nobody_up(
    trigger: ModuleType, context: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A12."""

    def texts(_: str) -> None:
        raise FileNotFoundError("Amina Haddad")

    monkeypatch.setattr("custom_message.messages.texts", texts)
    event = message_event("SignUp", "ar")
    assert trigger.lambda_handler(event, context) == message_event("SignUp", "ar")
    assert logged(capsys)[0]["reason"] == "FileNotFoundError"


def test_a_wrong_environment_holds_nobody_up_and_is_named(
    handler: Callable[..., ModuleType], context: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A12."""
    module = handler("custom_message", DEFAULT_LANGUAGE="de", APPLICATION_URL="")
    event = message_event("SignUp", "ar")
    assert module.lambda_handler(event, context) == message_event("SignUp", "ar")
    assert logged(capsys)[0]["reason"] == "custom_message: DEFAULT_LANGUAGE is 'de', expected one of ar, fr, en"


def test_every_problem_of_the_environment_is_told_at_once() -> None:
    """A12."""
    with pytest.raises(
        EnvironmentProblemsError,
        match=r"^custom_message: DEFAULT_LANGUAGE is missing; APPLICATION_URL must start with https://",
    ):
        parse({"APPLICATION_URL": "ftp://app"})
    with pytest.raises(EnvironmentProblemsError, match="APPLICATION_URL is missing"):
        parse({"DEFAULT_LANGUAGE": "fr"})


@every_source
def test_no_log_line_holds_anything_of_the_user(
    trigger: ModuleType, context: Any, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    """G5 A12. Neither where a message is written nor where it fails."""
    event = message_event(source, "ar", name="Amina Haddad", email="amina@clinic.example")
    trigger.lambda_handler(event, context)
    event["request"]["codeParameter"] = None
    trigger.lambda_handler(event, context)
    output = capsys.readouterr().out
    assert json.loads(output.splitlines()[0])["message"] == "message written"
    assert [text for text in ("amina", "haddad", "4a1b3c5d") if text in output.lower()] == []

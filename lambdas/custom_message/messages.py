"""What a custom message event is answered with: subject, e-mail and text message in the user's language.

Facts: "Custom message Lambda trigger" and "Code validity resource quotas", Cognito Developer Guide; lengths and
characters of "VerificationMessageTemplateType" and "MessageTemplateType", user pools API reference.

Cognito refuses the whole operation, a sign-up for instance, when a message breaks these rules. So every message is
checked here first: one that is not acceptable is not given to Cognito, which then sends its own.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from string import Template
from typing import Any

from custom_message.env import LANGUAGES, Environment
from custom_message.templates import part, texts

PREFIX = "CustomMessage_"
INVITATION = "AdminCreateUser"
SOURCES = (
    *("SignUp", "ResendCode", "ForgotPassword", "UpdateUserAttribute", "VerifyUserAttribute", "Authentication"),
    INVITATION,
)
"""What follows the prefix in `triggerSource`; a section of each language's texts."""

KNOWN_PERSON = frozenset(("ForgotPassword", "Authentication", INVITATION))
"""Sources whose message greets by name. The others go to an address that nobody has proved yet: there a name would
tell a stranger who mistyped it, and let anybody send words of theirs to others in the clinic's name."""

LONGEST_NAME = 60
LONGEST_SUBJECT, LONGEST_EMAIL, LONGEST_SMS = 140, 20_000, 140

_ENTITIES = str.maketrans(
    {
        **{"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"},
        # Else a name could hold a placeholder that Cognito fills with the code.
        **{"{": "&#123;", "}": "&#125;"},
        # Cognito takes no space but the plain one, and French needs others.
        **{"\u00a0": "&#160;", "\u202f": "&#8239;"},
    }
)


class UnacceptableError(ValueError):
    """No message can be written. The text names the reason and nothing of the user."""


def write(event: Mapping[str, Any], environment: Environment) -> tuple[dict[str, str], str]:
    """The event's response and the language it is in. Raises UnacceptableError, or what a malformed event leads to."""
    trigger_source, request = event["triggerSource"], event["request"]
    source = trigger_source.removeprefix(PREFIX)
    if not trigger_source.startswith(PREFIX) or source not in SOURCES:
        raise UnacceptableError("no message is known for this source")
    language = language_of(request, environment.default_language)
    placeholders = {"code": request["codeParameter"]}
    if source == INVITATION:
        placeholders["username"] = request["usernameParameter"]
    if not all(isinstance(value, str) and value for value in placeholders.values()):
        raise UnacceptableError("the request lacks a placeholder")
    own = texts(language)[source]
    response = {
        "emailSubject": own["subject"],
        "emailMessage": _email(source, language, placeholders, _name(source, request), environment.application_url),
        "smsMessage": Template(own["sms"]).substitute(placeholders),
    }
    found = problems(response, placeholders.values())
    if found:
        raise UnacceptableError("; ".join(found))
    return response, language


def language_of(request: Mapping[str, Any], default: str) -> str:
    """The user's preferred language, else the application's, else the default: the first that the product speaks."""
    metadata = request.get("clientMetadata") or {}
    for wish in (request["userAttributes"].get("custom:preferred_language"), metadata.get("locale")):
        language = str(wish).strip().replace("_", "-").partition("-")[0].lower()
        if language in LANGUAGES:
            return language
    return default


def problems(response: Mapping[str, str], placeholders: Iterable[str]) -> list[str]:
    """What Cognito would refuse in a response."""
    found = [
        f"{key} has {len(response[key])} characters, at most {longest} are allowed"
        for key, longest in (
            ("emailSubject", LONGEST_SUBJECT),
            ("emailMessage", LONGEST_EMAIL),
            ("smsMessage", LONGEST_SMS),
        )
        if len(response[key]) > longest
    ]
    for key in ("emailMessage", "smsMessage"):
        found += [f"{key} lacks {placeholder}" for placeholder in placeholders if placeholder not in response[key]]
    found += [
        f"{key} holds a character that Cognito refuses"
        for key in ("emailSubject", "emailMessage")
        if any(_is_refused(character) for character in response[key])
    ]
    return found


def _is_refused(character: str) -> bool:
    """Neither letter, mark, symbol, number or punctuation nor one of the spaces of a Java pattern's `\\s`."""
    return character not in " \t\n\r\f\v" and unicodedata.category(character)[0] in "CZ"


def _name(source: str, request: Mapping[str, Any]) -> str:
    """The user's name on one line, nothing invisible in it; empty for a message that uses none."""
    given = request["userAttributes"].get("name") if source in KNOWN_PERSON else None
    if not isinstance(given, str):
        return ""
    visible = "".join(character if not _is_refused(character) else " " * character.isspace() for character in given)
    name = " ".join(visible.split())
    return name if len(name) <= LONGEST_NAME else ""


def _email(source: str, language: str, placeholders: Mapping[str, str], name: str, application_url: str) -> str:
    page = {key: _escaped(text) for key, text in texts(language)["page"].items()}
    own = {key: _escaped(text) for key, text in texts(language)[source].items()}
    start = "right" if page["direction"] == "rtl" else "left"

    def detail(label: str, value: str, size: str) -> str:
        return part("detail").substitute(label=own[label], value=value, size=size, small=page["small"], start=start)

    if source == INVITATION:
        details = detail("username_label", placeholders["username"], "16px")
        details += detail("label", placeholders["code"], "18px")
        if application_url:
            details += part("link").substitute(label=own["link_label"], url=_escaped(application_url))
    else:
        details = detail("label", placeholders["code"], "28px")
    greeting = page["greeting"] if name else page["greeting_without_name"]
    return part("layout").substitute(
        language=language,
        direction=page["direction"],
        start=start,
        fonts=page["fonts"],
        size=page["size"],
        small=page["small"],
        heading=own["heading"],
        greeting=Template(greeting).substitute(name=_escaped(name)),
        intro=own["intro"],
        details=details,
        validity=own["validity"],
        unexpected=own["unexpected"],
        footer=page["footer"],
    )


def _escaped(text: str) -> str:
    return text.translate(_ENTITIES)

"""The texts themselves: complete in every language, and set as a reader of that language expects."""

import ast
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from string import Template

import pytest

from custom_message.env import LANGUAGES
from custom_message.messages import SOURCES
from custom_message.templates import texts
from lambdas.custom_message_samples import CODE, message_event, written

LAMBDAS = Path(__file__).resolve().parents[2] / "lambdas"

GSM_7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The alphabet of a text message of 160 characters (3GPP TS 23.038); any other character leaves room for 70."""

every_language = pytest.mark.parametrize("language", LANGUAGES)
codes = pytest.mark.parametrize("source", [source for source in SOURCES if source != "AdminCreateUser"])


def read(language: str) -> dict[str, str]:
    """Every text that people read in mails: `SignUp.heading` -> text."""
    return {
        f"{section}.{key}": text
        for section, keys in texts(language).items()
        for key, text in keys.items()
        if key not in ("direction", "fonts", "size", "small", "sms")
    }


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@every_language
def test_every_language_says_everything(language: str) -> None:
    """A12."""
    assert {section: set(keys) for section, keys in texts(language).items()} == {
        section: set(keys) for section, keys in texts("en").items()
    }
    assert set(texts(language)) == {"page", *SOURCES}
    assert [key for key, text in read(language).items() if not text.strip()] == []


@every_language
def test_a_text_uses_no_placeholder_but_its_own(language: str) -> None:
    """A12. Any other would be an error at the moment of sending."""
    used = {
        f"{section}.{key}": set(Template(text).get_identifiers())
        for section, keys in texts(language).items()
        for key, text in keys.items()
    }
    expected = {"page.greeting": {"name"}, "AdminCreateUser.sms": {"code", "username"}}
    expected |= {f"{source}.sms": {"code"} for source in SOURCES if source != "AdminCreateUser"}
    assert {key: names for key, names in used.items() if names} == expected


@every_language
def test_the_subject_tells_the_messages_apart(language: str) -> None:
    """A12. In a list of mails it is all that one sees."""
    subjects = {written(source, language)["emailSubject"] for source in SOURCES}
    assert len(subjects) == len(SOURCES)
    assert all("MedFlow" in subject for subject in subjects)


@codes
@every_language
def test_a_code_comes_in_one_text_message(source: str, language: str) -> None:
    """A12. A second one costs twice and may come first."""
    text = written(source, language)["smsMessage"].replace("{####}", CODE)
    assert len(text) <= (160 if set(text) <= GSM_7 else 70)


@codes
@every_language
def test_the_code_is_the_end_of_a_text_message(source: str, language: str) -> None:
    """A12. There telephones find it to offer it for insertion."""
    assert written(source, language)["smsMessage"].endswith("{####}")


def test_every_arabic_text_starts_with_an_arabic_letter() -> None:
    """A12. Where nothing says the direction, as in a subject or a text message, the first letter decides."""
    starts = {key: text[0] for key, text in read("ar").items()}
    starts |= {f"{source}.sms": texts("ar")[source]["sms"][0] for source in SOURCES}
    assert [key for key, letter in starts.items() if unicodedata.bidirectional(letter) != "AL"] == []


def test_arabic_has_arabic_punctuation() -> None:
    """A12."""
    assert [key for key, text in read("ar").items() if re.search(r"[,;?]", text)] == []


def test_french_double_punctuation_has_its_space_that_does_not_break() -> None:
    """A12. As in "Lexique des règles typographiques", Imprimerie nationale: a line must not start with a colon."""
    assert [key for key, text in read("fr").items() if re.search(r"[^\u00a0\u202f][:;!?]", text)] == []
    assert "\u00a0:" in texts("fr")["SignUp"]["intro"]


def test_french_and_english_mails_have_typographic_apostrophes() -> None:
    """A12."""
    assert [key for language in ("fr", "en") for key, text in read(language).items() if "'" in text] == []


@pytest.mark.parametrize(
    ("language", "text"), [("fr", "24&#160;heures"), ("ar", "24&#160;ساعة"), ("en", "24&#160;hours")]
)
def test_a_space_that_does_not_break_reaches_the_mail_as_an_entity(language: str, text: str) -> None:
    """A12. Cognito refuses the character itself."""
    assert text in written("SignUp", language)["emailMessage"]


def test_every_colour_of_the_text_can_be_read_on_every_ground() -> None:
    """A12. Contrast of 4.5 to 1: success criterion 1.4.3, Web Content Accessibility Guidelines 2.2."""
    page = written("AdminCreateUser", "ar")["emailMessage"]
    grounds = set(re.findall(r"background:(#[0-9a-f]{6})", page))
    colours = set(re.findall(r"[;\"]color:(#[0-9a-f]{6})", page))
    assert (len(grounds), len(colours)) == (3, 4)
    for ground in grounds:
        for colour in colours:
            light, dark = sorted((luminance(ground), luminance(colour)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (colour, ground)


@every_language
def test_a_screen_reader_finds_one_heading_and_no_table(language: str) -> None:
    """A12. Tables only place things here."""
    page = written("SignUp", language)["emailMessage"]
    assert page.count("<h1") == 1
    assert page.count("<table") == page.count('<table role="presentation"') == 1


@pytest.mark.parametrize("path", sorted((LAMBDAS / "custom_message").glob("*.py")), ids=lambda path: path.name)
def test_the_function_is_the_standard_library_alone(path: Path) -> None:
    """A12. The user waits for it on a page that says "we have sent you a code"."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in named} <= set(sys.stdlib_module_names) | {"custom_message"}


def test_a_cold_start_opens_the_files_of_one_language_alone() -> None:
    """A12."""
    script = (
        "import json, sys, custom_message.handler as h; from custom_message import templates;"
        " h.lambda_handler(json.loads(sys.argv[1]), None); print(templates.texts.cache_info().currsize)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", script, json.dumps(message_event("SignUp", "ar"))],
        env={"PYTHONPATH": str(LAMBDAS), "DEFAULT_LANGUAGE": "fr", "APPLICATION_URL": "", "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "1"

"""Events of the custom message trigger, what the pool makes of an answer, and the pictures of it in the docs.

The pictures are screenshots by a headless Chromium, named by source and language. Beside them, `sources.json` holds the
digest of the HTML that each shows, and of the picture itself: a changed text makes the digests differ.
"""

import json
import os
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from custom_message.env import LANGUAGES, Environment
from custom_message.messages import write

PICTURES = Path(__file__).resolve().parents[2] / "docs/pictures/messages"
MANIFEST = PICTURES / "sources.json"

NAMED = {
    "SignUp": "sign-up",
    "ResendCode": "resend-code",
    "ForgotPassword": "forgot-password",
    "UpdateUserAttribute": "new-address",
    "VerifyUserAttribute": "verify-address",
    "Authentication": "sign-in",
    "AdminCreateUser": "invitation",
}
"""Trigger source -> name of its pictures."""

WIDTH, HEIGHT, INVITATION_HEIGHT = 480, 710, 830

NAMES = {"ar": "أمينة الحداد", "fr": "Amélie Béranger", "en": "Amina Haddad"}
CODE, PASSWORD, USERNAME = "482915", "Kq7-mZ2x-9Pd!", "amina@clinic.example"
ENVIRONMENT = Environment("en", "https://app.medflow.example")

Event = dict[str, Any]


def message_event(source: str, language: str | None = None, **attributes: str) -> Event:
    """An event as "Custom message Lambda trigger" shows it, of a user with a preferred language."""
    if language:
        attributes["custom:preferred_language"] = language
    return {
        "version": "1",
        "triggerSource": f"CustomMessage_{source}",
        "region": "eu-west-3",
        "userPoolId": "eu-west-3_Abc",
        "userName": "4a1b3c5d-0000-4000-8000-1234567890ab",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "client"},
        "request": {
            "userAttributes": {
                "sub": "4a1b3c5d-0000-4000-8000-1234567890ab",
                "email": USERNAME,
                "email_verified": "false",
                **attributes,
            },
            "codeParameter": "{####}",
            "linkParameter": "{##Click Here##}",
            "usernameParameter": "{username}" if source == "AdminCreateUser" else None,
        },
        "response": {"smsMessage": None, "emailMessage": None, "emailSubject": None},
    }


def written(source: str, language: str, **attributes: str) -> dict[str, str]:
    """The answer to such an event."""
    return write(message_event(source, language, **attributes), ENVIRONMENT)[0]


def delivered(source: str, text: str) -> str:
    """The text as the pool sends it: code, or password and user name, in the place of the placeholders."""
    return text.replace("{####}", PASSWORD if source == "AdminCreateUser" else CODE).replace("{username}", USERNAME)


def samples() -> dict[str, tuple[str, str]]:
    """File name of each picture -> trigger source and HTML that it shows."""
    return {
        f"{name}.{language}.png": (
            source,
            delivered(source, written(source, language, name=NAMES[language])["emailMessage"]),
        )
        for source, name in NAMED.items()
        for language in LANGUAGES
    }


def manifest() -> dict[str, dict[str, str]]:
    """What `sources.json` should say now."""
    return {
        name: {"html": _digest(html.encode()), "picture": _digest((PICTURES / name).read_bytes())}
        for name, (_, html) in samples().items()
    }


def take_pictures() -> None:
    """Take all pictures anew, with the Chromium and the pngquant of this machine."""
    chromium, pngquant = shutil.which("chromium"), shutil.which("pngquant")
    if chromium is None or pngquant is None:
        raise FileNotFoundError("chromium and pngquant must be on the PATH, and a font for Arabic (fonts-noto-core)")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, (source, html) in samples().items():
            page = Path(folder, "message.html")
            page.write_text(html, encoding="utf-8")
            height = INVITATION_HEIGHT if source == "AdminCreateUser" else HEIGHT
            _run(
                *(chromium, "--headless", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"),
                *("--disable-background-networking", "--no-first-run", "--disable-lcd-text"),
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
                *(f"--user-data-dir={folder}/profile", f"--window-size={WIDTH},{height}"),
                *(f"--screenshot={folder}/picture.png", page.as_uri()),
            )
            _run(pngquant, "--force", "--strip", "--output", str(PICTURES / name), "32", f"{folder}/picture.png")
    MANIFEST.write_text(json.dumps(manifest(), indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()

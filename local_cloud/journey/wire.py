"""What the journey's steps share to talk to the platform from outside: HTTP, polling, the mailbox, expectations."""

import http.client
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

POLL_SECONDS = 0.02
"""Pause between two looks; far below what is waited for, and cheap against a server on the same machine."""

PATIENCE_SECONDS = 20.0
"""How long anything asynchronous may take before the step fails."""

REQUEST_TIMEOUT_SECONDS = 30.0
"""An HTTP API integration may take 30 s at most ("Quotas for HTTP APIs", API Gateway Developer Guide)."""

CODE = re.compile(r"\b\d{6}\b")
"""Cognito's confirmation codes have six digits."""

Found = TypeVar("Found")


class JourneyError(Exception):
    """The platform did something else than the journey expects. The text says what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. `body` is the parsed JSON, or the text when it is none."""

    status: int
    body: Any


def get(url: str, token: str | None = None) -> Answer:
    """GET over the wire, with `token` as the bearer. Any status is an answer; raises OSError when there is none."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=REQUEST_TIMEOUT_SECONDS)
    try:
        connection.request("GET", parts.path, headers={"Authorization": f"Bearer {token}"} if token else {})
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
    finally:
        connection.close()
    try:
        return Answer(response.status, json.loads(text))
    except ValueError:
        return Answer(response.status, text)


def expect_status(answer: Answer, status: int, why: str) -> None:
    """Raise JourneyError unless the answer has that status."""
    if answer.status != status:
        raise JourneyError(f"expected {status} ({why}), got {answer.status}: {str(answer.body)[:200]}")


def expect(holds: bool, otherwise: str) -> None:
    """Raise JourneyError with `otherwise` unless the condition holds."""
    if not holds:
        raise JourneyError(otherwise)


def expect_refusal(call: Callable[[], object], code: str, what: str) -> str:
    """Make an AWS call that must be refused with that error code. Returns the refusal's message."""
    try:
        call()
    except ClientError as refusal:
        found = refusal.response["Error"]["Code"]
        expect(found == code, f"{what}: expected {code}, got {refusal}")
        return refusal.response["Error"]["Message"]
    raise JourneyError(f"{what} was accepted; expected {code}")


def poll(look: Callable[[], Found | None], what: str, patience: float = PATIENCE_SECONDS) -> Found:
    """Look until something is found. Raises JourneyError naming `what` after `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        if (found := look()) is not None:
            return found
        if time.monotonic() > deadline:
            raise JourneyError(f"{what} did not happen within {patience:g} s")
        time.sleep(POLL_SECONDS)


def mails_to(endpoint: str, email: str) -> list[str]:
    """Subject and text of every e-mail to that address in the emulator's mailbox, the newest first."""
    answer = get(f"{endpoint}/_ministack/ses/messages")
    expect_status(answer, 200, "the emulator's mailbox")
    mails = [mail for mails in answer.body["messages"].values() for mail in mails if email in mail["To"]]
    mails.sort(key=lambda mail: str(mail["Timestamp"]), reverse=True)
    return [f"{mail['Subject']} {mail['BodyText'] or ''} {mail['BodyHtml'] or ''}" for mail in mails]


def mailed_code(endpoint: str, email: str) -> str | None:
    """The code in the newest e-mail to that address that holds one, None while there is none."""
    return next((match.group() for mail in mails_to(endpoint, email) if (match := CODE.search(mail))), None)

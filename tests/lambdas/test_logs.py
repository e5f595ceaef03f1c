"""No personal data in any log line, whatever a call site hands over."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from medflow_runtime.logs import REDACTED, logger_for, redact

TOKEN = "eyJraWQiOiJhIn0.eyJzdWIiOiJiIn0.c2lnbmF0dXJl"


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    return stream


@pytest.fixture
def logger(output: io.StringIO) -> Iterator[Logger]:
    """A logger that writes to `output`."""
    assert output.getvalue() == ""
    yield logger_for("redaction_test")
    logging.Logger.manager.loggerDict.pop("redaction_test")


@pytest.mark.parametrize(
    "text",
    [
        "amina.haddad@example.org",
        "user <amina+clinic@example.org> exists",
        "أمينة@مثال.إختبار",
        f"Bearer {TOKEN}",
        f"token {TOKEN} expired",
        "eyJraWQiOiJhIn0",
        "authorization: bearer abc.def",
        "call +21650123456 now",
        "Key (email)=(amina) already exists.",
        "Key (name, phone)=(Amina Haddad, 50) already exists.",
    ],
)
def test_what_looks_personal_is_replaced_in_any_text(text: str) -> None:
    """G5 C8."""
    redacted = redact(text)
    assert REDACTED in redacted
    assert not [part for part in ("amina", "Amina", "أمينة", "eyJ", "50123456", "abc.def") if part in redacted]


@pytest.mark.parametrize(
    "text",
    [
        "sign-up stored",
        "arn:aws:lambda:us-east-1:123456789012:function:dev-medflow-lambda-signup-consumer:live",
        "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "2026-03-01T08:15:30.123+0000",
        "us-east-1_ExAmPlE01",
        "DatabaseErrorException 23505",
        "user.clinic_id: pattern",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    """C8."""
    assert redact(text) == text


def test_values_under_personal_names_are_replaced_at_any_depth() -> None:
    """G5."""
    event = {"request": {"userAttributes": {"custom:clinic_id": "x"}}, "list": [{"email": "a", "id": 1}], "Phone": "1"}
    assert redact(event) == {
        "request": {"userAttributes": REDACTED},
        "list": [{"email": REDACTED, "id": 1}],
        "Phone": REDACTED,
    }


def test_cognitos_custom_attributes_are_replaced_by_prefix() -> None:
    """G5. Also one that is added to the pool tomorrow."""
    assert redact({"custom:shoe_size": "38"}) == {"custom:shoe_size": REDACTED}


def test_objects_are_read_as_their_text() -> None:
    """G5."""
    assert redact({"error": ValueError("no amina@example.org")}) == {"error": f"no {REDACTED}"}


def test_a_log_line_is_json_with_the_redacted_message_and_fields(logger: Logger, output: io.StringIO) -> None:
    """C8 G5."""
    logger.info("stored amina@example.org", correlation_id="c-1", user={"a": 1}, outcome="inserted")
    line = json.loads(output.getvalue())
    assert line["message"] == f"stored {REDACTED}"
    assert (line["correlation_id"], line["outcome"], line["user"]) == ("c-1", "inserted", REDACTED)


def test_a_traceback_is_redacted_too(logger: Logger, output: io.StringIO) -> None:
    """G5."""
    try:
        raise ValueError("Key (email)=(amina@example.org) already exists")
    except ValueError:
        logger.exception("failed")
    assert "amina" not in output.getvalue()
    assert "ValueError" in output.getvalue()


@pytest.mark.parametrize("message", [{"email": "a@b.c", "id": 7}, ["a@b.c", 7]])
def test_a_structured_message_is_redacted_too(logger: Logger, output: io.StringIO, message: Any) -> None:
    """G5."""
    logger.info(message)
    assert "a@b.c" not in output.getvalue()
    assert "7" in json.dumps(json.loads(output.getvalue())["message"])

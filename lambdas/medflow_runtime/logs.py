"""Structured log lines that carry no personal data, whatever a call site hands over.

Two nets: values under a name that stands for something personal are replaced, and so is every text that looks like an
e-mail address, a telephone number, a token, or PostgreSQL's "Key (email)=(...)". Call sites log codes, ids and counts.
"""

import re
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.logging.types import LogRecord

REDACTED = "[redacted]"

PERSONAL_NAMES = frozenset(
    (
        # user attributes, as in the event schema and in Cognito
        *("email", "name", "given_name", "family_name", "phone", "phone_number", "address", "birthdate"),
        *(
            "medical_license",
            "license_state",
            "specialties",
            "clinic_id",
            "user_role",
            "preferred_language",
            "npi_number",
        ),
        # what holds them
        *("user", "userattributes", "attributes", "body", "rows", "parameters"),
        # what opens doors
        *("authorization", "token", "access_token", "id_token", "refresh_token", "password", "secret", "client_secret"),
    )
)

_PERSONAL_TEXT = re.compile(
    r"[^\s\"'<>()\[\]{},;:=]+@[^\s\"'<>()\[\]{},;:=]+"  # e-mail address, or anything with an at sign
    r"|\beyJ[\w-]+(?:\.[\w-]*)*"  # JSON Web Token
    r"|(?i:\bbearer\s+\S+)"
    r"|(?<=\)=)\(.*\)"  # the values in PostgreSQL's "Key (email, name)=(a, b) already exists."
    r"|\+\d{7,15}\b"  # telephone number in E.164
)


def redact(value: Any) -> Any:
    """The same value, dictionaries and lists walked, without anything personal in it."""
    if isinstance(value, str):
        return _PERSONAL_TEXT.sub(REDACTED, value)
    if isinstance(value, dict):
        return {key: REDACTED if _is_personal(key) else redact(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _PERSONAL_TEXT.sub(REDACTED, str(value))


def logger_for(service: str) -> Logger:
    """Powertools logger of one function; `service` is its package."""
    return Logger(service=service, logger_formatter=_RedactingFormatter())


def _is_personal(name: object) -> bool:
    text = str(name).lower()
    return text in PERSONAL_NAMES or text.startswith("custom:")


class _RedactingFormatter(LambdaPowertoolsFormatter):
    def serialize(self, log: LogRecord) -> str:
        return super().serialize(redact(dict(log)))

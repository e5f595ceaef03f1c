"""What to do with each message of a batch, as far as the message alone decides it. Pure.

A verdict is final: done, dead letter, or another try. A message without one yet is a row for the database.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from medflow_runtime.events import SOURCE, USER_REGISTERED, USER_REGISTERED_VERSIONS, violation


class Outcome(StrEnum):
    """What a message came to in the database."""

    INSERTED = "inserted"
    UPDATED = "updated"
    STALE = "stale"
    """The table already tells of this event or of a later one."""


class Reason(StrEnum):
    """Why a message is dead-lettered; message attribute `reason`."""

    UNREADABLE = "UNREADABLE"
    """Not the JSON envelope of an event."""
    UNKNOWN_EVENT = "UNKNOWN_EVENT"
    """An event of another name or source."""
    UNKNOWN_VERSION = "UNKNOWN_VERSION"
    INVALID_EVENT = "INVALID_EVENT"
    """It breaks its JSON Schema."""
    EMAIL_BELONGS_TO_ANOTHER_USER = "EMAIL_BELONGS_TO_ANOTHER_USER"
    REJECTED_BY_DATABASE = "REJECTED_BY_DATABASE"
    """PostgreSQL refuses this very row."""
    RETRIES_EXHAUSTED = "RETRIES_EXHAUSTED"


@dataclass(frozen=True, slots=True)
class Done:
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class DeadLetter:
    reason: Reason
    detail: str
    """For the operator: a rule, a version, a code; never a value of the event."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    cause: str


Verdict = Done | DeadLetter | TryAgain


@dataclass(frozen=True, slots=True)
class Row:
    """One readable event, ready for the statement."""

    message_id: str
    occurred_at: datetime
    columns: Mapping[str, Any]
    """Column name -> JSON value; `occurred_at` included."""


@dataclass(frozen=True, slots=True)
class Plan:
    rows: list[Row]
    """Oldest first, so that who came first keeps an e-mail address even when the batch has to be split."""
    verdicts: dict[str, Verdict]
    """By message id."""
    correlation_ids: dict[str, str]
    """By message id; the message id itself where the event is unreadable."""


class _PoisonError(Exception):
    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason)
        self.verdict = DeadLetter(reason, detail)


def plan(records: Sequence[Mapping[str, Any]]) -> Plan:
    """Sort the records of an SQS event into rows and verdicts."""
    result = Plan([], {}, {})
    for record in records:
        message_id = record["messageId"]
        result.correlation_ids[message_id] = message_id
        try:
            detail = _detail(record["body"])
            result.correlation_ids[message_id] = str(detail.get("correlation_id") or message_id)[:128]
            result.rows.append(_row(message_id, detail))
        except _PoisonError as poison:
            result.verdicts[message_id] = poison.verdict
    result.rows.sort(key=lambda row: row.occurred_at)
    return result


def _detail(body: str) -> Mapping[str, Any]:
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        raise _PoisonError(Reason.UNREADABLE, "the body is no JSON") from None
    if not isinstance(envelope, dict) or not isinstance(envelope.get("detail"), dict):
        raise _PoisonError(Reason.UNREADABLE, "the body is no event envelope")
    if (envelope.get("source"), envelope.get("detail-type")) != (SOURCE, USER_REGISTERED):
        raise _PoisonError(Reason.UNKNOWN_EVENT, f"expected {USER_REGISTERED} of {SOURCE}")
    detail: Mapping[str, Any] = envelope["detail"]
    return detail


def _row(message_id: str, detail: Mapping[str, Any]) -> Row:
    version = detail.get("schema_version")
    if type(version) is not int or version not in USER_REGISTERED_VERSIONS:
        named = version if type(version) is int else "none"
        known = ", ".join(map(str, USER_REGISTERED_VERSIONS))
        raise _PoisonError(Reason.UNKNOWN_VERSION, f"schema_version is {named}, this consumer reads {known}")
    if broken_rule := violation(detail, version):
        raise _PoisonError(Reason.INVALID_EVENT, broken_rule)
    try:
        occurred_at = datetime.fromisoformat(detail["occurred_at"])
    except ValueError:
        raise _PoisonError(Reason.INVALID_EVENT, "occurred_at: no such date") from None
    columns = {name: detail["user"].get(name) for name in USER_COLUMNS}
    return Row(message_id, occurred_at, {**columns, "occurred_at": detail["occurred_at"]})


USER_COLUMNS = (
    "cognito_id",
    "email",
    "email_verified",
    "name",
    "phone",
    "medical_license",
    "license_state",
    "specialties",
    "clinic_id",
    "user_role",
    "preferred_language",
    "npi_number",
)
"""Properties of the event's `user` that are columns of the table; what else an event carries is ignored."""

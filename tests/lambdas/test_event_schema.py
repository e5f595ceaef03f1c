"""The committed schema of `user.registered`, read by validators that nobody here wrote, and held against the table."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft7Validator

from lambdas.postgres_client import MIGRATIONS
from medflow_runtime.events import USER_REGISTERED_VERSIONS, schema, violation
from signup_consumer.planning import USER_COLUMNS

Event = dict[str, Any]


@pytest.fixture
def detail(event: Callable[[str], Event]) -> Event:
    found: Event = json.loads(event("sqs_sign_up")["Records"][0]["body"])["detail"]
    return found


@pytest.mark.parametrize("version", USER_REGISTERED_VERSIONS)
def test_the_schema_is_valid_json_schema(version: int) -> None:
    """C1."""
    Draft7Validator.check_schema(schema(version))


def users() -> dict[str, Event]:
    properties: Any = schema(USER_REGISTERED_VERSIONS[-1])["properties"]
    found: dict[str, Event] = properties["user"]["properties"]
    return found


def test_a_real_event_passes_both_validators(detail: Event) -> None:
    """C1."""
    assert violation(detail, 1) is None
    Draft7Validator(schema(1)).validate(detail)


WRONG: list[tuple[str, Any]] = [
    ("email", "amina"),
    ("email", "a@b" + "c" * 255),
    ("clinic_id", "6f9619ff8b864011b42d00c04fc964ff"),
    ("clinic_id", "6f9619ff-8b86-4011-b42d-00c04fc964ff\n"),
    ("npi_number", "123456789"),
    ("phone", "50123456"),
    ("preferred_language", "français"),
    ("specialties", [""]),
    ("user_role", 7),
    ("name", "x" * 256),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=[f"{name} {str(value)[:20]!r}" for name, value in WRONG])
def test_both_validators_refuse_the_same(detail: Event, name: str, value: object) -> None:
    """C1. The committed schema means the same to a consumer in another language."""
    wrong = copy.deepcopy(detail)
    wrong["user"][name] = value
    assert violation(wrong, 1) is not None
    # Python's `$` also matches before a final newline, which JSON Schema's does not; one validator goes by Python.
    if value != "6f9619ff-8b86-4011-b42d-00c04fc964ff\n":
        assert not Draft7Validator(schema(1)).is_valid(wrong)


def columns() -> dict[str, int | None]:
    """Column of `users` -> longest text, None where the type sets none."""
    sql = "".join(path.read_text(encoding="utf-8") for path in sorted(MIGRATIONS.glob("*.sql")))
    [table] = re.findall(r"CREATE TABLE users \((.*?)\n\);", sql, re.DOTALL)
    found = re.findall(r"^\s+(\w+) [A-Z]+(?:\((\d+)\))?", table, re.MULTILINE)
    return {name: int(length) if length else None for name, length in found}


@pytest.mark.parametrize("name", users())
def test_no_valid_text_is_too_long_for_its_column(name: str) -> None:
    """C5. PostgreSQL would refuse the row, and with it the statement of a whole batch."""
    rule = users()[name]
    if rule.get("type") == "string" and columns()[name] is not None:
        assert rule["maxLength"] == columns()[name]


def test_every_property_of_a_user_has_a_column_and_is_written() -> None:
    """C3 C5."""
    assert set(users()) == set(USER_COLUMNS)
    assert set(USER_COLUMNS) <= set(columns())


def test_the_events_email_fits_what_cognito_id_and_the_pool_allow() -> None:
    """C5. Lengths of the requirement."""
    assert {name: columns()[name] for name in ("id", "cognito_id", "email", "name", "phone")} == {
        "id": 36,
        "cognito_id": 128,
        "email": 255,
        "name": 255,
        "phone": 20,
    }

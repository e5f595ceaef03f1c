"""What the consumer makes of each message, before any database."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signup_consumer.planning import DeadLetter, Plan, Reason, plan

Event = dict[str, Any]


@pytest.fixture
def record(event: Callable[[str], Event]) -> Event:
    found: Event = event("sqs_sign_up")["Records"][0]
    return found


@pytest.fixture
def changed(record: Event) -> Callable[[Callable[[Event], Any]], Plan]:
    """The plan for the record after a change of its envelope."""

    def run(change: Callable[[Event], Any]) -> Plan:
        envelope = json.loads(record["body"])
        change(envelope)
        return plan([record | {"body": json.dumps(envelope)}])

    return run


def only_letter(planned: Plan) -> DeadLetter:
    [verdict] = planned.verdicts.values()
    assert isinstance(verdict, DeadLetter)
    assert planned.rows == []
    return verdict


def test_a_good_event_becomes_a_row_with_every_column(record: Event) -> None:
    """C3."""
    planned = plan([record])
    [row] = planned.rows
    assert planned.verdicts == {}
    assert row.columns == {
        "cognito_id": "7c1f5a52-4a8b-4b53-9a55-0d2f6a1b9c10",
        "email": "Amina.Haddad@example.org",
        "email_verified": True,
        "name": "Amina Haddad",
        "phone": None,
        "medical_license": None,
        "license_state": None,
        "specialties": ["cardiology"],
        "clinic_id": "6f9619ff-8b86-4011-b42d-00c04fc964ff",
        "user_role": None,
        "preferred_language": None,
        "npi_number": None,
        "occurred_at": "2026-03-01T08:15:30.123456Z",
    }


def test_the_correlation_id_comes_from_the_event(record: Event) -> None:
    """C8."""
    assert plan([record]).correlation_ids == {record["messageId"]: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"}


def test_an_unreadable_message_is_correlated_by_its_own_id(record: Event) -> None:
    """C8."""
    assert plan([record | {"body": "{"}]).correlation_ids == {record["messageId"]: record["messageId"]}


def test_rows_are_sorted_by_the_time_of_their_events(record: Event) -> None:
    """C4. So that who came first keeps an e-mail address even when a batch has to be split."""
    bodies = [
        record["body"].replace("08:15:30.123456Z", moment) for moment in ("09:00:00Z", "07:00:00.5Z", "08:00:00Z")
    ]
    planned = plan([record | {"messageId": str(n), "body": body} for n, body in enumerate(bodies)])
    assert [row.message_id for row in planned.rows] == ["1", "2", "0"]


UNREADABLE = {
    "text": ("hello", "the body is no JSON"),
    "nothing": ("", "the body is no JSON"),
    "nesting beyond reason": ("[" * 100_000, "the body is no JSON"),
    "a number of 5,000 digits": ("9" * 5_000, "the body is no JSON"),
    "a list": ("[]", "the body is no event envelope"),
    "null": ("null", "the body is no event envelope"),
    "no detail": ("{}", "the body is no event envelope"),
    "a detail that is text": ('{"detail": "x"}', "the body is no event envelope"),
}


@pytest.mark.parametrize(("body", "detail"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_body_is_a_dead_letter(record: Event, body: str, detail: str) -> None:
    """C3."""
    assert only_letter(plan([record | {"body": body}])) == DeadLetter(Reason.UNREADABLE, detail)


@pytest.mark.parametrize(("key", "value"), [("source", "aws.s3"), ("detail-type", "user.deleted"), ("source", None)])
def test_an_event_of_another_kind_is_a_dead_letter(changed: Callable[..., Plan], key: str, value: object) -> None:
    """C3."""
    letter = only_letter(changed(lambda envelope: envelope.update({key: value})))
    assert letter == DeadLetter(Reason.UNKNOWN_EVENT, "expected user.registered of medflow.identity")


@pytest.mark.parametrize(
    ("version", "named"), [(2, "2"), (99, "99"), (0, "0"), ("1", "none"), (True, "none"), (1.0, "none"), (None, "none")]
)
def test_an_event_of_an_unknown_version_is_a_dead_letter_that_says_which(
    changed: Callable[..., Plan], version: object, named: str
) -> None:
    """C1 C3."""
    letter = only_letter(changed(lambda envelope: envelope["detail"].update(schema_version=version)))
    assert letter == DeadLetter(Reason.UNKNOWN_VERSION, f"schema_version is {named}, this consumer reads 1")


BREACHES: dict[str, tuple[Callable[[Event], Any], str]] = {
    "no user": (lambda d: d.pop("user"), "data: required"),
    "no e-mail": (lambda d: d["user"].pop("email"), "user: required"),
    "an e-mail without at sign": (lambda d: d["user"].update(email="amina"), "user.email: pattern"),
    "an e-mail no column holds": (lambda d: d["user"].update(email="a@" + "b" * 254), "user.email: maxLength"),
    "a clinic id in words": (lambda d: d["user"].update(clinic_id="Sfax"), "user.clinic_id: pattern"),
    "specialties as text": (lambda d: d["user"].update(specialties="[]"), "user.specialties: type"),
    "a specialty that is a number": (lambda d: d["user"].update(specialties=[1]), "user.specialties[0]: type"),
    "a flag as text": (lambda d: d["user"].update(email_verified="true"), "user.email_verified: type"),
    "a name that is null": (lambda d: d["user"].update(name=None), "user.name: type"),
    "a phone in letters": (lambda d: d["user"].update(phone="call me"), "user.phone: pattern"),
    "an hour in local time": (lambda d: d.update(occurred_at="2026-03-01T08:15:30+01:00"), "occurred_at: pattern"),
    "a day that never was": (lambda d: d.update(occurred_at="2026-02-30T08:15:30Z"), "occurred_at: no such date"),
}


@pytest.mark.parametrize(("breach", "rule"), BREACHES.values(), ids=BREACHES)
def test_an_event_that_breaks_its_schema_is_a_dead_letter_that_names_the_rule_and_no_value(
    changed: Callable[..., Plan], breach: Callable[[Event], Any], rule: str
) -> None:
    """C1 C3 G5."""
    letter = only_letter(changed(lambda envelope: breach(envelope["detail"])))
    assert letter == DeadLetter(Reason.INVALID_EVENT, rule)


def test_properties_that_a_later_publisher_adds_are_ignored(changed: Callable[..., Plan]) -> None:
    """C1. So a new optional property needs no new version and no order of deployment."""
    planned = changed(lambda envelope: envelope["detail"]["user"].update(pronoun="she"))
    [row] = planned.rows
    assert "pronoun" not in row.columns


def test_one_poisoned_message_leaves_the_others_alone(record: Event) -> None:
    """C3."""
    planned = plan([record, record | {"messageId": "poison", "body": "?"}])
    assert (len(planned.rows), list(planned.verdicts)) == (1, ["poison"])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
users = st.fixed_dictionaries(
    {"cognito_id": st.text() | json_values, "email": st.emails() | json_values, "email_verified": st.booleans()},
    optional={
        "name": st.text() | json_values,
        "specialties": st.lists(st.text()) | json_values,
        "clinic_id": st.uuids().map(str) | json_values,
    },
)
details = st.fixed_dictionaries(
    {"schema_version": st.just(1), "event_id": st.uuids().map(str), "correlation_id": st.text() | json_values},
    optional={
        "occurred_at": st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ")) | json_values,
        "user_pool_id": st.text(min_size=1, max_size=55),
        "user": users | json_values,
    },
)
envelopes = st.fixed_dictionaries(
    {"source": st.just("medflow.identity"), "detail-type": st.just("user.registered"), "detail": details | json_values}
)
bodies = st.text() | (envelopes | json_values).map(json.dumps)


@settings(max_examples=300, deadline=None)
@given(given_bodies=st.lists(bodies, max_size=6))
def test_every_message_of_any_batch_is_either_a_row_or_a_dead_letter(given_bodies: list[str]) -> None:
    """C3 I1. None is lost, none is both, and no body crashes the batch."""
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(given_bodies)]
    planned = plan(records)
    rows, letters = [row.message_id for row in planned.rows], list(planned.verdicts)
    assert sorted(rows + letters) == sorted(record["messageId"] for record in records)
    assert set(planned.correlation_ids) == {record["messageId"] for record in records}
    assert all(isinstance(verdict, DeadLetter) and verdict.detail for verdict in planned.verdicts.values())

"""The consumer's statement on a real PostgreSQL: one row per user, whatever arrives however often in whatever order."""

import itertools
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdas.postgres_client import PostgresClient, data_api
from signup_consumer.planning import DeadLetter, Done, Outcome, Reason, Row, Verdict, plan
from signup_consumer.store import UPSERT, UserStore

FOREVER = float("inf")
CLINIC = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
_numbers = itertools.count(1)


def message(cognito_id: str, at: int, email: str | None = None, **user: Any) -> dict[str, Any]:
    """An SQS record with the event that happened `at` seconds after the first of March."""
    detail = {
        "schema_version": 1,
        "event_id": "0b6f1a5e-2f0a-5b59-8d5b-0a9b1d8b7a11",
        "occurred_at": (datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "correlation_id": "correlation",
        "user_pool_id": "us-east-1_ExAmPlE01",
        "user": {
            "cognito_id": cognito_id,
            "email": email or f"{cognito_id}@example.org",
            "email_verified": True,
            **user,
        },
    }
    body = {"source": "medflow.identity", "detail-type": "user.registered", "detail": detail}
    return {"messageId": f"m{next(_numbers)}", "body": json.dumps(body)}


def rows(*messages: dict[str, Any]) -> list[Row]:
    planned = plan(messages)
    assert not planned.verdicts, planned.verdicts
    return planned.rows


def write(client: PostgresClient, *messages: dict[str, Any]) -> list[Verdict]:
    """Verdicts in the order of the messages."""
    verdicts = UserStore(data_api(client)).write(rows(*messages), FOREVER)
    return [verdicts[message["messageId"]] for message in messages]


def outcomes(client: PostgresClient, *messages: dict[str, Any]) -> list[str]:
    return [v.outcome.value if isinstance(v, Done) else v.reason.value for v in write(client, *messages)]  # type: ignore[union-attr]


def users(client: PostgresClient) -> dict[str, dict[str, Any]]:
    return {row["cognito_id"]: row for row in client.query("SELECT * FROM users")}


def test_every_property_of_the_event_reaches_its_column(migrated: PostgresClient) -> None:
    """C3 C5."""
    properties: dict[str, Any] = {
        "name": "Amina Haddad",
        "phone": "+21650123456",
        "medical_license": "TN-4711-B",
        "license_state": "TN",
        "specialties": ["cardiology", "paediatrics"],
        "user_role": "doctor",
        "preferred_language": "fr",
        "npi_number": "1234567893",
    }
    assert outcomes(migrated, message("c1", 1, **properties, clinic_id=CLINIC)) == ["inserted"]
    [row] = users(migrated).values()
    assert {name: row[name] for name in properties} == properties
    assert (str(row["clinic_id"]), row["email_verified"]) == (CLINIC, True)
    assert row["last_event_at"] == datetime(2026, 3, 1, 0, 0, 1, tzinfo=UTC)


def test_an_email_is_stored_in_lower_case(migrated: PostgresClient) -> None:
    """C5."""
    write(migrated, message("c1", 1, email="Amina.Haddad@Example.ORG"))
    assert users(migrated)["c1"]["email"] == "amina.haddad@example.org"


def test_a_whole_batch_is_one_statement(migrated: PostgresClient) -> None:
    """C3."""
    sent = len(migrated.statements)
    write(migrated, *(message(f"c{n}", n) for n in range(100)))
    assert migrated.statements[sent:] == [UPSERT]
    assert len(users(migrated)) == 100


def test_the_same_event_again_changes_nothing(migrated: PostgresClient) -> None:
    """C4."""
    event = message("c1", 1)
    assert outcomes(migrated, event) == ["inserted"]
    before = users(migrated)
    assert outcomes(migrated, event) == ["stale"]
    assert users(migrated) == before


def test_an_older_event_does_not_overwrite_what_a_newer_one_told(migrated: PostgresClient) -> None:
    """C4."""
    write(migrated, message("c1", 2, name="After"))
    assert outcomes(migrated, message("c1", 1, name="Before")) == ["stale"]
    assert users(migrated)["c1"]["name"] == "After"


def test_a_newer_event_updates_the_row_and_keeps_its_id_and_birth(migrated: PostgresClient) -> None:
    """C4 C5."""
    write(migrated, message("c1", 1, name="Before", phone="+21650123456"))
    before = users(migrated)["c1"]
    assert outcomes(migrated, message("c1", 2, name="After")) == ["updated"]
    after = users(migrated)["c1"]
    assert (after["name"], after["phone"]) == ("After", None)
    assert (after["id"], after["created_at"]) == (before["id"], before["created_at"])
    assert after["updated_at"] > before["updated_at"]


def test_of_several_events_of_one_user_in_a_batch_the_newest_holds(migrated: PostgresClient) -> None:
    """C4."""
    batch = [message("c1", 2, name="Second"), message("c1", 3, name="Third"), message("c1", 1, name="First")]
    assert outcomes(migrated, *batch) == ["stale", "inserted", "stale"]
    assert users(migrated)["c1"]["name"] == "Third"


def test_the_email_of_another_user_is_a_dead_letter_and_the_owner_stays(migrated: PostgresClient) -> None:
    """C4. Case does not make it another address."""
    write(migrated, message("owner", 1, email="one@example.org"))
    before = users(migrated)
    [verdict, other] = write(migrated, message("late", 2, email="One@Example.org"), message("c3", 3))
    assert verdict == DeadLetter(Reason.EMAIL_BELONGS_TO_ANOTHER_USER, "another cognito_id holds the e-mail address")
    assert other == Done(Outcome.INSERTED)
    assert users(migrated)["owner"] == before["owner"]
    assert "late" not in users(migrated)


def test_within_a_batch_the_first_in_time_gets_the_email(migrated: PostgresClient) -> None:
    """C4."""
    batch = [message("late", 2, email="one@example.org"), message("early", 1, email="ONE@example.org")]
    assert outcomes(migrated, *batch) == ["EMAIL_BELONGS_TO_ANOTHER_USER", "inserted"]
    assert list(users(migrated)) == ["early"]


def test_the_owner_of_an_email_keeps_it_against_an_earlier_newcomer_of_the_same_batch(migrated: PostgresClient) -> None:
    """C4."""
    write(migrated, message("owner", 1, email="one@example.org"))
    batch = [
        message("newcomer", 2, email="one@example.org"),
        message("owner", 3, email="one@example.org", name="Owner"),
    ]
    assert outcomes(migrated, *batch) == ["EMAIL_BELONGS_TO_ANOTHER_USER", "updated"]
    assert users(migrated)["owner"]["name"] == "Owner"


def test_a_replayed_event_with_an_email_given_up_since_is_stale_and_no_conflict(migrated: PostgresClient) -> None:
    """C4. The first user changed address, a second one took the old one; then the archive is replayed."""
    old = message("first", 1, email="one@example.org")
    write(migrated, old)
    write(migrated, message("first", 2, email="two@example.org"))
    write(migrated, message("second", 3, email="one@example.org"))
    assert outcomes(migrated, old) == ["stale"]


def test_a_row_made_without_an_event_is_taken_over_by_the_first_event(migrated: PostgresClient) -> None:
    """C4. `last_event_at` is empty for a user that an import or a reconciliation wrote."""
    migrated.query("INSERT INTO users (cognito_id, email) VALUES ('c1', 'c1@example.org')")
    assert outcomes(migrated, message("c1", 1, name="Amina")) == ["updated"]


@pytest.mark.parametrize(
    ("name", "sqlstate"), [("before\x00after", "22P05"), ("\ud800", "22P02")], ids=["NUL", "lone surrogate"]
)
def test_a_row_that_postgresql_refuses_is_dead_lettered_alone(
    migrated: PostgresClient, name: str, sqlstate: str
) -> None:
    """C3. Both are valid JSON; neither can be text in PostgreSQL."""
    batch = [*(message(f"c{n}", n) for n in range(9)), message("bad", 9, name=name)]
    *good, bad = write(migrated, *batch)
    assert bad == DeadLetter(Reason.REJECTED_BY_DATABASE, f"DatabaseErrorException {sqlstate}")
    assert good == [Done(Outcome.INSERTED)] * 9
    assert len(users(migrated)) == 9


def test_a_bad_row_costs_few_statements(migrated: PostgresClient) -> None:
    """C3. Halving finds one bad row of 64 with 13 statements, not 65."""
    sent = len(migrated.statements)
    write(migrated, *(message(f"c{n}", n) for n in range(63)), message("bad", 99, name="\x00"))
    assert len(migrated.statements) - sent == 13


def test_consumers_that_write_the_same_users_at_once_agree(migrated: PostgresClient) -> None:
    """C4. Batches in opposite orders: whoever comes last, the newest event of every user holds."""
    batches = [[message(f"c{n:02}", at, name=str(at)) for n in range(50)] for at in range(4)]
    run_at_once(migrated, [batch if i % 2 else batch[::-1] for i, batch in enumerate(batches)])
    assert {row["name"] for row in users(migrated).values()} == {"3"}
    assert len(users(migrated)) == 50


def test_an_email_that_two_consumers_bring_at_once_goes_to_one_and_the_other_is_a_dead_letter(
    migrated: PostgresClient,
) -> None:
    """C4. The unique index refuses the second; its statement is repeated and sees the first one's row."""
    with psycopg.connect(migrated.dsn) as first:
        first.execute("INSERT INTO users (cognito_id, email) VALUES ('first', 'one@example.org')")
        verdicts: list[Verdict] = []
        second = threading.Thread(
            target=lambda: verdicts.extend(write(migrated, message("second", 2, email="one@example.org")))
        )
        second.start()
        second.join(0.3)
        assert second.is_alive(), "the second consumer waits for the first one's transaction"
    second.join()
    assert [v.reason for v in verdicts if isinstance(v, DeadLetter)] == [Reason.EMAIL_BELONGS_TO_ANOTHER_USER]
    assert list(users(migrated)) == ["first"]


def test_a_newer_event_that_is_written_in_between_holds(migrated: PostgresClient) -> None:
    """C4. The statement began before the other consumer's commit and sees it only when it comes to the row."""
    write(migrated, message("c1", 1))
    verdicts: list[Verdict] = []
    with psycopg.connect(migrated.dsn) as other:
        other.execute("UPDATE users SET name = 'Newer', last_event_at = '2026-03-01T00:00:03Z'")
        older = threading.Thread(target=lambda: verdicts.extend(write(migrated, message("c1", 2, name="Older"))))
        older.start()
        older.join(0.3)
        assert older.is_alive(), "the older event waits for the row"
    older.join()
    assert verdicts == [Done(Outcome.STALE)]
    assert users(migrated)["c1"]["name"] == "Newer"


def run_at_once(client: PostgresClient, batches: list[list[dict[str, Any]]]) -> None:
    start = threading.Barrier(len(batches))

    def run(batch: list[dict[str, Any]]) -> None:
        own = PostgresClient(client.dsn)
        start.wait()
        write(own, *batch)

    threads = [threading.Thread(target=run, args=[batch]) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_delivery_of_the_same_events_ends_in_the_same_rows(migrated: PostgresClient, data: st.DataObject) -> None:
    """C4. Any order, any repetition, any grouping into batches."""
    events = [message(f"c{at % 3}", at, name=str(at)) for at in range(7)]
    newest = {"c0": "6", "c1": "4", "c2": "5"}
    again = data.draw(st.lists(st.sampled_from(events), max_size=5))
    order = data.draw(st.permutations([*events, *again]))
    migrated.query("DELETE FROM users")
    while order:
        size = data.draw(st.integers(1, len(order)))
        batch, order = order[:size], order[size:]
        write(migrated, *({**event, "messageId": f"m{next(_numbers)}"} for event in batch))
    assert {cognito_id: row["name"] for cognito_id, row in users(migrated).items()} == newest

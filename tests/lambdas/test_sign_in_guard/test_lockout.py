"""The authentication triggers: what is counted together, who is refused, and for how long."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.test_sign_in_guard.running import (
    AFTER,
    FIRST,
    LOCKED,
    OTHER_SUB,
    PERSONAL,
    SUB,
    Running,
    attempt,
    break_table,
    error,
    items,
    unknown,
)


def test_the_fifth_attempt_is_let_through_and_the_sixth_refused(guard: Running) -> None:
    """A11. Before the password it cannot be known to be wrong: the fifth gets the ordinary answer."""
    assert guard.times(7, attempt()) == ["in"] * 5 + [LOCKED] * 2


def test_the_limit_is_an_argument(start: Callable[..., Running], table: Any) -> None:  # noqa: ARG001
    """A11."""
    assert start(FAILURES_BEFORE_LOCK="2").times(3, attempt()) == ["in", "in", LOCKED]


def test_a_success_takes_the_count_back(guard: Running, table: Any) -> None:
    """A11. Whoever mistypes four times and then remembers starts anew."""
    guard.times(4, attempt())
    guard(attempt(source=AFTER))
    assert items(table) == []
    assert guard.times(5, attempt()) == ["in"] * 5


def test_a_success_at_the_last_attempt_lifts_the_lock_that_began_with_it(guard: Running) -> None:
    """A11. The lock begins before anyone knows that the password was right."""
    guard.times(5, attempt())
    guard(attempt(source=AFTER))
    assert guard(attempt()) == "in"


def test_a_name_that_nobody_has_is_locked_by_the_same_steps_with_the_same_text(guard: Running) -> None:
    """A11. Otherwise a lock would tell who exists."""
    assert guard.times(7, unknown()) == guard.times(7, attempt())


def test_the_lock_ends_by_itself(guard: Running) -> None:
    """A11. To the second: 30 minutes after the attempt that brought it."""
    guard.times(5, attempt())
    guard.now += 1799
    assert guard(attempt()) == LOCKED
    guard.now += 1
    assert guard(attempt()) == "in"


def test_attempts_during_a_lock_do_not_prolong_it(guard: Running, table: Any) -> None:
    """A11. A client that repeats itself would otherwise never get in again."""
    guard.times(5, attempt())
    before = items(table)
    guard.now += 1000
    guard.times(3, attempt())
    assert items(table) == before


def test_after_a_lock_the_count_starts_at_one(guard: Running) -> None:
    """A11."""
    guard.times(5, attempt())
    guard.now += 1800
    assert guard.times(6, attempt()) == ["in"] * 5 + [LOCKED]


def test_attempts_a_window_apart_are_not_counted_together(guard: Running, table: Any) -> None:
    """A11. A wrong password a day locks nobody."""
    for _ in range(12):
        assert guard(attempt()) == "in"
        guard.now += 900
    assert items(table)[0]["attempts"] == "1"


def test_five_within_any_window_lock_wherever_it_begins(guard: Running) -> None:
    """A11. A window that begins at a fixed moment lets four through before its end and four more after it."""
    for pause in (0, 890, 3, 3):
        guard.now += pause
        assert guard(attempt()) == "in"
    guard.now += 3
    assert guard.times(2, attempt()) == ["in", LOCKED]


def test_no_spelling_of_the_name_evades_the_lock_of_a_user(guard: Running) -> None:
    """A11. Cognito names the same user by `sub`, whatever was typed and even if its name is another."""
    names = ["Amina.Haddad@example.org", " amina.haddad@EXAMPLE.org ", SUB, "+21650123456", "amina"]
    for name in names:
        assert guard({**attempt(), "userName": name}) == "in"
    assert guard({**attempt(), "userName": "AMINA"}) == LOCKED


def test_a_changed_address_keeps_the_lock(guard: Running) -> None:
    """A11."""
    guard.times(5, attempt())
    assert guard(attempt(email="new@example.org")) == LOCKED


@pytest.mark.parametrize(
    "spelling", ["NoBody@Example.org", " nobody@example.org", "nobody@example.org\t", "NOBODY@EXAMPLE.ORG"]
)
def test_spellings_of_a_name_that_nobody_has_are_one_where_case_does_not_matter(guard: Running, spelling: str) -> None:
    """A11. They are one for a user who exists, too: two counts would show that this one does not."""
    guard.times(3, unknown())
    assert guard.times(3, unknown(spelling)) == ["in", "in", LOCKED]


def test_case_tells_names_apart_in_a_pool_where_it_matters(start: Callable[..., Running], table: Any) -> None:  # noqa: ARG001
    """A11. There `Nobody@` and `nobody@` would be two users, with a count each."""
    guard = start(USERNAME_CASE="sensitive")
    guard.times(5, unknown())
    assert (guard(unknown("Nobody@example.org")), guard(unknown(" nobody@example.org"))) == ("in", LOCKED)


def test_plus_addresses_are_accounts_of_their_own(guard: Running) -> None:
    """A11. To Cognito they are: guesses at amina+1@ must not lock amina@, nor help against her lock."""
    guard.times(6, unknown("amina.haddad+1@example.org"))
    assert guard.times(6, attempt()) == ["in"] * 5 + [LOCKED]
    assert guard(unknown("amina.haddad+2@example.org")) == "in"


def test_a_name_that_reads_like_a_users_id_locks_nobody_else(guard: Running) -> None:
    """A11. What is typed and what Cognito knows never share a count."""
    guard.times(6, unknown(SUB))
    assert guard(attempt()) == "in"


def test_attributes_of_a_user_who_is_not_there_are_not_believed(guard: Running) -> None:
    """A11. Made up anew for each attempt, they would evade every count."""
    outcomes = []
    for number in range(6):
        event = unknown()
        event["request"]["userAttributes"] = {"sub": f"made-up-{number}"}
        outcomes.append(guard(event))
    assert outcomes == ["in"] * 5 + [LOCKED]


def test_a_lock_is_of_one_user_in_one_pool(guard: Running) -> None:
    """A11."""
    guard.times(6, attempt())
    assert guard(attempt(OTHER_SUB)) == guard(attempt(pool="us-east-1_Another01")) == "in"


def test_a_client_that_does_not_hide_who_exists_is_guarded_as_well(guard: Running) -> None:
    """A11. Without PreventUserExistenceErrors the event has no `userNotFound`."""
    event = attempt()
    del event["request"]["userNotFound"]
    assert guard.times(6, event)[5] == LOCKED
    assert guard(attempt()) == LOCKED


def test_the_table_holds_no_name_and_no_address(guard: Running, table: Any) -> None:
    """A11 G5."""
    guard(attempt())
    guard(unknown())
    rows = items(table)
    assert {tuple(sorted(row)) for row in rows} == {("account_key", "attempts", "expires_at", "last_attempt")}
    assert all(len(row["account_key"]) == 64 for row in rows)
    assert not [text for text in PERSONAL if text in json.dumps(rows).lower()]


def test_an_item_goes_once_no_rule_needs_it(start: Callable[..., Running], table: Any) -> None:
    """A11. After the longer of the two: a count must not vanish inside its window, nor a lock before its end."""
    start(WINDOW_SECONDS="900", LOCK_SECONDS="1800")(attempt())
    start(WINDOW_SECONDS="3600", LOCK_SECONDS="1800")(attempt(OTHER_SUB))
    rows = items(table)
    assert sorted(int(row["expires_at"]) - int(row["last_attempt"]) for row in rows) == [1800, 3600]


def test_an_item_that_ttl_has_not_deleted_yet_means_nothing(guard: Running, table: Any) -> None:
    """A11. DynamoDB takes days."""
    guard.times(5, attempt())
    guard.now += 86_400 * 3
    assert guard(attempt()) == "in"
    assert items(table)[0]["attempts"] == "1"


def test_an_ordinary_sign_in_is_one_call_before_and_one_after(guard: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A11. Both stand between a user and the day's work."""
    called = break_table(monkeypatch, FIRST)
    guard(attempt())
    guard(attempt(source=AFTER))
    assert called == ["update_item", "delete_item"]


def test_attempts_that_meet_over_an_old_series_are_both_counted(
    guard: Running, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A11. Both find the old series; who begins the new one second must add to it and not begin it again."""
    import sign_in_guard.store as store

    guard.times(5, attempt())
    guard.now += 1800
    real, rivals = store._client(), [attempt()]

    class Interleaved:
        def __getattr__(self, operation: str) -> Any:
            def call(**request: Any) -> Any:
                if "SET attempts" in request.get("UpdateExpression", "") and rivals:
                    guard(rivals.pop())
                return getattr(real, operation)(**request)

            return call

    monkeypatch.setattr(store, "_client", Interleaved)
    assert guard(attempt()) == "in"
    assert items(table)[0]["attempts"] == "2"


def test_a_series_that_goes_away_meanwhile_is_begun_again(guard: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A11. Cleared or expired between the refused update and the answer: DynamoDB then shows no item."""
    called = break_table(monkeypatch, error("ConditionalCheckFailedException"), FIRST)
    assert (guard(attempt()), called) == ("in", ["update_item"] * 2)

"""Whatever an event holds: let through, refused in one of two texts, and never more attempts than the limit."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdas.test_sign_in_guard.running import (
    AFTER,
    BEFORE,
    FAILED,
    FIRST,
    LOCKED,
    SETTINGS,
    SUB,
    Running,
    attempt,
    break_table,
    items,
    unknown,
)
from sign_in_guard.lockout import Rules, Series, Standing, account_of, standing

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
attributes = st.fixed_dictionaries({}, optional={"sub": st.text() | json_values, "email": json_values})
requests = st.fixed_dictionaries(
    {}, optional={"userAttributes": attributes | json_values, "userNotFound": st.booleans() | json_values}
)
events = st.fixed_dictionaries(
    {},
    optional={
        "triggerSource": st.sampled_from([BEFORE, AFTER]) | json_values,
        "userPoolId": st.text() | json_values,
        # Lone surrogates, right-to-left overrides and all: JSON can carry them.
        "userName": st.text(st.characters()) | json_values,
        "request": requests | json_values,
    },
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event=events)
def test_any_event_is_let_through_or_refused_in_one_of_two_texts(guard: Running, event: dict[str, Any]) -> None:
    """A11 I1. No event makes the function fail in a way that it did not choose, or quotes itself."""
    assert guard(event) in ("in", LOCKED, FAILED)


def test_ten_thousand_random_events_are_let_through_or_refused_in_one_of_two_texts(
    guard: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A11 I1. The same without a search: parts of real events, mixed and broken by the thousand."""
    break_table(monkeypatch, FIRST)
    dice = random.Random(11)  # noqa: S311  # the same events in every run
    odd: list[Any] = [None, "", 7, True, [], {}, "\ud800", "\u202eanima", "x" * 5000, SUB, {"sub": SUB}, [SUB]]

    def broken(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: broken(item) for key, item in value.items() if dice.random() > 0.1}
        return dice.choice(odd) if dice.random() < 0.2 else value

    usual = [attempt(), attempt(source=AFTER), unknown()]
    assert {guard(broken(dice.choice(usual))) for _ in range(10_000)} == {"in", FAILED}


@settings(max_examples=200, deadline=None)
@given(name=st.text(min_size=1), more=st.dictionaries(st.text(), json_values, max_size=3))
def test_no_name_and_no_other_field_moves_a_user_to_another_count(name: str, more: dict[str, Any]) -> None:
    """A11. `sub` and the pool decide alone."""
    usual = attempt()
    changed = {**more, **usual, "userName": name}
    changed["request"] = {**more, **usual["request"], "userAttributes": {**more, "sub": SUB}}
    assert account_of(changed, case_sensitive=True) == account_of(usual, case_sensitive=False)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pauses=st.lists(st.integers(0, 2000), min_size=6, max_size=40))
def test_no_stretch_of_a_window_without_success_lets_more_than_the_limit_in(
    start: Callable[..., Running], table: Any, pauses: list[int]
) -> None:
    """A11. However the attempts are spread: the lock is at least as long as the window here, as it is by default."""
    guard = start()
    for row in items(table):
        table.delete_item(TableName=SETTINGS["ATTEMPTS_TABLE_NAME"], Key={"account_key": {"S": row["account_key"]}})
    let_in: list[float] = []
    for pause in pauses:
        guard.now += pause
        if guard(attempt()) == "in":
            let_in.append(guard.now)
    window = int(SETTINGS["WINDOW_SECONDS"])
    assert all(later - earlier >= window for earlier, later in zip(let_in, let_in[5:], strict=False))


@given(attempts=st.integers(1, 200), age=st.integers(-5, 10_000), limit=st.integers(2, 100))
def test_a_series_is_locked_exactly_while_it_is_full_and_its_lock_lasts(attempts: int, age: int, limit: int) -> None:
    """A11."""
    found = standing(Series(attempts, 1_800_000_000), Rules(limit, 900, 1800), 1_800_000_000 + age)
    assert (found is Standing.LOCKED) == (attempts >= limit and age < 1800)
    assert (found is Standing.GOES_ON) == (attempts < limit and age < 900)

"""The authentication triggers: which failures let a sign-in through, which refuse it, and what is told of either."""

from collections.abc import Callable
from typing import Any

import pytest

from lambdas.test_sign_in_guard.running import (
    AFTER,
    FAILED,
    FAULTS,
    FIRST,
    OUTAGES,
    PERSONAL,
    Event,
    Running,
    attempt,
    break_table,
    counted,
    error,
    logged,
    unknown,
)


@pytest.mark.parametrize("code", OUTAGES)
def test_an_outage_shuts_nobody_out_and_is_told(
    guard: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], context: Any, code: str
) -> None:
    """A11. Cognito's own lockout goes on; the alarm on this metric says that ours does not."""
    break_table(monkeypatch, OUTAGES[code])
    assert guard(attempt()) == "in"
    lines = logged(capsys)
    [told] = [line for line in lines if line.get("level") == "ERROR"]
    assert (told["reason"], told["correlation_id"]) == (code, context.aws_request_id)
    assert counted(lines) == ["GuardFailed"]


@pytest.mark.parametrize("code", OUTAGES)
def test_an_outage_shuts_everybody_out_where_that_was_chosen(
    start: Callable[..., Running], monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """A11. With a text of its own: nobody failed too often."""
    guard = start(WHEN_UNREACHABLE="refuse")
    break_table(monkeypatch, OUTAGES[code])
    assert (guard(attempt()), guard(unknown())) == (FAILED, FAILED)


@pytest.mark.parametrize("code", FAULTS)
def test_what_a_flood_or_a_bad_deployment_causes_is_refused_whatever_was_chosen(
    start: Callable[..., Running], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    """A11. Who can throttle the count of one account could otherwise guess its password for ever."""
    guard = start(WHEN_UNREACHABLE="allow")
    break_table(monkeypatch, FAULTS[code])
    assert guard(attempt()) == FAILED
    lines = logged(capsys)
    assert [line["reason"] for line in lines if line.get("level") == "ERROR"] == [code]
    assert counted(lines) == ["GuardFailed"]


def test_an_account_that_changes_under_every_call_is_refused(
    guard: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A11. Uncounted is unguarded, and the time for further calls is over."""
    called = break_table(monkeypatch, error("ConditionalCheckFailedException"))
    assert (guard(attempt()), len(called)) == (FAILED, 3)
    assert [line["reason"] for line in logged(capsys) if line.get("level") == "ERROR"] == ["Contended"]


def test_a_lost_connection_is_made_up_for(guard: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A11. A frozen function wakes with connections that are dead."""
    called = break_table(monkeypatch, OUTAGES["ReadTimeoutError"], OUTAGES["InternalServerError"], FIRST)
    assert (guard(attempt()), len(called)) == ("in", 3)


def test_a_clearing_is_repeated_after_a_lost_connection(guard: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A11. Deleting twice is deleting once."""
    called = break_table(monkeypatch, OUTAGES["ReadTimeoutError"], {})
    guard(attempt(source=AFTER))
    assert called == ["delete_item"] * 2


@pytest.mark.parametrize("code", OUTAGES | FAULTS)
@pytest.mark.parametrize("direction", ["allow", "refuse"])
def test_whoever_got_in_stays_in_when_the_count_cannot_be_taken_back(
    start: Callable[..., Running],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: str,
    direction: str,
) -> None:
    """A11. The password was right; the operator is told by log and metric."""
    guard = start(WHEN_UNREACHABLE=direction)
    break_table(monkeypatch, (OUTAGES | FAULTS)[code])
    assert guard(attempt(source=AFTER)) == "in"
    lines = logged(capsys)
    assert [line["reason"] for line in lines if line.get("level") == "ERROR"] == [code]
    assert counted(lines) == ["GuardFailed"]


def test_a_lock_is_counted_once_and_each_refusal_too(guard: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """A11. Alarms watch the first, and subtract the second from the function's errors."""
    guard.times(8, attempt())
    assert counted(logged(capsys)) == ["AccountLocked", "SignInRefused", "SignInRefused", "SignInRefused"]


def test_metrics_name_the_function_of_this_stack(
    guard: Running, capsys: pytest.CaptureFixture[str], context: Any
) -> None:
    """A11. Two stacks of one account must not ring each other's alarms."""
    guard.times(5, attempt())
    [metric] = [line for line in logged(capsys) if "_aws" in line]
    [definition] = metric["_aws"]["CloudWatchMetrics"]
    assert (definition["Namespace"], set(definition["Dimensions"][0])) == ("MedFlow", {"service", "function_name"})
    assert (metric["service"], metric["function_name"]) == ("sign_in_guard", context.function_name)


@pytest.mark.parametrize("source", [None, "PreSignUp_SignUp", "PreAuthentication_New", 7])
def test_an_unknown_source_is_refused(guard: Running, source: object) -> None:
    """A11. A sign-in of a new kind that nobody counts would be a way around the guard."""
    assert guard({**attempt(), "triggerSource": source}) == FAILED


BROKEN: dict[str, Event] = {
    "no request": {"request": None},
    "attributes of another kind": {"request": {"userAttributes": ["sub"]}},
    "a sub that is no text": {"request": {"userAttributes": {"sub": 7}}},
    "an empty sub": {"request": {"userAttributes": {"sub": ""}}},
    "no name": {"userName": "", "request": {"userAttributes": {}, "userNotFound": True}},
    "no pool": {"userPoolId": None},
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_an_event_that_does_not_say_who_signs_in_is_refused(guard: Running, broken: Event) -> None:
    """A11. Uncounted is unguarded."""
    assert guard({**attempt(), **broken}) == FAILED


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_an_event_that_does_not_say_who_signed_in_holds_nobody_up(guard: Running, broken: Event) -> None:
    """A11."""
    assert guard({**attempt(source=AFTER), **broken}) == "in"


WRONG = {
    "ATTEMPTS_TABLE_NAME is missing; LOCK_SECONDS is '0', expected a positive whole number": {
        "ATTEMPTS_TABLE_NAME": "",
        "LOCK_SECONDS": "0",
    },
    "USERNAME_CASE is 'both', expected one of insensitive, sensitive; "
    "WHEN_UNREACHABLE is 'perhaps', expected one of allow, refuse": {
        "USERNAME_CASE": "both",
        "WHEN_UNREACHABLE": "perhaps",
    },
}


@pytest.mark.parametrize(("reason", "changes"), WRONG.items())
def test_a_wrong_environment_is_refused_and_named(
    start: Callable[..., Running], capsys: pytest.CaptureFixture[str], changes: dict[str, str], reason: str
) -> None:
    """A11. All problems at once, in the log; the user reads nothing of it."""
    assert start(**changes)(attempt()) == FAILED
    [told] = [line for line in logged(capsys) if line.get("level") == "ERROR"]
    assert told["reason"] == f"sign_in_guard: {reason}"


@pytest.mark.parametrize("failure", [None, *OUTAGES.values(), *FAULTS.values(), RuntimeError("Amina Haddad")])
def test_no_log_line_and_no_text_holds_anything_of_the_user(
    guard: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], failure: Exception | None
) -> None:
    """A11 G5."""
    if failure:
        break_table(monkeypatch, failure)
    told = [*guard.times(7, attempt()), *guard.times(7, unknown("Nobody@example.org")), guard(attempt(source=AFTER))]
    output = capsys.readouterr()
    everything = (output.out + output.err + " ".join(told)).lower()
    assert not [text for text in PERSONAL if text in everything]


@pytest.mark.usefixtures("guard")
def test_all_calls_together_leave_a_second_of_cognitos_five() -> None:
    """A11. The second is for a cold start."""
    import sign_in_guard.store as store

    config: Any = store.CONFIG
    assert config.retries["total_max_attempts"] == 1
    assert store.CALLS * (config.connect_timeout + config.read_timeout) <= 4

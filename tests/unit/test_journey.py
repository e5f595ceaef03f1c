"""The frame of the journey: order, dependent steps, failures, patience. The steps themselves need a cloud."""

import pytest

from local_cloud.connection import Connection
from local_cloud.journey import STEPS, Report, Step, travel
from local_cloud.journey.traveller import Traveller, new_password
from local_cloud.journey.wire import JourneyError, expect_refusal, poll

CONNECTION = Connection("http://127.0.0.1:1", "us-east-1", "http://127.0.0.1:1", "dsn", {})


def good(_: Traveller) -> str:
    return "seen"


def bad(_: Traveller) -> str:
    raise JourneyError("expected 200, got 500")


def crash(_: Traveller) -> str:
    raise KeyError("missing")


def after(_: Traveller) -> str:
    return "never, if what it needs failed"


def long_after(_: Traveller) -> str:
    return "never either"


def journey(*steps: Step) -> Report:
    return travel(CONNECTION, lambda _: 0, steps=steps)


def test_a_failed_step_does_not_hide_an_independent_later_one() -> None:
    """H2. One defect, one red line."""
    report = journey(Step("bad", bad), Step("good", good))
    assert [(step.name, step.ok) for step in report.steps] == [("bad", False), ("good", True)]


def test_a_step_whose_ground_failed_is_not_run_and_names_the_cause() -> None:
    """H2. Down the whole chain it is the first failure that is named."""
    report = journey(Step("bad", bad), Step("then", after, (bad,)), Step("at last", long_after, (after,)))
    not_run = "not run, because this failed: bad"
    assert [(step.ok, step.detail) for step in report.steps[1:]] == [(False, not_run), (False, not_run)]


def test_a_failure_is_told_in_its_own_words() -> None:
    """H2. What was expected and what came."""
    assert journey(Step("bad", bad)).steps[0].detail == "expected 200, got 500"


def test_an_exception_of_a_library_is_a_failed_step() -> None:
    """H2. The journey goes on, whatever a client throws."""
    report = journey(Step("crash", crash), Step("good", good))
    assert [(step.ok, step.detail) for step in report.steps] == [(False, "KeyError: 'missing'"), (True, "seen")]


def test_a_journey_holds_only_if_every_step_does() -> None:
    """H2. The exit code hangs on it."""
    assert (journey(Step("good", good)).ok, journey(Step("good", good), Step("bad", bad)).ok) == (True, False)


def test_every_step_needs_only_earlier_ones() -> None:
    """H2. A need that comes later would never be found among the failures."""
    seen: list[object] = []
    late = []
    for step in STEPS:
        late += [step.name for need in step.needs if need not in seen]
        seen.append(step.act)
    assert late == []


def test_step_names_are_told_apart() -> None:
    """H2. They are the keys of the smoke file's readers."""
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_waiting_ends_and_names_what_did_not_happen() -> None:
    """H2. A hanging journey would hide which step hangs."""
    with pytest.raises(JourneyError, match=r"the row did not happen within 0\.05 s"):
        poll(lambda: None, "the row", patience=0.05)


def test_an_accepted_call_that_should_be_refused_is_a_failure() -> None:
    """H2. A refusal that never comes must not pass for one."""
    with pytest.raises(JourneyError, match="a wrong code was accepted; expected CodeMismatchException"):
        expect_refusal(lambda: None, "CodeMismatchException", "a wrong code")


def test_a_password_meets_the_strictest_policy() -> None:
    """A3. Upper, lower, number, symbol, and longer than any minimum."""
    password = new_password()
    kinds = [any(map(kind, password)) for kind in (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())]
    assert (len(password) >= 16, kinds) == (True, [True] * 4)

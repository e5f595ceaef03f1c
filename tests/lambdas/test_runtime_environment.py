"""The typed environment of the functions off the token path."""

import re
from dataclasses import dataclass

import pytest

from medflow_runtime.environment import EnvironmentProblemsError, parse, variables


@dataclass(frozen=True)
class Model:
    queue_url: str
    max_receive_count: int


def test_a_complete_environment_becomes_typed_values() -> None:
    assert parse(Model, "p", {"QUEUE_URL": "u", "MAX_RECEIVE_COUNT": "5", "OTHER": "x"}) == Model("u", 5)


def test_the_names_that_a_function_reads_can_be_asked_for() -> None:
    """C3. A contract test holds them against what the component sets."""
    assert variables(Model) == ("QUEUE_URL", "MAX_RECEIVE_COUNT")


@pytest.mark.parametrize("number", ["0", "-1", "five", "5.0", " 5", "\u0665"])
def test_a_number_must_be_whole_and_positive(number: str) -> None:
    expected = f"p: MAX_RECEIVE_COUNT is {number!r}, expected a positive whole number"
    with pytest.raises(EnvironmentProblemsError, match=re.escape(expected)):
        parse(Model, "p", {"QUEUE_URL": "u", "MAX_RECEIVE_COUNT": number})


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(EnvironmentProblemsError, match="p: QUEUE_URL is missing; MAX_RECEIVE_COUNT is missing"):
        parse(Model, "p", {"QUEUE_URL": ""})

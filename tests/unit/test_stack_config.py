"""How the harness resolves a stack's configuration: as the CLI does before it starts the program."""

import pytest

from support.stack_config import DUMMY_SECRET, StackConfigError, resolve

DECLARED = {
    "size": {"type": "integer", "default": 3},
    "names": {"type": "array", "items": {"type": "string"}, "default": []},
    "open": {"type": "boolean", "default": False},
    "aws:region": {"value": "eu-west-3"},
}


def test_a_default_of_the_project_applies_where_the_stack_file_is_silent() -> None:
    """F1."""
    config = resolve("medflow", DECLARED, {"config": {"medflow:open": True}}, {})
    assert config.values == {
        "medflow:open": "true",
        "medflow:size": "3",
        "medflow:names": "[]",
        "aws:region": "eu-west-3",
    }


def test_an_override_wins_over_the_stack_file() -> None:
    """F1."""
    assert resolve("medflow", DECLARED, {"config": {"medflow:size": 5}}, {"size": "7"}).values["medflow:size"] == "7"


def test_an_encrypted_value_becomes_a_dummy_that_stays_secret() -> None:
    """F1. Also inside of a table."""
    stack_file = {"config": {"medflow:a": {"secure": "v1:x"}, "medflow:b": {"c": [{"secure": "v1:y"}]}}}
    config = resolve("medflow", {}, stack_file, {})
    assert config.values == {"medflow:a": DUMMY_SECRET, "medflow:b": f'{{"c": ["{DUMMY_SECRET}"]}}'}
    assert config.secret_keys == {"medflow:a", "medflow:b"}


@pytest.mark.parametrize(
    ("declared", "given", "problem"),
    [
        ({"a": {"type": "string"}}, {}, "a has neither a value"),
        ({"a": {"type": "integer", "default": 1}}, {"medflow:a": "many"}, "a must be of type integer, not 'many'"),
        ({"a": {"type": "boolean", "default": True}}, {"medflow:a": 1}, "a must be of type boolean"),
        ({"a": {"type": "array", "items": {"type": "integer"}}}, {"medflow:a": ["x"]}, "a must be of type array"),
        ({"a": {"type": "string", "secret": True}}, {"medflow:a": "open"}, "a is declared secret"),
        ({"a": {"type": "string", "secret": True, "default": "x"}}, {}, "a is declared secret"),
        ({}, {"a": "x"}, "'a' of the stack file lacks its namespace"),
    ],
)
def test_what_the_cli_would_refuse_is_refused(
    declared: dict[str, object], given: dict[str, object], problem: str
) -> None:
    """F1."""
    with pytest.raises(StackConfigError, match=problem):
        resolve("medflow", declared, {"config": given}, {})


def test_all_problems_are_named_at_once() -> None:
    """F1."""
    with pytest.raises(StackConfigError, match=r"a has neither .*; b has neither"):
        resolve("medflow", {"a": {"type": "string"}, "b": {"type": "string"}}, {}, {})

"""How every command fails: exit codes, one line, no traceback unless asked for."""

import pytest
from typer.testing import CliRunner, Result

from medflow import cli
from medflow.errors import OperatorError


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Put an exception in; `medflow redrive` then raises it."""
    raised: list[Exception] = []

    def read(_directory: object) -> None:
        raise raised[0]

    monkeypatch.setattr("local_cloud.connection.read", read)
    return raised


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, list(arguments))


def said(result: Result) -> str:
    return " ".join(result.stderr.split())


def test_an_error_on_purpose_is_its_text_on_one_line(failing: list[Exception]) -> None:
    """H1. The cause and the fix, nothing around them."""
    failing.append(OperatorError("the queue is full; empty it"))
    result = run("redrive")
    assert (result.exit_code, result.stderr) == (1, "error: the queue is full; empty it\n")


def test_an_error_that_nobody_foresaw_says_so_without_a_traceback(failing: list[Exception]) -> None:
    """H1. With the way to see more."""
    failing.append(RuntimeError("boom [bold]"))
    result = run("redrive")
    assert result.exit_code == 1
    assert said(result) == (
        "error: unexpected RuntimeError: boom [bold]; `medflow --debug ...` shows where it comes from"
    )


def test_debug_lets_the_exception_through(failing: list[Exception]) -> None:
    """H1. For whoever mends it."""
    failing.append(OperatorError("the queue is full"))
    assert run("--debug", "redrive").exception is failing[0]


def test_a_missing_package_names_the_target_that_installs_it(failing: list[Exception]) -> None:
    """H1. A checkout before `make install`."""
    failing.append(ModuleNotFoundError("No module named 'boto3'", name="boto3"))
    assert said(run("redrive")) == "error: the Python package boto3 is missing; run `make install`"


@pytest.mark.parametrize(
    "arguments",
    [
        ("redrive", "--colour"),
        ("nonsense",),
        ("local", "up", "--port", "0"),
        ("local", "up", "--port", "65536"),
        ("local", "smoke", "--port", "http"),
    ],
)
def test_a_wrong_command_line_exits_with_two(arguments: tuple[str, ...]) -> None:
    """H1. As every tool does, so scripts tell a typo from a failure."""
    assert run(*arguments).exit_code == 2


def test_the_help_lists_every_command() -> None:
    """H1. Found without reading the sources."""
    listed = run("--help").output + run("local", "--help").output
    assert [name for name in ("build", "redrive", "local", "up", "smoke") if f" {name} " not in listed] == []

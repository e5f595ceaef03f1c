"""docs/coverage.md names tests that exist and say that they prove the row."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from support.pulumi_harness import ROOT

TESTS = ROOT / "tests"
ROWS = re.compile(r"^\| ([A-I]\d+) \| (.*) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
ALL_ROWS = {"A": 16, "B": 6, "C": 9, "D": 5, "E": 4, "F": 5, "G": 5, "H": 3, "I": 2}

LINES = dict(ROWS.findall((ROOT / "docs/coverage.md").read_text()))
CLAIMS = [(row, path, test) for row, line in LINES.items() for path, test in NAMED.findall(line)]


@cache
def docstrings(path: Path) -> dict[str, str]:
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return {function.name: ast.get_docstring(function) or "" for function in functions}


def test_every_row_has_a_line() -> None:
    """I1."""
    assert list(LINES) == [f"{letter}{number}" for letter, last in ALL_ROWS.items() for number in range(1, last + 1)]


@pytest.mark.parametrize(("row", "path", "test"), CLAIMS)
def test_a_named_test_exists_and_names_the_row(row: str, path: str, test: str) -> None:
    """I1."""
    there = docstrings(TESTS / path)
    assert test in there, f"{path} has no {test}"
    assert re.search(rf"\b{row}\b", there[test]), f"the docstring of {test} does not name {row}"


def test_the_checks_run_all_tests() -> None:
    """I2. A folder of tests that no target runs would prove nothing."""
    makefile = (ROOT / "Makefile").read_text()
    folders = {path.parent.relative_to(TESTS).parts[0] for path in TESTS.rglob("test_*.py")}
    run = set(re.findall(r"pytest(?: -n \d+)? tests/(\w+)", makefile))
    steps = re.findall(r"^test: (.*?) ##", makefile, re.MULTILINE)[0].split()
    assert folders == run == set(steps) - {"format", "lint", "types"}
    assert "make test" in (ROOT / ".ci/run").read_text()

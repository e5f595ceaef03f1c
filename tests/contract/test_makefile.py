"""What `make` would run for a newcomer, without running it."""

import subprocess

import pytest

from support.pulumi_harness import ROOT


def recipe(*arguments: str) -> str:
    """The commands of these targets, as if nothing were there yet."""
    command = ["make", "--dry-run", "--always-make", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_a_given_port_reaches_the_local_cloud() -> None:
    """H1. `make up PORT=4566`; a free port otherwise."""
    assert "medflow local up --port 4577\n" in recipe("up", "PORT=4577")
    assert "--port" not in recipe("up")


@pytest.mark.parametrize("target", ["up", "smoke", "build", "unit"])
def test_what_only_the_local_tests_need_is_not_installed_for_others(target: str) -> None:
    """H1. A first look at the platform needs no Node.js."""
    assert "npm" not in recipe(target)


def test_a_failing_npm_says_why() -> None:
    """H1. `--silent` would hide its errors as well."""
    [line] = [line for line in recipe("local").splitlines() if "npm ci" in line]
    assert "--silent" not in line


def test_install_mends_what_was_removed_by_hand() -> None:
    """I2. "Run `make install`" is what every message about a missing package says, so make must not skip it."""
    command = ["make", "--dry-run", "install"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for requirements in ("dev", "lambda-runtime"):
        assert f"--requirement requirements/{requirements}.txt" in said

"""Pulumi.yaml and the stack file are read as the Pulumi CLI reads them, with every problem at once."""

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from local_cloud.deploy.errors import ConfigurationError
from local_cloud.deploy.project import Project, load_project


def load(directory: Path, project: str, stack: str = "config: {}", **overrides: str) -> Project:
    (directory / "Pulumi.yaml").write_text("name: clinic\nruntime: python\n" + textwrap.dedent(project))
    (directory / "Pulumi.local.yaml").write_text(textwrap.dedent(stack))
    return load_project(directory, "local", overrides)


def config(directory: Path, project: str, stack: str = "config: {}", **overrides: str) -> Mapping[str, str]:
    return load(directory, project, stack, **overrides).config


DECLARED = """
config:
  clinic:length: {type: integer, default: 12, description: Shortest password}
  mfa: {type: string, default: "OFF"}
  open: {type: boolean, default: false}
  origins: {type: array, items: {type: string}, default: [a]}
  aws:region: {value: eu-west-3}
"""


def test_defaults_reach_the_program_as_text(tmp_path: Path) -> None:
    """F1. An unqualified key belongs to the project; lists are JSON."""
    assert config(tmp_path, DECLARED) == {
        "clinic:length": "12",
        "clinic:mfa": "OFF",
        "clinic:open": "false",
        "clinic:origins": '["a"]',
        "aws:region": "eu-west-3",
    }


def test_the_stack_file_wins_over_the_default(tmp_path: Path) -> None:
    """F1. Qualified or not."""
    values = config(tmp_path, DECLARED, "config:\n  clinic:mfa: 'ON'\n  open: true\n  length: '14'\n")
    assert [values[f"clinic:{key}"] for key in ("mfa", "open", "length")] == ["ON", "true", "14"]


def test_an_override_wins_over_the_stack_file(tmp_path: Path) -> None:
    """F1."""
    assert config(tmp_path, DECLARED, "config:\n  clinic:mfa: 'ON'\n", mfa="OPTIONAL")["clinic:mfa"] == "OPTIONAL"


def test_a_list_may_be_given_on_the_command_line(tmp_path: Path) -> None:
    """F1."""
    assert json.loads(config(tmp_path, DECLARED, origins='["b", "c"]')["clinic:origins"]) == ["b", "c"]


def test_an_object_of_the_stack_file_is_json(tmp_path: Path) -> None:
    """F1. Undeclared keys are allowed, as in the CLI."""
    values = config(tmp_path, DECLARED, "config:\n  clinic:roles:\n    admin: [all]\n")
    assert json.loads(values["clinic:roles"]) == {"admin": ["all"]}


def test_a_secret_key_is_known_as_secret(tmp_path: Path) -> None:
    """E1."""
    project = load(tmp_path, "config:\n  password: {type: string, secret: true}\n", password="x")
    assert project.secret_keys == {"clinic:password"}


def test_the_program_may_lie_in_a_directory_of_its_own(tmp_path: Path) -> None:
    """F1."""
    project = load(tmp_path, "main: infrastructure\n")
    assert (project.root, project.directory) == (tmp_path, tmp_path / "infrastructure")


@pytest.mark.parametrize(
    ("stack", "problem"),
    [
        ("config:\n  clinic:length: long\n", "clinic:length is 'long', not of its declared type integer"),
        ("config:\n  clinic:length: 1.5\n", "clinic:length is 1.5, not of its declared type integer"),
        ("config:\n  clinic:length: true\n", "clinic:length is True, not of its declared type integer"),
        ("config:\n  clinic:open: 1\n", "clinic:open is 1, not of its declared type boolean"),
        ("config:\n  clinic:mfa: 1\n", "clinic:mfa is 1, not of its declared type string"),
        ("config:\n  clinic:origins: b\n", "clinic:origins is 'b', not of its declared type array"),
        ("config:\n  clinic:origins: [1]\n", "clinic:origins is [1], not of its declared type array"),
        ("config:\n  clinic:key:\n    secure: v1:abc\n", "clinic:key is encrypted (secure:)"),
        ("config:\n  clinic:key:\n    deep: [{secure: v1:abc}]\n", "clinic:key is encrypted (secure:)"),
        ("config: [1]\n", "'config' must be a table"),
        ("environment: [shared]\n", "'environment' imports are not read"),
        ("config: {a: [}\n", "is not readable YAML"),
        ("- a\n", "must hold a table"),
    ],
)
def test_a_stack_file_that_cannot_be_used_says_why(tmp_path: Path, stack: str, problem: str) -> None:
    """F1. With the file's name."""
    with pytest.raises(ConfigurationError) as caught:
        config(tmp_path, DECLARED, stack)
    assert problem in str(caught.value)
    assert "Pulumi.local.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("project", "problem"),
    [
        ("config:\n  aws:region: {type: string, value: a}\n", "aws:region is not of this project: only a 'value'"),
        ("config:\n  aws:region: {default: a}\n", "aws:region is not of this project: only a 'value'"),
        ("config:\n  a: {default: a, value: b}\n", "clinic:a has both 'default' and 'value'"),
        ("config:\n  a: {type: array, default: []}\n", "clinic:a is an array without 'items'"),
        ("config:\n  a: {type: string, secret: true, default: b}\n", "clinic:a is declared secret: a default"),
        ("config:\n  a: {type: string, defualt: a}\n", "clinic:a has unknown attributes defualt"),
        ("config:\n  a: {type: integer, default: a}\n", "clinic:a is 'a', not of its declared type integer"),
        ("config:\n  a: {type: string}\n", "clinic:a has no default in Pulumi.yaml and is not set"),
    ],
)
def test_a_declaration_that_the_cli_would_refuse_is_refused(tmp_path: Path, project: str, problem: str) -> None:
    """F1."""
    with pytest.raises(ConfigurationError) as caught:
        config(tmp_path, project)
    assert problem in str(caught.value)


def test_a_secret_that_the_stack_file_holds_in_clear_is_refused(tmp_path: Path) -> None:
    """E1 F1. As by the CLI, before it could reach a log."""
    with pytest.raises(ConfigurationError, match="clinic:password is declared secret and must be encrypted"):
        config(tmp_path, "config:\n  password: {type: string, secret: true}\n", "config:\n  password: x\n")


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    """F1."""
    with pytest.raises(ConfigurationError) as caught:
        config(tmp_path, DECLARED, "config:\n  length: x\n  open: x\n  key: {secure: x}\n")
    assert [line.split()[1] for line in str(caught.value).splitlines()] == [
        "clinic:length",
        "clinic:open",
        "clinic:key",
    ]


def test_an_override_replaces_an_encrypted_value(tmp_path: Path) -> None:
    """F1. The way out that the error text names."""
    assert config(tmp_path, DECLARED, "config:\n  key: {secure: x}\n", key="mine")["clinic:key"] == "mine"


def test_a_missing_stack_file_is_named(tmp_path: Path) -> None:
    """F1."""
    (tmp_path / "Pulumi.yaml").write_text("name: clinic\n")
    with pytest.raises(ConfigurationError, match=r"Pulumi\.elsewhere\.yaml does not exist"):
        load_project(tmp_path, "elsewhere", {})


def test_a_project_without_name_is_refused(tmp_path: Path) -> None:
    """F1."""
    (tmp_path / "Pulumi.yaml").write_text("runtime: python\n")
    with pytest.raises(ConfigurationError, match="'name' is missing"):
        load_project(tmp_path, "local", {})

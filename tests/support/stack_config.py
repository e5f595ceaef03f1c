"""Configuration of a stack, resolved as the CLI resolves it before it starts a program.

Source: Pulumi documentation, "Project-level configuration", and the CLI's workspace configuration code: a stack value
wins over the project's `value` and `default`; a declared key of the project with none of them is an error; a typed key
is checked against its type; a key declared `secret` must be encrypted in the stack file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

DUMMY_SECRET: Final = "dummy-secret-of-the-harness"
"""Plain text of every encrypted value: the harness holds no key."""


class StackConfigError(Exception):
    """The CLI would refuse this configuration before it runs the program. Names every problem."""


@dataclass(frozen=True)
class StackConfig:
    """Texts by full key ("project:key"), and which of the keys are secret."""

    values: Mapping[str, str]
    secret_keys: frozenset[str]


def stack_config(root: Path, stack: str, overrides: Mapping[str, str]) -> tuple[str, StackConfig]:
    """Name of the project in `root` and the resolved configuration of one of its stacks.

    `overrides` are texts that replace values of the stack file; a key without a namespace is the project's.
    """
    project = yaml.safe_load((root / "Pulumi.yaml").read_text("utf-8"))
    file = root / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        raise StackConfigError(f"there is no {file.name}")
    name: str = project["name"]
    return name, resolve(name, project.get("config") or {}, yaml.safe_load(file.read_text("utf-8")) or {}, overrides)


def resolve(
    project: str, declared: Mapping[str, Any], stack_file: Mapping[str, Any], overrides: Mapping[str, str]
) -> StackConfig:
    """Merge what Pulumi.yaml declares with a stack file and overrides. Raises StackConfigError with all problems."""
    problems: list[str] = []
    given: dict[str, Any] = {}
    for key, value in (stack_file.get("config") or {}).items():
        if ":" not in key:
            problems.append(f"key {key!r} of the stack file lacks its namespace")
        given[key] = value
    given.update({_full(project, key): value for key, value in overrides.items()})

    secret = {key for key, value in given.items() if _contains_secret(value)}
    for key, declaration in declared.items():
        full = _full(project, key)
        declaration = declaration if isinstance(declaration, dict) else {"value": declaration}
        if full in given:
            problems += _mismatches(key, declaration, given[full], secret=full in secret)
            continue
        preset = declaration.get("default", declaration.get("value"))
        if preset is not None:
            if declaration.get("secret"):
                problems.append(f"{key} is declared secret, so a default, which is never encrypted, is refused")
            given[full] = preset
        elif full.startswith(f"{project}:"):
            problems.append(f"{key} has neither a value in the stack file nor a default")
    if problems:
        raise StackConfigError("; ".join(problems))
    return StackConfig({key: _text(value) for key, value in given.items()}, frozenset(secret))


def _full(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _contains_secret(value: Any) -> bool:
    if _is_secret(value):
        return True
    nested = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_contains_secret(item) for item in nested)


def _decrypted(value: Any) -> Any:
    if _is_secret(value):
        return DUMMY_SECRET
    if isinstance(value, dict):
        return {key: _decrypted(item) for key, item in value.items()}
    return [_decrypted(item) for item in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    """A value as `pulumi.Config` sees it: scalars as text, tables and lists as JSON."""
    value = _decrypted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _mismatches(key: str, declaration: Mapping[str, Any], value: Any, *, secret: bool) -> list[str]:
    if declaration.get("secret") and not secret:
        return [f"{key} is declared secret and must be encrypted in the stack file"]
    expected = declaration.get("type")
    if expected and not _has_type(expected, declaration.get("items"), _decrypted(value)):
        return [f"{key} must be of type {expected}, not {value!r}"]
    return []


def _has_type(expected: str, items: Mapping[str, Any] | None, value: Any) -> bool:
    """Texts count as the integer or boolean that they spell, as for the CLI."""
    if expected == "array":
        element = (items or {}).get("type", "string")
        return isinstance(value, list) and all(_has_type(element, (items or {}).get("items"), item) for item in value)
    if expected == "boolean":
        return isinstance(value, bool) or value in ("true", "false")
    if expected == "integer":
        return not isinstance(value, bool) and (isinstance(value, int) or _spells_integer(value))
    return expected == "object" or isinstance(value, str | int | float | bool)


def _spells_integer(value: Any) -> bool:
    try:
        int(value)
    except (TypeError, ValueError):
        return False
    return isinstance(value, str)

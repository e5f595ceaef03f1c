"""Pulumi.yaml and Pulumi.<stack>.yaml, read as the Pulumi CLI reads them.

Rules taken from the CLI's documentation ("Project-level configuration", Pulumi documentation) and its workspace code: a
key without namespace belongs to the project; a project key may declare `type`, `default`, `description`; a key of
another namespace may only give a `value`; a declared key without default must be set; a stack's value must be of the
declared type, and encrypted if the key is declared secret.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local_cloud.deploy.errors import ConfigurationError, ValueTypeError

Decrypt = Callable[[str], str]
"""Plain text of an encrypted value."""

_ATTRIBUTES = {"type", "default", "description", "items", "secret", "value"}


@dataclass(frozen=True)
class Project:
    """A program to run: `config` maps full keys (`medflow:region`) to the strings Pulumi's runtime expects."""

    name: str
    root: Path
    """Holds Pulumi.yaml."""
    directory: Path
    """Holds `__main__.py`; Pulumi.yaml's `main`, if any, is applied."""
    config: Mapping[str, str]
    secret_keys: frozenset[str]


def load_project(directory: Path, stack: str, overrides: Mapping[str, str], decrypt: Decrypt | None = None) -> Project:
    """Reads both files of `directory`. Raises ConfigurationError with every problem at once, one per line; it is a
    ValueTypeError, which holds the project, when there are no others than values of a wrong type.

    `overrides` replace values of the stack file. Without `decrypt` an encrypted value is a problem: there is no key.
    """
    declaration = _read(directory / "Pulumi.yaml")
    name = declaration.get("name")
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"{directory / 'Pulumi.yaml'}: 'name' is missing")
    stack_file = directory / f"Pulumi.{stack}.yaml"
    reader = _Reader(name, stack_file, {_qualified(name, key): value for key, value in overrides.items()}, decrypt)
    reader.read_declarations(_section(declaration, directory / "Pulumi.yaml"))
    reader.read_stack(_section(_read(stack_file), stack_file))
    reader.finish()
    project = Project(
        name, directory, directory / declaration.get("main", ""), reader.config, frozenset(reader.secret_keys)
    )
    if reader.wrong_types:
        raise ValueTypeError(reader.wrong_types, project)
    return project


class _Reader:
    def __init__(self, project: str, stack_file: Path, overrides: Mapping[str, str], decrypt: Decrypt | None) -> None:
        self.config: dict[str, str] = {}
        self.secret_keys: set[str] = set()
        self.wrong_types: dict[str, str] = {}
        """Key -> problem. The value is in `config` nevertheless."""
        self._project = project
        self._stack_file = stack_file
        self._overrides = overrides
        self._decrypt = decrypt
        self._problems: list[str] = []
        self._types: dict[str, Mapping[str, Any]] = {}
        self._required: list[str] = []

    def read_declarations(self, section: Mapping[str, Any]) -> None:
        for short, declared in section.items():
            key = _qualified(self._project, short)
            own = key.startswith(f"{self._project}:")
            attribute = "default" if own else "value"
            entry = declared if isinstance(declared, dict) else {attribute: declared}
            problem = _declaration_problem(key, entry, own=own)
            if problem:
                self._problems.append(f"Pulumi.yaml: {problem}")
                continue
            self._types[key] = entry
            if entry.get("secret"):
                self.secret_keys.add(key)
            value = entry.get("default", entry.get("value"))
            if value is None:
                self._required.append(key)
            else:
                self._set(key, value, "Pulumi.yaml")

    def read_stack(self, section: Mapping[str, Any]) -> None:
        for short, value in section.items():
            key = _qualified(self._project, short)
            if key in self._overrides:
                continue
            if not _is_encrypted(value):
                if self._types.get(key, {}).get("secret"):
                    self._problems.append(f"{self._stack_file.name}: {key} is declared secret and must be encrypted")
                else:
                    self._set(key, value, self._stack_file.name)
            elif self._decrypt:
                self.secret_keys.add(key)
                self._set(key, _decrypted(value, self._decrypt), self._stack_file.name)
            else:
                self._problems.append(
                    f"{self._stack_file.name}: {key} is encrypted (secure:) and there is no key to read it with here; "
                    f"give the local deployment its own value with --config {key}=..."
                )

    def finish(self) -> None:
        """Apply the overrides, look for what is still missing, and raise all problems if there is any but a type."""
        for key, text in self._overrides.items():
            self._set(key, text, "--config")
        mentioned = "\n".join(self._problems)
        for key in self._required:
            if key not in self.config and key not in mentioned:
                self._problems.append(f"{self._stack_file.name}: {key} has no default in Pulumi.yaml and is not set")
        if self._problems:
            raise ConfigurationError("\n".join([*self.wrong_types.values(), *self._problems]))

    def _set(self, key: str, value: Any, source: str) -> None:
        declared = self._types.get(key, {})
        if "type" in declared and not _fits(declared["type"], declared.get("items"), value):
            self.wrong_types[key] = f"{source}: {key} is {value!r}, not of its declared type {declared['type']}"
        else:
            self.wrong_types.pop(key, None)
        self.config[key] = _text(value)


def _declaration_problem(key: str, entry: Mapping[str, Any], *, own: bool) -> str | None:
    unknown = sorted(set(entry) - _ATTRIBUTES)
    if own:
        if unknown:
            return f"{key} has unknown attributes {', '.join(unknown)}"
        if entry.get("secret") and "default" in entry:
            return f"{key} is declared secret: a default, which is never encrypted, is refused"
        if "default" in entry and "value" in entry:
            return f"{key} has both 'default' and 'value'"
        if entry.get("type") == "array" and "items" not in entry:
            return f"{key} is an array without 'items'"
    elif set(entry) != {"value"}:
        return f"{key} is not of this project: only a 'value' is allowed, no type, default or other attribute"
    return None


def _fits(kind: Any, items: Any, value: Any) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool) or value in ("true", "false")
        case "integer":
            return _is_integer(value)
        case "array":
            elements = _parsed(value)
            return isinstance(elements, list) and all(_fits(items.get("type"), items.get("items"), e) for e in elements)
    return False


def _is_integer(value: Any) -> bool:
    if isinstance(value, str):
        return value.lstrip("+-").isdecimal()
    return not isinstance(value, bool) and isinstance(value, int | float) and float(value).is_integer()


def _parsed(value: Any) -> Any:
    """A list given on the command line is JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _text(value: Any) -> str:
    """The form in which the engine hands a value to the program: text as it is, all else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value)


def _is_cipher_text(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _is_encrypted(value: Any) -> bool:
    """Whether it is, or holds, an encrypted value."""
    if isinstance(value, dict):
        return _is_cipher_text(value) or any(_is_encrypted(item) for item in value.values())
    return isinstance(value, list) and any(_is_encrypted(item) for item in value)


def _decrypted(value: Any, decrypt: Decrypt) -> Any:
    if _is_cipher_text(value):
        return decrypt(str(value["secure"]))
    if isinstance(value, dict):
        return {key: _decrypted(item, decrypt) for key, item in value.items()}
    return [_decrypted(item, decrypt) for item in value] if isinstance(value, list) else value


def _qualified(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _section(document: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    section = document.get("config") or {}
    if not isinstance(section, dict):
        raise ConfigurationError(f"{path}: 'config' must be a table of keys")
    if "environment" in document:
        raise ConfigurationError(f"{path}: 'environment' imports are not read by the local deployer")
    return section


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"{path} does not exist") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not readable YAML: {error}") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path} must hold a table")
    return document

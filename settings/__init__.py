"""The only reader of Pulumi's configuration: typed, frozen, and wrong in one error that names every problem.

`load()` reads the stack at hand; `parse()` is the same on plain data, for tests and tools.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi.runtime import config as runtime_config
from pydantic import ValidationError

from settings.access import DOCUMENTS, EVERYBODY, PRIVILEGED, RESOURCE_SERVER, SCOPES
from settings.environment import Environment, EnvironmentKind
from settings.model import Role, Settings
from settings.rules import RULES

__all__ = [
    "DOCUMENTS",
    "EVERYBODY",
    "PRIVILEGED",
    "RESOURCE_SERVER",
    "SCOPES",
    "Environment",
    "EnvironmentKind",
    "Role",
    "Settings",
    "SettingsError",
    "Stack",
    "load",
    "parse",
]


class SettingsError(Exception):
    """The configuration of a stack cannot be used. The text lists every problem with its key and what to change."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What the program needs to know about the stack it is run for."""

    project: str
    environment: Environment
    settings: Settings

    @property
    def name_prefix(self) -> str:
        """`{environment}-{project}`, before every physical name."""
        return f"{self.environment.name}-{self.project}"

    @property
    def tags(self) -> dict[str, str]:
        """Tags of every resource (requirement A16)."""
        return {
            "Project": self.project,
            "Environment": self.environment.name,
            "ManagedBy": "pulumi",
            "Owner": self.settings.owner,
            "DataClass": "synthetic" if self.environment.throw_away else "personal-health",
        }


SECRETS = ("googleClientSecret", "oidcClientSecrets")
"""Keys that may stand in a stack file only encrypted. Pulumi.yaml cannot say so: a secret key takes no default."""


def load() -> Stack:
    """Read the configuration of the running program. Raises SettingsError."""
    # The public API reads single keys; telling a misspelt key takes all of them.
    given = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    project, stack = pulumi.get_project(), pulumi.get_stack()
    for key in SECRETS:
        full = f"{project}:{key}"
        if given.get(full) and not runtime_config.is_config_secret(full):
            raise SettingsError(f"{full} of stack {stack!r} is plain text; set it with `pulumi config set --secret`")
    return parse(project, stack, given)


def parse(project: str, stack: str, config: Mapping[str, object]) -> Stack:
    """Read `config` (`{"medflow:mfa": "ON", …}`, keys of other namespaces are left alone). Raises SettingsError."""
    values = {key.removeprefix(f"{project}:"): v for key, v in config.items() if key.startswith(f"{project}:")}
    problems: list[str] = []
    environment: Environment | None = None
    settings: Settings | None = None
    try:
        environment = Environment.of(stack)
    except ValueError as error:
        problems.append(str(error))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [_sentence(project, item) for item in error.errors(include_url=False)]
    if environment is not None and settings is not None:
        found = [problem for rule in RULES for problem in rule(settings, environment)]
        problems += [f"{project}:{key}: {text}" for key, text in found]
    if environment is None or settings is None or problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise SettingsError(f"the configuration of stack {stack!r} cannot be used:\n{lines}")
    return Stack(project, environment, settings)


def _sentence(project: str, error: Mapping[str, object]) -> str:
    location = error["loc"]
    assert isinstance(location, tuple)  # noqa: S101 (pydantic's own type is wider)
    key = str(location[0])
    where = f"{project}:{key}" + "".join(f"[{part}]" for part in location[1:])
    kind, text = error["type"], str(error["msg"]).removeprefix("Value error, ")
    if kind == "missing":
        return f"{where}: is missing; Pulumi.yaml declares it, set it with `pulumi config set {key} …`"
    if kind == "extra_forbidden" and len(location) == 1:
        near = difflib.get_close_matches(key, [field.alias or name for name, field in Settings.model_fields.items()], 1)
        hint = f"; did you mean {near[0]}?" if near else "; Pulumi.yaml lists the keys"
        return f"{where}: is no key of this project{hint}"
    shown = "a secret" if runtime_config.is_config_secret(f"{project}:{key}") else repr(error["input"])
    return f"{where}: is {shown}: {text[0].lower()}{text[1:]}"

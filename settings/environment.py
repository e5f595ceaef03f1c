"""Which environment a stack is: its name says so, and the rules follow from its kind."""

import re
from dataclasses import dataclass
from enum import StrEnum


class EnvironmentKind(StrEnum):
    """What the rules ask about. Personal stacks (`dev-<who>`) and those of pull requests (`pr-<n>`) are development."""

    LOCAL = "local"
    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


@dataclass(frozen=True, slots=True)
class Environment:
    """A stack's environment. `name` goes into physical names, `kind` into the rules."""

    name: str
    kind: EnvironmentKind

    @classmethod
    def of(cls, stack: str) -> "Environment":
        """Read it off the stack's name. Raises ValueError, naming what is allowed, for any other name."""
        if stack in EnvironmentKind.__members__.values():
            return cls(stack, EnvironmentKind(stack))
        if re.fullmatch(r"dev-[a-z][a-z0-9]{0,11}|pr-[1-9][0-9]{0,5}", stack):
            return cls(stack, EnvironmentKind.DEV)
        raise ValueError(f"stack {stack!r} is none of local, dev, staging, prod, dev-<who> and pr-<number>")

    @property
    def throw_away(self) -> bool:
        """Nothing in it needs to outlive the stack."""
        return self.kind in (EnvironmentKind.LOCAL, EnvironmentKind.DEV)

"""The environment of the sign-in guard."""

import os
from dataclasses import dataclass
from functools import cache

from medflow_runtime.environment import EnvironmentProblemsError, parse, variables
from sign_in_guard.lockout import Rules

USERNAME_CASES = ("insensitive", "sensitive")
FAILURE_DIRECTIONS = ("allow", "refuse")


@dataclass(frozen=True, slots=True)
class Environment:
    attempts_table_name: str
    """Table of the counted attempts."""
    failures_before_lock: int
    """Failed attempts in a row that lock an account."""
    window_seconds: int
    """Attempts belong together while no pause between two of them is this long."""
    lock_seconds: int
    """How long a lock lasts."""
    username_case: str
    """`insensitive` or `sensitive`: what the pool makes of `Amina@` and `amina@`."""
    when_unreachable: str
    """`allow` or `refuse` a sign-in while DynamoDB cannot be reached."""

    @property
    def rules(self) -> Rules:
        return Rules(self.failures_before_lock, self.window_seconds, self.lock_seconds)


VARIABLES = variables(Environment)


@cache
def environment() -> Environment:
    """Parsed at first use, not at start-up: a function that fails to start cannot say why to anyone."""
    read = parse(Environment, "sign_in_guard", os.environ)
    problems = [
        f"{name.upper()} is {getattr(read, name)!r}, expected one of {', '.join(allowed)}"
        for name, allowed in (("username_case", USERNAME_CASES), ("when_unreachable", FAILURE_DIRECTIONS))
        if getattr(read, name) not in allowed
    ]
    if problems:
        raise EnvironmentProblemsError("sign_in_guard: " + "; ".join(problems))
    return read

"""Shape of the one table role -> scopes: the pool's groups, its resource server and the token enricher share it."""

import re
from collections.abc import Sequence
from typing import TypedDict

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SCOPE = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9]*")


class ScopeArgs(TypedDict):
    name: str
    """What may be done to what, such as `patients.read`; tokens carry it behind the resource server's identifier."""
    description: str
    """Shown on the consent page; at most 256 characters."""


class RoleArgs(TypedDict):
    name: str
    """Name of the role and of its Cognito group."""
    description: str
    scopes: list[str]
    """Names of the scopes that the role brings."""


def role_problems(roles: Sequence[RoleArgs], scopes: Sequence[ScopeArgs] | None = None) -> list[str]:
    """What is wrong with a role table, and with its use of `scopes` when they are given."""
    names = [role["name"] for role in roles]
    problems = [
        f"role {name!r} must be lower-case letters, digits and underscores"
        for name in names
        if not _NAME.fullmatch(name)
    ]
    problems += [f"role {name!r} stands twice" for name in sorted({n for n in names if names.count(n) > 1})]
    if not roles:
        problems.append("roles must not be empty")
    if scopes is not None:
        known = [scope["name"] for scope in scopes]
        problems += [f"scope {name!r} must read like `patients.read`" for name in known if not _SCOPE.fullmatch(name)]
        problems += [
            f"role {role['name']!r} names the unknown scope {scope!r}"
            for role in roles
            for scope in role["scopes"]
            if scope not in known
        ]
    return problems

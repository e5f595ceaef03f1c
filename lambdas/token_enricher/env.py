"""The environment of the token enricher, read once at start-up; every problem is reported in one error."""

import json
import re
from collections.abc import Mapping

VARIABLES = ("ROLES", "RESOURCE_SERVER", "TENANTLESS_USERS", "PRIVILEGED_SCOPES")

TENANTLESS_POLICIES = ("refuse", "limited")

# "CreateResourceServer", Amazon Cognito API reference: printable characters; a scope name holds no slash besides.
_IDENTIFIER = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]{1,256}")
_SCOPE = re.compile(r"[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}")


class Environment:
    """What the trigger is configured with. Not a dataclass: importing `dataclasses` alone costs more than a token."""

    __slots__ = ("privileged_scopes", "refuse_tenantless", "role_scopes", "scope_prefix")

    def __init__(
        self,
        role_scopes: dict[str, list[str]],
        scope_prefix: str,
        refuse_tenantless: bool,
        privileged_scopes: frozenset[str] = frozenset(),
    ) -> None:
        self.role_scopes = role_scopes
        """Role name -> full scope names (`medflow/staff.read`), in order of precedence."""
        self.scope_prefix = scope_prefix
        """Resource server identifier with its slash: `medflow/`."""
        self.refuse_tenantless = refuse_tenantless
        """True: a user without clinic gets no token. False: one without tenant claim and scopes."""
        self.privileged_scopes = privileged_scopes
        """Full names of the scopes that only a user with an enrolled second factor gets."""


def parse(environ: Mapping[str, str]) -> Environment:
    """Read it from environment variables. Raises ValueError that names every missing or unusable one."""
    problems = [f"{name} is missing" for name in VARIABLES if not environ.get(name)]
    server = environ.get("RESOURCE_SERVER", "")
    if server and not _IDENTIFIER.fullmatch(server):
        problems.append(f"RESOURCE_SERVER is {server!r}, which is no resource server identifier")
    policy = environ.get("TENANTLESS_USERS", "")
    if policy and policy not in TENANTLESS_POLICIES:
        problems.append(f"TENANTLESS_USERS is {policy!r}, expected one of {', '.join(TENANTLESS_POLICIES)}")
    role_scopes: dict[str, list[str]] = {}
    if environ.get("ROLES"):
        try:
            role_scopes = _role_scopes(environ["ROLES"], f"{server}/")
        except (ValueError, TypeError, KeyError):
            problems.append(
                'ROLES must be a JSON list like [{"name": "admin", "scopes": ["staff.read"]}], each name once'
            )
    privileged: frozenset[str] = frozenset()
    if environ.get("PRIVILEGED_SCOPES"):
        try:
            privileged = _privileged(environ["PRIVILEGED_SCOPES"], f"{server}/")
        except (ValueError, TypeError):
            problems.append('PRIVILEGED_SCOPES must be a JSON list like ["records.read"], empty for none')
    if problems:
        raise ValueError("token_enricher: " + "; ".join(problems))
    return Environment(role_scopes, f"{server}/", policy == "refuse", privileged)


def _privileged(text: str, prefix: str) -> frozenset[str]:
    scopes = json.loads(text)
    if not isinstance(scopes, list) or not all(isinstance(scope, str) and _SCOPE.fullmatch(scope) for scope in scopes):
        raise ValueError
    return frozenset(prefix + scope for scope in scopes)


def _role_scopes(text: str, prefix: str) -> dict[str, list[str]]:
    roles = json.loads(text)
    table = {role["name"]: [prefix + scope for scope in role["scopes"] if _SCOPE.fullmatch(scope)] for role in roles}
    well_formed = all(isinstance(role["name"], str) and isinstance(role["scopes"], list) for role in roles)
    if not table or len(table) != len(roles) or not well_formed:
        raise ValueError
    if sum(map(len, table.values())) != sum(len(role["scopes"]) for role in roles):
        raise ValueError
    return table

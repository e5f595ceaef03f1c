"""Who calls, and which clinic they may see: decided from the verified claims of their token. Pure.

The JWT authorizer of the API has checked signature, issuer, audience and expiry, and the scope of the route that the
gateway chose. It knows nothing of clinics, and the route chosen here may be another one: a path that misses its route
by a character falls to `$default`, which asks for less. So the scope is checked again where the answer is made.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ForbiddenError(Exception):
    """The caller may not see it, whether it exists or not."""


@dataclass(frozen=True, slots=True)
class Caller:
    user_id: str
    """Cognito's `sub`."""
    tenant_id: str
    """The caller's clinic: a UUID in canonical form."""
    roles: tuple[str, ...]
    scopes: frozenset[str]
    """Full names, such as `medflow/staff.read`; none in an ID token."""

    @classmethod
    def of(cls, request_context: Mapping[str, Any]) -> "Caller":
        """Read it from an HTTP API event's `requestContext`. Raises ForbiddenError without a clinic or a subject."""
        claims: Any = request_context
        for key in ("authorizer", "jwt", "claims"):
            claims = claims.get(key) if isinstance(claims, Mapping) else None
        if not isinstance(claims, Mapping):
            raise ForbiddenError
        tenant_id, user_id = claims.get("tenant_id"), claims.get("sub")
        if not isinstance(tenant_id, str) or not _UUID.fullmatch(tenant_id) or not isinstance(user_id, str):
            raise ForbiddenError
        return cls(user_id, tenant_id, roles_of(claims.get("roles")), frozenset(str(claims.get("scope", "")).split()))

    def need(self, scope: str) -> None:
        """Raises ForbiddenError when the token does not carry the scope."""
        if scope not in self.scopes:
            raise ForbiddenError

    def enter(self, clinic_id: str) -> str:
        """The clinic's id if it is the caller's own. Raises ForbiddenError for any other, existing or not."""
        if clinic_id.lower() != self.tenant_id:
            raise ForbiddenError
        return self.tenant_id


def roles_of(claim: object) -> tuple[str, ...]:
    """Roles of a claim that is a list, or the text `[admin doctor]` that an HTTP API makes of one."""
    if isinstance(claim, str):
        return tuple(re.findall(r"[^\s\[\],\"']+", claim))
    return tuple(role for role in claim if isinstance(role, str)) if isinstance(claim, list) else ()

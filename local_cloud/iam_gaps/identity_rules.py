"""Which role and which session tags a sign-in at an identity pool gets, decided from its claims: no emulator, no clock.

Facts from "Using role-based access control" and "Using attributes for access control" (Amazon Cognito Developer Guide)
and the operations' pages in the identity pools API reference. Texts of errors are those AWS's answers are quoted with;
the one for a role that nothing gives is not documented.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

DEFAULT_TAGS: Mapping[str, str] = {"username": "sub", "client": "aud"}
"""Tag -> claim when a user pool's mapping uses the defaults."""

# "Passing session tags in AWS STS", IAM User Guide.
_TAG_VALUE = re.compile(r"[\w\s.:/=+\-@]{0,256}")


class RefusedError(Exception):
    """The operation is refused. `code` is the exception name of the API."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def misconfigured() -> RefusedError:
    """No role, a role that does not trust the pool, or tags that it cannot take."""
    return RefusedError(
        "InvalidIdentityPoolConfigurationException",
        "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
    )


def role_of(
    default: str, mapping: Mapping[str, Any] | None, claims: Mapping[str, Any], custom_role: str | None = None
) -> str:
    """ARN of the role. `mapping` is that of the provider and client; without one everybody gets the default.

    A wished role must be among the token's own. Raises RefusedError when nothing gives a role and that means denial.
    """
    own = [role for role in claims.get("cognito:roles") or [] if isinstance(role, str)]
    if custom_role:
        if mapping is None or mapping.get("Type") != "Token" or custom_role not in own:
            raise _denied()
        return custom_role
    if mapping is None:
        return default
    found = _preferred(claims, own) if mapping.get("Type") == "Token" else _by_rules(mapping, claims)
    if found:
        return found
    if mapping.get("AmbiguousRoleResolution") == "AuthenticatedRole":
        return default
    raise _denied()


def _denied() -> RefusedError:
    return RefusedError("NotAuthorizedException", "Access denied: no role for this identity.")


def _preferred(claims: Mapping[str, Any], own: list[str]) -> str:
    preferred = claims.get("cognito:preferred_role")
    if isinstance(preferred, str) and preferred:
        return preferred
    return own[0] if len(own) == 1 else ""


def _by_rules(mapping: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """The first rule that matches wins."""
    rules = (mapping.get("RulesConfiguration") or {}).get("Rules") or []
    return next((str(rule["RoleARN"]) for rule in rules if _matches(rule, claims.get(rule["Claim"]))), "")


_MATCHES: Mapping[str, Callable[[str, str], bool]] = {
    "Equals": lambda actual, wanted: actual == wanted,
    "NotEqual": lambda actual, wanted: actual != wanted,
    "StartsWith": lambda actual, wanted: actual.startswith(wanted),
    "Contains": lambda actual, wanted: wanted in actual,
}


def _matches(rule: Mapping[str, Any], actual: Any) -> bool:
    """A claim that the token does not have matches nothing. Any value of a list may match."""
    values = actual if isinstance(actual, list) else [actual]
    texts = [text for value in values if (text := _text(value)) is not None]
    return any(_MATCHES[rule["MatchType"]](text, rule["Value"]) for text in texts)


def tags_of(mapping: Mapping[str, Any] | None, claims: Mapping[str, Any]) -> dict[str, str]:
    """Session tags of a sign-in: those whose claim the token has, as a scalar. Raises RefusedError for unfit values."""
    given = mapping or {}
    wanted = given.get("PrincipalTags") or (DEFAULT_TAGS if given.get("UseDefaults") else {})
    found = {tag: _text(claims.get(claim)) for tag, claim in wanted.items()}
    tags = {tag: value for tag, value in found.items() if value is not None}
    if not all(_TAG_VALUE.fullmatch(value) for value in tags.values()):
        raise misconfigured()
    return tags


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None

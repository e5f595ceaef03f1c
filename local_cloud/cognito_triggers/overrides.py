"""What a pre token generation function may change in a token, as pure functions.

Facts from "Pre token generation Lambda trigger", Amazon Cognito Developer Guide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

GROUP_CLAIMS = frozenset({"cognito:groups", "cognito:roles", "cognito:preferred_role"})

FIXED_CLAIMS = GROUP_CLAIMS | {
    *("acr", "amr", "aud", "at_hash", "auth_time", "azp", "cognito:username", "exp", "iat", "identities", "iss"),
    *("jti", "nbf", "nonce", "origin_jti", "sub", "token_use"),
}
"""Claims that a trigger cannot set or suppress; groups and their roles only through `groupOverrideDetails`."""

FIXED_ACCESS_CLAIMS = FIXED_CLAIMS | {"client_id", "scope", "username", "version", "device_key", "event_id"}
"""In an access token `scope` changes through the two scope lists, the others not at all."""


class MalformedResponseError(ValueError):
    """The response does not have the documented shape."""


@dataclass(frozen=True)
class GroupConfiguration:
    """A user's groups and the IAM roles attached to them, in the token and in the trigger's event."""

    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    preferred_role: str | None = None

    @classmethod
    def of_user(cls, names: Sequence[str], groups: Mapping[str, Mapping[str, Any]]) -> "GroupConfiguration":
        """From the user's group names and the pool's groups.

        The preferred role is that of the group with the lowest precedence value; none when two groups of that
        precedence have different roles ("CreateGroup", user pools API reference).
        """
        with_role = [groups[name] for name in names if groups.get(name, {}).get("RoleArn")]
        ranked = [group for group in with_role if group.get("Precedence") is not None]
        best = min((group["Precedence"] for group in ranked), default=None)
        candidates = {group["RoleArn"] for group in ranked if group["Precedence"] == best}
        return cls(
            tuple(names),
            tuple(dict.fromkeys(group["RoleArn"] for group in with_role)),
            candidates.pop() if len(candidates) == 1 else None,
        )

    @classmethod
    def of_response(cls, details: Mapping[str, Any] | None) -> "GroupConfiguration":
        """From `groupOverrideDetails`. Empty or null means no groups at all."""
        given = _mapping(details)
        preferred = given.get("preferredRole")
        if preferred is not None and not isinstance(preferred, str):
            raise MalformedResponseError("preferredRole")
        return cls(_texts(given.get("groupsToOverride")), _texts(given.get("iamRolesToOverride")), preferred)

    def for_event(self) -> dict[str, Any]:
        return {
            "groupsToOverride": list(self.groups),
            "iamRolesToOverride": list(self.roles),
            "preferredRole": self.preferred_role,
        }


@dataclass(frozen=True)
class ClaimChanges:
    """The changes of one token."""

    add: Mapping[str, Any] = field(default_factory=dict)
    suppress: tuple[str, ...] = ()
    add_scopes: tuple[str, ...] = ()
    suppress_scopes: tuple[str, ...] = ()

    @classmethod
    def of(cls, section: Any) -> "ClaimChanges":
        """From `idTokenGeneration`, `accessTokenGeneration` or, in version one, `claimsOverrideDetails` itself."""
        given = _mapping(section)
        scopes = _texts(given.get("scopesToAdd"))
        if any(len(scope.split()) != 1 for scope in scopes):
            raise MalformedResponseError("scopesToAdd")
        return cls(
            _mapping(given.get("claimsToAddOrOverride")),
            _texts(given.get("claimsToSuppress")),
            scopes,
            _texts(given.get("scopesToSuppress")),
        )


@dataclass(frozen=True)
class TokenOverrides:
    """What one run of the function changes in both tokens."""

    id_token: ClaimChanges = field(default_factory=ClaimChanges)
    access_token: ClaimChanges = field(default_factory=ClaimChanges)
    groups: GroupConfiguration | None = None
    """None leaves the groups as they are: the response has no `groupOverrideDetails`."""

    @classmethod
    def of(cls, version: str, response: Mapping[str, Any]) -> "TokenOverrides":
        """Read the `response` block of an event of version "1", "2" or "3". Raises MalformedResponseError."""
        details = _mapping(response.get("claimsOverrideDetails" if version == "1" else "claimsAndScopeOverrideDetails"))
        groups = None
        if "groupOverrideDetails" in details:
            groups = GroupConfiguration.of_response(details["groupOverrideDetails"])
        if version != "1":
            return cls(
                ClaimChanges.of(details.get("idTokenGeneration")),
                ClaimChanges.of(details.get("accessTokenGeneration")),
                groups,
            )
        changes = ClaimChanges.of(details)
        # Version one knows texts only; lists and objects came with version two.
        if any(isinstance(value, dict | list) for value in changes.add.values()):
            raise MalformedResponseError("claimsToAddOrOverride")
        texts = {name: value if isinstance(value, str) else _json_text(value) for name, value in changes.add.items()}
        return cls(ClaimChanges(texts, changes.suppress), groups=groups)


def changed_claims(
    claims: Mapping[str, Any], token_type: str, own_groups: GroupConfiguration, overrides: TokenOverrides
) -> dict[str, Any]:
    """The claims of an "id" or "access" token after the overrides. Suppressing wins over adding."""
    groups = own_groups if overrides.groups is None else overrides.groups
    changes, fixed = overrides.id_token, FIXED_CLAIMS
    if token_type == "access":
        changes, fixed = overrides.access_token, FIXED_ACCESS_CLAIMS
    result = {name: value for name, value in claims.items() if name not in GROUP_CLAIMS}
    result.update(_group_claims(token_type, groups))
    result.update({name: value for name, value in changes.add.items() if name not in fixed})
    for name in changes.suppress:
        if name not in fixed:
            result.pop(name, None)
    if token_type == "access":
        result["scope"] = _changed_scopes(str(claims.get("scope") or ""), changes)
    return result


def _group_claims(token_type: str, groups: GroupConfiguration) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if groups.groups:
        found["cognito:groups"] = list(groups.groups)
    if token_type == "id" and groups.roles:
        found["cognito:roles"] = list(groups.roles)
    if token_type == "id" and groups.preferred_role:
        found["cognito:preferred_role"] = groups.preferred_role
    return found


def _changed_scopes(granted: str, changes: ClaimChanges) -> str:
    wanted = dict.fromkeys((*granted.split(), *changes.add_scopes))
    return " ".join(scope for scope in wanted if scope not in changes.suppress_scopes)


def _mapping(value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedResponseError(repr(value))
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise MalformedResponseError(repr(value))
    return tuple(value)


def _json_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

"""What a user pool refuses and the emulator lets through: who may write which attribute, and which values fit.

A clinic's boundary is a user attribute, so it only holds where these rules do. Facts from "Working with user
attributes" (Amazon Cognito Developer Guide) and the operations' pages in the user pools API reference. The texts of the
errors are not documented there; they are those that AWS's answers are quoted with.

The checks are pure; `install` puts them in front of the operations.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ministack.services import cognito

from local_cloud.compatibility import Patched

Attributes = Mapping[str, str]
Entry = Mapping[str, Any]

VERIFIED_FLAGS = frozenset({"email_verified", "phone_number_verified"})
"""Written by administrators and by a confirmed code, never by an app client."""

MAX_LENGTH = 2048
"""Of any value ("AttributeType")."""

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
PHONE_NUMBER = re.compile(r"\+\d{4,15}")


class RefusedError(Exception):
    """An operation is refused. `code` is the exception name of the API."""

    def __init__(self, message: str, code: str = "InvalidParameterException") -> None:
        super().__init__(message)
        self.code = code


def check_client_may_write(client: Entry, names: Iterable[str]) -> None:
    """An app client writes what its WriteAttributes list; without a list every attribute but the verified flags.

    "App client settings": the default covers the standard attributes; that it also covers custom ones is what AWS does.
    Developer-only attributes are for administrators.
    """
    listed = client.get("WriteAttributes") or []
    for name in names:
        if name in VERIFIED_FLAGS or name.startswith("dev:") or (listed and name not in listed):
            raise RefusedError("A client attempted to write unauthorized attribute", "NotAuthorizedException")


def check_client_attributes(schema: Mapping[str, Entry], settings: Mapping[str, Any], verb: str) -> None:
    """The attribute lists of a new or changed app client. `verb` is "creating" or "updating".

    They name attributes of the pool; the writable ones include every required one and none that only AWS sets.
    """
    readable, writable = settings.get("ReadAttributes") or [], settings.get("WriteAttributes") or []
    if not set(readable) <= schema.keys():
        raise RefusedError(f"Invalid read attributes specified while {verb} a client")
    required = {name for name, entry in schema.items() if entry.get("Required") and name != "sub"}
    allowed = schema.keys() - VERIFIED_FLAGS - {"sub"}
    if writable and not (required <= set(writable) <= allowed):
        raise RefusedError(f"Invalid write attributes specified while {verb} a client")


def check_new_user(
    schema: Mapping[str, Entry], attributes: Attributes, *, from_username: str = "", by_administrator: bool = False
) -> None:
    """The attributes of a user who does not exist yet.

    Only who signs up must bring the required ones; `from_username` names the one that the username stands for.
    """
    for name, value in attributes.items():
        if name not in schema:
            unknown = (
                f"Type for attribute {{{name}}} could not be determined"
                if by_administrator
                else f"{name}: Attribute does not exist in the schema."
            )
            raise RefusedError(f"Attributes did not conform to the schema: {unknown}")
        _check_value(schema[name], value)
    present = {"sub", from_username, *attributes}
    missing = [name for name, entry in schema.items() if entry.get("Required") and name not in present]
    if missing and not by_administrator:
        raise RefusedError(f"Attributes did not conform to the schema: {missing[0]}: The attribute is required")


def check_update(schema: Mapping[str, Entry], attributes: Attributes) -> None:
    """New values for an existing user. An immutable attribute keeps the value, or the absence, it was created with."""
    for name, value in attributes.items():
        if name not in schema:
            raise RefusedError(f"user.{name}: Attribute does not exist in the schema.")
        if not schema[name].get("Mutable", True):
            raise RefusedError(
                f"Invalid user attributes: user.{name}: Attribute cannot be updated. (changing an immutable attribute)"
            )
        _check_value(schema[name], value)


def check_alias(pool: Entry, user: Entry, attributes: Attributes) -> None:
    """No two users sign in with the same e-mail address or phone number ("Login attributes")."""
    for alias in pool.get("UsernameAttributes") or []:
        for other in pool["_users"].values() if alias in attributes else ():
            if other is not user and _values(other).get(alias) == attributes[alias]:
                raise RefusedError(f"An account with the {alias} already exists.", "AliasExistsException")


def readable(client: Entry, attributes: Iterable[str]) -> set[str]:
    """Those attributes that the app client may read: all, or its ReadAttributes, and `sub` always."""
    listed = client.get("ReadAttributes") or []
    return {name for name in attributes if not listed or name in listed or name == "sub"}


def id_token_claims(client: Entry, user: Entry, claims: Mapping[str, Any]) -> dict[str, Any]:
    """An ID token's claims without the attributes that the app client may not read.

    An address that nobody confirmed is not verified; the emulator says otherwise when the flag is missing.
    """
    attributes = {name for name in _values(user) if name != "identities"}
    hidden = attributes - readable(client, attributes)
    kept = {name: value for name, value in claims.items() if name not in hidden}
    if "email_verified" not in attributes:
        kept.pop("email_verified", None)
        if "email" in kept:
            kept["email_verified"] = False
    return kept


def _check_value(entry: Entry, value: str) -> None:
    name, kind = entry["Name"], entry.get("AttributeDataType", "String")
    if kind == "String":
        limits = entry.get("StringAttributeConstraints") or {}
        shortest, longest = int(limits.get("MinLength") or 0), int(limits.get("MaxLength") or MAX_LENGTH)
        if len(value) > longest:
            raise _unfit(name, f"String must be no longer than {longest} characters")
        if len(value) < shortest:
            raise _unfit(name, f"String must be at least {shortest} characters")
    elif kind == "Number":
        _check_number(entry, value)
    elif kind == "Boolean" and value not in ("true", "false"):
        raise _unfit(name, "Value must be true or false")
    if name == "email" and value and not EMAIL.fullmatch(value):
        raise RefusedError("Invalid email address format.")
    if name == "phone_number" and value and not PHONE_NUMBER.fullmatch(value):
        raise RefusedError("Invalid phone number format.")


def _check_number(entry: Entry, value: str) -> None:
    limits = entry.get("NumberAttributeConstraints") or {}
    try:
        number = int(value)
    except ValueError:
        raise _unfit(entry["Name"], "Value must be a number") from None
    if limits.get("MinValue") and number < int(limits["MinValue"]):
        raise _unfit(entry["Name"], f"Value must be at least {limits['MinValue']}")
    if limits.get("MaxValue") and number > int(limits["MaxValue"]):
        raise _unfit(entry["Name"], f"Value must be at most {limits['MaxValue']}")


def _unfit(name: str, reason: str) -> RefusedError:
    return RefusedError(f"Attributes did not conform to the schema: {name}: {reason}")


def _values(user: Entry) -> dict[str, str]:
    return {item["Name"]: item["Value"] for item in user.get("Attributes", [])}


def _given(data: Mapping[str, Any]) -> dict[str, str]:
    return {item["Name"]: item.get("Value", "") for item in data.get("UserAttributes") or []}


def _schema(pool: Entry) -> dict[str, Entry]:
    return {entry["Name"]: entry for entry in cognito._ensure_schema_attributes(pool)["SchemaAttributes"]}


def _client_of(pool: Entry, data: Mapping[str, Any]) -> Entry:
    """The app client that an access token was issued to."""
    client: Entry = pool["_clients"].get(cognito._token_claims(data.get("AccessToken")).get("client_id"), {})
    return client


def _before_sign_up(data: dict[str, Any]) -> None:
    pool, _ = cognito._pool_for_client(data.get("ClientId"))
    if pool is None:
        return
    if (pool.get("AdminCreateUserConfig") or {}).get("AllowAdminCreateUserOnly"):
        raise RefusedError("SignUp is not permitted for this user pool", "NotAuthorizedException")
    attributes = _given(data)
    check_client_may_write(pool["_clients"][data["ClientId"]], attributes)
    # A `sub` among them is refused by the emulator, in AWS's words.
    known = {name: value for name, value in attributes.items() if name != "sub"}
    alias = cognito._username_alias_attribute(pool, data.get("Username") or "")
    check_new_user(_schema(pool), known, from_username=alias or "")


def _before_admin_create_user(data: dict[str, Any]) -> None:
    pool = cognito._user_pools.get(data.get("UserPoolId"))
    if pool is not None:
        attributes = {name: value for name, value in _given(data).items() if name != "sub"}
        check_new_user(_schema(pool), attributes, by_administrator=True)


def _before_admin_confirm_sign_up(data: dict[str, Any]) -> None:
    pool = cognito._user_pools.get(data.get("UserPoolId"))
    user = cognito._resolve_user(pool, data.get("Username"))[0] if pool else None
    if user and user.get("UserStatus") != "UNCONFIRMED":
        raise RefusedError(
            f"User cannot be confirmed. Current status is {user.get('UserStatus')}", "NotAuthorizedException"
        )


def _before_update_user_attributes(data: dict[str, Any]) -> None:
    user, pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
    if user is not None:
        check_client_may_write(_client_of(pool, data), _given(data))
        _check_existing(pool, user, _given(data))


def _before_admin_update_user_attributes(data: dict[str, Any]) -> None:
    pool = cognito._user_pools.get(data.get("UserPoolId"))
    user = cognito._resolve_user(pool, data.get("Username"))[0] if pool else None
    if user is not None:
        _check_existing(pool, user, _given(data))


def _check_existing(pool: Entry, user: Entry, attributes: Attributes) -> None:
    check_update(_schema(pool), attributes)
    check_alias(pool, user, attributes)


def _before_create_user_pool_client(data: dict[str, Any]) -> None:
    _check_client_settings(data, "creating")


def _before_update_user_pool_client(data: dict[str, Any]) -> None:
    _check_client_settings(data, "updating")


def _check_client_settings(data: dict[str, Any], verb: str) -> None:
    pool = cognito._user_pools.get(data.get("UserPoolId"))
    if pool is not None:
        check_client_attributes(_schema(pool), data, verb)


def _get_user(data: dict[str, Any]) -> Any:
    """GetUser with only what the app client may read."""
    status, headers, body = _original["_get_user"](data)
    _, pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
    if status != 200 or pool is None:
        return status, headers, body
    answer = json.loads(body)
    names = readable(_client_of(pool, data), (item["Name"] for item in answer["UserAttributes"]))
    answer["UserAttributes"] = [item for item in answer["UserAttributes"] if item["Name"] in names]
    return cognito.json_response(answer)


_CHECKS: Mapping[str, Callable[[dict[str, Any]], None]] = {
    "_sign_up": _before_sign_up,
    "_admin_create_user": _before_admin_create_user,
    "_admin_confirm_sign_up": _before_admin_confirm_sign_up,
    "_update_user_attributes": _before_update_user_attributes,
    "_admin_update_user_attributes": _before_admin_update_user_attributes,
    "_create_user_pool_client": _before_create_user_pool_client,
    "_update_user_pool_client": _before_update_user_pool_client,
}

_original: dict[str, Callable[[dict[str, Any]], Any]] = {}


def _checked(name: str) -> Callable[[dict[str, Any]], Any]:
    def checked(data: dict[str, Any]) -> Any:
        try:
            _CHECKS[name](data)
        except RefusedError as refused:
            return cognito.error_response_json(refused.code, str(refused), 400)
        return _original[name](data)

    return checked


def install() -> None:
    """Put the rules in front of the emulator's operations. Doing it again changes nothing."""
    for name in (*_CHECKS, "_get_user"):
        if name not in _original:
            _original[name] = getattr(cognito, name)
            setattr(cognito, name, _get_user if name == "_get_user" else _checked(name))


PATCHED = tuple(
    Patched("ministack.services.cognito", name, signature)
    for name, signature in (
        *((name, "(data)") for name in (*_CHECKS, "_get_user")),
        ("_ensure_schema_attributes", "(pool: dict) -> dict"),
        ("_pool_for_client", "(cid)"),
        ("_resolve_user", "(pool: dict, username: str)"),
        ("_token_claims", "(token) -> dict"),
        ("_user_pool_for_access_token", "(access_token)"),
        ("_username_alias_attribute", "(pool: dict, username: str)"),
    )
)
"""Functions that the rules replace, and functions they call."""

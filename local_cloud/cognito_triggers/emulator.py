"""Replacing functions of the emulator's Cognito service, and keeping the replaced ones callable."""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import cognito

ORIGINAL: dict[str, Callable[..., Any]] = {}
"""Functions of `ministack.services.cognito` as they were before their replacement."""


def replace(replacements: Mapping[str, Callable[..., Any]]) -> None:
    """Put each function in the place of the one of that name. Doing it again changes nothing."""
    for name, replacement in replacements.items():
        if name not in ORIGINAL:
            ORIGINAL[name] = getattr(cognito, name)
            setattr(cognito, name, replacement)


def user_of(pool: Mapping[str, Any] | None, username: str | None) -> dict[str, Any] | None:
    """The user with this name, sub or alias; None when there is none."""
    if pool is None or not username:
        return None
    user: dict[str, Any] | None = cognito._resolve_user(pool, username)[0]
    return user


def pool_of(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """The pool of a request that names it (administrators' operations) or one of its app clients."""
    pool: dict[str, Any] | None
    if data.get("UserPoolId"):
        pool = cognito._user_pools.get(data["UserPoolId"])
    else:
        pool = cognito._pool_for_client(data.get("ClientId"))[0]
    return pool


def set_attributes(user: dict[str, Any], **values: str) -> None:
    user["Attributes"] = cognito._merge_attributes(
        user["Attributes"], [{"Name": name, "Value": value} for name, value in values.items()]
    )

"""Values as Pulumi's wire format carries them: secrets in wrappers, every number a float, outputs nobody provides.

The mock monitor hands a secret over as a marked dictionary (`pulumi.runtime.rpc`), and takes one back the same way.
"""

import re
from typing import Any

from pulumi.runtime import rpc

_UNPROVIDED = re.compile(r"<<the local deployer provides no ([^>]*)>>")


def plain(value: Any) -> Any:
    """The value without secret wrappers, whole numbers as int. Archives and assets pass through untouched."""
    if rpc.is_rpc_secret(value):
        return plain(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def secret(value: Any) -> Any:
    """The value marked secret, once."""
    return rpc.wrap_rpc_secret(value)


def unprovided(description: str, *, as_list: bool) -> Any:
    """Stands in for an output that no specification provides.

    The SDK would resolve a missing output to None, and an environment variable built from it would vanish without a
    word. This text survives formatting and JSON instead, and `first_unprovided` finds it wherever the program puts it.
    """
    text = f"<<the local deployer provides no {description}>>"
    return [text] if as_list else text


def first_unprovided(value: Any) -> str | None:
    """Description of an unprovided output that went into this value, or None."""
    if isinstance(value, str):
        found = _UNPROVIDED.search(value)
        return found.group(1) if found else None
    if isinstance(value, dict):
        items: list[Any] = [*value.keys(), *value.values()]
    elif isinstance(value, list):
        items = value
    else:
        return None
    return next((found for found in map(first_unprovided, items) if found), None)

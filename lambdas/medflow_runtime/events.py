"""The events of the identity platform: their names, their JSON Schemas by version, and what is wrong with one."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import fastjsonschema

SOURCE = "medflow.identity"
USER_REGISTERED = "user.registered"
USER_REGISTERED_VERSIONS = (1,)
"""Versions that can be read, oldest first; the last one is written. An old one goes when no archive holds it."""

_SCHEMAS = Path(__file__).parent / "schemas"


def schema(version: int) -> dict[str, object]:
    """JSON Schema (draft 7) of `user.registered`'s detail."""
    text = (_SCHEMAS / f"{USER_REGISTERED}.v{version}.json").read_text(encoding="utf-8")
    loaded: dict[str, object] = json.loads(text)
    return loaded


def violation(detail: Mapping[str, object], version: int) -> str | None:
    """The first rule that the detail breaks, as `user.clinic_id: pattern`, or None. It quotes no value."""
    try:
        _validator(version)(detail)
    except fastjsonschema.JsonSchemaValueException as error:
        return f"{error.name.removeprefix('data.')}: {error.rule}"
    return None


@cache
def _validator(version: int) -> Callable[[Mapping[str, object]], object]:
    # Formats are off and the schema says patterns instead: what `format` checks differs between validators.
    compiled: Callable[[Mapping[str, object]], object] = fastjsonschema.compile(
        schema(version), use_formats=False, detailed_exceptions=True
    )
    return compiled

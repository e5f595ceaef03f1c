"""Checks of a single value and of the properties of one object. Each yields what is wrong as a sentence."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from support.provider_rules.facts import Relation
from support.wire import UNKNOWN

_ARN: Final = re.compile(
    r"arn:aws(-[a-z]+)*:[^:]*:([a-z]{2}(-[a-z]+)+-\d)?:(\d{12}|aws|aws-managed|third-party|cw.{10})?:.+", re.DOTALL
)
"""Generic ARN check of the provider: an empty account or region passes, a wildcard in either does not."""


def objects_at(root: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Objects at a path below `root`, lists entered, each with its own path (list indexes written out)."""
    for where, value in values_at(root, path):
        for inner, item in _elements(where, value):
            if isinstance(item, dict):
                yield inner, item


def values_at(root: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Values at a path below `root`, lists entered on the way but not at the end."""
    found: list[tuple[str, Any]] = [("", root)]
    for part in path.split(".") if path else ():
        found = [
            (f"{inner}.{part}".lstrip("."), item[part])
            for where, value in found
            for inner, item in _elements(where, value)
            if isinstance(item, dict) and part in item
        ]
    yield from found


def _elements(where: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, list):
        return [(f"{where}.{index}", item) for index, item in enumerate(value)]
    return [(where, value)]


def _scalars(value: Any) -> list[Any]:
    """The value itself, or the elements of a list or map of scalars. Unknown ones and objects are left out."""
    items = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else [value]
    return [item for item in items if item is not UNKNOWN and isinstance(item, str | int | float | bool)]


def wrong_with_value(
    entry: Mapping[str, Any], value: Any, *, length_of: Callable[[str], int]
) -> Iterator[tuple[str, str]]:
    """(kind, text) for each part of the entry that a value breaks. `length_of` counts bytes, or characters."""
    if value is UNKNOWN:
        return
    if entry.get("computedOnly"):
        yield "computedOnly", "is computed by the provider and cannot be set"
    if isinstance(value, list):
        if len(value) > entry.get("maxItems", len(value)):
            yield "maxItems", f"has {len(value)} items; at most {entry['maxItems']} are allowed"
        if len(value) < entry.get("minItems", 0):
            yield "minItems", f"has {len(value)} items; at least {entry['minItems']} are needed"
    if entry.get("json") and (problem := _wrong_with_json(value)):
        yield "json", problem
    for item in _scalars(value):
        yield from _wrong_with_scalar(entry, item, length_of)


def _wrong_with_scalar(
    entry: Mapping[str, Any], item: Any, length_of: Callable[[str], int]
) -> Iterator[tuple[str, str]]:
    text = _spelled(item)
    if "enum" in entry and text not in map(_spelled, entry["enum"]):
        yield "enum", f"{text!r} is none of {', '.join(map(_spelled, entry['enum']))}"
    number = _number(item)
    if "min" in entry and (number is None or number < entry["min"]):
        yield "min", f"{text} is less than {entry['min']}"
    if "max" in entry and (number is None or number > entry["max"]):
        yield "max", f"{text} is more than {entry['max']}"
    size = length_of(text)
    if size < entry.get("minLength", 0):
        yield "minLength", f"is {size} long; at least {entry['minLength']} are needed"
    if size > entry.get("maxLength", size):
        yield "maxLength", f"is {size} long; at most {entry['maxLength']} are allowed"
    if "pattern" in entry and not _go_pattern(entry["pattern"]).search(text):
        yield "pattern", f"{text!r} does not match {entry['pattern']}"
    if entry.get("arn") and text and not _ARN.fullmatch(text):
        yield "arn", f"{text!r} is no ARN"


def _go_pattern(pattern: str) -> re.Pattern[str]:
    """Go's `$` is the end of the text; Python's would also allow a line break before it."""
    return re.compile(re.sub(r"(?<!\\)\$(?=$|\||\))", r"\\Z", pattern), re.ASCII)


def _spelled(item: Any) -> str:
    """A scalar as the provider compares it: 14, 14.0 and "14" are one value."""
    if isinstance(item, bool):
        return str(item).lower()
    return str(int(item)) if isinstance(item, float) and item.is_integer() else str(item)


def _number(item: Any) -> float | None:
    try:
        return float(item)
    except ValueError:
        return None


def _wrong_with_json(value: Any) -> str:
    """Policies may also be given as objects, which the SDK turns into text."""
    if not isinstance(value, str):
        return ""
    try:
        json.loads(value)
    except ValueError as error:
        return f"is no JSON: {error}"
    return ""


def broken_relation(relation: Relation, parent: Mapping[str, Any]) -> str:
    """What an object does that a rule between its properties forbids; empty when all is well.

    A property that is not known yet counts neither as given nor as missing, as in the provider.
    """
    skip = len(relation.parent) + 1 if relation.parent else 0
    found = {path: [value for _, value in values_at(dict(parent), path[skip:])] for path in relation.paths}
    given = [path for path, values in found.items() if any(value is not UNKNOWN for value in values)]
    unsure = any(UNKNOWN in values for values in found.values())
    first, rest = relation.paths[0], relation.paths[1:]
    match relation.kind:
        case "conflicts" if relation.first_only:
            broken = first in given and any(path in given for path in rest)
        case "conflicts":
            broken = len(given) > 1
        case "exactlyOneOf":
            broken = len(given) > 1 or (not given and not unsure)
        case "atLeastOneOf":
            broken = not given and not unsure
        case _:
            broken = first in given and any(not found[path] for path in rest)
    return f"{relation.text} Given: {', '.join(given) or 'none'}" if broken else ""

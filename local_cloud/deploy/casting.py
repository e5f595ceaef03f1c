"""Turns a resource's camelCase properties into the input of an AWS operation, guided by botocore's model of it.

A property belongs to the member of the same name, letter case and punctuation aside (`callbackUrls` -> `CallbackURLs`).
Whatever that rule does not place must be named in the renames of the resource's specification. A property that finds
no place raises: dropping it would deploy something else than the program says.
"""

import re
from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from local_cloud.deploy.errors import TranslationError

_TAG_SHAPES = (("Key", "Value"), ("TagKey", "TagValue"), ("Name", "Value"))
"""Member pairs by which AWS writes a map as a list."""


def cast(shape: Shape, value: Any, *, noun: str = "", renames: Mapping[str, str] | None = None) -> Any:
    """`value` in the form that `shape` describes.

    `noun` is what a top-level member may carry before the property's name ("Function": `name` -> `FunctionName`).
    `renames` maps a property path (`schemas.attributeDataType`, no list indices) to a member relative to the structure
    it lies in; dots descend (`passwordPolicy` -> `Policies.PasswordPolicy`). Raises TranslationError with the path.
    """
    return _Caster(noun, renames or {}).cast(shape, value, "")


class _Caster:
    def __init__(self, noun: str, renames: Mapping[str, str]) -> None:
        self._noun = noun
        self._renames = renames

    def cast(self, shape: Shape, value: Any, path: str) -> Any:
        if isinstance(shape, StructureShape):
            return self._structure(shape, value, path)
        if isinstance(shape, ListShape):
            return self._list(shape, value, path)
        if isinstance(shape, MapShape):
            if not isinstance(value, Mapping):
                raise _misfit(path, "an object", value)
            return {key: self.cast(shape.value, item, path) for key, item in value.items() if item is not None}
        return _scalar(shape, value, path)

    def _structure(self, shape: StructureShape, value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            raise _misfit(path, "an object", value)
        if shape.is_document_type:
            return dict(value)
        members = {_letters(member): member for member in shape.members}
        result: dict[str, Any] = {}
        for key, item in value.items():
            if item is None:
                continue
            here = f"{path}.{key}" if path else key
            place = self._renames.get(here) or self._member(members, key, top=not path)
            if place is None:
                raise TranslationError(f"property {here!r} has no counterpart in {shape.name}")
            self._put(shape, result, place, item, here)
        return result

    def _member(self, members: Mapping[str, str], key: str, *, top: bool) -> str | None:
        candidates = [key, self._noun + key] if top and self._noun else [key]
        return next((members[_letters(name)] for name in candidates if _letters(name) in members), None)

    def _put(self, shape: Shape, result: dict[str, Any], place: str, item: Any, path: str) -> None:
        """Store `item` at the dotted `place`, making the structures and maps on the way."""
        *steps, last = place.split(".")
        for step in steps:
            shape, result = _child(shape, step), result.setdefault(step, {})
        result[last] = self.cast(_child(shape, last), item, path)

    def _list(self, shape: ListShape, value: Any, path: str) -> list[Any]:
        if isinstance(value, Mapping):
            pair = _tag_pair(shape.member)
            if pair:
                return [{pair[0]: key, pair[1]: str(item)} for key, item in value.items()]
            value = [value]
        if not isinstance(value, list):
            raise _misfit(path, "a list", value)
        _check_maximum(shape, len(value), path, "items")
        return [self.cast(shape.member, item, path) for item in value]


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _child(shape: Shape, step: str) -> Shape:
    if isinstance(shape, MapShape):
        return shape.value
    if isinstance(shape, StructureShape) and step in shape.members:
        return shape.members[step]
    raise TranslationError(f"{shape.name} has no member {step!r}: the deployer's own specification is wrong")


def _tag_pair(member: Shape) -> tuple[str, str] | None:
    if not isinstance(member, StructureShape):
        return None
    return next((pair for pair in _TAG_SHAPES if set(pair) == set(member.members)), None)


def _scalar(shape: Shape, value: Any, path: str) -> Any:
    if isinstance(value, Mapping | list):
        raise _misfit(path, f"a {shape.type_name}", value)
    match shape.type_name:
        case "integer" | "long":
            return _number(shape, value, path, whole=True)
        case "float" | "double":
            return _number(shape, value, path, whole=False)
        case "boolean":
            return _boolean(value, path)
        case "blob":
            return value if isinstance(value, bytes) else str(value).encode()
        case "string":
            return _string(shape, value, path)
    return value


def _number(shape: Shape, value: Any, path: str, *, whole: bool) -> int | float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise _misfit(path, "a number", value) from None
    if isinstance(value, bool) or (whole and not number.is_integer()):
        raise _misfit(path, "a whole number" if whole else "a number", value)
    _check_maximum(shape, number, path, "")
    return int(number) if whole else number


def _boolean(value: Any, path: str) -> bool:
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise _misfit(path, "true or false", value)


def _string(shape: Shape, value: Any, path: str) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    choices = shape.enum if isinstance(shape, StringShape) else []
    if choices and text not in choices:
        raise TranslationError(f"property {path!r} is {text!r}; {shape.name} allows {', '.join(choices)}")
    _check_maximum(shape, len(text), path, "characters")
    return text


def _check_maximum(shape: Shape, size: float, path: str, unit: str) -> None:
    """botocore's own validation checks minima only; AWS refuses both."""
    maximum = shape.metadata.get("max")
    if maximum is not None and size > maximum:
        raise TranslationError(
            f"property {path!r} is over the maximum of {shape.name}: {size:g} > {maximum} {unit}".rstrip()
        )


def _misfit(path: str, wanted: str, value: Any) -> TranslationError:
    return TranslationError(f"property {path!r} must be {wanted}, not {type(value).__name__}")

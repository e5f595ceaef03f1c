"""Which outputs the SDK's class of a resource type promises."""

import functools
import typing
from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Any

import pulumi

from local_cloud.deploy.errors import TranslationError


@functools.cache
def declared_outputs(token: str) -> Mapping[str, bool]:
    """Outputs by camelCase name, with whether each is a list.

    Raises TranslationError when no class of that type is imported, which cannot be for a registered resource: the
    class's constructor made the registration.
    """
    for cls in _subclasses(pulumi.CustomResource):
        if getattr(cls, "pulumi_type", None) == token:
            return dict(_outputs(cls))
    raise TranslationError("no imported class of the SDK has this type")


def _subclasses(cls: type) -> Iterator[type]:
    children: list[type] = cls.__subclasses__()
    for child in children:
        yield child
        yield from _subclasses(child)


def _outputs(cls: type) -> Iterator[tuple[str, bool]]:
    for name, attribute in vars(cls).items():
        if isinstance(attribute, property) and attribute.fget is not None:
            camel = getattr(attribute.fget, "_pulumi_name", name)
            yield camel, _is_list(attribute.fget.__annotations__.get("return"))


def _is_list(annotation: Any) -> bool:
    """Whether an annotation such as `Output[Optional[Sequence[X]]]` holds a list."""
    origin = typing.get_origin(annotation)
    if origin in (Sequence, list):
        return True
    if origin in (pulumi.Output, typing.Union, UnionType):
        return any(_is_list(argument) for argument in typing.get_args(annotation))
    return False

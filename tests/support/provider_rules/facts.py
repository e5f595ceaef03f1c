"""What the AWS provider accepts, per resource type: the data of `provider_constraints/`, typed.

The data was read from the provider's source (each type names its file) and checked path by path against the argument
classes of pulumi_aws 7.51.1; `partial` says what is newer than the source. How to read it:

- A path is camelCase, list elements without index. On a list or map of texts, enum, pattern, arn and length apply to
  each element, minItems and maxItems to the list itself.
- `required` on a nested path counts when the enclosing block is present; `requiredWith`: the first path needs all the
  others; relations between nested paths are judged inside one and the same parent object.
- Patterns are Python's, searched, ASCII only. An ARN may be empty.
"""

import functools
import importlib
import json
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pulumi import _types

DIRECTORY: Final = Path(__file__).parents[1] / "provider_constraints"

RELATIONS: Final = frozenset({"conflicts", "exactlyOneOf", "atLeastOneOf", "requiredWith"})
"""Kinds of rule that a machine can judge; the other two, customDiff and note, are for people and for `traps`."""

FIRST_EXCLUDES_THE_REST: Final = frozenset(
    {
        ("aws:cognito/userPoolClient:UserPoolClient", "analyticsConfiguration.applicationArn"),
        ("aws:lambda/eventSourceMapping:EventSourceMapping", "amazonManagedKafkaEventSourceConfig"),
        ("aws:lambda/eventSourceMapping:EventSourceMapping", "selfManagedKafkaEventSourceConfig"),
        ("aws:lambda/function:Function", "s3ObjectVersion"),
    }
)
"""(type, first path) of the conflicts in which only the first path excludes the others; elsewhere all exclude all."""


@dataclass(frozen=True)
class Relation:
    """A rule between properties of one object."""

    kind: str
    paths: tuple[str, ...]
    text: str
    first_only: bool = False

    @property
    def parent(self) -> str:
        """Path of the object that the rule is judged in: what all its paths have in common; empty for the top."""
        parents = [path.split(".")[:-1] for path in self.paths]
        common = []
        for parts in zip(*parents, strict=False):
            if len(set(parts)) > 1:
                break
            common.append(parts[0])
        return ".".join(common)


@dataclass(frozen=True)
class Facts:
    """What one resource type accepts."""

    accepted: frozenset[str]
    computed: frozenset[str]
    """Top-level outputs that are no inputs."""
    properties: Mapping[str, Mapping[str, Any]]
    relations: tuple[Relation, ...]
    length_of: Callable[[str], int]
    """How the provider measures a text: in UTF-8 bytes, as Go does, but for Cognito in characters."""


def _bytes(text: str) -> int:
    return len(text.encode())


@functools.cache
def all_facts() -> Mapping[str, Facts]:
    """Facts by resource type."""
    facts: dict[str, Facts] = {}
    for file in sorted(DIRECTORY.glob("*.json")):
        for type_, data in json.loads(file.read_text("utf-8")).items():
            facts[type_] = Facts(
                accepted=frozenset(data["accepted"]),
                computed=frozenset(data["outputsOnly"]),
                properties=data["properties"],
                relations=tuple(
                    Relation(
                        rule["kind"],
                        tuple(rule["paths"]),
                        rule["text"],
                        (type_, rule["paths"][0]) in FIRST_EXCLUDES_THE_REST,
                    )
                    for rule in data["rules"]
                    if rule["kind"] in RELATIONS
                ),
                length_of=len if type_.startswith("aws:cognito/") else _bytes,
            )
    return facts


@functools.cache
def argument_class(type_: str) -> type | None:
    """Class of the arguments of a resource type, such as QueueArgs of pulumi_aws.sqs.queue; None if the SDK has none.

    Where that name is taken by a block of another resource, the SDK writes InitArgs (BucketLogging).
    """
    _, token, name = type_.split(":")
    package, module = token.split("/")
    package = "lambda_" if package == "lambda" else package
    snake = re.sub(r"(?<!^)([A-Z])", r"_\1", module).lower()
    # The SDK loads its packages lazily; a module imported before its package leaves the package without its classes.
    getattr(importlib.import_module(f"pulumi_aws.{package}"), name)
    sdk = importlib.import_module(f"pulumi_aws.{package}.{snake}")
    found = getattr(sdk, f"{name}InitArgs", None) or getattr(sdk, f"{name}Args", None)
    return found if isinstance(found, type) else None


@functools.cache
def fields(class_: type) -> Mapping[str, Any]:
    """Field of an argument class in camelCase -> class of the object, or of the list's objects, that it takes.

    None where it takes no object, so that a free map such as `tags` is not looked into.
    """
    return {name: _object_class(hint) for name, hint in _types.input_type_types(class_).items()}


def _object_class(hint: Any) -> type | None:
    if isinstance(hint, type):
        return hint if _types.is_input_type(hint) else None
    if re.search(r"\b(Mapping|Dict|dict)\b", str(typing.get_origin(hint))):
        return None
    return next(filter(None, map(_object_class, typing.get_args(hint))), None)

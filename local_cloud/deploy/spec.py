"""The vocabulary in which `types/` describes how a Pulumi resource becomes AWS API calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any

from local_cloud.deploy.errors import TranslationError

REST = ...
"""`Call.takes`: every property that no other call takes and that is not in `Spec.not_sent`."""

NOTHING: Mapping[str, Any] = {}

DELETE_ONLY = "acts on deletion only"
PROVIDER_ONLY = "steers the provider, AWS has no such input"


@dataclass
class Scope:
    """What is known about a resource while it is created; templates and functions of a specification read it."""

    type: str
    name: str
    """Logical name in the program."""
    inputs: dict[str, Any]
    """Properties by camelCase name, secrets unwrapped, auto-name and default tags filled in."""
    region: str
    account: str
    endpoint: str
    """URL of the emulator."""
    unique: str
    """Seven characters, the same for the same URN in every deployment."""
    partition: str = "aws"
    responses: dict[str, Any] = field(default_factory=dict)
    """AWS responses by operation; None for a call that was only validated."""
    outputs: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        """For templates: an output, an input, or one of region, account, partition, endpoint, unique."""
        for source in (self.outputs, self.inputs, vars(self)):
            if source.get(key) is not None:
                return source[key]
        raise TranslationError(f"{key!r} is not known when it is needed")


@dataclass(frozen=True)
class At:
    """A value out of an AWS response: dotted path, in the response of the first call unless `of` names another.

    A missing value raises, for an output the emulator does not give must not become None; `default` allows it.
    """

    path: str
    of: str | None = None
    default: Any = REST

    def of_scope(self, scope: Scope, first_operation: str) -> Any:
        value: Any = scope.responses[self.of or first_operation]
        for step in self.path.split("."):
            if isinstance(value, list):
                value = value[int(step)] if int(step) < len(value) else None
            else:
                value = None if value is None else value.get(step)
            if value is None:
                break
        if value is None and self.default is REST:
            raise TranslationError(f"the response of {self.of or first_operation} lacks {self.path}")
        return self.default if value is None else value


Value = Any
"""A template (`"{apiId}/x"`, filled from the Scope), an `At`, a function of the Scope, or any other constant."""


@dataclass(frozen=True)
class Call:
    """One API call. Made when one of the properties it takes is given, or always if it takes REST or none."""

    operation: str
    takes: tuple[str, ...] | EllipsisType = ()
    gives: Mapping[str, Value] = field(default_factory=dict)
    """Further members of the call's input, by their AWS name; one that comes out as None is left out."""
    renames: Mapping[str, str] = field(default_factory=dict)
    reshape: Callable[[dict[str, Any], Scope], dict[str, Any]] | None = None
    """Brings the taken properties into the input's structure; property paths in errors are those of the result."""
    when: Callable[[Scope], bool] | None = None
    """A further condition."""
    for_each: str | None = None
    """A list property: one call per item; what is cast is the item, a plain value as `{for_each: value}`."""


@dataclass(frozen=True)
class Spec:
    """How one resource type is created."""

    token: str
    """Pulumi's type token, `aws:sqs/queue:Queue`."""
    service: str
    """boto3's name of the service."""
    calls: tuple[Call, ...]
    id: Value
    outputs: Mapping[str, Value] = field(default_factory=dict)
    """Computed outputs in order: later ones may use earlier ones. One that is also an input yields to the input;
    one that the SDK's class does not declare only serves later templates."""
    noun: str = ""
    """Prefix that top-level members of the calls carry ("Role": `name` -> `RoleName`)."""
    auto_name: str | None = None
    """Property that Pulumi names by itself when the program does not."""
    name_pattern: str = "{name}-{unique}"
    """Form of that name."""
    name_ending: Value = ""
    """What AWS wants at the end of it."""
    defaults: Mapping[str, Value] = field(default_factory=dict)
    """Values the provider sends when the program gives none."""
    not_sent: Mapping[str, str] = field(default_factory=dict)
    """Properties that no call carries, each with the reason."""
    unsupported_outputs: Mapping[str, str] = field(default_factory=dict)
    """Computed outputs that cannot be had locally, each with the reason; using one is an error."""
    check: Callable[[Scope], None] | None = None
    """Raises when the responses say that nothing was created after all."""
    emulated: bool = True
    """False: the emulator lacks the operation; the input is validated against botocore's model and recorded."""


def attributes(*properties: str, **renamed: str) -> dict[str, str]:
    """Renames for services that take a string map called Attributes: `displayName` -> `Attributes.DisplayName`."""
    same = {name: name[0].upper() + name[1:] for name in properties}
    return {name: f"Attributes.{attribute}" for name, attribute in (same | renamed).items()}

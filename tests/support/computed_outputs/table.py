"""The table of computed outputs and the shapes its entries have: request in, id and outputs out."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

TIMESTAMP: Final = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class Place:
    """Where a resource is created: what its provider is bound to."""

    region: str = "us-east-1"
    account: str = "123456789012"
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}::{self.account}:{resource}"

    def invoke_arn(self, function_arn: str) -> str:
        """URI by which API Gateway invokes a function or its alias."""
        functions = f"lambda:path/2015-03-31/functions/{function_arn}/invocations"
        return f"arn:{self.partition}:apigateway:{self.region}:{functions}"


@dataclass(frozen=True)
class Request:
    """A resource that is to be created: logical name, plain inputs, place."""

    name: str
    inputs: Mapping[str, Any]
    place: Place

    def physical(self, key: str = "name") -> str:
        """The given physical name, or an automatic one as Pulumi forms it: logical name and seven digits."""
        return str(self.inputs.get(key) or f"{self.name}-{self.digest(7)}")

    def digest(self, length: int) -> str:
        """Hexadecimal text that stands for a random one."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:length]

    def uuid(self) -> str:
        """UUID that stands for a random one."""
        digits = self.digest(32)
        return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])

    def __getitem__(self, key: str) -> Any:
        return self.inputs[key]


@dataclass(frozen=True)
class Created:
    """Answer to a creation: the id, and the outputs that are not inputs."""

    id: str
    outputs: Mapping[str, Any]


Compute = Callable[[Request], Created]
COMPUTED: Final[dict[str, Compute]] = {}
"""Resource type -> what the provider computes for it."""


def computes(*types: str) -> Callable[[Compute], Compute]:
    def register(compute: Compute) -> Compute:
        COMPUTED.update(dict.fromkeys(types, compute))
        return compute

    return register


def named(type_: str, service: str, resource: str, *, id_: str = "name", key: str = "name", **more: Any) -> None:
    """A type with a physical name, an ARN that ends in `resource` (with {name}), and either of them as its id."""

    def compute(request: Request) -> Created:
        name = request.physical(key)
        arn = request.place.arn(service, resource.format(name=name))
        return Created(arn if id_ == "arn" else name, {key: name, "arn": arn, **more})

    COMPUTED[type_] = compute


def plain(type_: str, id_: Callable[[Request], str], **outputs: Any) -> None:
    """A type that computes nothing but its id and constants."""
    COMPUTED[type_] = lambda request: Created(id_(request), outputs)

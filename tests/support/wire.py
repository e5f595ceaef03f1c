"""Pulumi's wire format, read into plain data: what a resource was given, without Outputs, secrets wrappers or Structs.

A value on the wire is a protobuf Struct in which secrets, assets, archives and resource references are maps that carry
a signature, and a value that a preview does not know yet is a fixed text.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc

_SIGNATURE: Final = rpc._special_sig_key


class Unknown(enum.Enum):
    """A value that is only known after deployment. Only a preview holds it."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "<unknown>"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True)
class Asset:
    """A file of a resource: exactly one of a path, a text, and an address is set."""

    path: str | None = None
    text: str | None = None
    uri: str | None = None


@dataclass(frozen=True)
class Archive:
    """A file tree of a resource: exactly one of a path, an address, and the assets by their path inside is set."""

    path: str | None = None
    uri: str | None = None
    assets: Mapping[str, "Asset | Archive"] | None = None


@dataclass
class Plain:
    """Properties of a resource as plain data; `secret_paths` are dotted, with the index of a list element as a part."""

    value: dict[str, Any]
    secret_paths: set[str] = field(default_factory=set)


def plain(struct: struct_pb2.Struct) -> Plain:
    """Properties without wrappers. A property whose value is null counts as not set, as it does for the engine."""
    result = Plain({})
    wire = json_format.MessageToDict(struct)
    result.value = {key: _read(value, key, result.secret_paths) for key, value in wire.items() if value is not None}
    return result


def _read(wire: Any, path: str, secrets: set[str]) -> Any:
    if wire == rpc.UNKNOWN:
        return UNKNOWN
    if isinstance(wire, float):
        return int(wire) if wire.is_integer() else wire
    if isinstance(wire, list):
        return [_read(item, f"{path}.{index}", secrets) for index, item in enumerate(wire)]
    if not isinstance(wire, dict):
        return wire
    if _SIGNATURE in wire:
        return _SIGNED[wire[_SIGNATURE]](wire, path, secrets)
    return {key: _read(value, f"{path}.{key}", secrets) for key, value in wire.items() if value is not None}


def _secret(wire: dict[str, Any], path: str, secrets: set[str]) -> Any:
    secrets.add(path)
    return _read(wire.get("value"), path, secrets)


def _asset(wire: dict[str, Any], path: str, secrets: set[str]) -> Asset:  # noqa: ARG001 one shape for all readers
    return Asset(path=wire.get("path"), text=wire.get("text"), uri=wire.get("uri"))


def _archive(wire: dict[str, Any], path: str, secrets: set[str]) -> Archive:
    assets = wire.get("assets")
    return Archive(
        path=wire.get("path"),
        uri=wire.get("uri"),
        assets=None if assets is None else {key: _read(item, path, secrets) for key, item in assets.items()},
    )


def _reference(wire: dict[str, Any], path: str, secrets: set[str]) -> Any:
    """A resource passed as a value arrives as its id, or as its URN when it is a component."""
    return _read(wire.get("id", wire["urn"]), path, secrets)


_SIGNED: Final[dict[str, Callable[[dict[str, Any], str, set[str]], Any]]] = {
    rpc._special_secret_sig: _secret,
    rpc._special_asset_sig: _asset,
    rpc._special_archive_sig: _archive,
    rpc._special_resource_sig: _reference,
}


def state(inputs: struct_pb2.Struct, computed: Mapping[str, Any], secret: set[str]) -> struct_pb2.Struct:
    """Properties of a resource after its creation: its inputs as sent, then what the provider computed.

    Properties named in `secret` come back as secrets, as from the real engine ("additionalSecretOutputs").
    """
    result = struct_pb2.Struct()
    result.CopyFrom(inputs)
    result.update(dict(computed))
    for key in secret & set(result.keys()):
        wire = result.fields[key]
        if not (wire.HasField("struct_value") and _SIGNATURE in wire.struct_value):
            wrapped = struct_pb2.Value()
            wrapped.CopyFrom(wire)
            result.fields[key].struct_value.CopyFrom(
                struct_pb2.Struct(
                    fields={
                        _SIGNATURE: struct_pb2.Value(string_value=rpc._special_secret_sig),
                        "value": wrapped,
                    }
                )
            )
    return result

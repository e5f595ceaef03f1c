"""Creates one resource: auto-name, default tags, API calls cast from botocore's models, outputs."""

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import Shape, StructureShape
from botocore.validate import ParamValidator

from local_cloud.deploy.assets import is_asset
from local_cloud.deploy.casting import cast
from local_cloud.deploy.clients import Clients
from local_cloud.deploy.declared import declared_outputs
from local_cloud.deploy.errors import ResourceError, TranslationError
from local_cloud.deploy.spec import REST, At, Call, Scope, Spec
from local_cloud.deploy.values import first_unprovided, plain, unprovided

UNIQUE_LENGTH = 7
"""Length of the suffix Pulumi's auto-naming adds ("Resource names", Pulumi documentation)."""


@dataclass(frozen=True)
class Request:
    """A resource as the program registered it. `inputs` may hold secret wrappers and archives."""

    type: str
    name: str
    urn: str
    inputs: Mapping[str, Any]
    region: str
    account: str
    default_tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Created:
    """`state` holds every output the resource's class declares, provided or marked as unprovided."""

    id: str
    state: dict[str, Any]
    emulated: bool


class Engine:
    """Creates resources of the known types in one emulator. Safe to use from several threads."""

    def __init__(self, clients: Clients, specs: Mapping[str, Spec]) -> None:
        self._clients = clients
        self._specs = specs

    def create(self, request: Request) -> Created:
        """Raises ResourceError, its text naming type, resource and what AWS or the translation said."""
        try:
            spec = self._specs.get(request.type)
            if spec is None:
                raise TranslationError("the local deployer does not know this type: add it to local_cloud/deploy/types")
            return self._create(spec, request)
        except ClientError as error:
            raise ResourceError(request.type, request.name, _aws_text(error)) from error
        except (TranslationError, BotoCoreError) as error:
            raise ResourceError(request.type, request.name, str(error)) from error

    def _create(self, spec: Spec, request: Request) -> Created:
        missing = first_unprovided(plain(dict(request.inputs)))
        if missing:
            raise TranslationError(f"uses {missing}, which the local deployer does not provide")
        declared = declared_outputs(request.type)
        scope = self._scope(spec, request, taggable="tagsAll" in declared)
        for call in spec.calls:
            self._make(spec, call, scope)
        if spec.check:
            spec.check(scope)
        for name, value in spec.outputs.items():
            scope.outputs[name] = _text_if_time(self._value(value, scope, spec))
        scope.outputs["id"] = str(self._value(spec.id, scope, spec))
        return Created(scope.outputs["id"], _state(spec, request, scope, declared), spec.emulated)

    def _scope(self, spec: Spec, request: Request, *, taggable: bool) -> Scope:
        inputs = {key: value for key, value in plain(dict(request.inputs)).items() if value is not None}
        region = str(inputs.pop("region", request.region))
        unique = hashlib.sha256(request.urn.encode()).hexdigest()[:UNIQUE_LENGTH]
        scope = Scope(request.type, request.name, inputs, region, request.account, self._clients.endpoint, unique)
        if spec.auto_name and spec.auto_name not in inputs:
            prefix = inputs.get(f"{spec.auto_name}Prefix")
            name = f"{prefix}{unique}" if prefix else self._value(spec.name_pattern, scope, spec)
            inputs[spec.auto_name] = name + self._value(spec.name_ending, scope, spec)
        if taggable and (request.default_tags or "tags" in inputs):
            inputs["tags"] = {**request.default_tags, **inputs.get("tags", {})}
        for key, value in spec.defaults.items():
            if key not in inputs:
                inputs[key] = self._value(value, scope, spec)
        return scope

    def _make(self, spec: Spec, call: Call, scope: Scope) -> None:
        taken = {key: value for key, value in scope.inputs.items() if key in _taken(spec, call, scope)}
        if (call.takes and call.takes is not REST and not taken) or (call.when and not call.when(scope)):
            return
        batches: list[dict[str, Any]] = [taken]
        if call.for_each:
            items = taken.pop(call.for_each)
            batches = [item if isinstance(item, dict) else {call.for_each: item} for item in items]
        for batch in batches:
            self._request(spec, call, scope, call.reshape(dict(batch), scope) if call.reshape else batch)

    def _request(self, spec: Spec, call: Call, scope: Scope, properties: dict[str, Any]) -> None:
        operation = self._clients.operation(spec.service, scope.region, call.operation)
        shape = operation.input_shape
        if shape is None:
            raise TranslationError(f"{call.operation} takes no input: the deployer's own specification is wrong")
        parameters = cast(shape, properties, noun=spec.noun, renames=call.renames)
        for member, value in call.gives.items():
            given = self._value(value, scope, spec)
            if given is not None:
                parameters.setdefault(member, given)
        if not spec.emulated:
            _validate(shape, parameters)
            scope.responses[call.operation] = None
            return
        client = self._clients.get(spec.service, scope.region)
        method = client.meta.method_to_api_mapping
        name = next(python for python, api in method.items() if api == call.operation)
        scope.responses[call.operation] = getattr(client, name)(**parameters)

    def _value(self, value: Any, scope: Scope, spec: Spec) -> Any:
        if isinstance(value, str):
            return value.format_map(_Fields(scope))
        if isinstance(value, At):
            return value.of_scope(scope, spec.calls[0].operation)
        if isinstance(value, Mapping):
            return {key: self._value(item, scope, spec) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, scope, spec) for item in value]
        return value(scope) if callable(value) else value


class _Fields(dict[str, Any]):
    """What `str.format_map` asks for values."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope

    def __missing__(self, key: str) -> Any:
        return self._scope[key]


def _taken(spec: Spec, call: Call, scope: Scope) -> set[str]:
    """Names of the properties this call carries. Unknown ones go with REST, where casting refuses them by name."""
    if call.takes is not REST:
        return set(call.takes)
    others = {name for other in spec.calls if other.takes is not REST for name in other.takes}
    prefix = {f"{spec.auto_name}Prefix"} if spec.auto_name else set()
    return set(scope.inputs) - others - set(spec.not_sent) - prefix


def _state(spec: Spec, request: Request, scope: Scope, declared: Mapping[str, bool]) -> dict[str, Any]:
    given = {key: value for key, value in request.inputs.items() if value is not None and not is_asset(plain(value))}
    state: dict[str, Any] = {**scope.outputs, **_without_assets(scope.inputs), **given}
    if "tagsAll" in declared:
        state["tags"] = state["tagsAll"] = scope.inputs.get("tags", {})
    if "region" in declared:
        state["region"] = scope.region
    for name, is_list in declared.items():
        if name in state or (name in request.inputs and is_asset(plain(request.inputs[name]))):
            continue
        reason = spec.unsupported_outputs.get(name)
        description = f"{spec.token} {request.name}.{name}" + (f" ({reason})" if reason else "")
        state[name] = unprovided(description, as_list=is_list)
    return {name: value for name, value in state.items() if name in declared}


def _without_assets(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if not is_asset(value)}


def _validate(shape: Shape, parameters: Mapping[str, Any]) -> None:
    """botocore's check of types, required members and minima; `cast` has checked enums and maxima."""
    if isinstance(shape, StructureShape):
        report = ParamValidator().validate(dict(parameters), shape)
        if report.has_errors():
            raise TranslationError(report.generate_report())


def _text_if_time(value: Any) -> Any:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime.datetime) else value


def _aws_text(error: ClientError) -> str:
    details: Any = error.response.get("Error", {})
    return f"{error.operation_name}: {details.get('Code', 'Unknown')}: {details.get('Message', '')}".rstrip(": ")

"""Stands in for Pulumi's engine: answers every registration from the table of computed outputs and records it.

Refuses what the engine or the provider would refuse: a second resource of the same URN, a type or an invoke that the
table does not hold, an error that the program logged.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import mocks
from pulumi.runtime.proto import alias_pb2, engine_pb2, resource_pb2

from support import wire
from support.computed_outputs import COMPUTED, INVOKES, Created, Place, Request

STACK = "pulumi:pulumi:Stack"


class SynthError(Exception):
    """The program asked for something that the harness does not know, or that the engine would refuse."""


@dataclass
class Resource:
    """One registered resource as plain data. Secrets are unwrapped; `secret_paths` says where they were."""

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    secret_paths: frozenset[str]
    """Dotted paths of the secret inputs, a list element by its index."""
    custom: bool
    """False for a component."""
    parent_urn: str | None
    """URN of the parent component; None directly below the stack."""
    dependency_urns: frozenset[str]
    """URNs of all that it waits for: the option `depends_on` and what its inputs use."""
    property_dependencies: dict[str, frozenset[str]]
    """Input -> logical names of the resources its value comes from."""
    protect: bool
    """Own or inherited from a component."""
    aliases: list[str | dict[str, str]]
    ignore_changes: list[str]
    replace_on_changes: list[str]
    delete_before_replace: bool | None
    """None when the option is not given."""
    retain_on_delete: bool
    provider: str | None
    """Logical name of the explicit provider; None for the default one."""
    additional_secret_outputs: list[str]
    import_id: str | None
    read: bool
    """True for a resource that exists outside of the stack and is only looked up."""
    id: str = ""
    outputs: dict[str, Any] = field(default_factory=dict)
    """Of a component what it registered; of another resource its state after creation."""
    secret_outputs: frozenset[str] = frozenset()
    """Names of the outputs that are, or contain, secrets."""

    @property
    def parent(self) -> str | None:
        """Logical name of the parent component; None directly below the stack."""
        return None if self.parent_urn is None else logical_name(self.parent_urn)

    @property
    def depends_on(self) -> frozenset[str]:
        """Logical names of all that it waits for: the option of that name and what its inputs use."""
        return frozenset(logical_name(urn) for urn in self.dependency_urns)

    @property
    def secret_inputs(self) -> frozenset[str]:
        """Names of the inputs that are, or contain, secrets."""
        return top_level(self.secret_paths)


def logical_name(urn: str) -> str:
    return urn.split("::", 3)[3]


def top_level(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(path.split(".")[0] for path in paths)


class RecordingMonitor(mocks.MockMonitor):
    """The resource monitor of one run. All its methods run on the program's own thread, in program order."""

    def __init__(self, project: str, stack: str, preview: bool) -> None:
        super().__init__(_NoMocks())
        self.project, self.stack, self.preview = project, stack, preview
        self.recorded: dict[str, Resource] = {}
        self.exports = wire.Plain({})

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """URN as the engine forms it: the types of all parents below the stack are part of it."""
        parent_type = parent.split("::")[2] if parent else STACK
        qualified = type_ if parent_type == STACK else f"{parent_type}${type_}"
        return f"urn:pulumi:{self.stack}::{self.project}::{qualified}::{name}"

    def RegisterResource(  # noqa: N802 the name is the RPC's
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        inputs = wire.plain(request.object)
        resource = self._record(urn, request, inputs, request.custom, request.importId or None)
        resource.protect = request.protect
        resource.aliases = [_alias(alias) for alias in request.aliases]
        resource.ignore_changes = list(request.ignoreChanges)
        resource.replace_on_changes = list(request.replaceOnChanges)
        resource.retain_on_delete = request.retainOnDelete
        if request.deleteBeforeReplaceDefined:
            resource.delete_before_replace = request.deleteBeforeReplace
        resource.property_dependencies = {
            key: frozenset(logical_name(urn) for urn in dependencies.urns)
            for key, dependencies in request.propertyDependencies.items()
            if dependencies.urns
        }
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        response = self._create(resource, request.object)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=resource.id, object=response)

    def ReadResource(  # noqa: N802
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        resource = self._record(urn, request, wire.plain(request.properties), True, request.id)
        resource.read = True
        response = self._create(resource, request.properties)
        return resource_pb2.ReadResourceResponse(urn=urn, id=request.id, properties=response)

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        outputs = wire.plain(request.outputs)
        if f"::{STACK}::" in request.urn:
            self.exports = outputs
        else:
            resource = self.recorded[request.urn]
            resource.outputs, resource.secret_outputs = outputs.value, top_level(outputs.secret_paths)
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        if request.tok not in INVOKES:
            raise SynthError(f"the program invokes {request.tok}, which computed_outputs.INVOKES does not hold")
        returned = struct_pb2.Struct()
        returned.update(INVOKES[request.tok](wire.plain(request.args).value, self._place(request.provider)))
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(returned)
        return response

    def _record(
        self,
        urn: str,
        request: resource_pb2.RegisterResourceRequest | resource_pb2.ReadResourceRequest,
        inputs: wire.Plain,
        custom: bool,
        import_id: str | None,
    ) -> Resource:
        if urn in self.recorded:
            raise SynthError(f"two resources have the URN {urn}")
        resource = Resource(
            type=request.type,
            name=request.name,
            urn=urn,
            inputs=inputs.value,
            secret_paths=frozenset(inputs.secret_paths),
            custom=custom,
            parent_urn=None if f"::{STACK}::" in request.parent else request.parent or None,
            dependency_urns=frozenset(request.dependencies),
            property_dependencies={},
            protect=False,
            aliases=[],
            ignore_changes=[],
            replace_on_changes=[],
            delete_before_replace=None,
            retain_on_delete=False,
            provider=logical_name(request.provider.rsplit("::", 1)[0]) if request.provider else None,
            additional_secret_outputs=list(request.additionalSecretOutputs),
            import_id=import_id,
            read=False,
        )
        self.recorded[urn] = resource
        return resource

    def _create(self, resource: Resource, inputs: struct_pb2.Struct) -> struct_pb2.Struct:
        """The state after creation. A preview leaves what the provider computes unknown, the id included."""
        if resource.type not in COMPUTED:
            raise SynthError(
                f"{resource.type} ({resource.name}) has no entry in computed_outputs.COMPUTED: the harness cannot say"
                " what the provider would compute for it"
            )
        created = Created("", {})
        if not self.preview or resource.read:
            place = self._place_of(resource)
            created = COMPUTED[resource.type](Request(resource.name, resource.inputs, place))
        resource.id = resource.import_id or created.id
        answer = wire.state(inputs, created.outputs, set(resource.additional_secret_outputs))
        state = wire.plain(answer)
        resource.outputs, resource.secret_outputs = state.value, top_level(state.secret_paths)
        return answer

    def _place_of(self, resource: Resource) -> Place:
        providers = [other for other in self.recorded.values() if other.name == resource.provider]
        return _place(providers[0].inputs if providers else {})

    def _place(self, provider: str) -> Place:
        recorded = self.recorded.get(provider.rsplit("::", 1)[0])
        return _place(recorded.inputs if recorded else {})


class RecordingEngine:
    """Receives the log of a run. An error that the program logs fails the deployment, so it fails the run."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.errors: list[str] = []

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:  # noqa: N802
        if request.severity == engine_pb2.WARNING:
            self.warnings.append(request.message)
        elif request.severity == engine_pb2.ERROR:
            self.errors.append(request.message)
        return empty_pb2.Empty()


def _place(provider_inputs: dict[str, Any]) -> Place:
    """Region and account that an explicit provider is bound to. Provider settings other than texts travel as JSON."""
    accounts = provider_inputs.get("allowedAccountIds", "[]")
    known = json.loads(accounts) if isinstance(accounts, str) else []
    return Place(provider_inputs.get("region", Place.region), known[0] if known else Place.account)


def _alias(alias: alias_pb2.Alias) -> str | dict[str, str]:
    if alias.WhichOneof("alias") == "urn":
        return str(alias.urn)
    return {descriptor.name: str(value) for descriptor, value in alias.spec.ListFields() if value}


class _NoMocks(mocks.Mocks):
    """The base class wants mocks; the methods that would call them are all replaced."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise SynthError(f"{args.typ} reached the base class")

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise SynthError(f"{args.token} reached the base class")

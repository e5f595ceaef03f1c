"""The engine as the Pulumi SDK sees it: registers what the program declares by creating it in the emulator.

Pulumi's own mock monitor speaks the protocol; this one decides what a registration does. The SDK calls it from executor
threads, a resource as soon as everything it depends on is there, so order and parallelism are Pulumi's own.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import mocks, rpc

from local_cloud.deploy.clients import Clients
from local_cloud.deploy.engine import Engine, Request
from local_cloud.deploy.errors import ResourceError
from local_cloud.deploy.invokes import invoke
from local_cloud.deploy.providers import PROVIDER_TYPE, Provider, account_id, provider_of
from local_cloud.deploy.values import first_unprovided, plain, secret

STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class Creation:
    """One resource created, for the event stream. `seconds` spent in API calls."""

    type: str
    name: str
    seconds: float
    emulated: bool


class CreatingMonitor(mocks.MockMonitor):
    """Creates custom resources in the emulator and keeps the first failure."""

    def __init__(
        self,
        clients: Clients,
        engine: Engine,
        default_provider: Mapping[str, str],
        on_creation: Callable[[Creation], None],
    ) -> None:
        """`default_provider`: the `aws:*` configuration, without the prefix."""
        super().__init__(_Forward(self))
        self.stack_outputs: dict[str, Any] = {}
        """Set when the program has ended, secrets unwrapped."""
        self.failure: ResourceError | None = None
        """The first failure; the SDK may report a consequence of it."""
        self._clients = clients
        self._engine = engine
        self._on_creation = on_creation
        self._account = account_id(clients)
        self._default_provider = provider_of("default", default_provider, clients)
        self._providers: dict[str, Provider] = {}
        self._urns: set[str] = set()
        self._lock = threading.Lock()
        self._current = threading.local()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (gRPC method name)
        """Creates the resource, or takes note of a component or provider."""
        if request.type != STACK_TYPE:
            self._guard(request)
        self._current.request = request
        base: Any = super()
        return base.RegisterResource(request)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 (gRPC method name)
        """`Resource.get()`: nothing exists here that the program did not create itself."""
        raise self._failed(
            ResourceError(request.type, request.name, "the local deployer cannot read a resource that already exists")
        )

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 (gRPC method name)
        """Keeps the stack's outputs; refuses to export what no specification provides."""
        outputs = plain(rpc.deserialize_properties(request.outputs))
        missing = first_unprovided(outputs)
        if missing:
            *_, type_, name = request.urn.split("::")
            raise self._failed(
                ResourceError(
                    type_.split("$")[-1], name, f"outputs {missing}, which the local deployer does not provide"
                )
            )
        if request.urn.split("::")[2] == STACK_TYPE:
            self.stack_outputs = outputs
        base: Any = super()
        return base.RegisterResourceOutputs(request)

    def RegisterStackTransform(self, request: Any) -> Any:  # noqa: N802 (gRPC method name)
        """The mock protocol never runs transforms; ignoring one would deploy something else."""
        del request
        raise self._failed(ResourceError("transform", "of the stack", "the local deployer does not run transforms"))

    RegisterStackInvokeTransform = RegisterStackTransform

    def create(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Id and outputs of the resource whose registration is under way on this thread."""
        request = self._current.request
        if not args.custom:
            return "", dict(args.inputs)
        if args.typ == PROVIDER_TYPE:
            return self._register_provider(args)
        if args.typ.startswith("pulumi:providers:"):
            raise self._failed(ResourceError(args.typ, args.name, "the local deployer knows the AWS provider only"))
        urn = self.make_urn(request.parent, request.type, request.name)
        provider = self._provider(request.provider)
        started = time.monotonic()
        try:
            created = self._engine.create(
                Request(args.typ, args.name, urn, args.inputs, provider.region, self._account, provider.default_tags)
            )
        except ResourceError as error:
            raise self._failed(error) from error
        self._on_creation(Creation(args.typ, args.name, time.monotonic() - started, created.emulated))
        for name in request.additionalSecretOutputs:
            if name in created.state:
                created.state[name] = secret(created.state[name])
        return created.id, created.state

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        """Result of a provider function."""
        arguments = plain(args.args)
        missing = first_unprovided(arguments)
        try:
            if missing:
                raise ResourceError(
                    "function", args.token, f"uses {missing}, which the local deployer does not provide"
                )
            return invoke(args.token, arguments, self._clients, self._provider(args.provider).region)
        except ResourceError as error:
            raise self._failed(error) from error

    def _register_provider(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        try:
            provider = provider_of(args.name, plain(args.inputs), self._clients)
        except ResourceError as error:
            raise self._failed(error) from error
        with self._lock:
            self._providers[args.name] = provider
        return args.name, dict(args.inputs)

    def _provider(self, reference: str) -> Provider:
        """`reference` is "<urn>::<id>" with the id given by `_register_provider`, or empty for the default provider."""
        if not reference:
            return self._default_provider
        with self._lock:
            return self._providers[reference.split("::")[-1]]

    def _guard(self, request: Any) -> None:
        """What the real engine would refuse, or do and the mock protocol would not."""
        urn = self.make_urn(request.parent, request.type, request.name)
        problem = None
        with self._lock:
            if urn in self._urns:
                problem = f"duplicate resource URN {urn!r}; try giving it a unique name"
            self._urns.add(urn)
        refused = {
            "cannot import": request.importId,
            "does not run transforms": request.transforms,
            "does not run resource hooks": request.HasField("hooks") and request.hooks.ListFields(),
            "cannot construct components of other languages": request.remote,
        }
        problem = problem or next((f"the local deployer {what}" for what, given in refused.items() if given), None)
        if problem:
            raise self._failed(ResourceError(request.type, request.name, problem))

    def _failed(self, error: ResourceError) -> ResourceError:
        with self._lock:
            self.failure = self.failure or error
        return error


class _Forward(mocks.Mocks):
    """The mock monitor's two questions, answered by the monitor itself."""

    def __init__(self, monitor: CreatingMonitor) -> None:
        self._monitor = monitor

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return self._monitor.create(args)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return self._monitor.call(args), []

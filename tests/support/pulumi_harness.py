"""Runs a Pulumi program without an engine and hands back what it asked for, as plain data.

    graph = synth(lambda: CognitoAuth("auth", {...}))
    assert graph.one("aws:cognito/userPool:UserPool").inputs["deletionProtection"] == "ACTIVE"

A run ends only when every registration and every apply has: what fails in any of them is raised here, and the absence
of a resource may be asserted. Tests never see an Output.
"""

import asyncio
import contextvars
import json
import os
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi.runtime import mocks
from pulumi.runtime.settings import SETTINGS, configure, reset_options
from pulumi.runtime.stack import run_in_stack

from local_cloud.deploy.project import Project
from support.recording_monitor import RecordingEngine, RecordingMonitor, Resource, SynthError, top_level
from support.stack_config import stack_config
from support.wire import UNKNOWN, Archive, Asset

__all__ = ["UNKNOWN", "Archive", "Asset", "Resource", "Synth", "SynthError", "synth", "synth_program"]

ROOT: Final = Path(__file__).resolve().parents[2]
"""The checkout."""

_RESULT: Final = "result of the harness"


@dataclass
class Synth:
    """The resource graph that a program asked for."""

    resources: list[Resource]
    """In the order of their registration, components included, the stack not."""
    exports: dict[str, Any] = field(default_factory=dict)
    """Stack outputs, secrets unwrapped."""
    secret_exports: frozenset[str] = frozenset()
    """Names of the stack outputs that are, or contain, secrets."""
    result: Any = None
    """Value of the Output that the callable returned; None when it returned anything else."""
    warnings: list[str] = field(default_factory=list)
    """Messages of `pulumi.warn`."""

    def all(self, type_: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.type == type_]

    def names(self, type_: str) -> list[str]:
        """Logical names of the resources of a type, sorted."""
        return sorted(resource.name for resource in self.all(type_))

    def one(self, type_: str, name: str | None = None) -> Resource:
        """The only resource of that type (and logical name). Raises LookupError that lists what there is."""
        found = [resource for resource in self.all(type_) if name in (None, resource.name)]
        if len(found) == 1:
            return found[0]
        wanted = type_ if name is None else f"{type_} named {name!r}"
        there = self.names(type_) or sorted({resource.type for resource in self.resources})
        raise LookupError(f"wanted one {wanted}, found {len(found)}; there is: {', '.join(there) or 'nothing'}")

    def component(self, name: str) -> Resource:
        """The only component of that logical name; its `outputs` are what it registered."""
        components = [resource for resource in self.resources if not resource.custom]
        found = [resource for resource in components if resource.name == name]
        if len(found) == 1:
            return found[0]
        there = ", ".join(sorted(f"{resource.name} ({resource.type})" for resource in components))
        raise LookupError(f"wanted one component named {name!r}, found {len(found)}; there is: {there or 'none'}")

    def children(self, parent: Resource | str) -> list[Resource]:
        """Direct children of a component, given itself or its logical name."""
        urn = (self.component(parent) if isinstance(parent, str) else parent).urn
        return [resource for resource in self.resources if resource.parent_urn == urn]

    def policy(self, name: str) -> dict[str, Any]:
        """Parsed policy document of the resource of that logical name: its `policy`, or a role's trust policy."""
        documents = {
            key: [r for r in self.resources if r.name == name and key in r.inputs]
            for key in ("policy", "assumeRolePolicy")
        }
        for key, found in documents.items():
            if len(found) == 1:
                return _document(found[0], key)
            if found:
                raise LookupError(f"{name!r} is the name of each of {', '.join(r.type for r in found)}")
        there = sorted(r.name for r in self.resources if {"policy", "assumeRolePolicy"} & set(r.inputs))
        raise LookupError(f"no policy document at {name!r}; there is: {', '.join(there) or 'none'}")

    def assume_role_policy(self, name: str) -> dict[str, Any]:
        """Parsed trust policy of the role of that logical name."""
        return _document(self.one("aws:iam/role:Role", name), "assumeRolePolicy")


def _document(resource: Resource, key: str) -> dict[str, Any]:
    text = resource.inputs[key]
    if text is UNKNOWN:
        raise LookupError(f"{key} of {resource.name!r} is not known in a preview")
    document = json.loads(text)
    if not isinstance(document, dict):
        raise LookupError(f"{key} of {resource.name!r} is no JSON object")
    return document


def synth(
    build: Callable[[], object],
    *,
    config: Mapping[str, str] | None = None,
    stack: str = "dev",
    project: str = "medflow",
    preview: bool = False,
) -> Synth:
    """Run `build` as a Pulumi program and return its resource graph.

    `config` holds texts as `pulumi config` would; a key without a namespace is the project's. In a preview every
    computed output is unknown. Raises what the program, an apply or a registration raised; SynthError for what the
    harness does not know, a URN used twice, or an error that the program logged.
    """
    values = {key if ":" in key else f"{project}:{key}": value for key, value in (config or {}).items()}
    return _run(build, Project(project, ROOT, ROOT, values, frozenset()), stack, preview)


def synth_program(stack: str, config: Mapping[str, str] | None = None, *, preview: bool = False) -> Synth:
    """Run the whole program as the CLI would for that stack: defaults of Pulumi.yaml, then Pulumi.<stack>.yaml.

    `config` replaces single values. An encrypted value is replaced by an obvious dummy, which stays a secret.
    Raises ConfigurationError for what the CLI itself would refuse, and as `synth` does.
    """
    project = stack_config(ROOT, stack, config or {})

    def program() -> None:
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")

    with _main_program(ROOT):
        return _run(program, project, stack, preview)


def _run(build: Callable[[], object], project: Project, stack: str, preview: bool) -> Synth:
    """One run in a context of its own, so that no setting of Pulumi's runtime outlives it."""
    monitor, engine = RecordingMonitor(project.name, stack, preview), RecordingEngine()
    with _environment():
        contextvars.copy_context().run(_drain, build, project, monitor, engine)
    if engine.errors:
        raise SynthError("the program logged an error: " + "; ".join(engine.errors))
    exports = monitor.exports
    result = exports.value.pop(_RESULT, None)
    secrets = top_level(exports.secret_paths) - {_RESULT}
    return Synth(list(monitor.recorded.values()), exports.value, secrets, result, engine.warnings)


def _drain(build: Callable[[], object], project: Project, monitor: RecordingMonitor, engine: RecordingEngine) -> None:
    reset_options(project=monitor.project, stack=monitor.stack, preview=monitor.preview, organization="organization")
    configure(
        mocks.MockSettings(  # type: ignore[no-untyped-call]
            monitor=monitor,
            monitor_features=set(),
            engine=engine,
            project=monitor.project,
            stack=monitor.stack,
            dry_run=monitor.preview,
            organization="organization",
            callbacks=None,
        )
    )
    pulumi.runtime.set_all_config(dict(project.config), sorted(project.secret_keys))

    async def program() -> None:
        result = build()
        if isinstance(result, pulumi.Output):
            pulumi.export(_RESULT, result)
        await _settle()

    with _event_loop() as loop:
        loop.run_until_complete(run_in_stack(program))


async def _settle() -> None:
    """Let everything run that can, before the SDK's own wait, whose cost grows with the square of what is open."""
    idle, left = 0, -1
    while idle < 10:
        idle, left = (idle + 1, left) if left == len(SETTINGS.outputs) else (0, len(SETTINGS.outputs))
        await asyncio.sleep(0)


@contextmanager
def _event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop of its own, on which the SDK's calls run at once and in program order rather than in threads."""
    loop = asyncio.new_event_loop()
    loop.set_default_executor(_Inline())
    asyncio.set_event_loop(loop)
    try:
        yield loop
    finally:
        # After a failure other tasks may still wait for what never comes, or hold the same exception again.
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.set_exception_handler(lambda _loop, _context: None)
        loop.close()
        asyncio.set_event_loop(None)


class _Inline(ThreadPoolExecutor):
    """Runs a call where it is submitted: a run is as deterministic as its program."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def _environment() -> Iterator[None]:
    """Turning an Output into text raises, and no configuration comes from the environment of the test run."""
    before = dict(os.environ)
    for key in [key for key in os.environ if key.startswith("PULUMI_")]:
        del os.environ[key]
    os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _main_program(root: Path) -> Iterator[None]:
    """The directory and module path that the CLI gives a program."""
    directory, path = Path.cwd(), list(sys.path)
    os.chdir(root)
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        os.chdir(directory)
        sys.path[:] = path

"""Runs a Pulumi program on the SDK, in this process, against the creating monitor."""

import asyncio
import contextlib
import logging
import os
import runpy
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime import mocks, run_in_stack, set_all_config
from pulumi.runtime.settings import Settings, configure

from local_cloud.deploy.clients import Clients
from local_cloud.deploy.engine import Engine
from local_cloud.deploy.errors import ResourceError
from local_cloud.deploy.monitor import CreatingMonitor, Creation
from local_cloud.deploy.project import Project
from local_cloud.deploy.spec import Spec
from local_cloud.deploy.types import SPECS

PARALLEL = 16
"""Resources created at once; asyncio's default is five on one core, and the time goes into waiting for the emulator."""


@dataclass(frozen=True)
class Result:
    """What a finished deployment left. `not_emulated` are "type name" of what was only validated."""

    outputs: dict[str, Any]
    resources: int
    seconds: float
    not_emulated: list[str]


class ProgramError(Exception):
    """The program itself failed; the text is its exception's."""


def ask(project: Project, stack: str, endpoint: str) -> None:
    """Runs the program until it wants a first resource. Raises ProgramError if it minds something before; creates
    nothing. Instead of `run`."""
    with contextlib.suppress(ResourceError):
        run(project, stack, endpoint, lambda _: None, specs={})


def run(
    project: Project,
    stack: str,
    endpoint: str,
    on_creation: Callable[[Creation], None],
    specs: Mapping[str, Spec] = SPECS,
) -> Result:
    """Runs the program to its end. Raises ResourceError or ProgramError.

    Once per process: the SDK keeps its settings, its root stack and its configuration in globals.
    """
    started = time.monotonic()
    creations: list[Creation] = []

    def note(creation: Creation) -> None:
        creations.append(creation)
        on_creation(creation)

    provider_config = {
        key.removeprefix("aws:"): value for key, value in project.config.items() if key.startswith("aws:")
    }
    clients = Clients(endpoint)
    monitor = CreatingMonitor(clients, Engine(clients, specs), provider_config, note)
    loop = asyncio.new_event_loop()
    executor = ThreadPoolExecutor(PARALLEL)
    loop.set_default_executor(executor)
    asyncio.set_event_loop(loop)
    set_all_config(dict(project.config), sorted(project.secret_keys))
    configure(_settings(monitor, project, stack))
    try:
        loop.run_until_complete(run_in_stack(lambda: _run_program(project)))
    except (Exception, SystemExit) as error:
        raise monitor.failure or _program_error(error) from error
    finally:
        executor.shutdown(cancel_futures=True)  # nothing is created, and no event written, after the result
    if monitor.failure:
        raise monitor.failure
    return Result(
        monitor.stack_outputs,
        len(creations),
        time.monotonic() - started,
        sorted(f"{creation.type} {creation.name}" for creation in creations if not creation.emulated),
    )


def _settings(monitor: Any, project: Project, stack: str) -> Settings:
    make: Any = mocks.MockSettings
    settings: Settings = make(
        monitor=monitor,
        monitor_features=set(monitor.GetDeploymentInfo(None).supportedFeatures),
        engine=mocks.MockEngine(logging.getLogger("pulumi")),
        project=project.name,
        stack=stack,
        organization="organization",
        root_directory=str(project.root),
        dry_run=False,
        callbacks=None,
    )
    return settings


def _run_program(project: Project) -> None:
    """As Pulumi's Python language host does: the program's directory is current and first on the import path."""
    os.chdir(project.directory)
    sys.path.insert(0, str(project.directory))
    runpy.run_path(str(project.directory / "__main__.py"), run_name="__main__")


def _program_error(error: BaseException) -> ProgramError:
    if isinstance(error, pulumi.RunError):
        return ProgramError(str(error))
    return ProgramError(f"{type(error).__name__}: {error}")


__all__ = ["ProgramError", "ResourceError", "Result", "ask", "run"]

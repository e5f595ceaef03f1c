"""The parent's side of a deployment: starts the process, follows its events, returns the stack's outputs."""

import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: holds `__main__.py` and Pulumi.yaml."""

DIAGNOSTIC_LINES = 60
"""Lines of the program's own output kept for an error."""


class DeployError(Exception):
    """The deployment failed. `str()` is the real error; `resource` is "type name" of the one that failed, or None."""

    def __init__(self, message: str, resource: str | None = None, diagnostics: str = "") -> None:
        super().__init__(message)
        self.resource = resource
        self.diagnostics = diagnostics
        """The last lines the program and the deployer wrote to standard error."""


@dataclass(frozen=True)
class ResourceCreated:
    """One resource is there. `emulated` False: its input was checked, but nothing exists behind it."""

    type: str
    name: str
    seconds: float
    emulated: bool


@dataclass(frozen=True)
class Deployment:
    """A deployed stack. `outputs` with secrets unwrapped; `not_emulated` are "type name"."""

    outputs: dict[str, Any] = field(repr=False)
    resources: int
    seconds: float
    not_emulated: list[str]


def deploy(
    endpoint: str,
    stack: str = "local",
    config: Mapping[str, str] = {},
    program: Path = ROOT,
    on_resource: Callable[[ResourceCreated], None] | None = None,
) -> Deployment:
    """Deploys `program` with `Pulumi.<stack>.yaml` into the emulator at `endpoint`, in a process of its own.

    `config` overrides keys of the stack file; it reaches the process through a pipe, never its command line. Raises
    DeployError.
    """
    command = [sys.executable, "-m", "local_cloud.deploy", "--config-stdin"]
    command += ["--stack", stack, "--endpoint", endpoint, "--program", str(program)]
    process = subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        return _follow(process, config, on_resource)
    finally:
        process.kill()
        process.wait()


def _follow(
    process: "subprocess.Popen[str]",
    config: Mapping[str, str],
    on_resource: Callable[[ResourceCreated], None] | None,
) -> Deployment:
    stdin, stdout, stderr = _pipes(process)
    tail: deque[str] = deque(maxlen=DIAGNOSTIC_LINES)
    reader = threading.Thread(target=tail.extend, args=(stderr,), daemon=True)
    reader.start()
    with stdin:
        json.dump(dict(config), stdin)
    last: dict[str, Any] = {}
    for line in stdout:
        last = json.loads(line)
        if last["event"] == "resource" and on_resource:
            on_resource(ResourceCreated(last["type"], last["name"], last["seconds"], last["emulated"]))
    code = process.wait()
    reader.join(timeout=5)
    if last.get("event") == "done":
        return Deployment(last["outputs"], last["resources"], last["seconds"], last["not_emulated"])
    diagnostics = "".join(tail)
    if last.get("event") == "error":
        resource = last["resource"] and f"{last['resource']['type']} {last['resource']['name']}"
        raise DeployError(last["message"], resource, diagnostics)
    raise DeployError(f"the deployment process ended with code {code} and no result:\n{diagnostics}", None, diagnostics)


def _pipes(process: "subprocess.Popen[str]") -> tuple[TextIO, TextIO, TextIO]:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise DeployError("the deployment process was started without pipes")
    return process.stdin, process.stdout, process.stderr  # type: ignore[return-value]

"""The parent's side of a deployment: starts the process, follows its events, returns the stack's outputs."""

import contextlib
import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TextIO

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


class Deployer:
    """A deployment process that imports Pulumi while its caller still starts the emulator. Context manager."""

    def __init__(self, stack: str = "local", program: Path = ROOT) -> None:
        command = [sys.executable, "-m", "local_cloud.deploy", "--request-stdin"]
        command += ["--stack", stack, "--program", str(program)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._stdin, self._stdout, stderr = _pipes(self._process)
        self._tail: deque[str] = deque(maxlen=DIAGNOSTIC_LINES)
        self._reader = threading.Thread(target=self._tail.extend, args=(stderr,), daemon=True)
        self._reader.start()

    def deploy(
        self,
        endpoint: str,
        config: Mapping[str, str] = {},
        on_resource: Callable[[ResourceCreated], None] | None = None,
    ) -> Deployment:
        """Deploy into the emulator at `endpoint`; once. Raises DeployError.

        `config` overrides keys of the stack file; it reaches the process through a pipe, never its command line.
        """
        with contextlib.suppress(BrokenPipeError), self._stdin:  # a process that has ended says why below
            json.dump({"endpoint": endpoint, "config": dict(config)}, self._stdin)
        last: dict[str, Any] = {}
        for line in self._stdout:
            last = json.loads(line)
            if last["event"] == "resource" and on_resource:
                on_resource(ResourceCreated(last["type"], last["name"], last["seconds"], last["emulated"]))
        code = self._process.wait()
        self._reader.join(timeout=5)
        if last.get("event") == "done":
            return Deployment(last["outputs"], last["resources"], last["seconds"], last["not_emulated"])
        diagnostics = "".join(self._tail)
        if last.get("event") == "error":
            resource = last["resource"] and f"{last['resource']['type']} {last['resource']['name']}"
            raise DeployError(last["message"], resource, diagnostics)
        raise DeployError(
            f"the deployment process ended with code {code} and no result:\n{diagnostics}", None, diagnostics
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):  # a request that nobody read
            self._stdin.close()
        self._reader.join(timeout=5)
        self._stdout.close()


def deploy(
    endpoint: str,
    stack: str = "local",
    config: Mapping[str, str] = {},
    program: Path = ROOT,
    on_resource: Callable[[ResourceCreated], None] | None = None,
) -> Deployment:
    """Deploys `program` with `Pulumi.<stack>.yaml` into the emulator at `endpoint`, in a process of its own.

    `config` overrides keys of the stack file. Raises DeployError.
    """
    with Deployer(stack, program) as deployer:
        return deployer.deploy(endpoint, config, on_resource)


def _pipes(process: "subprocess.Popen[str]") -> tuple[TextIO, TextIO, TextIO]:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise DeployError("the deployment process was started without pipes")
    return process.stdin, process.stdout, process.stderr  # type: ignore[return-value]

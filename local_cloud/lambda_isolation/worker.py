"""One execution environment of a function: its process, its variables, its directory.

Has the attributes and methods that MiniStack's pool expects of a worker (`Worker` in `ministack.core.lambda_runtime`).
"""

import hashlib
import io
import os
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from local_cloud.lambda_isolation.process import FunctionProcess, NoAnswerError, OverdueError, ProcessEndedError

INIT_SECONDS = 10.0
"""What the import of the handler may take, besides the function's timeout ("Lambda execution environment", AWS)."""

RUNTIME_DIRECTORY = "/var/runtime"
"""Where AWS keeps its runtime; nothing is there."""


@dataclass(frozen=True, slots=True)
class Site:
    """What every environment of a cloud shares."""

    python: Path
    """Interpreter of the functions, whatever Python runtime they name: boto3 and nothing else is installed in it."""
    directory: Path
    """Holds a directory per environment (`*/pid` names its process) and, in `code`, the unpacked packages."""
    endpoint: str
    """URL of the cloud, as every function's AWS_ENDPOINT_URL."""


class FunctionError(Exception):
    """The invocation failed. `payload` is AWS's error object, `log` what the function wrote."""

    def __init__(self, payload: dict[str, Any], log: str) -> None:
        super().__init__(payload["errorMessage"])
        self.payload = payload
        self.log = log


class IsolatedWorker:
    """Runs one function, one invocation at a time. Starts its process when it is first needed, or needed again."""

    def __init__(
        self,
        site: Site,
        config: Mapping[str, Any],
        code_zip: bytes,
        layers: Sequence[bytes],
        credentials: Mapping[str, str],
    ) -> None:
        self.config = config
        self.func_name: str = config["FunctionName"]
        self.in_use = False
        self.last_used = time.time()
        self._site = site
        self._packages = (code_zip, *layers)
        self._credentials = credentials
        self._lock = threading.Lock()
        self._cold = True
        self._proc: FunctionProcess | None = None
        self._last: FunctionProcess | None = None  # MiniStack takes a process that it ends out of _proc
        self._home: Path | None = None
        self._dismissed = False

    def invoke(
        self,
        event: object,
        request_id: str,
        *,
        trace_id: str | None = None,
        depth: int | None = None,  # noqa: ARG002
        durable: Mapping[str, str] | None = None,
        invoked_function_arn: str | None = None,
    ) -> dict[str, Any]:
        """Run one invocation: `{"status": "ok", "result", "log"}`, or `{"status": "error", "error", "payload", "log"}`.

        `depth` is MiniStack's guard against functions that call themselves for ever. It is not handed on: that costs
        every cold start an import of botocore, and the pool's ceiling ends such a chain as well.
        """
        call = {
            "event": event,
            "request_id": request_id,
            "function_arn": invoked_function_arn or self.config.get("FunctionArn", ""),
            "environment": {"_X_AMZN_TRACE_ID": trace_id, **(durable or {})},
        }
        try:
            with self._lock:
                cold = self._proc is None or self._proc.poll() is not None
                return {"cold_start": cold, **self._answer(cold, request_id, call)}
        finally:
            if self._dismissed:
                self._discard_tmpdir()

    def _answer(self, cold: bool, request_id: str, call: Mapping[str, Any]) -> dict[str, Any]:
        log = ""
        timeout = float(self.config.get("Timeout", 3))
        try:
            if cold:
                log = self._start(request_id)
            result, written = self._exchange({**call, "deadline": time.time() + timeout}, timeout, request_id)
        except FunctionError as failure:
            log += failure.log
            return {"status": "error", "error": str(failure), "payload": failure.payload, "log": log}
        return {"status": "ok", "result": result, "log": log + written}

    def _spawn(self) -> None:
        """MiniStack's name for starting ahead of the first invocation."""
        self._start("")

    def _start(self, request_id: str) -> str:
        """Start the process and import the handler. Returns what that wrote; raises FunctionError."""
        self._discard()
        self._home = Path(tempfile.mkdtemp(prefix=f"{self.func_name}-", dir=self._site.directory))
        try:
            code, *layers = (unpacked(package, self._site.directory / "code") for package in self._packages)
        except zipfile.BadZipFile as broken:
            raise FunctionError(
                {"errorMessage": f"Could not unzip the package: {broken}", "errorType": "Runtime.Unknown"}, ""
            ) from broken
        process = FunctionProcess(
            self._site.python,
            self.config["Handler"],
            [place for layer in layers for place in import_places(layer)],
            variables(self.config, self._site.endpoint, self._credentials, code, self._home),
            code,
        )
        self._proc = self._last = process
        self._cold = False
        (self._home / "pid").write_text(f"{process.pid}\n")
        if self._dismissed:
            process.kill()
        try:
            _, log = self._exchange({}, max(INIT_SECONDS, float(self.config.get("Timeout", 3))), request_id)
        except FunctionError:
            # It reports a failed import and ends; the next invocation must not find it in the act of ending.
            process.kill()
            process.wait()
            raise
        return log

    def _exchange(self, message: Mapping[str, Any], seconds: float, request_id: str) -> tuple[Any, str]:
        """(result, log) of one message. Raises FunctionError."""
        process = self._proc
        if process is None:  # ended by an update of the function in between
            raise FunctionError(exit_error(request_id, None), "")
        try:
            answer, log = process.exchange(message, seconds)
        except NoAnswerError as silence:
            process.kill()
            process.wait()
            match silence:
                case OverdueError():
                    text = f"Task timed out after {seconds:.2f} seconds"
                    line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}Z {request_id} {text}"
                    error = {"errorMessage": f"RequestId: {request_id} Error: {text}", "errorType": "Sandbox.Timedout"}
                    raise FunctionError(error, f"{silence.log}{line}\n") from None
                case ProcessEndedError():
                    raise FunctionError(exit_error(request_id, process.exit_code), silence.log) from None
            raise
        if "error" in answer:
            raise FunctionError(answer["error"], log)
        return answer["result"], log

    def _discard_tmpdir(self) -> None:
        """MiniStack's name for cleaning up after a process that was ended; this worker is not used again.

        Ends a process that was just being started, and leaves the rest to the invocation that may still hold the lock.
        """
        self._dismissed = True
        if (process := self._last) is not None:
            process.kill()
        if self._lock.acquire(blocking=False):
            try:
                self._discard()
            finally:
                self._lock.release()

    def _discard(self) -> None:
        if self._last is not None:
            self._last.wait()
            self._last.close()
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
        self._last = self._home = None


def exit_error(request_id: str, exit_code: int | None) -> dict[str, Any]:
    """AWS's error object for a process that ended in mid-call."""
    if not exit_code:
        reason = "Runtime exited without providing a reason"
    elif exit_code < 0:
        reason = f"Runtime exited with error: signal: {-exit_code}"
    else:
        reason = f"Runtime exited with error: exit status {exit_code}"
    return {"errorMessage": f"RequestId: {request_id} Error: {reason}", "errorType": "Runtime.ExitError"}


def variables(
    config: Mapping[str, Any], endpoint: str, credentials: Mapping[str, str], code: Path, home: Path
) -> dict[str, str]:
    """All environment variables of a function; nothing of this process is passed on.

    The function's own come first, AWS's reserved ones over them ("Using Lambda environment variables", AWS Lambda
    Developer Guide). Besides: AWS_ENDPOINT_URL, and HOME and TMPDIR inside the environment's own directory, so that the
    SDK cannot find a developer's ~/.aws and temporary files end with the environment.
    """
    name, version = config["FunctionName"], config.get("Version", "$LATEST")
    region = config["FunctionArn"].split(":")[3]
    logging = config.get("LoggingConfig") or {}
    logs = {
        "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup") or f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{uuid4().hex}",
    }
    if logging.get("LogFormat") == "JSON":
        logs["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        logs["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel", "INFO")
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_ENDPOINT_URL": endpoint,
        **(config.get("Environment") or {}).get("Variables", {}),
        "HOME": str(home),
        "TMPDIR": str(home),
        "_HANDLER": config["Handler"],
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "LAMBDA_TASK_ROOT": str(code),
        "LAMBDA_RUNTIME_DIR": RUNTIME_DIRECTORY,
        **logs,
        **credentials,
    }


def unpacked(package: bytes, cache: Path) -> Path:
    """Directory with the package's files. Environments of one package share it, bytecode included."""
    target = cache / hashlib.sha256(package).hexdigest()[:32]
    if not target.exists():
        cache.mkdir(exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=cache))
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            archive.extractall(partial)
        try:
            partial.rename(target)
        except OSError:  # another environment was faster
            shutil.rmtree(partial, ignore_errors=True)
    return target


def import_places(layer: Path) -> list[Path]:
    """Directories of a layer that Python code is imported from ("Packaging your layer content", AWS)."""
    return [*layer.glob("python/lib/python3.*/site-packages"), layer / "python"]

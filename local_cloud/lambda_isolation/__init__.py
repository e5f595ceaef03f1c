"""Lambda functions as isolated as on AWS: their own interpreter, their own environment variables, a bounded number.

MiniStack runs Python functions in the server's interpreter with the server's environment, waits 50 ms after every
silent invocation for output that might still come, knows one error type, and never bounds its processes. Functions of
other languages stay with MiniStack, under the same ceiling.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local_cloud.compatibility import Patched
from local_cloud.lambda_isolation.pool import Limits, Pool
from local_cloud.lambda_isolation.worker import IsolatedWorker, Site

__all__ = ["PATCHED", "install"]

RUNTIME = "ministack.core.lambda_runtime"
SERVICE = "ministack.services.lambda_svc"

PATCHED = (
    Patched(
        RUNTIME,
        "acquire_worker",
        "(func_name: str, config: dict, code_zip: bytes, qualifier: str = '$LATEST',"
        " max_concurrency: int | None = None)",
        "5017d144adb5",
    ),
    Patched(RUNTIME, "release_worker", "(worker: ministack.core.lambda_runtime.Worker) -> None", "25d5dd7d42b6"),
    Patched(RUNTIME, "reap_idle_workers", "(ttl: float = None) -> int", "d0e5aa7c2b59"),
    Patched(RUNTIME, "kill_workers", "(workers) -> None", "56a6df63f9bd"),
    Patched(RUNTIME, "ensure_spawned", "(worker: ministack.core.lambda_runtime.Worker) -> None", "3ec033855435"),
    Patched(
        RUNTIME,
        "invalidate_worker",
        "(func_name: str, qualifier: str = None, account: str = None, region: str = None)",
        "1be5d7f769f5",
    ),
    Patched(RUNTIME, "reset", "()", "03a9add47fe3"),
    Patched(RUNTIME, "_worker_key", "(func_name: str, config: dict, qualifier: str) -> str"),
    Patched(RUNTIME, "_worker_class_for", "(config: dict)"),
    Patched(RUNTIME, "execution_credentials", "(config: dict) -> dict[str, str]", "cffaadc4f396"),
    Patched(
        RUNTIME,
        "Worker.invoke",
        "(self, event, request_id: str, *, trace_id: str | None = None, depth=None, durable: dict | None = None,"
        " invoked_function_arn: str | None = None) -> dict",
    ),
    Patched(RUNTIME, "_workers", "dict"),
    Patched(RUNTIME, "_lock", "lock"),
    Patched(SERVICE, "_execute_function_warm", "(func: dict, event: dict, request_id: str) -> dict", "62b9218bef5b"),
    Patched(
        SERVICE,
        "_execute_function_dispatch",
        "(func: dict, config: dict, event: dict, request_id: str, started: float) -> dict",
        "f62cd259213e",
    ),
    Patched(SERVICE, "_ensure_reaper_thread", "() -> None", "f23187e12285"),
    Patched(SERVICE, "_throttle_response", "(reason_code: str, msg: str, retry_after: int = 1) -> dict"),
    Patched(
        SERVICE,
        "_xray_trace_id_for_invocation",
        "(config: dict, inbound_trace_header: str | None = None) -> str | None",
    ),
    Patched(SERVICE, "_durable_env_overlay", "() -> dict[str, str]"),
    Patched(SERVICE, "_resolve_layer_zip", "(attachment: str | dict) -> bytes | None"),
)


def install(python: Path, directory: Path) -> Callable[[], None]:
    """Run Python functions with the interpreter `python`, in directories below `directory`.

    Returns what ends all of them, for good.
    """
    site = Site(python.absolute(), directory, f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}")

    def create(config: Mapping[str, Any], code_zip: bytes) -> Any:
        if not config.get("Runtime", "").startswith("python"):
            return lambda_runtime._worker_class_for(config)(config["FunctionName"], config, code_zip)
        layers = [lambda_svc._resolve_layer_zip(layer) for layer in config.get("Layers", [])]
        credentials = lambda_runtime.execution_credentials(config)
        return IsolatedWorker(site, config, code_zip, [layer for layer in layers if layer], credentials)

    pool = Pool(lambda_runtime, create, Limits())
    for module in (lambda_runtime, lambda_svc):
        module.acquire_worker = pool.acquire
        module.release_worker = pool.release
        module.reap_idle_workers = pool.reap_idle
    lambda_svc._execute_function_warm = _executor(pool, lambda_svc._execute_function_warm)
    return pool.close


def _executor(pool: Pool, original: Any) -> Any:
    """MiniStack's way from a function record to a result, for Python with AWS's error objects."""

    def execute(func: Mapping[str, Any], event: object, request_id: str) -> Any:
        config = func.get("config") or func
        if not func.get("code_zip") or not config.get("Runtime", "").startswith("python"):
            return original(func, event, request_id)
        lambda_svc._ensure_reaper_thread()
        name = config["FunctionName"]
        worker, _ = pool.acquire(name, config, func["code_zip"], config.get("Version", "$LATEST"))
        if worker is None:
            return lambda_svc._throttle_response(
                reason_code="ConcurrentInvocationLimitExceeded",
                msg=f"Rate Exceeded: no execution environment of {name} became free",
            )
        try:
            outcome = worker.invoke(
                event,
                request_id,
                trace_id=lambda_svc._xray_trace_id_for_invocation(config),
                invoked_function_arn=config.get("FunctionArn", ""),
                durable=lambda_svc._durable_env_overlay(),
            )
        finally:
            pool.release(worker)
        if outcome["status"] == "ok":
            return {"body": outcome["result"], "log": outcome["log"]}
        return {"body": outcome["payload"], "error": True, "log": outcome["log"]}

    return execute

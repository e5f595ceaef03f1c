"""HTTP API to Lambda: no invocation without permission, and what the function is told about the request.

("Create AWS Lambda proxy integrations for HTTP APIs" and "Troubleshooting issues with HTTP API Lambda integrations",
API Gateway Developer Guide.)
"""

import json
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway

from local_cloud.delivery.permissions import may_invoke, qualified_function_arn

PRINCIPAL = "apigateway.amazonaws.com"
INVOCATION = "ministack-apigw-invoke"
"""Thread name under which the emulator invokes a function for a request (authorizers have another)."""

Response = tuple[int, dict[str, str], bytes]

_invoked_arn: ContextVar[str] = ContextVar("invoked_arn", default="")
"""ARN the current request's integration names, with its alias."""


def internal_server_error() -> Response:
    """What a caller sees of a missing permission or a failed function; the reason is for the logs alone."""
    return 500, {"Content-Type": "application/json"}, json.dumps({"message": "Internal Server Error"}).encode()


def install() -> None:
    """Replace how the emulator's HTTP API reaches a function."""
    invoke, run = apigateway._invoke_lambda_proxy, apigateway.run_reentrant

    async def invoke_lambda_proxy(
        integration: dict[str, Any],
        api_id: str,
        stage: str,
        path: str,
        method: str,
        headers: Any,
        body: Any,
        query_params: Any,
        route_key: str = "$default",
        path_params: Any = None,
        **rest: Any,
    ) -> Any:
        function = qualified_function_arn(
            apigateway._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", ""))
        )
        if not may_invoke(function, PRINCIPAL, source_arn(api_id, stage, method, route_key), get_account_id()):
            return internal_server_error()
        token = _invoked_arn.set(function)
        try:
            return await invoke(
                integration, api_id, stage, path, method, headers, body, query_params, route_key, path_params, **rest
            )
        finally:
            _invoked_arn.reset(token)

    async def run_reentrant(fn: Any, *args: Any, thread_name: str = "ministack-reentrant") -> Any:
        if thread_name != INVOCATION:
            return await run(fn, *args, thread_name=thread_name)
        record, event = args
        return _answer(await run(fn, _as_invoked(record), _present(event), thread_name=thread_name))

    apigateway._invoke_lambda_proxy = invoke_lambda_proxy
    apigateway.run_reentrant = run_reentrant


def source_arn(api_id: str, stage: str, method: str, route_key: str) -> str:
    """`aws:SourceArn` of an invocation: `…:{api}/{stage}/{METHOD}/{route path}`, or `…:{api}/{stage}/$default`."""
    _, _, route_path = route_key.partition(" ")
    place = f"{method}{route_path}" if route_path else route_key
    return f"arn:aws:execute-api:{get_region()}:{get_account_id()}:{api_id}/{stage}/{place}"


def _as_invoked(record: dict[str, Any]) -> dict[str, Any]:
    """The function under the ARN it was invoked by: its context names the alias, not the version behind it."""
    return {**record, "config": {**record["config"], "FunctionArn": _invoked_arn.get()}}


def _present(event: dict[str, Any]) -> dict[str, Any]:
    """The payload without the keys that AWS leaves out when they have no value."""
    return {key: value for key, value in event.items() if key != "pathParameters" or value is not None}


def _answer(result: dict[str, Any]) -> dict[str, Any]:
    """The function's result; a failed one must not show its error text to the caller."""
    if not result.get("error") or result.get("throttle"):
        return result
    status, headers, body = internal_server_error()
    return {**result, "body": {"statusCode": status, "headers": headers, "body": body.decode()}}

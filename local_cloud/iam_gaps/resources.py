"""Resources that a request names in a place the emulator does not look at, or reads wrongly.

An object's key is all of the path behind the bucket, empty folders and a slash at its end included; the emulator drops
them. Facts from the Service Authorization Reference: "Actions, resources, and condition keys for Amazon SQS" (a message
move task is authorized on its source queue) and "… for Amazon CloudWatch Logs" (events are read and put in a stream).
"""

import base64
import json
from typing import Any

from ministack.core import iam_actions

STREAM_ACTIONS = frozenset({"GetLogEvents", "PutLogEvents"})

_original = iam_actions.extract_resource_arn


def install() -> None:
    """Let the emulator see them."""
    iam_actions.extract_resource_arn = _extract_resource_arn


def _extract_resource_arn(
    service: str, method: str, path: str, headers: dict[str, str], body: bytes, query_params: Any, region: str,
    account_id: str,
) -> str:  # fmt: skip
    found = str(_original(service, method, path, headers, body, query_params, region, account_id))
    action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
    if service == "s3":
        return _object(path, found)
    if service == "sqs" and found == "*":
        return _source_queue(_json(body)) or found
    if service == "logs" and action in STREAM_ACTIONS and found != "*":
        return f"{found}:log-stream:{_json(body).get('logStreamName', '')}"
    return found


def _object(path: str, found: str) -> str:
    parts = [part for part in path.split("/") if part]
    if len(parts) < 2 or found != f"arn:aws:s3:::{'/'.join(parts)}":
        return found
    return f"arn:aws:s3:::{path.lstrip('/')}"


def _source_queue(request: dict[str, Any]) -> str:
    """Of StartMessageMoveTask and ListMessageMoveTasks by its ARN, of CancelMessageMoveTask inside the handle."""
    if request.get("TaskHandle"):
        try:
            return str(json.loads(base64.b64decode(request["TaskHandle"]))["sourceArn"])
        except (ValueError, TypeError, KeyError):
            return ""
    return str(request.get("SourceArn") or "")


def _json(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}

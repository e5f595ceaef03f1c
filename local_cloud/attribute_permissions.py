"""Which user attributes an app client may write: the emulator stores the list and never looks at it.

Source: "WriteAttributes" of UserPoolClientType, Amazon Cognito API Reference. A client writes the attributes of its
WriteAttributes; without that list it writes the standard attributes, and no custom one. A request that touches another
attribute is refused whole.
"""

from collections.abc import Callable, Iterable
from typing import Any

from ministack.services import cognito

from local_cloud.compatibility import Patched

PATCHED = (
    Patched("ministack.services.cognito", "_run_idp_handler", "(handler, action: str, data: dict)"),
    Patched("ministack.services.cognito", "_pool_for_client", "(cid)"),
    Patched("ministack.services.cognito", "_token_claims", "(token) -> dict"),
    Patched(
        "ministack.services.cognito",
        "error_response_json",
        "(code: str, message: str, status: int = 400, extra: dict | None = None, *, message_key: str = 'message', "
        "content_type: str = 'application/x-amz-json-1.0') -> tuple",
    ),
)

REFUSAL = "A client attempted to write unauthorized attribute"

Handler = Callable[[dict[str, Any]], Any]


def install() -> None:
    """Check the permission before the request is carried out."""
    run = cognito._run_idp_handler

    def run_permitted(handler: Handler, action: str, data: dict[str, Any]) -> Any:
        def permitted(request: dict[str, Any]) -> Any:
            if _forbidden(_client(action, request), _written(action, request)):
                return cognito.error_response_json("NotAuthorizedException", REFUSAL, 400)
            return handler(request)

        # Inside the emulator's own runner: tokens and secret hashes are checked before.
        return run(permitted, action, data)

    cognito._run_idp_handler = run_permitted


def _written(action: str, request: dict[str, Any]) -> list[str]:
    """Names of the attributes that the request sets or deletes on behalf of a user."""
    match action:
        case "SignUp" | "UpdateUserAttributes":
            return [attribute["Name"] for attribute in request.get("UserAttributes") or []]
        case "DeleteUserAttributes":
            return list(request.get("UserAttributeNames") or [])
    return []


def _client(action: str, request: dict[str, Any]) -> dict[str, Any] | None:
    """The app client that makes the request; None when it is unknown, which the emulator's handler answers itself."""
    if action == "SignUp":
        client_id = request.get("ClientId")
    else:
        client_id = cognito._token_claims(request.get("AccessToken", "")).get("client_id")
    pool, _ = cognito._pool_for_client(client_id)
    client: dict[str, Any] | None = pool["_clients"][client_id] if pool else None
    return client


def _forbidden(client: dict[str, Any] | None, attributes: Iterable[str]) -> bool:
    if client is None:
        return False
    writable = client.get("WriteAttributes")
    if not writable:
        return any(name.startswith("custom:") for name in attributes)
    return not set(attributes) <= set(writable)

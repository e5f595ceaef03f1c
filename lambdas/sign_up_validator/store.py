"""The pool's users. Imported when somebody may be linked, and only then: loading boto3 takes longer than all the rest.

Cognito waits 5 s for everything. A call that fails is not repeated: the user is refused and signs in again.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sign_up_validator.admission import UndecidedError
from sign_up_validator.linking import Account, Identity

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient

CONNECT_SECONDS, READ_SECONDS = 0.4, 0.6
MOST_CALLS = 5
"""Two pages of a search, the account, the link, the account again: at worst 0.4 s and five times 0.6 s."""

MOST_PAGES, LONGEST_FILTER = 2, 256

CONFIG = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 1})

NOT_LINKED = frozenset(("AliasExistsException", "InvalidParameterException"))
"""What Cognito answers when the provider's user is linked already, to this account or another, or exists."""


def find(pool_id: str, email: str) -> Sequence[Account]:
    """Every user with the address, whatever its case. Raises UndecidedError."""
    search = f'email = "{email}"'
    if len(search) > LONGEST_FILTER:
        raise UndecidedError("EMAIL_TOO_LONG_TO_SEARCH")
    request: dict[str, Any] = {"UserPoolId": pool_id, "Filter": search, "Limit": 60}
    found: list[Account] = []
    for _ in range(MOST_PAGES):
        answer = _call("ListUsers", lambda: _client().list_users(**request))
        found += [_account(user, user.get("Attributes", [])) for user in answer.get("Users", [])]
        if not answer.get("PaginationToken"):
            return found
        request["PaginationToken"] = answer["PaginationToken"]
    raise UndecidedError("TOO_MANY_PAGES")


def read(pool_id: str, username: str) -> Account:
    """One user as it is now. Raises UndecidedError."""
    user = _call("AdminGetUser", lambda: _client().admin_get_user(UserPoolId=pool_id, Username=username))
    return _account(user, user.get("UserAttributes", []))


def link(pool_id: str, username: str, identity: Identity) -> str:
    """Join the provider's user to the account: empty, or the code of Cognito's objection. Raises UndecidedError."""
    try:
        _client().admin_link_provider_for_user(
            UserPoolId=pool_id,
            DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": username},
            SourceUser={
                "ProviderName": identity.provider,
                "ProviderAttributeName": "Cognito_Subject",
                "ProviderAttributeValue": identity.subject,
            },
        )
    except (BotoCoreError, ClientError) as error:
        if _code(error) in NOT_LINKED:
            return _code(error)
        raise UndecidedError(f"AdminLinkProviderForUser_{_code(error)}") from None
    return ""


def _call(operation: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (BotoCoreError, ClientError) as error:
        raise UndecidedError(f"{operation}_{_code(error)}") from None


def _account(user: Any, attributes: Any) -> Account:
    values = {item["Name"]: item.get("Value", "") for item in attributes}
    return Account(user["Username"], user.get("UserStatus", ""), user.get("Enabled", False), values)


def _code(error: Exception) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


@cache
def _client() -> "CognitoIdentityProviderClient":
    return boto3.client("cognito-idp", config=CONFIG)

"""Lift the lock of one account, or only look at it.

The guard counts the attempts of a user who exists under a digest of the pool's id and the user's `sub`; the same digest
is made here, so that the address is looked up in the pool and never stands in the table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from medflow.errors import OperatorError

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient

POOLS_PER_PAGE = 60
"""The most that ListUserPools gives at once."""


@dataclass(frozen=True, slots=True)
class Place:
    """The pool and the table of one stack."""

    user_pool_id: str
    table_name: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What the guard had counted."""

    attempts: int
    last_attempt: datetime
    until: datetime
    """From then on it means nothing, whether it is locked or not."""

    def __str__(self) -> str:
        noun = "attempt" if self.attempts == 1 else "attempts"
        return (
            f"{self.attempts} sign-in {noun} without success, the last at {self.last_attempt:%Y-%m-%d %H:%M:%S} UTC,"
            f" counted until {self.until:%H:%M:%S} UTC at most"
        )


def place_of_stack(cognito: "CognitoIdentityProviderClient", stack: str, project: str) -> Place:
    """The pool and the table of a deployed stack, by the names that the program gives them. Raises OperatorError."""
    name = f"{stack}-{project}-cognito-user-pool"
    with _clear_errors():
        pages = cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": POOLS_PER_PAGE})
        ids = [pool["Id"] for page in pages for pool in page["UserPools"] if pool["Name"] == name]
    if len(ids) != 1:
        raise OperatorError(
            f"this account and region have {len(ids) or 'no'} user pool{'s' if ids else ''} {name};"
            " check --stack and the AWS profile and region you use"
        )
    return Place(ids[0], f"{stack}-{project}-dynamodb-sign-in-attempts")


def key_of(cognito: "CognitoIdentityProviderClient", place: Place, email: str) -> str:
    """Key under which the attempts of the user with this address are counted. Raises OperatorError."""
    with _clear_errors():
        try:
            user = cognito.admin_get_user(UserPoolId=place.user_pool_id, Username=email.strip())
        except cognito.exceptions.UserNotFoundException:
            raise OperatorError(
                f"no user of pool {place.user_pool_id} has the e-mail address {email.strip()};"
                " check its spelling, and the stack with `--stack`"
            ) from None
    sub = next(item["Value"] for item in user["UserAttributes"] if item["Name"] == "sub")
    return account_key(place.user_pool_id, sub)


def account_key(user_pool_id: str, sub: str) -> str:
    """As the guard makes it."""
    return sha256(f"{user_pool_id}\0user\0{sub}".encode()).hexdigest()


def look(dynamodb: Any, place: Place, key: str) -> Counted | None:
    """What is counted at this moment; nothing is changed. Raises OperatorError."""
    with _clear_errors():
        answer = dynamodb.get_item(TableName=place.table_name, Key={"account_key": {"S": key}}, ConsistentRead=True)
    return _counted(answer.get("Item"))


def unlock(dynamodb: Any, place: Place, key: str) -> Counted | None:
    """Forget the attempts, and tell what was counted. Raises OperatorError."""
    with _clear_errors():
        answer = dynamodb.delete_item(
            TableName=place.table_name, Key={"account_key": {"S": key}}, ReturnValues="ALL_OLD"
        )
    return _counted(answer.get("Attributes"))


def _counted(item: dict[str, Any] | None) -> Counted | None:
    """None as well for what is over: DynamoDB deletes it some time within the next days."""
    if not item:
        return None
    last, until = (datetime.fromtimestamp(int(item[name]["N"]), UTC) for name in ("last_attempt", "expires_at"))
    return Counted(int(item["attempts"]["N"]), last, until) if until > datetime.now(UTC) else None


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise OperatorError(
            f"the stack cannot be asked: {error}; check the AWS credentials, or the stack with `--stack`"
        ) from error

"""The counted attempts in DynamoDB: one item per account, changed by conditional updates alone.

No read comes before a write, so attempts made at once cannot all find the account open: DynamoDB applies the updates of
an item one after the other, and each sees what the one before it left. Facts: "UpdateItem", DynamoDB API Reference.
"""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as EndpointError

from sign_in_guard.lockout import Rules, Series, Standing, standing

CALLS = 3
"""Calls for one attempt: three settle any contest over a series that is over, and make up for lost connections."""

CONNECT_SECONDS, READ_SECONDS = 0.4, 0.8
"""Worst case: three calls, 3.6 s; what is left of Cognito's 5 s is for a cold start."""

CONFIG = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 1})

CONDITION_FAILED = "ConditionalCheckFailedException"


class StoreError(Exception):
    """DynamoDB refused to count an attempt, or to take it back. The text is an error code."""


class StoreUnreachableError(StoreError):
    """Because DynamoDB does not answer, or answers with a fault of its own: nothing that a caller could bring about."""


class Attempts:
    """The table of one deployment."""

    def __init__(self, table_name: str, rules: Rules) -> None:
        self._table_name, self._rules = table_name, rules

    def count(self, key: str, now: int) -> tuple[Series, bool]:
        """Count one attempt: the series, and whether the attempt belongs to it. It does not while a lock lasts.

        Raises StoreError. A call whose answer got lost is repeated and may then count twice: too many is safe.
        """
        over: Series | None = None
        problem: StoreError = StoreError("Contended")
        for _ in range(CALLS):
            try:
                return (self._begin(key, now, over) if over else self._add(key, now)), True
            except StoreUnreachableError as unreachable:
                problem = unreachable
            except _ConditionFailedError as failed:
                found = failed.series
                stands = standing(found, self._rules, now) if found else None
                if found and stands is Standing.LOCKED:
                    return found, False
                over = found if stands is Standing.OVER else None
        raise problem

    def clear(self, key: str) -> None:
        """Forget the account's attempts, and with them its lock. Raises StoreError."""
        for left in reversed(range(CALLS)):
            try:
                _call("delete_item", TableName=self._table_name, Key={"account_key": {"S": key}})
            except StoreUnreachableError:
                if not left:
                    raise
            else:
                return

    def _add(self, key: str, now: int) -> Series:
        """One more attempt of a series that goes on, or the first of an account that has none."""
        return self._update(
            key,
            now,
            "ADD attempts :one SET last_attempt = :now, expires_at = :expiry",
            "attribute_not_exists(account_key) OR (attempts < :limit AND last_attempt > :window_start)",
            {
                ":one": 1,
                ":limit": self._rules.failures,
                ":window_start": now - self._rules.window_seconds,
            },
        )

    def _begin(self, key: str, now: int, over: Series) -> Series:
        """The first attempt of a new series in place of one that is over, unless somebody else began it already."""
        return self._update(
            key,
            now,
            "SET attempts = :one, last_attempt = :now, expires_at = :expiry",
            "attempts = :seen AND last_attempt = :seen_last",
            {":one": 1, ":seen": over.attempts, ":seen_last": over.last_attempt},
        )

    def _update(self, key: str, now: int, update: str, condition: str, values: dict[str, int]) -> Series:
        numbers = {**values, ":now": now, ":expiry": self._rules.expiry(now)}
        answer = _call(
            "update_item",
            TableName=self._table_name,
            Key={"account_key": {"S": key}},
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeValues={name: {"N": str(number)} for name, number in numbers.items()},
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        return _series(answer["Attributes"])


class _ConditionFailedError(Exception):
    def __init__(self, series: Series | None) -> None:
        super().__init__()
        self.series = series
        """What stood in the table; None when the item had just gone."""


def _call(operation: str, **request: Any) -> Any:
    try:
        return getattr(_client(), operation)(**request)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == CONDITION_FAILED:
            item = error.response.get("Item")
            raise _ConditionFailedError(_series(item) if item else None) from None
        # Throttling is no fault of DynamoDB's: who floods one account must not switch its guard off.
        faulty = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400) >= 500
        raise (StoreUnreachableError if faulty else StoreError)(code) from None
    except (HTTPClientError, EndpointError) as error:
        raise StoreUnreachableError(type(error).__name__) from None


def _series(item: Any) -> Series:
    return Series(int(item["attempts"]["N"]), int(item["last_attempt"]["N"]))


@cache
def _client() -> Any:
    # Untyped: which operation to call comes in as a name.
    make: Any = boto3.client
    return make("dynamodb", config=CONFIG)


_client()  # made while the function starts, when it has a full processor

"""What the tests of the sign-in guard share: events, the running handler, its table, and ways for the table to fail."""

import json
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

Event = dict[str, Any]

TABLE = "sign-in-attempts"
SUB, OTHER_SUB = "7c1f5a52-4a8b-4b53-9a55-0d2f6a1b9c10", "0b2f0c6e-52a4-4b8f-8f6e-3f0a5d1c2e77"
BEFORE, AFTER = "PreAuthentication_Authentication", "PostAuthentication_Authentication"
SETTINGS = {
    "ATTEMPTS_TABLE_NAME": TABLE,
    "FAILURES_BEFORE_LOCK": "5",
    "WINDOW_SECONDS": "900",
    "LOCK_SECONDS": "1800",
    "USERNAME_CASE": "insensitive",
    "WHEN_UNREACHABLE": "allow",
}
PERSONAL = ("amina", "haddad", "example.org", SUB[:8], "nobody")


def attempt(sub: str = SUB, source: str = BEFORE, pool: str = "us-east-1_ExAmPlE01", **attributes: str) -> Event:
    """What Cognito says of a user who exists; the name is the pool's own, whatever was typed."""
    return {
        "version": "1",
        "triggerSource": source,
        "region": "us-east-1",
        "userPoolId": pool,
        "userName": sub,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "1example23456789example"},
        "request": {
            "userAttributes": {"sub": sub, "email": "Amina.Haddad@example.org", "name": "Amina Haddad", **attributes},
            "validationData": None,
            "userNotFound": False,
        },
        "response": {},
    }


def unknown(name: str = "nobody@example.org") -> Event:
    """What Cognito says of a name that nobody has: the name as it was typed."""
    event = attempt()
    return {**event, "userName": name, "request": {"userAttributes": {}, "validationData": None, "userNotFound": True}}


class Running:
    """The handler as a cold start leaves it, with a clock that stands still."""

    def __init__(self, module: Any, context: Any) -> None:
        self._module, self._context, self.now = module, context, 1_800_000_000.0

    def __call__(self, event: Event) -> str:
        """`in`, or the text of the refusal. Any other error is raised."""
        try:
            assert self._module.lambda_handler(event, self._context) is event
        except self._module.SignInRefusedError as refused:
            return str(refused)
        return "in"

    def times(self, number: int, event: Event) -> list[str]:
        return [self(event) for _ in range(number)]


def items(table: Any) -> list[dict[str, str]]:
    found = table.scan(TableName=TABLE)["Items"]
    return [{name: next(iter(value.values())) for name, value in item.items()} for item in found]


def logged(capsys: pytest.CaptureFixture[str]) -> list[Event]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def counted(lines: list[Event]) -> list[str]:
    """Metrics of the embedded format among the lines."""
    return [
        metric["Name"] for line in lines if "_aws" in line for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    ]


def break_table(monkeypatch: pytest.MonkeyPatch, *outcomes: Any) -> list[str]:
    """Make the calls end like this, the last one for ever; an exception is raised. Returns what will be called."""
    called: list[str] = []

    class Broken:
        def __getattr__(self, operation: str) -> Any:
            def call(**_: Any) -> Any:
                outcome = outcomes[min(len(called), len(outcomes) - 1)]
                called.append(operation)
                if isinstance(outcome, Exception):
                    raise outcome
                return outcome

            return call

    monkeypatch.setattr("sign_in_guard.store._client", Broken)
    return called


def error(code: str, status: int = 400, **more: Any) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "amina.haddad@example.org"},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(response, "UpdateItem")


LOCKED = "Too many failed attempts to sign in. Please try again later"
FAILED = "Signing in is not possible at the moment. Please try again later"

FIRST = {"Attributes": {"attempts": {"N": "1"}, "last_attempt": {"N": "1800000000"}}}
"""DynamoDB's answer to an attempt that is the first."""

OUTAGES: dict[str, Exception] = {
    "ReadTimeoutError": ReadTimeoutError(endpoint_url="dynamodb"),
    "ConnectTimeoutError": ConnectTimeoutError(endpoint_url="dynamodb"),
    "EndpointConnectionError": EndpointConnectionError(endpoint_url="dynamodb"),
    "InternalServerError": error("InternalServerError", 500),
    "ServiceUnavailable": error("ServiceUnavailable", 503),
}
"""What nobody outside can bring about."""

FAULTS: dict[str, Exception] = {
    "ThrottlingException": error("ThrottlingException"),
    "ProvisionedThroughputExceededException": error("ProvisionedThroughputExceededException"),
    "RequestLimitExceeded": error("RequestLimitExceeded"),
    "AccessDeniedException": error("AccessDeniedException"),
    "ResourceNotFoundException": error("ResourceNotFoundException"),
    "ValidationException": error("ValidationException"),
    "NoCredentialsError": NoCredentialsError(),
}
"""What a flood or a bad deployment brings about."""

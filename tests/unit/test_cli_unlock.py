"""`medflow unlock`: whom it finds, what it forgets, and what the operator reads."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from typer.testing import CliRunner, Result

from local_cloud import aws, connection
from local_cloud.connection import Connection
from medflow import cli
from medflow.unlock import account_key
from sign_in_guard.lockout import account_of

EMAIL, SUB = "amina.haddad@example.org", "7c1f5a52-4a8b-4b53-9a55-0d2f6a1b9c10"
POOL, TABLE = "us-east-1_ExAmPlE01", "local-medflow-dynamodb-sign-in-attempts"
KEY = account_key(POOL, SUB)


class Stack:
    """As much of Cognito and DynamoDB as the command uses, with what it changed."""

    class exceptions:  # noqa: N801 (boto3's own spelling)
        class UserNotFoundException(Exception):  # noqa: N818
            """boto3 makes such a class per client."""

    def __init__(self, attempts: int = 5, ends_in: int = 600, pools: tuple[str, ...] = ()) -> None:
        self.asked, self._pools = list[tuple[str, str]](), pools
        now = int(time.time())
        numbers = {"attempts": attempts, "last_attempt": now - 1200, "expires_at": now + ends_in}
        item = {"account_key": {"S": KEY}, **{name: {"N": str(number)} for name, number in numbers.items()}}
        self.items = {KEY: item} if attempts else {}

    def admin_get_user(self, UserPoolId: str, Username: str) -> dict[str, Any]:  # noqa: N803
        self.asked.append((UserPoolId, Username))
        if Username != EMAIL:
            raise self.exceptions.UserNotFoundException(Username)
        return {"Username": SUB, "UserAttributes": [{"Name": "email", "Value": EMAIL}, {"Name": "sub", "Value": SUB}]}

    def get_item(self, TableName: str, Key: dict[str, Any], ConsistentRead: bool) -> dict[str, Any]:  # noqa: N803
        assert ConsistentRead
        self.asked.append(("look", TableName))
        item = self.items.get(Key["account_key"]["S"])
        return {"Item": item} if item else {}

    def delete_item(self, TableName: str, Key: dict[str, Any], ReturnValues: str) -> dict[str, Any]:  # noqa: N803
        assert ReturnValues == "ALL_OLD"
        self.asked.append(("forget", TableName))
        item = self.items.pop(Key["account_key"]["S"], None)
        return {"Attributes": item} if item else {}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_user_pools"
        pages = [{"UserPools": [{"Id": f"us-east-1_{n}", "Name": name}]} for n, name in enumerate(self._pools)]
        return type("Pages", (), {"paginate": staticmethod(lambda **_: pages)})


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command against that stack, with the connection file of a running local cloud."""
    outputs = {"user_pool_id": POOL, "sign_in_attempts_table": TABLE}
    connection.write(Connection("http://127.0.0.1:1", "us-east-1", "http://api", "dsn", outputs), tmp_path)

    def against(stack: object, *arguments: str, email: str = EMAIL) -> Result:
        monkeypatch.setattr(aws, "client", lambda *_: stack)
        monkeypatch.setattr(boto3, "client", lambda *_, **__: stack)
        return CliRunner().invoke(cli.app, ["unlock", email, "--directory", str(tmp_path), *arguments])

    return against


def said(result: Result) -> str:
    """What the operator reads, on one line."""
    return " ".join((result.output + result.stderr).split())


def test_the_key_is_the_one_that_the_guard_makes() -> None:
    """A11. Two programs that cannot import each other agree on it here."""
    event = {"userPoolId": POOL, "userName": SUB, "request": {"userAttributes": {"sub": SUB}}}
    assert account_of(event, case_sensitive=False).key == KEY


def test_the_users_attempts_are_forgotten(run: Run) -> None:
    """A11. Found by the address, in the pool of the stack, and deleted in its table."""
    stack = Stack()
    result = run(stack)
    assert (result.exit_code, stack.items) == (0, {})
    assert stack.asked == [(POOL, EMAIL), ("forget", TABLE)]


def test_the_operator_reads_what_was_counted_and_what_was_done(run: Run) -> None:
    """A11."""
    text = said(run(Stack()))
    assert text.startswith(f"{EMAIL} in stack local: 5 sign-in attempts without success, the last at ")
    assert text.endswith("forgotten: the next attempt is the first again")


def test_a_dry_run_looks_and_changes_nothing(run: Run) -> None:
    """A11."""
    stack = Stack(attempts=1)
    result = run(stack, "--dry-run")
    assert "1 sign-in attempt without success" in said(result)
    assert ("nothing was changed" in said(result), list(stack.items)) == (True, [KEY])


@pytest.mark.parametrize("content", [{"attempts": 0}, {"ends_in": -60}], ids=["no item", "an item that is over"])
@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_user_whom_the_guard_does_not_hold_up_is_told_from_one_it_does(
    run: Run, content: dict[str, Any], more: tuple[str, ...]
) -> None:
    """A11. Then something else keeps the user out, such as Cognito's own pause; and unlocking twice is no error."""
    result = run(Stack(**content), *more)
    assert (result.exit_code, "nothing is counted" in said(result)) == (0, True)


def test_blanks_around_the_address_do_not_matter(run: Run) -> None:
    """A11. It is pasted from somewhere."""
    stack = Stack()
    run(stack, email=f" {EMAIL} ")
    assert stack.items == {}


def test_an_address_that_nobody_has_is_one_clear_line(run: Run) -> None:
    """A11. A typing error must not look like an unlocked account."""
    stack = Stack()
    result = run(stack, email="amina@example.org")
    assert (result.exit_code, list(stack.items)) == (1, [KEY])
    assert f"no user of pool {POOL} has the e-mail address amina@example.org; check its spelling" in said(result)


def test_another_stack_is_found_by_the_names_of_its_pool_and_table(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A11 A16."""
    monkeypatch.setattr("medflow.unlock.account_key", lambda pool, _: KEY if pool == "us-east-1_1" else "")
    stack = Stack(pools=("staging-medflow-cognito-user-pool", "prod-medflow-cognito-user-pool"))
    result = run(stack, "--stack", "prod")
    assert (result.exit_code, stack.items) == (0, {})
    assert stack.asked == [("us-east-1_1", EMAIL), ("forget", "prod-medflow-dynamodb-sign-in-attempts")]


@pytest.mark.parametrize(
    ("pools", "found"), [((), "no user pool prod-"), (("prod-medflow-cognito-user-pool",) * 2, "2 user pools prod-")]
)
def test_a_stack_that_is_not_there_or_is_there_twice_is_one_clear_line(
    run: Run, pools: tuple[str, ...], found: str
) -> None:
    """A11. A wrong stack or a wrong account is the usual mistake; pools may share a name."""
    result = run(Stack(pools=pools), "--stack", "prod")
    assert result.exit_code == 1
    assert f"{found}medflow-cognito-user-pool; check --stack and the AWS profile and region" in said(result)


@pytest.mark.parametrize(
    "problem",
    [NoCredentialsError(), ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DeleteItem")],
)
def test_what_aws_refuses_is_one_clear_line(run: Run, problem: Exception) -> None:
    """A11. No traceback for a missing credential."""

    class Refusing(Stack):
        def delete_item(self, TableName: str, Key: dict[str, Any], ReturnValues: str) -> dict[str, Any]:  # noqa: ARG002, N803
            raise problem

    result = run(Refusing())
    assert result.exit_code == 1
    assert f"the stack cannot be asked: {problem}; check the AWS credentials" in said(result)
    assert "Traceback" not in said(result)


def test_without_a_running_cloud_the_command_names_the_one_that_starts_it(tmp_path: Path) -> None:
    """A11 H1. The stack `local` is the default, and often not there."""
    result = CliRunner().invoke(cli.app, ["unlock", EMAIL, "--directory", str(tmp_path)])
    assert result.exit_code == 1
    assert said(result).startswith("error: no local cloud")

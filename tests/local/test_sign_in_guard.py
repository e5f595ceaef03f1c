"""The lockout in the running local cloud: a pool with both triggers, wrong passwords, and `medflow unlock`."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from local.cognito_pool import PASSWORD, Pool, create_pool
from local.lambda_functions import Function
from local_cloud import connection
from local_cloud.cloud import ROOT, LocalCloud
from local_cloud.connection import Connection
from medflow import cli

WRONG = "Wrong-horse-1"
HIDING = {"PreventUserExistenceErrors": "ENABLED"}
LOCKED = (
    "UserLambdaValidationException",
    "PreAuthentication failed with error Too many failed attempts to sign in. Please try again later.",
)
ORDINARY = ("NotAuthorizedException", "Incorrect username or password.")


@dataclass(frozen=True)
class Guarded:
    """A pool that the function built for AWS guards, and the table that it counts in."""

    pool: Pool
    table_name: str
    function: Function

    def attempt(self, password: str, email: str = "") -> tuple[str, str]:
        """Error code and text of one sign-in; two empty texts when it succeeds."""
        try:
            self.pool.cognito.initiate_auth(
                ClientId=self.pool.client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": email or self.pool.email, "PASSWORD": password},
            )
        except ClientError as error:
            return error.response["Error"]["Code"], error.response["Error"]["Message"]
        return "", ""

    def attempts(self, number: int, password: str, email: str = "") -> list[tuple[str, str]]:
        return [self.attempt(password, email) for _ in range(number)]

    def counted(self) -> list[int]:
        """The counts in the table."""
        rows = self.pool.cloud.client("dynamodb").scan(TableName=self.table_name)["Items"]
        return [int(row["attempts"]["N"]) for row in rows]


@pytest.fixture
def make_guarded(
    cloud: LocalCloud, make_function: Callable[..., Function], unique: Callable[[str], str]
) -> Iterator[Callable[..., Guarded]]:
    """Table, function with the very permissions of the component, pool: `make_guarded(LOCK_SECONDS="2")`."""
    dynamodb, lambdas = cloud.client("dynamodb"), cloud.client("lambda")
    tables: list[str] = []

    def make(**environment: str) -> Guarded:
        table_name = unique("attempts")
        arn = dynamodb.create_table(
            TableName=table_name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "account_key", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "account_key", "AttributeType": "S"}],
        )["TableDescription"]["TableArn"]
        tables.append(table_name)
        settings = {
            "ATTEMPTS_TABLE_NAME": table_name,
            "FAILURES_BEFORE_LOCK": "5",
            "WINDOW_SECONDS": "900",
            "LOCK_SECONDS": "1800",
            "USERNAME_CASE": "insensitive",
            "WHEN_UNREACHABLE": "allow",
        }
        function = make_function(
            "",
            package=(ROOT / "build/lambdas/sign_in_guard.zip").read_bytes(),
            handler="sign_in_guard.handler.lambda_handler",
            environment={**settings, **environment},
            timeout=5,
            statements=[
                {"Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": arn},
                {"Effect": "Allow", "Action": "dynamodb:DeleteItem", "Resource": arn},
            ],
        )
        triggers = {"PreAuthentication": function.arn, "PostAuthentication": function.arn}
        pool = create_pool(cloud, HIDING, LambdaConfig=triggers)
        lambdas.add_permission(
            FunctionName=function.name,
            StatementId="cognito",
            Action="lambda:InvokeFunction",
            Principal="cognito-idp.amazonaws.com",
            SourceArn=pool.arn,
            SourceAccount=cloud.account_id,
        )
        pool.add_user()
        return Guarded(pool, table_name, function)

    yield make
    for table_name in tables:
        dynamodb.delete_table(TableName=table_name)


@pytest.fixture
def guarded(make_guarded: Callable[..., Guarded]) -> Guarded:
    return make_guarded()


def unlock(guarded: Guarded, directory: Path, *more: str) -> str:
    """What `medflow unlock` says of the pool's user, against a connection file that names this pool and table."""
    cloud = guarded.pool.cloud
    outputs = {"user_pool_id": guarded.pool.id, "sign_in_attempts_table": guarded.table_name}
    connection.write(Connection(cloud.endpoint, cloud.region, "http://api", "dsn", outputs), directory)
    result = CliRunner().invoke(cli.app, ["unlock", guarded.pool.email, "--directory", str(directory), *more])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_after_five_wrong_passwords_the_right_one_is_refused(guarded: Guarded) -> None:
    """A11 H2. The fifth still gets the ordinary answer: before the password nobody knows that it is wrong."""
    assert guarded.attempts(5, WRONG) == [ORDINARY] * 5
    assert guarded.attempt(PASSWORD) == LOCKED


def test_a_refusal_does_not_tell_a_right_password_from_a_wrong_one(guarded: Guarded) -> None:
    """A11. Guessing on during a lock teaches nothing."""
    guarded.attempts(5, WRONG)
    assert guarded.attempt(WRONG) == guarded.attempt(PASSWORD) == LOCKED


def test_a_name_that_nobody_has_gets_the_same_answers(guarded: Guarded) -> None:
    """A11. Text by text, before the lock and during it."""
    nobody = guarded.attempts(7, WRONG, "nobody@clinic.example")
    assert nobody == guarded.attempts(7, WRONG) == [ORDINARY] * 5 + [LOCKED] * 2


def test_spellings_of_a_name_that_nobody_has_are_counted_together(guarded: Guarded) -> None:
    """A11. As they are for a user in a pool where case does not matter."""
    names = ["nobody@clinic.example", "NoBody@clinic.example", "NOBODY@CLINIC.EXAMPLE"]
    assert [guarded.attempt(WRONG, names[turn % 3]) for turn in range(6)] == [ORDINARY] * 5 + [LOCKED]


def test_guesses_at_a_plus_address_leave_the_plain_one_alone(guarded: Guarded) -> None:
    """A11. It is another account: nobody is locked out by an address that is not theirs."""
    user, _, host = guarded.pool.email.partition("@")
    assert guarded.attempts(6, WRONG, f"{user}+1@{host}")[5] == LOCKED
    assert guarded.attempt(PASSWORD) == ("", "")


def test_a_success_forgets_the_failures_before_it(guarded: Guarded) -> None:
    """A11. Both triggers, through the pool."""
    guarded.attempts(4, WRONG)
    assert guarded.attempt(PASSWORD) == ("", "")
    assert guarded.counted() == []
    assert guarded.attempts(5, WRONG) == [ORDINARY] * 5


def test_a_success_at_the_fifth_attempt_is_a_success(guarded: Guarded) -> None:
    """A11. And lifts the lock that the attempt would otherwise have been the beginning of."""
    guarded.attempts(4, WRONG)
    assert guarded.attempts(2, PASSWORD) == [("", "")] * 2


def test_who_is_signed_in_stays_so_while_the_account_is_locked(guarded: Guarded) -> None:
    """A11. A refresh is no attempt: an attacker cannot throw anyone out."""
    token = guarded.pool.sign_in()["RefreshToken"]
    guarded.attempts(6, WRONG)
    for _ in range(2):
        refreshed = guarded.pool.cognito.initiate_auth(
            ClientId=guarded.pool.client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token}
        )
        assert guarded.pool.claims(refreshed["AuthenticationResult"]["AccessToken"])["token_use"] == "access"
    assert guarded.attempt(PASSWORD) == LOCKED


def test_attempts_made_at_once_count_exactly(guarded: Guarded) -> None:
    """A11. Twenty at once are five guesses and not one more."""
    with ThreadPoolExecutor(20) as threads:
        answers = Counter(threads.map(lambda _: guarded.attempt(WRONG), range(20)))
    assert answers == {ORDINARY: 5, LOCKED: 15}
    assert guarded.counted() == [5]


def test_attempts_made_at_once_after_a_lock_count_exactly(make_guarded: Callable[..., Guarded]) -> None:
    """A11. They all find a count that is over, and one alone begins the next."""
    guarded = make_guarded(LOCK_SECONDS="2")
    guarded.attempts(5, WRONG)
    time.sleep(2.1)
    with ThreadPoolExecutor(4) as threads:
        answers = Counter(threads.map(lambda _: guarded.attempt(WRONG), range(4)))
    assert (answers, guarded.counted()) == ({ORDINARY: 4}, [4])


def test_a_lock_ends_by_itself(make_guarded: Callable[..., Guarded]) -> None:
    """A11. Nobody has to be called for it."""
    guarded = make_guarded(LOCK_SECONDS="6")
    guarded.attempts(5, WRONG)
    assert guarded.attempt(PASSWORD) == LOCKED
    time.sleep(6.1)
    assert guarded.attempt(PASSWORD) == ("", "")


def test_an_administrator_ends_a_lock_by_the_users_address(guarded: Guarded, tmp_path: Path) -> None:
    """A11. The key that the command makes is the key that the function made."""
    guarded.attempts(6, WRONG)
    said = unlock(guarded, tmp_path)
    assert "5 sign-in attempts without success" in said
    assert guarded.attempt(PASSWORD) == ("", "")


def test_a_look_at_a_lock_leaves_it_as_it_is(guarded: Guarded, tmp_path: Path) -> None:
    """A11."""
    guarded.attempts(6, WRONG)
    assert "nothing was changed" in unlock(guarded, tmp_path, "--dry-run")
    assert guarded.attempt(PASSWORD) == LOCKED


def test_an_administrators_own_sign_in_flow_is_counted_too(guarded: Guarded) -> None:
    """A11. The flow that a server uses would otherwise be a way around."""
    parameters = {"USERNAME": guarded.pool.email, "PASSWORD": WRONG}
    request = {"ClientId": guarded.pool.client_id, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": parameters}
    for _ in range(5):
        with pytest.raises(ClientError):
            guarded.pool.cognito.admin_initiate_auth(UserPoolId=guarded.pool.id, **request)
    assert guarded.attempt(PASSWORD) == LOCKED


def test_without_its_permission_the_guard_lets_nobody_in(guarded: Guarded) -> None:
    """A11. A bad deployment shows at the first sign-in, not as a pool that counts nothing."""
    guarded.function.allow({"Effect": "Allow", "Action": "dynamodb:DeleteItem", "Resource": "*"})
    code, text = guarded.attempt(PASSWORD)
    assert (code, "Signing in is not possible at the moment" in text) == ("UserLambdaValidationException", True)


def test_the_table_shows_no_address(guarded: Guarded) -> None:
    """A11 G5."""
    guarded.attempt(WRONG)
    guarded.attempt(WRONG, "nobody@clinic.example")
    rows: Any = guarded.pool.cloud.client("dynamodb").scan(TableName=guarded.table_name)["Items"]
    assert (len(rows), "@" in json.dumps(rows), "nobody" in json.dumps(rows)) == (2, False, False)

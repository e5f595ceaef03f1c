"""Account lockout: who fails to sign in too often waits, whether the account exists or not.

Owns the table of the counted attempts, the one function of both authentication triggers, and the alarms that tell of
many locks or of a guard that fails. Does not own the pool, nor the pool's permission to invoke: CognitoAuth grants it.
"""

from enum import StrEnum
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._checks import between, refuse
from components._iam import Statement
from components._names import Kind, physical_name, prefix_problems
from components._operations import OperationsArgs
from components._python_lambda import PythonLambda, PythonLambdaArgs
from components.sign_in_guard import alarms
from components.token_enricher import TRIGGER_TIMEOUT_SECONDS

GUARD_MEMORY_MB = 512
"""CPU comes with memory, and a cold start counts against the seconds that Cognito waits."""


class WhenUnreachable(StrEnum):
    """What becomes of a sign-in while DynamoDB does not answer. Every other failure of the guard refuses it."""

    ALLOW = "allow"
    """It goes on uncounted: an outage shuts no clinic out, and Cognito's own lockout still slows guesses down."""
    REFUSE = "refuse"
    """It fails: nobody signs in uncounted, and nobody at all during an outage."""


class SignInGuardArgs(TypedDict):
    name_prefix: str
    """`{environment}-{project}`; a change replaces table and function and forgets every lock."""
    protect_table: bool
    """Pulumi and DynamoDB refuse to delete the table. Losing it lifts every lock, and loses nothing else."""
    failures_before_lock: NotRequired[int]
    """2 to 100 failed attempts in a row that lock an account. Default 5."""
    window_minutes: NotRequired[int]
    """1 to 1440: attempts are counted together while no pause between two is this long. Default 15."""
    lock_minutes: NotRequired[int]
    """1 to 1440: how long a lock lasts; attempts during it do not prolong it. Default 30."""
    username_case_sensitive: NotRequired[bool]
    """As the pool has it, for names that nobody has. Default false."""
    when_unreachable: NotRequired[WhenUnreachable]
    """Default allow."""
    point_in_time_recovery: NotRequired[bool]
    """Continuous backups of the table. Default false: its content is worthless after the longest lock."""
    many_locks: NotRequired[int]
    """1 or more accounts locked within five minutes that fire the alarm. Default 10."""
    operations: NotRequired[OperationsArgs]
    """Logs, traces and alarms."""


class SignInGuard(pulumi.ComponentResource):
    """Pre and post authentication trigger that locks an account after too many failed attempts, for a while."""

    function_name: pulumi.Output[str]
    """Physical name of the function."""
    alias_name: pulumi.Output[str]
    """Alias that the pool invokes."""
    alias_arn: pulumi.Output[str]
    """ARN for the pool's trigger configuration, of pre and of post authentication."""
    role_name: pulumi.Output[str]
    """Role of the function. It needs no call to the pool."""
    table_name: pulumi.Output[str]
    """Table of the counted attempts, for `medflow unlock`."""

    def __init__(self, name: str, args: SignInGuardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("medflow:index:SignInGuard", name, {}, opts)
        refuse("SignInGuard", name, _problems(args))

        table = self._create_table(name, args)
        function = self._create_function(name, args, table)
        self._create_alarms(name, args, function)

        self.function_name, self.role_name = function.function_name, function.role_name
        self.alias_name, self.alias_arn = function.alias_name, function.alias_arn
        self.table_name = table.name
        self.register_outputs(
            {
                "function_name": self.function_name,
                "alias_name": self.alias_name,
                "alias_arn": self.alias_arn,
                "role_name": self.role_name,
                "table_name": self.table_name,
            }
        )

    def _create_table(self, name: str, args: SignInGuardArgs) -> aws.dynamodb.Table:
        protect = args["protect_table"]
        return aws.dynamodb.Table(
            f"{name}-attempts",
            name=physical_name(args["name_prefix"], Kind.TABLE, "sign-in-attempts"),
            billing_mode="PAY_PER_REQUEST",
            hash_key="account_key",
            attributes=[{"name": "account_key", "type": "S"}],
            # DynamoDB deletes within days, not at the second: what an item means never hangs on whether it is gone.
            ttl={"attribute_name": "expires_at", "enabled": True},
            server_side_encryption={"enabled": True},
            point_in_time_recovery={"enabled": args.get("point_in_time_recovery", False)},
            deletion_protection_enabled=protect,
            opts=pulumi.ResourceOptions(parent=self, protect=protect),
        )

    def _create_function(self, name: str, args: SignInGuardArgs, table: aws.dynamodb.Table) -> PythonLambda:
        function: PythonLambdaArgs = {
            "name_prefix": args["name_prefix"],
            "package": "sign_in_guard",
            "description": "Counts sign-in attempts and refuses them while an account is locked",
            "timeout_seconds": TRIGGER_TIMEOUT_SECONDS,
            "memory_mb": GUARD_MEMORY_MB,
            "statements": [
                Statement("CountAttempts", ["dynamodb:UpdateItem"], [table.arn]),
                Statement("ForgetAttempts", ["dynamodb:DeleteItem"], [table.arn]),
            ],
            "environment": {
                "ATTEMPTS_TABLE_NAME": table.name,
                "FAILURES_BEFORE_LOCK": str(args.get("failures_before_lock", 5)),
                "WINDOW_SECONDS": str(args.get("window_minutes", 15) * 60),
                "LOCK_SECONDS": str(args.get("lock_minutes", 30) * 60),
                "USERNAME_CASE": "sensitive" if args.get("username_case_sensitive", False) else "insensitive",
                "WHEN_UNREACHABLE": args.get("when_unreachable", WhenUnreachable.ALLOW).value,
            },
            "operations": _without_topic(args.get("operations", {})),
        }
        return PythonLambda(f"{name}-function", function, pulumi.ResourceOptions(parent=self))

    def _create_alarms(self, name: str, args: SignInGuardArgs, function: PythonLambda) -> None:
        topic = args.get("operations", {}).get("alarm_topic_arn")
        if topic is None:
            return
        for key, alarm in alarms.of_guard(function.function_name, args.get("many_locks", 10)).items():
            alarm.name = physical_name(args["name_prefix"], Kind.ALARM, f"sign-in-guard-{key}")
            alarm.alarm_actions = alarm.ok_actions = [topic]
            aws.cloudwatch.MetricAlarm(f"{name}-{key}-alarm", alarm, pulumi.ResourceOptions(parent=self))


def _without_topic(operations: OperationsArgs) -> OperationsArgs:
    """For the function alone: its usual alarm on every error would fire at each refusal, which is its daily work."""
    kept = operations.copy()
    kept.pop("alarm_topic_arn", None)
    return kept


def _problems(args: SignInGuardArgs) -> list[str]:
    problems = [
        *prefix_problems(args["name_prefix"]),
        *between("failures_before_lock", args.get("failures_before_lock", 5), 2, 100, "attempts"),
        *between("window_minutes", args.get("window_minutes", 15), 1, 1440, "minutes"),
        *between("lock_minutes", args.get("lock_minutes", 30), 1, 1440, "minutes"),
    ]
    if args.get("many_locks", 10) < 1:
        problems.append(f"many_locks is {args.get('many_locks')}; it must be 1 or more")
    return problems

"""What happens to one sign-in before and after its password, and what the log and the metrics are told of it."""

import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from medflow_runtime.environment import EnvironmentProblemsError
from medflow_runtime.metrics import NAMESPACE
from sign_in_guard.env import environment
from sign_in_guard.lockout import FAILED_TEXT, LOCKED_TEXT, SignInRefusedError, UnreadableEventError, account_of
from sign_in_guard.store import Attempts, StoreError, StoreUnreachableError

SERVICE = "sign_in_guard"

TELLING = (StoreError, UnreadableEventError, EnvironmentProblemsError)
"""Errors whose texts say nothing of the user; any other might quote the event."""


class Guard:
    """The guard during one invocation."""

    def __init__(self, logger: Logger, function_name: str) -> None:
        self._logger, self._function_name = logger, function_name

    def before(self, event: dict[str, Any]) -> None:
        """Count the attempt. Raises SignInRefusedError while the account is locked, or when counting fails."""
        try:
            configured = environment()
            account = account_of(event, case_sensitive=configured.username_case == "sensitive")
            attempts = Attempts(configured.attempts_table_name, configured.rules)
            series, allowed = attempts.count(account.key, int(time.time()))
        except StoreUnreachableError as error:
            self._failed("attempt not counted", error)
            if configured.when_unreachable == "refuse":
                raise SignInRefusedError(FAILED_TEXT) from None
            return
        except Exception as error:
            self._failed("attempt not counted", error)
            raise SignInRefusedError(FAILED_TEXT) from None
        if not allowed:
            self._count("SignInRefused")
            self._logger.warning("sign-in refused", known_user=account.known, reason="LOCKED")
            raise SignInRefusedError(LOCKED_TEXT)
        if series.attempts == configured.failures_before_lock:
            self._count("AccountLocked")
            self._logger.warning("last attempt before a lock", known_user=account.known)

    def after(self, event: dict[str, Any]) -> None:
        """Take the count back. Never raises: the password was right, and the user goes on."""
        try:
            configured = environment()
            account = account_of(event, case_sensitive=configured.username_case == "sensitive")
            Attempts(configured.attempts_table_name, configured.rules).clear(account.key)
        except Exception as error:
            self._failed("attempts not cleared", error)

    def _failed(self, message: str, error: Exception) -> None:
        told = isinstance(error, TELLING)
        self._logger.error(message, reason=str(error) if told else type(error).__name__)
        self._count("GuardFailed")

    def _count(self, name: str) -> None:
        # With the function's name: stacks of one account and region must not ring each other's alarms.
        dimensions = {"service": SERVICE, "function_name": self._function_name}
        with single_metric(name, MetricUnit.Count, 1, namespace=NAMESPACE, default_dimensions=dimensions):
            pass

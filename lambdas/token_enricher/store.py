"""Whether a user has enrolled a second factor, asked of the pool for the holders of privileged scopes alone.

The event does not say ("Pre token generation Lambda trigger", Cognito Developer Guide), so it takes a call, and boto3,
which is imported with the first such call: nobody else's sign-in waits for it.
"""

import time
from collections.abc import Callable

MEMORY_SECONDS = 300
"""How long an enrolled factor is remembered: a refresh need not ask again, a removed factor counts soon."""

MEMORY_SIZE = 10_000
"""Users remembered by one execution environment."""

CONNECT_SECONDS, READ_SECONDS = 1, 1.5
"""One attempt of these, with boto3's import before it, ends within the 5 s that Cognito waits."""


class SecondFactors:
    """Remembers who has one. Who has none is asked for each time, so that enrolling helps at the next token."""

    def __init__(
        self, make_client: Callable[[], object] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._make_client = make_client or _cognito
        self._clock = clock
        self._client: object = None
        self._until: dict[tuple[str, str], float] = {}

    def enrolled(self, user_pool_id: str, user_name: str) -> bool:
        """Raises what boto3 raises when the pool cannot be asked."""
        key = (user_pool_id, user_name)
        if self._until.get(key, 0.0) > self._clock():
            return True
        if self._client is None:
            self._client = self._make_client()
        user = self._client.admin_get_user(UserPoolId=user_pool_id, Username=user_name)  # type: ignore[attr-defined]
        if not user.get("UserMFASettingList"):
            self._until.pop(key, None)
            return False
        if len(self._until) >= MEMORY_SIZE:
            self._until.clear()
        self._until[key] = self._clock() + MEMORY_SECONDS
        return True


def _cognito() -> object:
    import boto3
    from botocore.config import Config

    limits = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 1})
    return boto3.client("cognito-idp", config=limits)

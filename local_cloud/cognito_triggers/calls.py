"""The API call that the emulator is serving, known to everything it calls on the way.

The emulator hands its inner functions neither the operation nor its `ClientMetadata`, and a token request generates its
tokens one by one. Both are bridged by one context variable per call; each call runs in a thread and context of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from local_cloud.cognito_triggers.overrides import TokenOverrides

SIGN_IN_ACTIONS = frozenset({"InitiateAuth", "AdminInitiateAuth"})


class CallRefusedError(Exception):
    """The call ends with an error of the user pools API. `code` is its exception name, the text its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Call:
    """One operation with its request."""

    action: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    token_overrides: TokenOverrides | None = None
    """What pre token generation returned, once it ran: a call issues at most one pair of tokens."""
    reserved_sub: str = ""
    """The `sub` that the user being created will get."""

    @property
    def metadata(self) -> dict[str, str]:
        """`ClientMetadata` for every trigger but pre authentication.

        That of InitiateAuth is not passed on ("InitiateAuth", user pools API reference: it reaches pre sign-up, pre
        authentication and user migration only).
        """
        return {} if self.action in SIGN_IN_ACTIONS else dict(self.data.get("ClientMetadata") or {})


_serving: ContextVar[Call | None] = ContextVar("medflow_cognito_call", default=None)


def current() -> Call:
    """The call being served; an empty one in requests that are no API call, e.g. the pages of managed login."""
    return _serving.get() or Call()


@contextmanager
def serving(action: str, data: dict[str, Any]) -> Iterator[Call]:
    call = Call(action, data)
    token = _serving.set(call)
    try:
        yield call
    finally:
        _serving.reset(token)

"""Whose sign-in attempts are counted together, and what a count means. Nothing here calls anything.

Facts: "Pre authentication Lambda trigger", Cognito Developer Guide. The trigger runs before the password is looked at,
so it counts attempts; post authentication takes the count away again, and what stays are the failed ones.

**Whose.** A user who exists is counted under `sub`, which no spelling of the name changes: upper case, blanks, another
alias all lead Cognito to the same user, or to none. A name that nobody has is counted as Cognito would look it up, so
that the two lock alike and a lock tells nobody which names exist. `amina+1@` is another account to Cognito than
`amina@`: guesses at it are no guesses at hers, and taking them together would lock her without one try at her password
(and show that she exists, since only a name that nobody has would be counted under both spellings).

**In a row.** Attempts belong together while no two neighbours lie a whole window apart. A window with a fixed beginning
would let four through at its end and four more at the start of the next; this way as many failures as the limit, within
any stretch of the window's length, always lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

BEFORE, AFTER = "PreAuthentication_Authentication", "PostAuthentication_Authentication"
"""Trigger sources."""

LOCKED_TEXT = "Too many failed attempts to sign in. Please try again later"
FAILED_TEXT = "Signing in is not possible at the moment. Please try again later"
"""What the user reads, behind words of Cognito's own, which also adds the full stop. The same for every name."""


class SignInRefusedError(Exception):
    """The attempt ends here, before the password is looked at."""


class UnreadableEventError(ValueError):
    """The event does not say who signs in. The text quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """When an account is locked, and for how long."""

    failures: int
    window_seconds: int
    lock_seconds: int

    def expiry(self, now: int) -> int:
        """Moment from which a series that got its last attempt `now` means nothing under any of the rules."""
        return now + max(self.window_seconds, self.lock_seconds)


@dataclass(frozen=True, slots=True)
class Series:
    """Attempts in a row."""

    attempts: int
    last_attempt: int
    """Unix time in seconds."""


class Standing(StrEnum):
    """What a series means for the next attempt."""

    GOES_ON = "goes_on"
    LOCKED = "locked"
    OVER = "over"


def standing(series: Series, rules: Rules, now: int) -> Standing:
    """A lock starts with the attempt that reached the limit, and attempts during it do not prolong it."""
    full = series.attempts >= rules.failures
    if now - series.last_attempt >= (rules.lock_seconds if full else rules.window_seconds):
        return Standing.OVER
    return Standing.LOCKED if full else Standing.GOES_ON


@dataclass(frozen=True, slots=True)
class Account:
    """Whose attempts are counted together."""

    key: str
    """Key of the table's item."""
    known: bool
    """Whether the pool has such a user."""


def account_of(event: Mapping[str, object], *, case_sensitive: bool) -> Account:
    """The account that an event is about. Raises UnreadableEventError.

    The key is a digest with the pool's id in it: pools can share a table, and the table shows no address. It needs no
    secret, because `sub` is random and cannot be guessed from its digest; the names that could be are those of nobody.
    """
    request = event.get("request")
    attributes = request.get("userAttributes") if isinstance(request, Mapping) else None
    if not isinstance(request, Mapping) or not isinstance(attributes, Mapping | None):
        raise UnreadableEventError("request")
    pool = _text(event, "userPoolId")
    # Of a user who is not there, Cognito might make attributes up: they may change from one attempt to the next.
    if attributes and "sub" in attributes and not request.get("userNotFound"):
        return Account(_digest(pool, "user", _text(attributes, "sub")), known=True)
    name = _text(event, "userName").strip()
    return Account(_digest(pool, "name", name if case_sensitive else name.lower()), known=False)


def _digest(pool: str, kind: str, identity: str) -> str:
    return sha256(f"{pool}\0{kind}\0{identity}".encode()).hexdigest()


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableEventError(name)
    return value

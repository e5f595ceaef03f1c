"""Which account a provider's user is joined to, before Cognito would make a second one for the same person.

Facts: "Linking federated users to an existing user profile", Amazon Cognito Developer Guide, and
"AdminLinkProviderForUser", user pools API reference. Who is linked signs in as the account, so both sides must have
proven the address: the provider says `email_verified`, the account's e-mail is verified and the account confirmed. An
account that a stranger opened with somebody's address must not receive that somebody's sign-ins, and a provider's
unproven address must not open an account. Where a proven account exists that cannot be linked, nobody is created: a
second account would last, a refused sign-in can be repeated.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from sign_up_validator.admission import Applicant, RefusedError, UndecidedError
from sign_up_validator.env import Provider
from sign_up_validator.values import email_domain

if TYPE_CHECKING:
    from typing import Protocol

    class Accounts(Protocol):
        """The pool's users; see `store`."""

        def find(self, pool_id: str, email: str) -> "Sequence[Account]": ...
        def read(self, pool_id: str, username: str) -> "Account": ...
        def link(self, pool_id: str, username: str, identity: "Identity") -> str: ...


NEW, LINKED, ALREADY_LINKED = "NEW", "LINKED", "ALREADY_LINKED"
NOT_LINKING, UNVERIFIED, FOREIGN = "PROVIDER_DOES_NOT_LINK", "PROVIDER_DID_NOT_VERIFY", "PROVIDER_OF_OTHER_DOMAINS"
"""Outcomes, for the log. All but the two in the middle leave Cognito to create a user of the provider."""

_LOWER_CASE_ANYWAY = re.compile(r"[0-9]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Identity:
    """A user as the provider knows them."""

    __slots__ = ("provider", "subject")

    def __init__(self, provider: str, subject: str) -> None:
        self.provider, self.subject = provider, subject


class Account:
    """The part of a pool's user that the decision needs."""

    __slots__ = ("attributes", "enabled", "status", "username")

    def __init__(self, username: str, status: str, enabled: bool, attributes: Mapping[str, str]) -> None:
        self.username, self.status, self.enabled, self.attributes = username, status, enabled, attributes

    @property
    def is_native(self) -> bool:
        """Opened here. One that was linked may have the status EXTERNAL_PROVIDER, but keeps its `sub` as name."""
        return self.status != "EXTERNAL_PROVIDER" or self.username == self.attributes.get("sub")

    def proves(self, email: str) -> bool:
        """Whether the address is this account's, and verified. Cognito searches without regard to case, so do we."""
        own = self.attributes.get("email", "").lower()
        return own == email.lower() and self.attributes.get("email_verified") == "true"

    def has(self, identity: Identity) -> bool:
        """Whether the provider's user is linked to it."""
        try:
            known = json.loads(self.attributes.get("identities") or "[]")
        except ValueError:
            return False
        pair = {"providerName": identity.provider, "userId": identity.subject}
        entries = known if isinstance(known, list) else []
        return any(isinstance(entry, dict) and pair.items() <= entry.items() for entry in entries)


def join(applicant: Applicant, providers: Sequence[Provider], accounts: "Callable[[], Accounts]") -> str:
    """Link the provider's user to the one account of their address, if there is one; the outcome for the log.

    `accounts` is asked for only when the pool has to be: most users cost no call. Raises RefusedError.
    """
    provider = provider_of(applicant.user_name, providers)
    email = applicant.attributes.get("email", "")
    if provider is None:
        return NOT_LINKING
    if not email or applicant.attributes.get("email_verified", "").lower() != "true":
        return UNVERIFIED
    if provider.email_domains and email_domain(email) not in provider.email_domains:
        return FOREIGN
    pool = accounts()
    found = [account for account in pool.find(applicant.pool_id, email) if account.is_native and account.proves(email)]
    if not found:
        return NEW
    if len(found) > 1:
        raise RefusedError("SEVERAL_ACCOUNTS")
    return _link(found[0].username, identity_of(applicant, provider), applicant, pool)


def _link(username: str, identity: Identity, applicant: Applicant, pool: "Accounts") -> str:
    # The search lags behind; reading one user does not. Its address may have changed, or it may have been disabled.
    account = pool.read(applicant.pool_id, username)
    if not account.proves(applicant.attributes["email"]):
        raise RefusedError("ACCOUNT_CHANGED")
    if not account.enabled:
        raise RefusedError("ACCOUNT_DISABLED")
    if account.has(identity):
        return ALREADY_LINKED
    if account.status not in ("CONFIRMED", "EXTERNAL_PROVIDER"):
        raise RefusedError(f"ACCOUNT_{account.status}")
    refusal = pool.link(applicant.pool_id, username, identity)
    if not refusal:
        return LINKED
    # Cognito asks up to three times, and two sign-ins may come at once: the other call may have been the quicker one.
    if pool.read(applicant.pool_id, username).has(identity):
        return ALREADY_LINKED
    raise UndecidedError(f"LINK_{refusal}")


def provider_of(user_name: str, providers: Sequence[Provider]) -> Provider | None:
    """The provider that a name such as `Google_1234` begins with, or `google_1234`: a pool that does not tell cases
    apart writes names in lower case. No provider's name with an underscore begins another's: the component sees to it.
    """
    lower = user_name.lower()
    return next((known for known in providers if lower.startswith(f"{known.name.lower()}_")), None)


def identity_of(applicant: Applicant, provider: Provider) -> Identity:
    """The provider's name and its user's id as the provider writes them. Raises RefusedError when the id's case is
    lost: a link to another spelling would never be found, and Cognito would make a second account."""
    name = applicant.user_name
    subject = name[len(provider.name) + 1 :]
    exact = applicant.attributes.get(provider.subject_attribute, "") if provider.subject_attribute else ""
    if exact and exact.lower() == subject.lower():
        return Identity(provider.name, exact)
    if not subject or (name == name.lower() and not _LOWER_CASE_ANYWAY.fullmatch(subject)):
        raise UndecidedError("SUBJECT_CASE_UNKNOWN")
    return Identity(provider.name, subject)

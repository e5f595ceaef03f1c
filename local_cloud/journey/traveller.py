"""The journey's first user: what they were given at birth, and what they hold so far."""

import secrets
import string
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from local_cloud.connection import Connection

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_sqs import SQSClient

Redrive = Callable[[Connection], int]
"""Moves the dead letters of the sign-up queue back to it and returns how many: the operator's own command."""

STAFF_ROLE = "receptionist"
"""The first user's role: may list the staff of the own clinic, may not change it."""

POOR_ROLE = "patient"
"""The role of the second user of the same clinic: has no scope on staff."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Cognito hands out at a sign-in; never printed."""

    access: str = field(default="", repr=False)
    id: str = field(default="", repr=False)
    refresh: str = field(default="", repr=False)

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> "Tokens":
        """From an AuthenticationResult; a refresh without rotation brings no new refresh token."""
        return cls(result["AccessToken"], result["IdToken"], result.get("RefreshToken", ""))


@dataclass
class Traveller:
    """State that one step leaves for the next. Empty until the step named in its comment has run."""

    connection: Connection
    redrive: Redrive
    email: str
    password: str = field(repr=False)
    clinic_id: str
    name: str = "Amina Haddad"
    language: str = "ar"
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    user_id: str = ""  # register
    code: str = field(default="", repr=False)  # receive_code
    confirmed_at: float = 0.0  # confirm, on the monotonic clock
    confirm_to_row_seconds: float | None = None  # find_row
    tokens: Tokens = field(default_factory=Tokens)  # sign_in
    contested_email: str = ""  # conflict
    former_owner_id: str = ""  # conflict
    new_owner_id: str = ""  # conflict

    @classmethod
    def new(cls, connection: Connection, redrive: Redrive) -> "Traveller":
        """A user nobody has seen before, so the journey can run any number of times against one cloud."""
        return cls(
            connection,
            redrive,
            email=f"amina.{secrets.token_hex(4)}@example.com",
            password=new_password(),
            clinic_id=str(uuid.uuid4()),
        )

    @cached_property
    def browser(self) -> "CognitoIdentityProviderClient":
        """Cognito as the web app sees it: unsigned calls of the public client."""
        client: CognitoIdentityProviderClient = self.connection.anonymous_client("cognito-idp")
        return client

    @cached_property
    def administrator(self) -> "CognitoIdentityProviderClient":
        """Cognito with an administrator's credentials."""
        client: CognitoIdentityProviderClient = self.connection.client("cognito-idp")
        return client

    @cached_property
    def events(self) -> "EventBridgeClient":
        client: EventBridgeClient = self.connection.client("events")
        return client

    @cached_property
    def sqs(self) -> "SQSClient":
        client: SQSClient = self.connection.client("sqs")
        return client

    @property
    def pool_id(self) -> str:
        return self.connection.output("user_pool_id")

    @property
    def web_client_id(self) -> str:
        return self.connection.output("web_client_id")

    def api(self, path: str) -> str:
        """Address of a route of the API, e.g. `/api/me`."""
        return f"{self.connection.api_url}{path}"

    def users_of(self, clinic_id: str) -> str:
        """Address of the route that lists a clinic's users."""
        return self.api(f"/api/clinics/{clinic_id}/users")

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Run one statement on the platform's database and return its rows, if it has any."""
        with psycopg.connect(self.connection.postgres_dsn, autocommit=True, row_factory=dict_row) as database:
            cursor = database.execute(sql.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def rows_of(self, cognito_id: str) -> list[dict[str, Any]]:
        """The rows of one user, whole."""
        return self.query("SELECT * FROM users WHERE cognito_id = %s", [cognito_id])


def new_password() -> str:
    """A random password that every environment's policy accepts: all four kinds of characters, 20 of them."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@#%^*-_=+")
    return "".join(secrets.choice(kinds[position % len(kinds)]) for position in range(20))

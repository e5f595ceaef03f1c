"""What a post confirmation event becomes: the `user.registered` event, in the envelope that EventBridge would deliver.

Facts: "Post confirmation Lambda trigger", Cognito Developer Guide; "Event structure", EventBridge User Guide.

An attribute with an impossible value (a clinic id that is no UUID, specialties that are no JSON) goes into the event as
it is. The event then breaks its schema, the consumer dead-letters it with the reason, and an operator sees and mends
it; leaving the attribute out would store a user without clinic and tell nobody.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from medflow_runtime.events import SOURCE, USER_REGISTERED, USER_REGISTERED_VERSIONS

CONFIRMED = "PostConfirmation_ConfirmSignUp"
"""The one source that means a registration; the other is `PostConfirmation_ConfirmForgotPassword`."""

REGISTRATIONS = UUID("8d3ff0c1-6f0c-4d43-9a08-6c6c3c2f7b57")
"""Namespace of event ids: Cognito calls a trigger up to three times, and each call shall make the same id."""

PROPERTIES = {
    "sub": "cognito_id",
    "email": "email",
    "name": "name",
    "phone_number": "phone",
    "custom:medical_license": "medical_license",
    "custom:license_state": "license_state",
    "custom:clinic_id": "clinic_id",
    "custom:user_role": "user_role",
    "custom:preferred_language": "preferred_language",
    "custom:npi_number": "npi_number",
}
"""Cognito attribute -> property of the event's `user`, where the text is taken as it is."""


def user_registered(event: Mapping[str, Any], correlation_id: str, now: datetime) -> dict[str, Any]:
    """The event's detail, valid or not. `now` is in UTC."""
    attributes = event["request"]["userAttributes"]
    pool = event["userPoolId"]
    user: dict[str, Any] = {
        key: attributes[name] for name, key in PROPERTIES.items() if attributes.get(name) not in (None, "")
    }
    user["email_verified"] = _boolean(attributes.get("email_verified", "false"))
    if attributes.get("custom:specialties"):
        user["specialties"] = _list(attributes["custom:specialties"])
    return {
        "schema_version": USER_REGISTERED_VERSIONS[-1],
        "event_id": str(uuid5(REGISTRATIONS, f"{pool}/{attributes.get('sub')}")),
        "occurred_at": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "correlation_id": correlation_id,
        "user_pool_id": pool,
        "user": user,
    }


def envelope(detail: Mapping[str, Any], region: str, account: str) -> dict[str, Any]:
    """The event as EventBridge puts it on the queue, so that the consumer reads both ways alike."""
    return {
        "version": "0",
        "id": detail["event_id"],
        "detail-type": USER_REGISTERED,
        "source": SOURCE,
        "account": account,
        "time": detail["occurred_at"][:19] + "Z",
        "region": region,
        "resources": [],
        "detail": detail,
    }


def _boolean(text: object) -> object:
    return {"true": True, "false": False}.get(str(text).lower(), text)


def _list(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text

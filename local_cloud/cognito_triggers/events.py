"""The event of each trigger, as pure functions: common fields, `request` and the empty `response`.

Shapes from "Customizing user pool workflows with Lambda triggers" and the page of each trigger in the Amazon Cognito
Developer Guide; what the pages leave open (null or absent, `cognito:user_status`, `linkParameter`) from events that
functions logged in AWS. Attribute values are texts.
"""

from collections.abc import Mapping, Sequence
from typing import Any

NO_CLIENT = "CLIENT_ID_NOT_APPLICABLE"
"""Stands for the app client in events of operations that an administrator calls."""

CODE = "{####}"
USERNAME = "{username}"
LINK = "{##Click Here##}"


def event(
    pool: Mapping[str, Any],
    source: str,
    user_name: str,
    client_id: str | None,
    request: Mapping[str, Any],
    response: Mapping[str, Any],
    version: str = "1",
) -> dict[str, Any]:
    """A complete event. `source` is the `triggerSource`; `client_id` is None when no app client takes part."""
    return {
        "version": version,
        "triggerSource": source,
        "region": pool["Id"].partition("_")[0],
        "userPoolId": pool["Id"],
        "userName": user_name,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client_id},
        "request": dict(request),
        "response": dict(response),
    }


def attributes_of(user: Mapping[str, Any]) -> dict[str, str]:
    """`userAttributes` of an existing user: its attributes and its status."""
    own = {item["Name"]: item["Value"] for item in user.get("Attributes", [])}
    return {"sub": own.get("sub", ""), "cognito:user_status": user.get("UserStatus", ""), **own}


def client_metadata(metadata: Mapping[str, str]) -> dict[str, Any]:
    """The field `clientMetadata`, which is absent when the call carries none."""
    return {"clientMetadata": dict(metadata)} if metadata else {}


def pre_sign_up(
    attributes: Mapping[str, str], validation_data: Sequence[Mapping[str, str]] | None, metadata: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Request and response of a user who does not exist yet: neither `sub` nor a status among the attributes."""
    given = {name: value for name, value in attributes.items() if name != "sub"}
    data = {item["Name"]: item.get("Value", "") for item in validation_data or []} or None
    request = {"userAttributes": given, "validationData": data, **client_metadata(metadata)}
    return request, {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}


def pre_authentication(
    user: Mapping[str, Any] | None, validation_data: Mapping[str, str] | None, hides_existence: bool
) -> dict[str, Any]:
    """Request of a sign-in attempt; `userNotFound` exists only where the app client hides who exists."""
    return {
        "userAttributes": attributes_of(user) if user else {},
        "validationData": dict(validation_data) if validation_data else None,
        **({"userNotFound": user is None} if hides_existence else {}),
    }


def custom_message(
    attributes: Mapping[str, str], metadata: Mapping[str, str], username_parameter: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    request = {
        "userAttributes": dict(attributes),
        "codeParameter": CODE,
        "linkParameter": LINK,
        "usernameParameter": username_parameter,
        **client_metadata(metadata),
    }
    return request, {"smsMessage": None, "emailMessage": None, "emailSubject": None}

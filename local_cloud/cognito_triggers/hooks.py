"""The places in the emulator's Cognito service where triggers belong. Each function replaces the one of its name."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ministack.services import cognito

from local_cloud.cognito_triggers import calls, events, invocation
from local_cloud.cognito_triggers.calls import SIGN_IN_ACTIONS, CallRefusedError
from local_cloud.cognito_triggers.emulator import ORIGINAL, pool_of, set_attributes, user_of

Handler = Callable[[dict[str, Any]], Any]
User = dict[str, Any]
Pool = Mapping[str, Any]

FIRST_STEP_FLOWS = frozenset(
    {"USER_SRP_AUTH", "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH"}
)
"""Flows in which InitiateAuth is a sign-in attempt; a refresh is none."""

CONFIRMATIONS = {
    "SignUp": "PostConfirmation_ConfirmSignUp",
    "ConfirmSignUp": "PostConfirmation_ConfirmSignUp",
    "AdminConfirmSignUp": "PostConfirmation_ConfirmSignUp",
    "ConfirmForgotPassword": "PostConfirmation_ConfirmForgotPassword",
}

MESSAGES = {
    "SignUp": "CustomMessage_SignUp",
    "ResendConfirmationCode": "CustomMessage_ResendCode",
    "ForgotPassword": "CustomMessage_ForgotPassword",
    "AdminResetUserPassword": "CustomMessage_ForgotPassword",
    "UpdateUserAttributes": "CustomMessage_UpdateUserAttribute",
    "AdminUpdateUserAttributes": "CustomMessage_UpdateUserAttribute",
    "GetUserAttributeVerificationCode": "CustomMessage_VerifyUserAttribute",
}


def run_idp_handler(handler: Handler, action: str, data: dict[str, Any]) -> Any:
    """Serve one operation with the triggers before and after it. The emulator's own checks still come first."""
    with calls.serving(action, data):
        try:
            return ORIGINAL["_run_idp_handler"](partial(_with_triggers, handler, action), action, data)
        except CallRefusedError as refused:
            return cognito.error_response_json(refused.code, str(refused), 400)


def oauth2_token(
    data: dict[str, Any], query_params: Any, raw_body: bytes = b"", headers: dict[str, Any] | None = None
) -> Any:
    """The token endpoint. Which OAuth error AWS gives when a trigger fails is not documented; this is a guess."""
    with calls.serving("Token", {}):
        try:
            return ORIGINAL["_oauth2_token"](data, query_params, raw_body, headers)
        except CallRefusedError as refused:
            return cognito._oauth2_error("invalid_request", str(refused))


def _with_triggers(handler: Handler, action: str, data: dict[str, Any]) -> Any:
    if action in SIGN_IN_ACTIONS and data.get("AuthFlow") in FIRST_STEP_FLOWS:
        _pre_authentication(data)
    response = handler(data)
    if response[0] == 200 and action in CONFIRMATIONS:
        _confirmed(action, data, json.loads(response[2]))
    return response


def _pre_authentication(data: dict[str, Any]) -> None:
    """Before any password is looked at. An unknown user counts only where the app client hides who exists."""
    pool = pool_of(data)
    username = (data.get("AuthParameters") or {}).get("USERNAME")
    if pool is None or not username or _flow_is_off(pool, data):
        return
    user = user_of(pool, username)
    hides_existence = cognito._hides_user_existence(pool, data.get("ClientId"))
    if user is None and not hides_existence:
        return
    _fire(
        "PreAuthentication",
        "PreAuthentication_Authentication",
        pool,
        user["Username"] if user else username,
        data.get("ClientId"),
        events.pre_authentication(user, data.get("ClientMetadata"), hides_existence),
    )


def _flow_is_off(pool: Pool, data: Mapping[str, Any]) -> bool:
    """The emulator refuses SRP and custom authentication that a client does not allow only inside the operation."""
    flows = (pool["_clients"].get(data.get("ClientId")) or {}).get("ExplicitAuthFlows") or []
    names_flows = any(flow.startswith("ALLOW_") for flow in flows)
    return (
        names_flows
        and data["AuthFlow"] in ("USER_SRP_AUTH", "CUSTOM_AUTH")
        and (f"ALLOW_{data['AuthFlow']}" not in flows)
    )


def _confirmed(action: str, data: dict[str, Any], answer: Mapping[str, Any]) -> None:
    """Mark what the confirmation proved, then tell the function. The user stays confirmed when the function fails."""
    pool = pool_of(data)
    user = user_of(pool, data.get("Username"))
    if pool is None or user is None:
        return
    attributes = events.attributes_of(user)
    if action == "SignUp" and "email" in attributes and "email_verified" not in attributes:
        set_attributes(user, email_verified="false")
    if action == "SignUp" and not answer.get("UserConfirmed"):
        return
    if action == "ConfirmSignUp" and "email" in attributes and "email" in (pool.get("AutoVerifiedAttributes") or []):
        set_attributes(user, email_verified="true")
    request = {
        "userAttributes": events.attributes_of(user),
        **events.client_metadata(calls.current().metadata),
    }
    _fire("PostConfirmation", CONFIRMATIONS[action], pool, user["Username"], data.get("ClientId"), request)


def apply_presignup_trigger(
    pool_id: str,
    client_id: str,
    username: str,
    user_attrs: dict[str, Any],
    trigger_source: str = "PreSignUp_ExternalProvider",
) -> dict[str, bool]:
    """What the function decides about a user who signs up, or comes from an identity provider for the first time."""
    pool = cognito._get_pool_unscoped(pool_id)
    if trigger_source != "PreSignUp_ExternalProvider":
        return _pre_sign_up(pool, client_id, username, user_attrs, trigger_source)
    try:
        return _pre_sign_up(pool, client_id, username, user_attrs, trigger_source)
    except CallRefusedError as refused:
        # The emulator turns this one into the redirect that managed login answers with.
        raise cognito._PreSignUpRejected(str(refused)) from None


def _pre_sign_up(
    pool: Pool, client_id: str, username: str, attributes: Mapping[str, str], source: str
) -> dict[str, bool]:
    call = calls.current()
    request, response = events.pre_sign_up(attributes, call.data.get("ValidationData"), call.metadata)
    answer = _fire("PreSignUp", source, pool, username, client_id, request, response) or {}
    flags = {name: answer.get(name) or False for name in response}
    if not all(isinstance(flag, bool) for flag in flags.values()):
        raise invocation.unrecognizable()
    for flag, attribute in (("autoVerifyEmail", "email"), ("autoVerifyPhone", "phone_number")):
        if flags[flag] and not attributes.get(attribute):
            raise CallRefusedError("InvalidLambdaResponseException", f"{flag} needs a user with {attribute}")
    return flags


def validate_password(pool: Pool, password: str) -> Any:
    """The last check of AdminCreateUser before it creates the user: there pre sign-up comes in.

    Only an error counts, the answer is ignored ("Pre sign-up Lambda trigger": users that administrators create are not
    confirmed automatically).
    """
    refused = ORIGINAL["_validate_password"](pool, password)
    call = calls.current()
    if refused is None and call.action == "AdminCreateUser":
        attributes = cognito._attr_list_to_dict(call.data.get("UserAttributes", []))
        username = call.data["Username"]
        alias = cognito._username_alias_attribute(pool, username)
        if alias:
            attributes.setdefault(alias, username)
            call.reserved_sub = username = ORIGINAL["new_uuid"]()
        _fire(
            "PreSignUp",
            "PreSignUp_AdminCreateUser",
            pool,
            username,
            events.NO_CLIENT,
            *events.pre_sign_up(attributes, call.data.get("ValidationData"), call.metadata),
        )
    return refused


def new_uuid() -> str:
    """A new id; for a user that pre sign-up was already told about, the id it was told."""
    call = calls.current()
    reserved, call.reserved_sub = call.reserved_sub, ""
    return reserved or str(ORIGINAL["new_uuid"]())


def build_auth_result(
    pool_id: str,
    client_id: str,
    user: User,
    nonce: str = "",
    trigger_source: str = "TokenGeneration_Authentication",
    client_metadata: dict[str, str] | None = None,
    origin_jti: str = "",
    scope: str | None = None,
) -> dict[str, Any]:
    """Post authentication between the successful sign-in and its tokens; a refresh is no sign-in."""
    if trigger_source != "TokenGeneration_RefreshTokens":
        request = {
            "userAttributes": events.attributes_of(user),
            "newDeviceUsed": False,
            **events.client_metadata(calls.current().metadata),
        }
        pool = cognito._get_pool_unscoped(pool_id)
        source = "PostAuthentication_Authentication"
        _fire("PostAuthentication", source, pool, user["Username"], client_id, request)
    result: dict[str, Any] = ORIGINAL["_build_auth_result"](
        pool_id,
        client_id,
        user,
        nonce=nonce,
        trigger_source=trigger_source,
        client_metadata=client_metadata,
        origin_jti=origin_jti,
        scope=scope,
    )
    return result


def send_verification_email(
    pool: Pool, username: str, attr_dict: dict[str, str], code: str, attribute_name: str = "email"
) -> Any:
    """A message with a code, in the words of the custom message function where there is one."""
    call = calls.current()
    user = user_of(pool, username)
    if user is not None and call.action in MESSAGES:
        attributes = {**events.attributes_of(user), **attr_dict}
        if "email" in attributes:
            attributes.setdefault("email_verified", "false")
        client_id = events.NO_CLIENT if call.action.startswith("Admin") else cognito_client(call.data)
        answer = _custom_message(pool, MESSAGES[call.action], user["Username"], client_id, attributes, call.metadata)
        pool = _with_template(pool, answer)
    return ORIGINAL["_send_verification_email"](pool, username, attr_dict, code, attribute_name)


def cognito_client(data: Mapping[str, Any]) -> str:
    """The app client of a request: named in it, or in the access token it carries."""
    return str(data.get("ClientId") or cognito._token_claims(data.get("AccessToken")).get("client_id", ""))


def apply_custom_message_trigger(
    pool: Pool,
    trigger_source: str,
    username: str,
    user_attrs: dict[str, str],
    client_metadata: dict[str, str] | None = None,  # noqa: ARG001
    username_parameter: str = events.USERNAME,
) -> dict[str, Any]:
    """The invitation of a user that an administrator creates; this operation's metadata goes to pre sign-up only."""
    attributes = {**user_attrs, "cognito:user_status": "FORCE_CHANGE_PASSWORD"}
    return _custom_message(pool, trigger_source, username, events.NO_CLIENT, attributes, {}, username_parameter)


def _custom_message(
    pool: Pool,
    source: str,
    username: str,
    client_id: str,
    attributes: Mapping[str, str],
    metadata: Mapping[str, str],
    username_parameter: str | None = None,
) -> dict[str, Any]:
    """Subject and text of an e-mail, each only if the function gave one ("Custom message Lambda trigger").

    Refused with InvalidLambdaResponseException: a text without the code, and any e-mail text or subject in a pool that
    does not send through Amazon SES.
    """
    request, response = events.custom_message(attributes, metadata, username_parameter)
    answer = _fire("CustomMessage", source, pool, username, client_id, request, response) or {}
    message, subject = answer.get("emailMessage"), answer.get("emailSubject")
    sends_through_ses = (pool.get("EmailConfiguration") or {}).get("EmailSendingAccount") == "DEVELOPER"
    if (message or subject) and not sends_through_ses:
        raise CallRefusedError(
            "InvalidLambdaResponseException", "emailMessage and emailSubject need EmailSendingAccount DEVELOPER"
        )
    if message and events.CODE not in message and "{##" not in message:
        raise CallRefusedError("InvalidLambdaResponseException", f"emailMessage must contain {events.CODE}")
    return answer


def _with_template(pool: Pool, message: Mapping[str, Any]) -> Pool:
    """The pool, with the function's words in place of its own template."""
    template = dict(pool.get("VerificationMessageTemplate") or {})
    by_link = "ByLink" if template.get("DefaultEmailOption") == "CONFIRM_WITH_LINK" else ""
    if message.get("emailMessage"):
        template[f"EmailMessage{by_link}"] = message["emailMessage"]
    if message.get("emailSubject"):
        template[f"EmailSubject{by_link}"] = message["emailSubject"]
    return {**pool, "VerificationMessageTemplate": template}


def _fire(
    trigger: str,
    source: str,
    pool: Pool,
    username: str,
    client_id: str | None,
    request: Mapping[str, Any],
    response: Mapping[str, Any] | None = None,
) -> dict[str, Any] | None:
    """Call the pool's function for this trigger, if there is one. Raises CallRefusedError."""
    function = (pool.get("LambdaConfig") or {}).get(trigger)
    if not function:
        return None
    event = events.event(pool, source, username, client_id, request, response or {})
    return invocation.answer(trigger, function, event, pool)

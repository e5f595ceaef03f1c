"""A changed e-mail address or phone number is unverified until its owner repeats a code.

From "Verifying updates to email addresses and phone numbers" (Amazon Cognito Developer Guide) and
"UserAttributeUpdateSettingsType" (user pools API reference): where the pool wants the verification first, the old
value stays in force until VerifyUserAttribute; an administrator who sends the verified flag along skips it. The
emulator changes the value, keeps it verified, and lacks both operations. It sends no text messages, so a phone number
gets no code.
"""

from collections.abc import Mapping
from typing import Any

from ministack.core import concurrency
from ministack.services import cognito

from local_cloud import cognito_rules
from local_cloud.cognito_triggers.emulator import ORIGINAL, pool_of, set_attributes, user_of

CONTACTS = ("email", "phone_number")

CODE = "123456"
"""The emulator's code for every confirmation."""

Data = dict[str, Any]
User = dict[str, Any]


def update_user_attributes(data: Data) -> Any:
    user, pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
    before = _values(user) if user else {}
    response = ORIGINAL["_update_user_attributes"](data)
    if response[0] != 200:
        return response
    return cognito.json_response({"CodeDeliveryDetailsList": _changed(pool, user, before, data)})


def admin_update_user_attributes(data: Data) -> Any:
    pool = pool_of(data)
    user = user_of(pool, data.get("Username"))
    before = _values(user) if user else {}
    response = ORIGINAL["_admin_update_user_attributes"](data)
    if response[0] == 200 and pool is not None and user is not None:
        _changed(pool, user, before, data)
    return response


def get_user_attribute_verification_code(data: Data) -> Any:
    """Send another code: for the address that waits, or else for the one in force."""
    user, pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
    name = data.get("AttributeName", "")
    address = user.get("_waiting", {}).get(name) or _values(user).get(name) if user else None
    if name != "email" or not address:
        return cognito.error_response_json("InvalidParameterException", f"Cannot send a code for {name}", 400)
    return cognito.json_response({"CodeDeliveryDetails": _send_code(pool, user, name, address)})


def verify_user_attribute(data: Data) -> Any:
    """The right code puts the waiting value in force and marks it verified."""
    user, pool = cognito._user_pool_for_access_token(data.get("AccessToken"))
    if not user:
        return cognito.error_response_json("NotAuthorizedException", "Invalid access token.", 400)
    name = data.get("AttributeName", "")
    wrong = cognito._code_error(user.get("_attribute_codes", {}).get(name), data.get("Code"))
    if wrong:
        return wrong
    value = user.get("_waiting", {}).get(name) or _values(user)[name]
    try:
        cognito_rules.check_alias(pool, user, {name: value})
    except cognito_rules.RefusedError as refused:
        return cognito.error_response_json(refused.code, str(refused), 400)
    user.get("_waiting", {}).pop(name, None)
    del user["_attribute_codes"][name]
    set_attributes(user, **{name: value, f"{name}_verified": "true"})
    return cognito.json_response({})


OPERATIONS = {
    "GetUserAttributeVerificationCode": get_user_attribute_verification_code,
    "VerifyUserAttribute": verify_user_attribute,
}
"""Operations of the user pools API that the emulator does not know."""


async def dispatch_idp(action: str, data: Data) -> Any:
    handler = OPERATIONS.get(action)
    if handler is None:
        return await ORIGINAL["_dispatch_idp"](action, data)
    return await concurrency.run_reentrant(
        cognito._run_idp_handler, handler, action, data, thread_name="ministack-cognito-trigger"
    )


def _changed(pool: Mapping[str, Any], user: User, before: Mapping[str, str], data: Data) -> list[dict[str, str]]:
    """Treat the contacts that an update just changed. The result is its `CodeDeliveryDetailsList`."""
    given = cognito._attr_list_to_dict(data.get("UserAttributes") or [])
    settings = pool.get("UserAttributeUpdateSettings") or {}
    verified_first = settings.get("AttributesRequireVerificationBeforeUpdate") or []
    delivered = []
    for name in CONTACTS:
        if name not in given or given[name] == before.get(name) or given.get(f"{name}_verified") == "true":
            continue
        if name in verified_first and name in before:
            set_attributes(user, **{name: before[name]})
            user.setdefault("_waiting", {})[name] = given[name]
        else:
            set_attributes(user, **{f"{name}_verified": "false"})
        if name == "email" and name in (pool.get("AutoVerifiedAttributes") or []):
            delivered.append(_send_code(pool, user, name, given[name]))
    return delivered


def _send_code(pool: Mapping[str, Any], user: User, name: str, address: str) -> dict[str, str]:
    user.setdefault("_attribute_codes", {})[name] = CODE
    cognito._send_verification_email(pool, user["Username"], {**_values(user), name: address}, CODE, name)
    return {
        "Destination": cognito._masked_destination(address),
        "DeliveryMedium": "EMAIL",
        "AttributeName": name,
    }


def _values(user: User) -> dict[str, str]:
    values: dict[str, str] = cognito._attr_list_to_dict(user.get("Attributes", []))
    return values

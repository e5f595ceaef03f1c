"""User pool Lambda triggers as AWS runs them, inside the emulator's Cognito service.

The emulator knows some triggers, differently from AWS (pre token generation twice per sign-in, errors ignored or as the
text of a dictionary), and not at all pre and post authentication, post confirmation and most messages. In order:

    SignUp           pre sign-up -> custom message -> (confirmed at once: post confirmation)
    AdminCreateUser  pre sign-up -> custom message
    ConfirmSignUp, AdminConfirmSignUp, ConfirmForgotPassword   post confirmation, the user being confirmed already
    InitiateAuth     pre authentication, then the password -> post authentication -> pre token generation
    RespondToAuthChallenge                                     post authentication -> pre token generation
    refresh                                                    pre token generation
    client credentials                                         pre token generation from event version three on

Parts: `invocation` calls a function, `events` and `overrides` know the shapes going in and coming out, `hooks`,
`tokens` and `contact_changes` replace functions of the emulator, `calls` tells them which operation they serve.

Not here: user migration, custom senders, inbound federation, and the sign-in pages of managed login, which end in
post authentication only at the token endpoint and never run pre authentication.
"""

from local_cloud import cognito_rules
from local_cloud.cognito_triggers import contact_changes, emulator, hooks, tokens
from local_cloud.compatibility import Patched

__all__ = ["PATCHED", "install"]

_COGNITO = "ministack.services.cognito"
_LAMBDA = "ministack.services.lambda_svc"


def install() -> None:
    """Run the triggers, behind the attribute rules that AWS checks before them. Doing it again changes nothing."""
    cognito_rules.install()
    emulator.replace(
        {
            "_run_idp_handler": hooks.run_idp_handler,
            "_oauth2_token": hooks.oauth2_token,
            "_apply_presignup_trigger": hooks.apply_presignup_trigger,
            "_apply_custom_message_trigger": hooks.apply_custom_message_trigger,
            "_apply_pretoken_trigger": tokens.apply_pretoken_trigger,
            "_send_verification_email": hooks.send_verification_email,
            "_build_auth_result": hooks.build_auth_result,
            "_validate_password": hooks.validate_password,
            "new_uuid": hooks.new_uuid,
            "_update_user_attributes": contact_changes.update_user_attributes,
            "_admin_update_user_attributes": contact_changes.admin_update_user_attributes,
            "_dispatch_idp": contact_changes.dispatch_idp,
        }
    )


PATCHED = (
    *cognito_rules.PATCHED,
    Patched(_COGNITO, "_run_idp_handler", "(handler, action: str, data: dict)"),
    Patched(_COGNITO, "_oauth2_token", "(data, query_params, raw_body: bytes = b'', headers: dict | None = None)"),
    Patched(
        _COGNITO,
        "_apply_presignup_trigger",
        "(pool_id: str, client_id: str, username: str, user_attrs: dict,"
        " trigger_source: str = 'PreSignUp_ExternalProvider') -> dict",
        "3a8e61e0cad3",
    ),
    Patched(
        _COGNITO,
        "_apply_custom_message_trigger",
        "(pool: dict, trigger_source: str, username: str, user_attrs: dict, client_metadata=None,"
        " username_parameter: str = '{username}') -> dict",
        "b0404daf9e7f",
    ),
    Patched(
        _COGNITO,
        "_apply_pretoken_trigger",
        "(pool_id: str, claims: dict, token_type: str, trigger_source: str, client_id: str, username: str,"
        " user_attrs: dict, groups: list[str], client_metadata: dict | None = None,"
        " scope: str = 'aws.cognito.signin.user.admin') -> dict",
        "3ea4dfabd7f5",
    ),
    Patched(_COGNITO, "_send_verification_email", "(pool, username, attr_dict, code, attribute_name='email')"),
    Patched(
        _COGNITO,
        "_build_auth_result",
        "(pool_id: str, client_id: str, user: dict, nonce: str = '',"
        " trigger_source: str = 'TokenGeneration_Authentication', client_metadata: dict | None = None,"
        " origin_jti: str = '', scope: str | None = None) -> dict",
    ),
    Patched(_COGNITO, "_validate_password", "(pool, password)"),
    Patched(_COGNITO, "new_uuid", "() -> str"),
    Patched(_COGNITO, "_dispatch_idp", "(action: str, data: dict)"),
    # Not replaced, but the triggers rely on what these do and in which order.
    Patched(_COGNITO, "_admin_create_user", "(data)", "b6be9f9333ac"),
    Patched(_COGNITO, "_sign_up", "(data)", "7c18b40cc080"),
    Patched(
        _COGNITO,
        "_fake_token",
        "(sub: str, pool_id: str, client_id: str, token_type: str = 'access', username: str = '',"
        " user_attrs: dict | None = None, groups: list[str] | None = None, nonce: str = '',"
        " trigger_source: str = 'TokenGeneration_Authentication', client_metadata: dict | None = None,"
        " origin_jti: str = '', scope: str | None = None) -> str",
        "7e26f28e0883",
    ),
    Patched(
        _COGNITO,
        "_render_invitation_message",
        "(pool, username, temp_password, attr_dict, client_metadata=None) -> tuple",
        "d005ab15ec27",
    ),
    # Called.
    Patched(_COGNITO, "_attr_list_to_dict", "(attrs: list) -> dict"),
    Patched(_COGNITO, "_aws_scope_order", "(scopes: list[str], presized: bool = True) -> list[str]"),
    Patched(_COGNITO, "_code_error", "(issued, code)"),
    Patched(_COGNITO, "_get_pool_unscoped", "(pool_id: str)"),
    Patched(_COGNITO, "_hides_user_existence", "(pool: dict, client_id: str) -> bool"),
    Patched(_COGNITO, "_masked_destination", "(address: str) -> str"),
    Patched(_COGNITO, "_merge_attributes", "(existing: list, updates: list) -> list"),
    Patched(_COGNITO, "_oauth2_error", "(error: str, description: str, status: int = 400)"),
    Patched(_LAMBDA, "_execute_function_with_config_scope", "(func: dict, event: dict) -> dict"),
    Patched(_LAMBDA, "_execution_record_for_config", "(func: dict, config: dict) -> dict"),
    Patched(_LAMBDA, "_get_func_record_for_ref", "(function_ref: str) -> tuple[dict | None, dict | None, str]"),
)
"""Functions that are replaced, and functions that the replacements call or whose order of steps they rely on."""

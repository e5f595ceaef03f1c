"""What IAM enforces at AWS and the emulator does not: the parts on which a clinic's boundary rests.

`variables` fills in policy variables, `leading_keys` DynamoDB's partition keys and PartiQL's actions, `resources` the
resources of a few operations; `identity_pools` and `identity_rules` give identity-pool sessions their role, tags and
condition keys, and ask the role's trust policy. Compared with AWS's documentation, not with AWS.

Not here: the session policy that AWS lays over guests ("IAM roles", Amazon Cognito Developer Guide),
developer-authenticated identities, and the further actions that a message move task is checked for.
"""

import functools

from local_cloud.compatibility import Patched
from local_cloud.iam_gaps import identity_pools, leading_keys, resources, variables

__all__ = ["PATCHED", "install"]

_ACTIONS = "ministack.core.iam_actions"
_COGNITO = "ministack.services.cognito"
_DYNAMODB = "ministack.services.dynamodb"
_EVALUATOR = "ministack.core.iam_evaluator"


@functools.cache
def install() -> None:
    """Replace them in this process, before it serves. A second call does nothing."""
    variables.install()
    leading_keys.install()
    resources.install()
    identity_pools.install()


PATCHED = (
    Patched(
        _EVALUATOR, "parse_policy_document", "(doc: str | dict) -> list[ministack.core.iam_evaluator.ParsedStatement]"
    ),
    Patched(_EVALUATOR, "_fnmatch_compile", "(pattern: str, ignore_case: bool) -> re.Pattern", "c95d90f11ae7"),
    Patched(
        _EVALUATOR,
        "_first_match",
        "(ctx: ministack.core.iam_evaluator.EvalContext, stmts: list[ministack.core.iam_evaluator.ParsedStatement],"
        " effect: str) -> ministack.core.iam_evaluator.ParsedStatement | None",
        "dc96ef4846c7",
    ),
    Patched(_EVALUATOR, "_conditions_met", "(conditions: dict, ctx: ministack.core.iam_evaluator.EvalContext) -> bool"),
    Patched(
        _EVALUATOR,
        "_principal_keys",
        "(credential: ministack.core.iam_evaluator.ResolvedCredential) -> dict[str, typing.Any]",
    ),
    Patched(_EVALUATOR, "_trust_principal_matches", "(principal: Any, caller_arn: str, federated: bool) -> bool"),
    Patched(_ACTIONS, "dynamodb_service_context", "(body: bytes) -> dict"),
    Patched(
        _ACTIONS,
        "dynamodb_transaction_checks",
        "(iam_action: str, body: bytes, region: str, account_id: str) -> list[tuple[str, str]]",
    ),
    Patched(
        _ACTIONS,
        "extract_resource_arn",
        "(service: str, method: str, path: str, headers: dict, body: bytes, query_params: dict, region: str,"
        " account_id: str) -> str",
    ),
    Patched(_COGNITO, "_get_id", "(data)"),
    Patched(_COGNITO, "_get_credentials_for_identity", "(data)", "62adc8daf624"),
    Patched(_COGNITO, "_get_open_id_token", "(data)"),
    # Not replaced, but called or relied on.
    Patched(_EVALUATOR, "_resolve_condition_key", "(key: str, ctx: ministack.core.iam_evaluator.EvalContext) -> Any"),
    Patched(
        _EVALUATOR,
        "evaluate_trust_policy",
        "(trust_doc: str | dict, caller_arn: str, ctx: ministack.core.iam_evaluator.EvalContext | None = None) -> bool",
        "4b50aa29ad29",
    ),
    Patched(_ACTIONS, "_dynamodb_table_arn", "(table: str, region: str, account_id: str) -> str"),
    Patched(_COGNITO, "_identity_logins_error", "(pool: dict, identity_id: str | None, logins: dict)", "060824c9ffac"),
    Patched(_COGNITO, "_identity_login_fields", "(logins: dict) -> tuple[list[str], list[str]]"),
    Patched(_COGNITO, "_token_claims", "(token) -> dict"),
    Patched(_COGNITO, "_get_pool_unscoped", "(pool_id: str)"),
    Patched(_COGNITO, "_identity_pools", "AccountRegionScopedDict"),
    Patched(_COGNITO, "_revoked_tokens", "set"),
    Patched(_DYNAMODB, "_parse_partiql", "(statement, parameters)", "34f90fe3b74e"),
    Patched(_DYNAMODB, "_tables", "AccountRegionScopedDict"),
    Patched("ministack.services.sts", "_sessions", "dict"),
    Patched("ministack.services.iam", "_roles", "AccountScopedDict"),
)
"""Functions that are replaced, and what the replacements call or rely on."""

"""What the deliveries replace in the emulator, and what of it they call as if it were public.

With a digest where the replacement repeats, or depends on, what the original does inside.
"""

from local_cloud.compatibility import Patched

APIGATEWAY = "ministack.services.apigateway"
CLOUDWATCH = "ministack.services.cloudwatch"
CONCURRENCY = "ministack.core.concurrency"
EVENTBRIDGE = "ministack.services.eventbridge"
IAM = "ministack.services.iam"
IAM_EVALUATOR = "ministack.core.iam_evaluator"
KMS = "ministack.services.kms"
LAMBDA_SVC = "ministack.services.lambda_svc"
SQS = "ministack.services.sqs"

REPLACED: tuple[Patched, ...] = (
    Patched(SQS, "_act_create_queue", "(data: dict, _u: str) -> dict"),
    Patched(SQS, "_act_set_queue_attributes", "(data: dict, qurl: str) -> dict"),
    Patched(SQS, "_expire_retained", "(q: dict) -> None"),
    Patched(SQS, "_dlq_sweep", "(q: dict) -> None"),
    Patched(SQS, "_collect_msgs", "(q: dict, max_n: int, vis_timeout: int) -> list"),
    Patched(SQS, "_receive_messages_for_esm", "(queue_url: str, max_number: int) -> list[dict]"),
    Patched(SQS, "_HANDLERS", "dict"),
    Patched(EVENTBRIDGE, "_invoke_target", "(target, event, rule, view=None)", "550e304af080"),
    Patched(EVENTBRIDGE, "_target_matches_request_scope", "(spec) -> bool"),
    Patched(EVENTBRIDGE, "_dispatch_to_sqs", "(spec, payload, sqs_parameters=None)"),
    Patched(EVENTBRIDGE, "_dispatch_to_lambda", "(arn, payload)", "1f95adbaed3a"),
    Patched(LAMBDA_SVC, "_create_esm", "(data: dict)"),
    Patched(LAMBDA_SVC, "_update_esm", "(esm_id: str, data: dict)"),
    Patched(LAMBDA_SVC, "_delete_esm", "(esm_id: str)"),
    Patched(LAMBDA_SVC, "_iter_all_esms", "()"),
    Patched(LAMBDA_SVC, "_run_sqs_batch", "(esm, func_rec, event, batch, queue_url, queue_name)", "f9bf630aabf3"),
    Patched(LAMBDA_SVC, "_ESM_IDLE_WAKE_GAP_SECONDS", "float"),
    Patched(
        APIGATEWAY,
        "_invoke_lambda_proxy",
        "(integration, api_id, stage, path, method, headers, body, query_params, route_key='$default', "
        "path_params=None, *, authorizer_claims=None, authorizer_scopes=None, authorizer_lambda_context=None,"
        " authorizer_iam=None, owner_account_id=None, owner_region=None, raw_query_string=None)",
        "fbe5024fcd36",
    ),
    Patched(APIGATEWAY, "run_reentrant", "(fn, *args, thread_name: str = 'ministack-reentrant')"),
    Patched(IAM_EVALUATOR, "_CONDITION_OPS", "dict"),
)

RELIED_ON: tuple[Patched, ...] = (
    Patched(LAMBDA_SVC, "_poll_sqs", "()", "e438a6a1e094"),
    Patched(LAMBDA_SVC, "_get_base_func_record_for_ref", "(function_ref: str) -> tuple[dict | None, dict | None, str]"),
    Patched(LAMBDA_SVC, "_get_func_record_for_ref", "(function_ref: str) -> tuple[dict | None, dict | None, str]"),
    Patched(LAMBDA_SVC, "_resolve_name_and_qualifier", "(name_or_arn: str) -> tuple[str, str | None]"),
    Patched(LAMBDA_SVC, "invoke_async_with_retry", "(func: dict, event: dict) -> None"),
    Patched(LAMBDA_SVC, "_execute_function", "(func: dict, event: dict) -> dict"),
    Patched(LAMBDA_SVC, "_invalid_parameter_value", "(message: str)"),
    Patched(
        LAMBDA_SVC,
        "error_response_json",
        "(code: str, message: str, status: int = 400, extra: dict | None = None, *, message_key: str = "
        "'message', content_type: str = 'application/x-amz-json-1.0') -> tuple",
    ),
    Patched(LAMBDA_SVC, "_esms", "AccountRegionScopedDict"),
    Patched(LAMBDA_SVC, "_esm_wake", "Event"),
    Patched(LAMBDA_SVC, "_esm_backoff_until", "AccountRegionScopedDict"),
    Patched(LAMBDA_SVC, "_ESM_BACKOFF_SECONDS", "float"),
    Patched(SQS, "_queues", "AccountRegionScopedDict"),
    Patched(SQS, "_queue_by_arn", "(arn: str) -> dict | None"),
    Patched(SQS, "_get_q", "(url: str, action: str | None = None) -> dict"),
    Patched(SQS, "_act_send_message", "(data: dict, qurl: str) -> dict"),
    Patched(SQS, "_enforce_queue_policy", "(q: dict, iam_action: str) -> None"),
    Patched(SQS, "_Err", "(code: str, message: str, status: int = 400)"),
    Patched(SQS, "_QUERY_COMPAT_CODES", "dict"),
    Patched(EVENTBRIDGE, "_pattern_event_view", "(event)"),
    Patched(APIGATEWAY, "_extract_lambda_ref_from_integration_uri", "(uri: str) -> str"),
    Patched(KMS, "_resolve_key", "(key_id_or_arn)"),
    Patched(IAM, "_roles", "AccountScopedDict"),
    Patched(
        CLOUDWATCH,
        "record_metric",
        "(namespace: str, metric_name: str, value: float, unit: str = 'None', dimensions: dict | None = None) -> None",
    ),
    Patched(CONCURRENCY, "spawn_background", "(fn, *args, thread_name: str = 'ministack-background', **kwargs)"),
    Patched(
        IAM_EVALUATOR,
        "EvalContext",
        "(principal_arn: str, principal_type: str, principal_account: str, action: str, resource_arn: str, "
        "region: str, source_ip: str = <factory>, secure_transport: bool = <factory>, request_tags: dict[str,"
        " str] = <factory>, tag_keys: list[str] = <factory>, service_context: dict[str, typing.Any] = "
        "<factory>, principal_keys: dict[str, typing.Any] = <factory>) -> None",
    ),
    Patched(
        IAM_EVALUATOR,
        "evaluate",
        "(ctx: ministack.core.iam_evaluator.EvalContext, policies: "
        "list[list[ministack.core.iam_evaluator.ParsedStatement]], *limits: "
        "list[list[ministack.core.iam_evaluator.ParsedStatement]]) -> ministack.core.iam_evaluator.EvalResult",
    ),
    Patched(
        IAM_EVALUATOR,
        "evaluate_resource_policy",
        "(doc: str | dict | None, ctx: ministack.core.iam_evaluator.EvalContext, service: str | None = None, "
        "named_only: bool = False, direct_only: bool = False) -> ministack.core.iam_evaluator.EvalResult",
    ),
    Patched(
        IAM_EVALUATOR,
        "combine_resource_policy",
        "(identity: ministack.core.iam_evaluator.EvalResult, ctx: ministack.core.iam_evaluator.EvalContext, "
        "policy: str | dict | None, owner_account: str | None, required: bool = False, limits: tuple = ()) ->"
        " ministack.core.iam_evaluator.EvalResult",
    ),
    Patched(IAM_EVALUATOR, "_resource_policy", "(service: str, resource_arn: str) -> tuple | None"),
    Patched(
        IAM_EVALUATOR,
        "_gather_role_policies",
        "(role_name: str, account_id: str) -> list[list[ministack.core.iam_evaluator.ParsedStatement]]",
    ),
    Patched(
        IAM_EVALUATOR,
        "_permissions_boundary",
        "(store, name: str, account_id: str) -> list[list[list[ministack.core.iam_evaluator.ParsedStatement]]]",
    ),
    Patched(IAM_EVALUATOR, "fnmatch_iam_cs", "(value: str, pattern: str) -> bool"),
)

PATCHED = REPLACED + RELIED_ON

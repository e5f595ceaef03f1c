"""May one AWS service act on another's resource: the questions every delivery asks before it delivers.

Each function answers yes or no from the policies the emulator stores. They evaluate with the emulator's own engine, so
that what an additional condition key is worth is decided in one place.
"""

from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, kms, lambda_svc, sqs

ARN_PARTS = 6
"""`arn:partition:service:region:account:resource`; a resource may contain further colons ("Amazon Resource Names")."""

QUEUE_KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
"""What a service needs on the key of a queue it sends to ("Amazon SQS key management", Developer Guide)."""


def may_invoke(function_ref: str, principal: str, source_arn: str, source_account: str) -> bool:
    """Whether the function's resource policy lets a service invoke it for one source.

    `function_ref` is a name or ARN, with or without qualifier. Every qualifier has a policy of its own: a permission on
    alias `live` does not cover the unqualified function, nor the other way round ("Using resource-based policies for
    Lambda", Developer Guide). `principal` is a service principal such as `cognito-idp.amazonaws.com`. A function that
    does not exist answers no.
    """
    arn = qualified_function_arn(function_ref)
    function, _, _ = lambda_svc._get_base_func_record_for_ref(function_ref)
    if not arn or function is None:
        return False
    context = _service_context("lambda:InvokeFunction", arn, source_arn, source_account)
    return _allows(function["policy"], context, principal)


def qualified_function_arn(function_ref: str) -> str:
    """ARN of a function reference, with its qualifier if it has one; empty when the function does not exist."""
    _, config, _ = lambda_svc._get_base_func_record_for_ref(function_ref)
    _, qualifier = lambda_svc._resolve_name_and_qualifier(function_ref)
    if not config:
        return ""
    return f"{config['FunctionArn']}:{qualifier}" if qualifier else str(config["FunctionArn"])


def may_send(queue_arn: str, principal: str, source_arn: str, source_account: str) -> bool:
    """Whether the queue's policy, and the policy of the key it is encrypted with, let a service send for one source."""
    queue = sqs._queue_by_arn(queue_arn)
    if queue is None:
        return False
    context = _service_context("sqs:SendMessage", queue_arn, source_arn, source_account)
    return _allows(queue["attributes"].get("Policy"), context, principal) and _may_encrypt(
        queue["attributes"].get("KmsMasterKeyId"), principal, source_arn, source_account
    )


def _may_encrypt(key_id: str | None, principal: str, source_arn: str, source_account: str) -> bool:
    """Whether a service may use a queue's key; yes for a queue without one (SSE-SQS needs no permission)."""
    if not key_id:
        return True
    key = kms._resolve_key(key_id)
    if key is None:
        # alias/aws/sqs too, which the emulator does not hold: nobody can edit its policy to let a service in.
        return False
    return all(
        _allows(key["Policy"], _service_context(action, key["Arn"], source_arn, source_account), principal)
        for action in QUEUE_KEY_ACTIONS
    )


def role_may(role_arn: str, action: str, resource_arn: str) -> bool:
    """Whether a role's policies, its boundary and the resource's own policy together allow one action.

    What the emulator decides when the role itself calls; here for the calls that AWS makes on the role's behalf.
    """
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/delivery",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource_arn,
        region=get_region(),
    )
    boundary = iam_evaluator._permissions_boundary(iam._roles, name, account)
    decision = iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(name, account), *boundary)
    resource_policy = iam_evaluator._resource_policy(action.split(":")[0], resource_arn)
    if resource_policy is not None:
        decision = iam_evaluator.combine_resource_policy(decision, context, *resource_policy, limits=tuple(boundary))
    return bool(decision.decision == "Allow")


def arn_like(actual: str, pattern: str) -> bool:
    """IAM's ArnLike and ArnEquals: each of the six parts is matched on its own, so `*` never crosses a colon.

    ("IAM JSON policy elements: Condition operators". The emulator globs over the whole text, under which
    `arn:aws:cognito-idp:*` would stand for every pool.)
    """
    actual_parts, pattern_parts = actual.split(":", ARN_PARTS - 1), pattern.split(":", ARN_PARTS - 1)
    if pattern == "*":
        return True
    return len(actual_parts) == len(pattern_parts) == ARN_PARTS and all(
        iam_evaluator.fnmatch_iam_cs(part, glob) for part, glob in zip(actual_parts, pattern_parts, strict=True)
    )


def install() -> None:
    """Match ARN conditions part by part everywhere in the emulator."""
    for operator in ("arnlike", "arnequals"):
        iam_evaluator._CONDITION_OPS[operator] = arn_like
        iam_evaluator._CONDITION_OPS[operator.replace("arn", "arnnot")] = lambda actual, pattern: (
            not arn_like(actual, pattern)
        )


def _service_context(action: str, resource_arn: str, source_arn: str, source_account: str) -> Any:
    """A call by a service: over TLS, and from no account, so that a grant to an account does not reach it."""
    return iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource_arn,
        region=get_region(),
        secure_transport=True,
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": source_account or get_account_id()},
    )


def _allows(policy: Any, context: Any, principal: str) -> bool:
    return bool(iam_evaluator.evaluate_resource_policy(policy, context, service=principal).decision == "Allow")

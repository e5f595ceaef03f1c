"""Pre token generation: one call of the function for both tokens, and its answer in the tokens that are issued."""

from collections.abc import Mapping
from typing import Any

from ministack.services import cognito

from local_cloud import cognito_rules
from local_cloud.cognito_triggers import calls, events, invocation
from local_cloud.cognito_triggers.overrides import (
    GroupConfiguration,
    MalformedResponseError,
    TokenOverrides,
    changed_claims,
)

TRIGGER = "PreTokenGeneration"
CLIENT_CREDENTIALS = "TokenGeneration_ClientCredentials"


def apply_pretoken_trigger(
    pool_id: str,
    claims: dict[str, Any],
    token_type: str,
    trigger_source: str,
    client_id: str,
    username: str,
    user_attrs: dict[str, Any],
    groups: list[str],  # noqa: ARG001
    client_metadata: dict[str, str] | None = None,
    scope: str = "aws.cognito.signin.user.admin",
) -> dict[str, Any]:
    """The claims of one token as it is signed. Takes the place of the emulator's function of this name.

    User and groups are read from the pool: the emulator's token endpoint passes neither on a refresh. Raises
    CallRefusedError, and then no token is issued.
    """
    pool = cognito._get_pool_unscoped(pool_id)
    user = pool["_users"].get(username)
    own_groups = GroupConfiguration()
    if user:
        own_groups = GroupConfiguration.of_user(user.get("_groups", []), pool["_groups"])
    if user and token_type == "id":
        claims = cognito_rules.id_token_claims(pool["_clients"].get(client_id, {}), user, claims)
    call = calls.current()
    if call.token_overrides is None:
        attributes = events.attributes_of(user) if user else dict(user_attrs)
        metadata = client_metadata or call.metadata
        call.token_overrides = _overrides(
            pool, trigger_source, client_id, username, attributes, own_groups, metadata, scope
        )
    return changed_claims(claims, token_type, own_groups, call.token_overrides)


def _overrides(
    pool: Mapping[str, Any],
    source: str,
    client_id: str,
    username: str,
    attributes: Mapping[str, str],
    groups: GroupConfiguration,
    metadata: Mapping[str, str],
    scope: str,
) -> TokenOverrides:
    """Ask the function. Changes nothing when the pool has none, or for an app without user below version three."""
    function, version = _configured(pool.get("LambdaConfig") or {})
    if not function or (source == CLIENT_CREDENTIALS and version != "3"):
        return TokenOverrides()
    request: dict[str, Any] = {
        "userAttributes": dict(attributes),
        "groupConfiguration": groups.for_event(),
        **events.client_metadata(metadata),
    }
    if version != "1":
        request["scopes"] = cognito._aws_scope_order(scope.split(), presized=False)
    event = events.event(
        pool,
        source,
        "ClientCredentials" if source == CLIENT_CREDENTIALS else username,
        client_id,
        request,
        {"claimsOverrideDetails" if version == "1" else "claimsAndScopeOverrideDetails": None},
        version,
    )
    response = invocation.answer(TRIGGER, function, event, pool)
    try:
        return TokenOverrides.of(version, response)
    except MalformedResponseError:
        raise invocation.unrecognizable() from None


def _configured(triggers: Mapping[str, Any]) -> tuple[str, str]:
    """ARN and event version "1", "2" or "3". The older setting knows version one only."""
    versioned = triggers.get("PreTokenGenerationConfig") or {}
    if versioned.get("LambdaArn"):
        return versioned["LambdaArn"], versioned.get("LambdaVersion", "V1_0")[1]
    return triggers.get("PreTokenGeneration", ""), "1"

"""Whatever an event holds: a token of the right clinic, or the enricher's own refusal."""

import contextlib
import io
import json
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from token_enricher.claims import TRIGGER_SOURCES, TokenRefusedError, TokenRequest, Tokens
from token_enricher.env import Environment, parse

ROLES = [{"name": name, "scopes": ["profile.read", f"{name}.act"]} for name in ("admin", "doctor", "patient")]
VARIABLES = {"ROLES": json.dumps(ROLES), "RESOURCE_SERVER": "medflow", "PRIVILEGED_SCOPES": "[]"}

RESERVED = {
    *("acr", "amr", "aud", "at_hash", "auth_time", "azp", "cognito:username", "exp", "iat", "identities", "iss", "jti"),
    *("nbf", "nonce", "origin_jti", "sub", "token_use"),
    *("scope", "client_id", "cognito:groups", "cognito:roles", "cognito:preferred_role", "email", "email_verified"),
}
"""Claims that Cognito refuses or that are its own ("Pre token generation Lambda trigger", Cognito Developer Guide)."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
texts = st.text() | st.sampled_from(["admin", "doctor", "patient", "medflow/admin.act", "medflow/x", "openid"])
attributes = st.fixed_dictionaries(
    {},
    optional={
        "custom:clinic_id": st.uuids().map(str) | st.uuids().map(lambda u: str(u).upper()) | json_values,
        "custom:user_role": texts | json_values,
        "custom:preferred_language": st.sampled_from(["ar", "fr", "fr-TN"]) | json_values,
        "tenant_id": st.uuids().map(str),
        "custom:tenant_id": st.uuids().map(str),
    },
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "userAttributes": attributes | json_values,
        "groupConfiguration": st.fixed_dictionaries({}, optional={"groupsToOverride": st.lists(texts) | json_values})
        | json_values,
        "scopes": st.lists(texts) | json_values,
    },
)
events = st.fixed_dictionaries(
    {"triggerSource": st.sampled_from(sorted(TRIGGER_SOURCES))},
    optional={"version": st.sampled_from(["1", "2", "3"]) | json_values, "request": requests | json_values},
)


def environment(tenantless: str) -> Environment:
    return parse({**VARIABLES, "TENANTLESS_USERS": tenantless})


def decide(event: Any, tenantless: str) -> tuple[Any, Tokens] | None:
    try:
        request = TokenRequest(event)
        tokens = Tokens(request, environment(tenantless), lambda: True)
    except TokenRefusedError:
        return None
    return tokens.response(request)["claimsAndScopeOverrideDetails"], tokens


@settings(max_examples=300, deadline=None)
@given(event=events, tenantless=st.sampled_from(["refuse", "limited"]))
def test_a_tenant_claim_is_the_clinic_attribute_and_nothing_else(event: Any, tenantless: str) -> None:
    """B1 B2 I1. Neither a request, nor another attribute, nor an odd type leads to another clinic."""
    decided = decide(event, tenantless)
    if decided:
        details, _ = decided
        request = event.get("request")
        user = request.get("userAttributes") if isinstance(request, dict) else None
        clinic = user.get("custom:clinic_id") if isinstance(user, dict) else None
        expected = {clinic.lower()} if clinic else {None}
        found = {details[f"{t}TokenGeneration"]["claimsToAddOrOverride"].get("tenant_id") for t in ("id", "access")}
        assert found == expected


@settings(max_examples=300, deadline=None)
@given(event=events, tenantless=st.sampled_from(["refuse", "limited"]))
def test_no_scope_is_granted_beyond_the_roles_and_no_claim_of_cognito_is_touched(event: Any, tenantless: str) -> None:
    """B1 B2 I1."""
    decided = decide(event, tenantless)
    if decided:
        details, tokens = decided
        roles = tokens.claims.get("roles", [])
        assert isinstance(roles, list)
        granted = {f"medflow/{scope}" for role in ROLES if role["name"] in roles for scope in role["scopes"]}
        assert set(details["accessTokenGeneration"]["scopesToAdd"]) == granted
        assert not granted & set(details["accessTokenGeneration"]["scopesToSuppress"])
        for token in ("id", "access"):
            assert not RESERVED & set(details[f"{token}TokenGeneration"]["claimsToAddOrOverride"])
        json.dumps(details)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event=json_values | events)
def test_any_event_ends_in_an_answer_or_the_one_refusal_and_in_one_log_line(
    handler: Callable[..., ModuleType], event: Any
) -> None:
    """B2 I1."""
    module = sys.modules.get("token_enricher.handler") or handler(
        "token_enricher", **VARIABLES, TENANTLESS_USERS="limited"
    )
    output, result = io.StringIO(), event
    with contextlib.redirect_stdout(output):
        try:
            result = module.lambda_handler(event, SimpleNamespace(aws_request_id="r"))
        except Exception as error:
            result = str(error)
    assert result is event or result == "This account cannot sign in at the moment, please contact your clinic"
    assert json.loads(output.getvalue())["request_id"] == "r"

"""What pre token generation may change in a token: the pure part, in this process."""

from typing import Any

import pytest

from local_cloud.cognito_triggers.overrides import (
    ClaimChanges,
    GroupConfiguration,
    MalformedResponseError,
    TokenOverrides,
    changed_claims,
)

NURSE = GroupConfiguration(("nurse",))
CLAIMS = {"sub": "u-1", "email": "a@clinic.example", "cognito:groups": ["nurse"]}
ACCESS_CLAIMS = {"sub": "u-1", "client_id": "app", "username": "u-1", "scope": "openid email"}


def overridden(claims: dict[str, Any], token_type: str, **changes: Any) -> dict[str, Any]:
    wanted = ClaimChanges(**changes)
    overrides = TokenOverrides(id_token=wanted) if token_type == "id" else TokenOverrides(access_token=wanted)
    return changed_claims(claims, token_type, NURSE, overrides)


def test_no_overrides_leave_a_token_as_it_is() -> None:
    """H1. "Pre token generation Lambda trigger", Amazon Cognito Developer Guide."""
    assert overridden(CLAIMS, "id") == CLAIMS


def test_suppressing_wins_over_adding() -> None:
    """H1. "Pre token generation Lambda trigger": claimsToSuppress."""
    assert "tenant_id" not in overridden(CLAIMS, "id", add={"tenant_id": "c-1"}, suppress=("tenant_id",))
    scopes = overridden(ACCESS_CLAIMS, "access", add_scopes=("medflow/x",), suppress_scopes=("medflow/x", "openid"))
    assert scopes["scope"] == "email"


@pytest.mark.parametrize("claim", ["sub", "iss", "aud", "token_use", "cognito:username", "cognito:groups"])
def test_claims_that_identify_the_user_cannot_be_changed(claim: str) -> None:
    """H1 B1. "Pre token generation Lambda trigger": claims that a trigger cannot modify."""
    before = {**CLAIMS, claim: ["nurse"]}
    assert overridden(before, "id", add={claim: "someone else"}) == before
    assert overridden(before, "id", suppress=(claim,)) == before


@pytest.mark.parametrize("claim", ["client_id", "username", "scope"])
def test_an_access_tokens_own_claims_cannot_be_changed(claim: str) -> None:
    """H1 B1. "Pre token generation Lambda trigger": the scope changes through its lists only."""
    assert overridden(ACCESS_CLAIMS, "access", add={claim: "other"})[claim] == ACCESS_CLAIMS[claim]


def test_a_scope_is_not_listed_twice() -> None:
    """H1 B1. "Pre token generation Lambda trigger": scopesToAdd."""
    assert overridden(ACCESS_CLAIMS, "access", add_scopes=("email", "medflow/x"))["scope"] == "openid email medflow/x"


def test_an_answer_without_group_details_leaves_the_groups() -> None:
    """H1 B1. Unlike empty ones, absent groupOverrideDetails change nothing."""
    answer = {"claimsAndScopeOverrideDetails": {"idTokenGeneration": {"claimsToAddOrOverride": {"tenant_id": "c-1"}}}}
    claims = changed_claims(CLAIMS, "id", NURSE, TokenOverrides.of("2", answer))
    assert (claims["cognito:groups"], claims["tenant_id"]) == (["nurse"], "c-1")


def test_roles_of_groups_are_for_the_id_token() -> None:
    """H1. "Adding groups to a user pool": cognito:roles and cognito:preferred_role."""
    own = GroupConfiguration(("nurse",), ("role-1",), "role-1")
    identity = changed_claims(CLAIMS, "id", own, TokenOverrides())
    access = changed_claims(ACCESS_CLAIMS, "access", own, TokenOverrides())
    assert (identity["cognito:roles"], identity["cognito:preferred_role"]) == (["role-1"], "role-1")
    assert (access["cognito:groups"], "cognito:roles" in access) == (["nurse"], False)


def test_the_preferred_role_is_that_of_the_group_with_the_lowest_precedence() -> None:
    """H1. "CreateGroup", user pools API reference: Precedence."""
    groups = {
        "nurse": {"Precedence": 3, "RoleArn": "role-nurse"},
        "admin": {"Precedence": 1, "RoleArn": "role-admin"},
        "patient": {},
    }
    found = GroupConfiguration.of_user(["patient", "nurse", "admin"], groups)
    assert found == GroupConfiguration(("patient", "nurse", "admin"), ("role-nurse", "role-admin"), "role-admin")


def test_two_roles_of_equal_precedence_leave_no_preferred_one() -> None:
    """H1. "CreateGroup", user pools API reference: Precedence."""
    groups = {"a": {"Precedence": 1, "RoleArn": "role-a"}, "b": {"Precedence": 1, "RoleArn": "role-b"}}
    assert GroupConfiguration.of_user(["a", "b"], groups).preferred_role is None


@pytest.mark.parametrize(
    ("version", "details"),
    [
        ("2", []),
        ("2", {"groupOverrideDetails": "nurse"}),
        ("2", {"groupOverrideDetails": {"groupsToOverride": "nurse"}}),
        ("2", {"idTokenGeneration": {"claimsToSuppress": "email"}}),
        ("1", {"claimsToAddOrOverride": {"roles": ["nurse"]}}),
    ],
)
def test_another_shape_is_malformed(version: str, details: Any) -> None:
    """H1 B2. "Pre token generation Lambda trigger": response parameters; texts only in version one."""
    name = "claimsOverrideDetails" if version == "1" else "claimsAndScopeOverrideDetails"
    with pytest.raises(MalformedResponseError):
        TokenOverrides.of(version, {name: details})

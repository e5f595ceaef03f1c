"""Pulumi.yaml, the stack files and the settings say the same."""

from typing import Any

import pytest
import yaml

from settings import Settings
from settings.environment import EnvironmentKind
from support.pulumi_harness import ROOT

STACKS = sorted(EnvironmentKind)
DECLARED: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]


def stack_file(stack: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {key.removeprefix("medflow:"): value for key, value in found.items()}


def test_every_declared_key_is_read_and_every_key_read_is_declared() -> None:
    """A14."""
    assert set(DECLARED) == {field.alias for field in Settings.model_fields.values()}


@pytest.mark.parametrize("key", sorted(DECLARED))
def test_every_key_has_a_type_a_description_and_a_default(key: str) -> None:
    """A14."""
    assert {"type", "description", "default"} <= set(DECLARED[key])


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_file_says_only_what_differs(stack: str) -> None:
    """A14. A key that repeats its default hides a later change of the default."""
    repeated = {key for key, value in stack_file(stack).items() if value == DECLARED[key]["default"]}
    assert repeated == set()


def test_the_four_plans_inputs_exist() -> None:
    """A14. Environment and project are the stack's and the project's names; roles of the identity pool come with it."""
    asked = {
        "mfa", "passwordMinimumLength", "accessTokenMinutes", "refreshTokenDays", "generateClientSecret",
        "usernameCaseSensitive", "customDomainName", "certificateArn", "enableHostedUi", "webCallbackUrls",
        "webLogoutUrls", "googleClientId", "googleClientSecret", "enableIdentityPool", "authenticatedRoleName",
        "unauthenticatedRoleName",
    }  # fmt: skip
    assert asked <= set(DECLARED)

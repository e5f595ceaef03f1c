"""What the pool lets a user hold, the event can carry."""

import json

import pytest

from components.cognito_auth.attributes import CUSTOM_ATTRIBUTES, CustomAttribute
from support.pulumi_harness import ROOT

SCHEMA = json.loads((ROOT / "lambdas/medflow_runtime/schemas/user.registered.v1.json").read_text())
USER = SCHEMA["properties"]["user"]["properties"]


@pytest.mark.parametrize("attribute", CUSTOM_ATTRIBUTES, ids=lambda attribute: attribute.name)
def test_the_event_carries_every_length_that_the_pool_allows(attribute: CustomAttribute) -> None:
    """A2 C1. A longer value would be dead-lettered although Cognito took it."""
    definition = USER[attribute.name]
    if "$ref" in definition:
        definition = SCHEMA["definitions"][definition["$ref"].rpartition("/")[2]]
    # Specialties travel as a list: one element is never longer than the JSON text of all.
    longest = definition["items"]["maxLength"] if definition["type"] == "array" else definition["maxLength"]
    assert attribute.longest <= longest

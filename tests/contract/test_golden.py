"""What may not change by accident: the pool's attributes, and the interface of the components.

`make golden` writes the copies anew; the difference then shows in the review.
"""

import json
import os
from typing import Any

import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from pulumi.provider.experimental.schema import generate_schema

from components.api_front_door import ApiFrontDoor
from components.clinic_api import ClinicApi
from components.cognito_auth import CognitoAuth
from components.consumer_config import ConsumerConfig
from components.custom_message import CustomMessage
from components.identity_pool import IdentityPool
from components.sign_in_guard import SignInGuard
from components.sign_up_validator import SignUpValidator
from components.signup_pipeline import SignupPipeline
from components.token_enricher import TokenEnricher
from components.user_database import UserDatabase
from support.pulumi_harness import ROOT, synth_program

GOLDEN = ROOT / "tests/contract/golden"
COMPONENTS = [
    ApiFrontDoor,
    ClinicApi,
    CognitoAuth,
    ConsumerConfig,
    CustomMessage,
    IdentityPool,
    SignInGuard,
    SignUpValidator,
    SignupPipeline,
    TokenEnricher,
    UserDatabase,
]


def golden(name: str, current: Any) -> Any:
    """The committed copy; with UPDATE_GOLDEN=1 in the environment it becomes the current state first."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(json.dumps(current, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    return json.loads(path.read_text())


def attributes() -> dict[str, Any]:
    schemas = synth_program("prod").one("aws:cognito/userPool:UserPool").inputs["schemas"]
    return {schema["name"]: {key: value for key, value in schema.items() if key != "name"} for schema in schemas}


def changed_or_removed(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Attributes that Cognito would have to change or remove, which it cannot: the provider fails or loses the pool."""
    return sorted(name for name, schema in before.items() if now.get(name) != schema)


def test_no_attribute_of_the_pool_is_changed_or_removed() -> None:
    """A2. Only appending is safe; an appended attribute then joins the copy with `make golden`."""
    assert changed_or_removed(golden("user_attributes.json", attributes()), attributes()) == []


def test_an_attribute_that_was_appended_is_in_the_copy() -> None:
    """A2. Else nothing would hold it once it is deployed."""
    assert set(golden("user_attributes.json", attributes())) == set(attributes())


def test_the_guard_sees_a_changed_length_and_a_removed_attribute() -> None:
    """A2."""
    before = golden("user_attributes.json", attributes())
    shorter = json.loads(json.dumps(before))
    shorter["clinic_id"]["stringAttributeConstraints"]["maxLength"] = "35"
    del shorter["npi_number"]
    assert changed_or_removed(before, shorter) == ["clinic_id", "npi_number"]


def test_the_seven_attributes_are_mutable_strings_with_lengths() -> None:
    """A2."""
    own = {name: schema for name, schema in attributes().items() if name not in ("email", "name")}
    assert set(own) == {
        "medical_license", "license_state", "specialties", "clinic_id", "user_role", "preferred_language", "npi_number",
    }  # fmt: skip
    for schema in own.values():
        assert (schema["attributeDataType"], schema["mutable"], schema["required"]) == ("String", True, False)
        assert int(schema["stringAttributeConstraints"]["maxLength"]) <= 2048


@pytest.mark.parametrize("name", ["email", "name"])
def test_no_name_or_email_is_longer_than_the_table_holds(name: str) -> None:
    """A2 C5. A standard attribute's length can be set only when the pool is made: later it is too late."""
    assert attributes()[name]["stringAttributeConstraints"]["maxLength"] == "255"


def test_the_interface_of_the_components_is_the_committed_one() -> None:
    """A14 A15."""
    found = Analyzer("medflow").analyze(COMPONENTS)
    schema = generate_schema("medflow", "0.0.0", None, found["component_definitions"], found["type_definitions"], [])
    current = json.loads(json.dumps(schema.to_json()))
    assert current == golden("component_schema.json", current)

"""What holds for each component alike."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

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
from support import component_args
from support.pulumi_harness import UNKNOWN, synth

COMPONENTS: dict[type[pulumi.ComponentResource], Callable[..., Any]] = {
    ApiFrontDoor: component_args.api_front_door,
    ClinicApi: component_args.clinic_api,
    CognitoAuth: component_args.full_cognito_auth,
    ConsumerConfig: component_args.consumer_config,
    CustomMessage: component_args.custom_message,
    IdentityPool: component_args.identity_pool,
    SignInGuard: component_args.sign_in_guard,
    SignUpValidator: component_args.sign_up_validator,
    SignupPipeline: component_args.signup_pipeline,
    TokenEnricher: component_args.token_enricher,
    UserDatabase: component_args.user_database,
}
every_component = pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.__name__)


def make(component: type[pulumi.ComponentResource], name: str, prefix: str = component_args.PREFIX) -> None:
    component(name, COMPONENTS[component](name_prefix=prefix))


@every_component
def test_what_it_annotates_is_what_it_registers(component: type[pulumi.ComponentResource]) -> None:
    """A15. Each public annotation is an output of the component's schema; one that is not registered stays unknown."""
    graph = synth(lambda: make(component, "one"))
    annotated = {key for key in vars(component).get("__annotations__", {}) if not key.startswith("_")}
    assert set(graph.component("one").outputs) == annotated


@every_component
def test_everything_it_makes_is_its_own(component: type[pulumi.ComponentResource]) -> None:
    """A resource without parent would be left behind when the component goes."""
    graph = synth(lambda: make(component, "one"))
    assert [r.name for r in graph.resources if r.parent is None] == ["one"]
    assert [r.name for r in graph.resources if r.parent and not r.name.startswith(r.parent)] == []


@every_component
def test_two_of_it_do_not_collide(component: type[pulumi.ComponentResource]) -> None:
    """A16. Neither as URN nor as physical name."""

    def both() -> None:
        make(component, "one", "one-medflow")
        make(component, "two", "two-medflow")

    graph = synth(both)
    named = [(r.type, r.inputs["name"]) for r in graph.resources if r.inputs.get("name") not in (None, "live")]
    shared = {pair for pair in named if named.count(pair) > 1}
    per_pool = {"aws:cognito/userGroup:UserGroup", "aws:cognito/resourceServer:ResourceServer"}
    per_api = {"aws:apigatewayv2/authorizer:Authorizer", "aws:apigatewayv2/stage:Stage"}
    per_path = {"aws:ssm/parameter:Parameter", "aws:secretsmanager/secret:Secret"}
    assert {type_ for type_, _ in shared} <= per_pool | per_api | per_path


@every_component
def test_a_preview_with_everything_unknown_asks_for_the_same(component: type[pulumi.ComponentResource]) -> None:
    """A resource that hangs on a value would come and go between preview and update."""
    preview = synth(lambda: make(component, "one"), preview=True)
    update = synth(lambda: make(component, "one"))
    assert {r.urn for r in preview.resources} == {r.urn for r in update.resources}
    assert UNKNOWN in preview.component("one").outputs.values()

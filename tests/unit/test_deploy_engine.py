"""What the engine decides by itself: no cloud is running behind these tests."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc
from pulumi_aws.codedeploy import Application, DeploymentGroup
from pulumi_aws.cognito import RiskConfiguration
from pulumi_aws.lambda_ import Invocation

from local_cloud.deploy.assets import archive_bytes
from local_cloud.deploy.clients import Clients
from local_cloud.deploy.engine import Created, Engine, Request
from local_cloud.deploy.errors import ResourceError, TranslationError
from local_cloud.deploy.providers import Provider, provider_of
from local_cloud.deploy.types import SPECS
from local_cloud.deploy.values import first_unprovided, plain, secret, unprovided

NOWHERE = "http://127.0.0.1:9"
APPLICATION, DEPLOYMENT_GROUP, RISK = (
    str(vars(cls)["pulumi_type"]) for cls in (Application, DeploymentGroup, RiskConfiguration)
)


def create(type_: str, inputs: dict[str, Any], name: str = "it", **options: Any) -> Created:
    """Of types that are not emulated only: nothing answers at this address."""
    urn = f"urn:pulumi:local::test::{type_}::{name}"
    request = Request(type_, name, urn, inputs, "us-east-1", "000000000000", **options)
    return Engine(Clients(NOWHERE), SPECS).create(request)


def test_a_type_without_specification_is_named() -> None:
    """H1."""
    with pytest.raises(ResourceError) as caught:
        create("aws:sfn/activity:Activity", {}, "steps")
    assert str(caught.value).startswith("aws:sfn/activity:Activity steps: the local deployer does not know this type")


def test_a_resource_that_is_not_emulated_is_marked_so() -> None:
    """H1."""
    assert create(APPLICATION, {"name": "app", "computePlatform": "Lambda"}).emulated is False


def test_a_resource_that_is_not_emulated_gets_plausible_outputs() -> None:
    """H1. The program may build on them."""
    state = create(APPLICATION, {"name": "app", "computePlatform": "Lambda"}).state
    assert state["arn"] == "arn:aws:codedeploy:us-east-1:000000000000:application:app"
    assert len(state["applicationId"]) == 36


@pytest.mark.parametrize(
    ("type_", "inputs", "message"),
    [
        (
            APPLICATION,
            {"computePlatform": "Mainframe"},
            "'computePlatform' is 'Mainframe'; ComputePlatform allows",
        ),
        (APPLICATION, {"colour": "red"}, "property 'colour' has no counterpart in CreateApplicationInput"),
        (
            DEPLOYMENT_GROUP,
            {"appName": "a", "deploymentGroupName": "g"},
            'Missing required parameter in input: "serviceRoleArn"',
        ),
        (
            DEPLOYMENT_GROUP,
            {"appName": "", "deploymentGroupName": "g", "serviceRoleArn": "r"},
            "Invalid length for parameter applicationName",
        ),
        (
            RISK,
            {"accountTakeoverRiskConfiguration": {"actions": {"highAction": {"eventAction": "SHOUT"}}}},
            "'accountTakeoverRiskConfiguration.actions.highAction.eventAction' is 'SHOUT'",
        ),
    ],
)
def test_a_resource_that_is_not_emulated_is_still_checked(type_: str, inputs: dict[str, Any], message: str) -> None:
    """A10 B3 H1. Against botocore's model, which is all there is to check against."""
    with pytest.raises(ResourceError) as caught:
        create(type_, inputs)
    assert message in str(caught.value)


def test_an_invocation_that_the_provider_would_repeat_on_deletion_is_refused() -> None:
    """C5. The provider would add the action to the input."""
    inputs = {"functionName": "f", "input": "{}", "lifecycleScope": "CRUD"}
    with pytest.raises(ResourceError, match="knows the lifecycleScope CREATE_ONLY only"):
        create(str(vars(Invocation)["pulumi_type"]), inputs)


def test_default_tags_yield_to_the_resources_own() -> None:
    """A16."""
    state = create(APPLICATION, {"tags": {"a": "own"}}, default_tags={"a": "default", "b": "default"}).state
    assert state["tags"] == state["tagsAll"] == {"a": "own", "b": "default"}


def test_a_chosen_name_depends_on_the_resource_alone() -> None:
    """H1. Seven characters after the name, as Pulumi does, but the same every time."""
    names = [create(APPLICATION, {}, name).state["name"] for name in ("app", "app", "other")]
    assert names[0] == names[1]
    assert names[0].startswith("app-")
    assert len(names[0]) == len("app-") + 7
    assert names[2].removeprefix("other-") != names[0].removeprefix("app-")


def test_a_secret_input_stays_secret_in_the_state() -> None:
    """E1. What the API call gets is the plain value."""
    state = create(APPLICATION, {"name": secret("app")}).state
    assert rpc.is_rpc_secret(state["name"])
    assert state["arn"].endswith(":app")


def test_an_unprovided_output_is_found_wherever_it_went() -> None:
    """H1."""
    text = unprovided("thing it.colour", as_list=False)
    assert first_unprovided({"a": ["x", {"b": f"http://{text}/"}]}) == "thing it.colour"


def test_an_unprovided_list_is_found_by_its_first_item() -> None:
    """H1. A program takes the first item; of a text it would get a character."""
    assert first_unprovided(unprovided("thing it.colours", as_list=True)[0]) == "thing it.colours"


def test_ordinary_values_hold_no_unprovided_output() -> None:
    """H1."""
    assert first_unprovided({"a": [1, None, True, "<<text>>"]}) is None


def test_plain_values_have_no_secrets_and_whole_numbers() -> None:
    """E1."""
    assert plain({"a": secret([1.0, secret("b")]), "c": 0.5, "d": True}) == {"a": [1, "b"], "c": 0.5, "d": True}


def test_a_secret_is_marked_once() -> None:
    """E1."""
    assert secret(secret("a")) == secret("a")


def test_an_archive_is_the_same_for_the_same_content(tmp_path: Path) -> None:
    """B3. Its digest is what tells a new version from the old one."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("A = 1")
    directory = archive_bytes(pulumi.FileArchive(str(tmp_path / "code")))
    (tmp_path / "code" / "a.py").touch()
    text = archive_bytes(pulumi.AssetArchive({"a.py": pulumi.StringAsset("A = 1")}))
    assert directory == archive_bytes(pulumi.FileArchive(str(tmp_path / "code"))) == text


def test_a_zip_file_is_uploaded_as_it_is(tmp_path: Path) -> None:
    """B3. Its digest must be that of the build."""
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as target:
        target.writestr("a.py", "A = 1")
    assert archive_bytes(pulumi.FileArchive(str(tmp_path / "code.zip"))) == (tmp_path / "code.zip").read_bytes()


def test_archives_nest(tmp_path: Path) -> None:
    """B3."""
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as source:
        source.writestr("b/c.py", "C = 1")
    (tmp_path / "d.txt").write_text("d")
    packed = archive_bytes(
        pulumi.AssetArchive(
            {"a": pulumi.FileArchive(str(tmp_path / "code.zip")), "d": pulumi.FileAsset(str(tmp_path / "d.txt"))}
        )
    )
    assert sorted(zipfile.ZipFile(io.BytesIO(packed)).namelist()) == ["a/b/c.py", "d"]


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (pulumi.FileArchive("build/nothing.zip"), "build/nothing.zip does not exist: build it first"),
        (pulumi.AssetArchive({"a": pulumi.FileAsset("nothing.py")}), "nothing.py does not exist"),
        (pulumi.RemoteArchive("https://example.com/a.zip"), "RemoteArchive cannot be packed locally"),
    ],
)
def test_an_archive_that_is_not_there_says_what_to_do(archive: pulumi.Archive, message: str) -> None:
    """B3."""
    with pytest.raises(TranslationError, match=message):
        archive_bytes(archive)


def test_a_provider_hands_down_region_and_default_tags() -> None:
    """A16. Pulumi sends everything but plain text as JSON."""
    inputs = {"region": "eu-west-3", "defaultTags": '{"tags": {"Project": "medflow"}}', "skipRegionValidation": "true"}
    assert provider_of("aws", inputs, Clients(NOWHERE)) == Provider("eu-west-3", {"Project": "medflow"})


def test_a_provider_setting_without_meaning_here_is_refused() -> None:
    """H1."""
    with pytest.raises(ResourceError, match="the local deployer does not support assumeRoles"):
        provider_of("aws", {"assumeRoles": '[{"roleArn": "r"}]'}, Clients(NOWHERE))

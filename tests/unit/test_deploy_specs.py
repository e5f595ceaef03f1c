"""Every specification fits both sides: the SDK's resource class and botocore's model of the service."""

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.model import MapShape, OperationModel, Shape, StructureShape
from botocore.session import Session

from local_cloud.deploy.declared import declared_outputs
from local_cloud.deploy.spec import REST, Call, Spec
from local_cloud.deploy.types import SPECS

_SESSION = Session()
_MODULES = {"lambda": "lambda_"}
"""Modules whose name is a Python keyword."""

every_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())


def resource_class(spec: Spec) -> Any:
    _, path, name = spec.token.split(":")
    module = path.split("/")[0]
    return getattr(importlib.import_module(f"pulumi_aws.{_MODULES.get(module, module)}"), name)


def inputs_of(spec: Spec) -> set[str]:
    """camelCase names of the arguments of the SDK's class."""
    parameters = inspect.signature(resource_class(spec)._internal_init).parameters
    names = [name for name in parameters if not name.startswith("__") and name not in ("resource_name", "opts")]
    return {name.split("_")[0] + "".join(part.capitalize() for part in name.split("_")[1:]) for name in names}


def operation(spec: Spec, call: Call) -> OperationModel:
    return _SESSION.get_service_model(spec.service).operation_model(call.operation)


@every_spec
def test_the_operations_exist(spec: Spec) -> None:
    """H1."""
    assert [operation(spec, call).name for call in spec.calls] == [call.operation for call in spec.calls]


@every_spec
def test_every_property_a_specification_names_is_one_of_the_resource(spec: Spec) -> None:
    """H1. A misspelt name would never be met, and its reason or rename never apply."""
    named = {*spec.not_sent, *spec.defaults, *([spec.auto_name] if spec.auto_name else [])}
    for call in spec.calls:
        named |= set() if call.takes is REST else set(call.takes)
        if call.reshape is None and call.for_each is None:
            named |= {path for path in call.renames if "." not in path}
    assert named - inputs_of(spec) == set()


@every_spec
def test_every_computed_output_of_the_resource_is_provided_or_refused_with_a_reason(spec: Spec) -> None:
    """H1. Anything else would be found out by the first program that reads it."""
    resource_class(spec)
    computed = set(declared_outputs(spec.token)) - inputs_of(spec) - {"tagsAll"}
    assert computed - set(spec.outputs) - set(spec.unsupported_outputs) == set()


@every_spec
def test_every_given_member_and_every_rename_leads_somewhere(spec: Spec) -> None:
    """H1."""
    for call in spec.calls:
        shape = operation(spec, call).input_shape
        assert isinstance(shape, StructureShape)
        assert set(call.gives) - set(shape.members) == set()
        places = [place for path, place in call.renames.items() if "." not in path]
        assert [place for place in places if not leads_somewhere(shape, place)] == []


def leads_somewhere(shape: Shape, place: str) -> bool:
    for step in place.split("."):
        if isinstance(shape, MapShape):
            shape = shape.value
        elif isinstance(shape, StructureShape) and step in shape.members:
            shape = shape.members[step]
        else:
            return False
    return True


@every_spec
def test_exactly_one_call_takes_what_no_other_takes(spec: Spec) -> None:
    """H1. With none an unknown property would be dropped, with two it would be sent twice."""
    assert [call.operation for call in spec.calls if call.takes is REST] == [spec.calls[0].operation]


@every_spec
def test_a_property_is_either_sent_or_excused(spec: Spec) -> None:
    """H1."""
    taken: set[str] = {name for call in spec.calls if call.takes is not REST for name in call.takes}
    assert taken & set(spec.not_sent) == set()


REFUSED: Mapping[str, set[str]] = {
    "aws:apigatewayv2/api:Api": {"body", "failOnWarnings"},
    "aws:rds/cluster:Cluster": {
        "clusterMembers",
        "dbInstanceParameterGroupName",
        "iamRoles",
        "restoreToPointInTime",
        "s3Import",
        "snapshotIdentifier",
        "warningEventCategories",
    },
}
"""Properties that a program may set and the deployer refuses, for types where that was looked at one by one."""


@pytest.mark.parametrize("token", REFUSED)
def test_the_refused_properties_are_known(token: str) -> None:
    """H1. A botocore or SDK update that adds a property must be noticed here, not by a user."""
    spec = SPECS[token]
    [rest] = [call for call in spec.calls if call.takes is REST]
    shape = operation(spec, rest).input_shape
    assert isinstance(shape, StructureShape)
    members = {member.lower() for member in shape.members}
    taken = {name for call in spec.calls if call.takes is not REST for name in call.takes}
    handled = taken | set(spec.not_sent) | set(rest.renames) | {"region", f"{spec.auto_name}Prefix"}
    left = {name for name in inputs_of(spec) - handled if not {name.lower(), (spec.noun + name).lower()} & members}
    assert left == REFUSED[token]

"""What the program gives each function is what the function reads."""

import importlib
import zipfile
from typing import Any

import pytest

from support.pulumi_harness import ROOT, Archive, Resource, synth_program

FUNCTION = "aws:lambda/function:Function"
RUNTIME_OWN = {"POWERTOOLS_SERVICE_NAME", "LOG_LEVEL"}


def functions() -> list[Resource]:
    return synth_program("local").all(FUNCTION)


def package_of(function: Resource) -> str:
    return str(function.inputs["handler"]).split(".")[0]


FUNCTIONS = {package_of(function): function for function in functions()}
TRIGGERS = ("custom_message", "sign_in_guard", "sign_up_validator", "signup_publisher", "token_enricher")
every_function = pytest.mark.parametrize("package", sorted(FUNCTIONS))


def test_every_package_with_a_handler_is_deployed() -> None:
    """B1 C1 C3 C5 D2."""
    assert {path.parent.name for path in (ROOT / "lambdas").glob("*/handler.py")} == set(FUNCTIONS)


@every_function
def test_its_environment_is_what_it_reads(package: str) -> None:
    """B4. Neither a name that it misses nor one that nobody reads."""
    variables: dict[str, Any] = FUNCTIONS[package].inputs["environment"]["variables"]
    read = set(importlib.import_module(f"{package}.env").VARIABLES)
    assert set(variables) - RUNTIME_OWN == read


@every_function
def test_its_handler_is_in_its_zip(package: str) -> None:
    """B3. The path that AWS imports, from the archive that AWS gets."""
    function = FUNCTIONS[package]
    module, _, name = str(function.inputs["handler"]).rpartition(".")
    code = function.inputs["code"]
    assert isinstance(code, Archive)
    with zipfile.ZipFile(ROOT / str(code.path)) as archive:
        source = archive.read(module.replace(".", "/") + ".py").decode()
    assert f"def {name}(" in source


@pytest.mark.parametrize("package", TRIGGERS)
def test_a_trigger_learns_the_pool_from_the_event(package: str) -> None:
    """B4 C1. The pool needs the trigger's ARN: a trigger that is told the pool's id would close a cycle."""
    function = FUNCTIONS[package]
    assert [name for name in function.inputs["environment"]["variables"] if "POOL" in name] == []
    assert "auth-user-pool" not in function.depends_on


@pytest.mark.parametrize("package", TRIGGERS)
def test_a_trigger_ends_within_what_cognito_waits(package: str) -> None:
    """B5 C1. Beyond 5 s Cognito asks again, and the user sees an error."""
    assert FUNCTIONS[package].inputs["timeout"] <= 5

"""Rules that every Lambda package keeps, read from its source."""

import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LAMBDAS = Path(__file__).resolve().parents[2] / "lambdas"
PACKAGES = sorted(path.parent.name for path in LAMBDAS.glob("*/handler.py"))
SOURCES = sorted(LAMBDAS.rglob("*.py"))
MAY_USE_BOTO3 = {"events.py", "store.py", "data_api.py"}


def imports(path: Path) -> set[str]:
    """Top-level names that a module imports at run time, wherever in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    named = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in named}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_handler_is_short_enough_to_be_read_at_a_glance(package: str) -> None:
    """Parse, decide, act; what is longer belongs into a module that is named for what it decides."""
    assert len((LAMBDAS / package / "handler.py").read_text(encoding="utf-8").splitlines()) <= 40


@pytest.mark.parametrize("package", PACKAGES)
def test_a_handler_says_what_it_accepts_how_it_fails_and_how_long_it_may_take(package: str) -> None:
    docstring = ast.get_docstring(ast.parse((LAMBDAS / package / "handler.py").read_text(encoding="utf-8"))) or ""
    assert not [word for word in ("Event:", "Fails ", "Budget:") if word not in docstring]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(LAMBDAS)))
def test_no_handler_knows_the_program_that_deploys_it(path: Path) -> None:
    assert not imports(path) & {"pulumi", "pulumi_aws", "components", "settings", "local_cloud", "medflow"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(LAMBDAS)))
def test_aws_is_called_only_where_the_file_name_says_so(path: Path) -> None:
    assert path.name in MAY_USE_BOTO3 or not imports(path) & {"boto3", "botocore"}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_trigger_is_told_its_pool_by_the_environment(package: str) -> None:
    """B4. The pool needs the trigger's ARN, so a trigger that needed the pool's id could not be deployed."""
    assert not [name for name in importlib.import_module(f"{package}.env").VARIABLES if "POOL" in name]


@pytest.mark.parametrize("path", sorted((LAMBDAS / "token_enricher").glob("*.py")), ids=lambda path: path.name)
def test_the_token_path_is_the_standard_library_alone(path: Path) -> None:
    """B6. boto3, which the runtime brings along, is for the holders of privileged scopes, and not before one comes."""
    lookup = {"boto3", "botocore"} if path.name == "store.py" else set()
    assert imports(path) <= set(sys.stdlib_module_names) | {"token_enricher"} | lookup


def test_starting_the_token_path_loads_no_module_beyond_what_json_loads() -> None:
    """B6. The start-up of a cold trigger is what users wait for; dataclasses, typing or logging would double it."""
    script = (
        "import json, os, sys; before = set(sys.modules); import token_enricher.handler;"
        " print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    environment = {
        "PYTHONPATH": str(LAMBDAS),
        "ROLES": '[{"name": "admin", "scopes": ["staff.read"]}]',
        "RESOURCE_SERVER": "medflow",
        "TENANTLESS_USERS": "refuse",
        "PRIVILEGED_SCOPES": '["staff.read"]',
        "PATH": os.defpath,
    }
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout)
    assert [name for name in loaded if not name.startswith("token_enricher")] == ["collections.abc"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(LAMBDAS)))
def test_every_module_is_python_of_the_workstation_and_of_the_runtime(path: Path) -> None:
    """H1. 3.11 runs the local cloud, 3.13 is AWS's runtime; the grammar of the older one is the common part."""
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 11))

"""Who may import whom: the one direction in which the packages of this repository know each other, read from source."""

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OWN: Final = frozenset({"components", "settings", "local_cloud", "medflow", "lambdas", "bench", "policy", "tests"})
"""Top-level packages of the repository, Lambda packages aside."""

TOKEN_PATH: Final = "token_enricher"
"""The package that runs at every sign-in: the standard library alone, but for one file."""

LOOKUP: Final = "lambdas/token_enricher/store.py"
"""Asks the pool about the holders of privileged scopes, and imports boto3 with the first of them."""

LAMBDA_LIBRARIES: Final = frozenset({"boto3", "botocore", "aws_lambda_powertools", "fastjsonschema"})
"""What the Lambda runtime brings, and what the zips hold."""


@dataclass(frozen=True)
class Import:
    """One import statement's top-level package, and where it stands."""

    file: str
    """Path from the root of the repository, with slashes."""
    line: int
    package: str


Allows = Callable[[Import, frozenset[str]], bool]
"""Whether an import is allowed, given the names of the Lambda packages."""


@dataclass(frozen=True)
class Rule:
    """What the files below a folder may import."""

    folder: str
    text: str
    allows: Allows


def _one_of(*packages: str) -> Allows:
    return lambda found, _: found.package in sys.stdlib_module_names or found.package in packages


def _lambda(found: Import, _: frozenset[str]) -> bool:
    """Its own package, the shared one and its libraries; another function's package is not in its zip."""
    own = found.file.split("/")[1]
    if found.package in sys.stdlib_module_names or found.package == own:
        return True
    known = found.package in LAMBDA_LIBRARIES | {"medflow_runtime"} or found.package.startswith("types_boto3")
    return known and (own != TOKEN_PATH or found.file == LOOKUP)


def _nothing_of(*packages: str) -> Allows:
    return lambda found, lambdas: found.package not in packages and found.package not in lambdas


RULES: Final = (
    Rule("components/", "components know Pulumi and each other", _one_of("pulumi", "pulumi_aws", "components")),
    Rule("settings/", "settings know the configuration and themselves", _one_of("pulumi", "pydantic", "settings")),
    Rule("lambdas/", "a Lambda knows what its zip and runtime hold", _lambda),
    Rule("local_cloud/", "the local cloud meets the program only by running it", _nothing_of(*OWN - {"local_cloud"})),
    Rule("medflow/", "the command line knows the local cloud", _nothing_of(*OWN - {"medflow", "local_cloud"})),
)
"""What each folder may import. The Lambda packages are top-level names, too, and no folder but lambdas/ knows them."""

KNOW_THE_LOCAL_CLOUD: Final = ("local_cloud/", "medflow/", "tests/", "bench/")
"""Folders that may import local_cloud: the command line starts it, tests and benchmarks run in it."""


def imports(file: str, source: str) -> Iterator[Import]:
    """Every import of a file, inside of functions and type checks, too. A relative one is of its own package."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = file.split("/")
            own = parts[1] if parts[0] == "lambdas" else parts[0]
            yield Import(file, node.lineno, own if node.level else str(node.module).split(".")[0])


def problems(files: Mapping[str, str]) -> list[str]:
    """Which imports of these files (path -> source) go against the rules, one sentence each."""
    lambdas = frozenset(path.split("/")[1] for path in files if path.startswith("lambdas/") and path.count("/") > 1)
    found: list[str] = []
    for path, source in files.items():
        for imported in imports(path, source):
            where = f"{path}:{imported.line} imports {imported.package}"
            found += [
                f"{where}: {rule.text}"
                for rule in RULES
                if path.startswith(rule.folder) and not rule.allows(imported, lambdas)
            ]
            if imported.package == "local_cloud" and not path.startswith(KNOW_THE_LOCAL_CLOUD):
                found.append(f"{where}: the program does not know where it runs")
        if not path.startswith(("settings/", "tests/")):
            found += [f"{path}:{line} reads pulumi.Config: settings is its only reader" for line in _config(source)]
    return found


def _config(source: str) -> Iterator[int]:
    """Lines that reach for pulumi.Config, as an attribute or by its name."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id="pulumi"), attr="Config"):
                yield node.lineno
            case ast.ImportFrom(module="pulumi" | "pulumi.config", names=names) if "Config" in {n.name for n in names}:
                yield node.lineno


def sources(root: Path) -> dict[str, str]:
    """Every Python file of the repository's own folders, and of its root, by its path."""
    folders = [folder for folder in sorted(root.iterdir()) if folder.name in OWN]
    files = [*sorted(root.glob("*.py")), *(file for folder in folders for file in sorted(folder.rglob("*.py")))]
    return {file.relative_to(root).as_posix(): file.read_text("utf-8") for file in files}

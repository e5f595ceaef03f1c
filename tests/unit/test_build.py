"""The Lambda builds: complete, for the target platform, and equal byte by byte."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from medflow import build as builder
from medflow.build import BuildError, BuiltPackage, build
from support.pulumi_harness import synth_program

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(path.parent.name for path in (ROOT / "lambdas").glob("*/handler.py"))
RECIPES = tomllib.loads((ROOT / "lambdas/packages.toml").read_text())
VENDORING = sorted(package for package in PACKAGES if RECIPES[package]["vendored"])

local_program = cache(lambda: synth_program("local"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BuiltPackage]:
    """Every package of the repository, built once."""
    return {package.package: package for package in build(ROOT, tmp_path_factory.mktemp("lambdas"))}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with one package that shares another and vendors nothing."""
    root = tmp_path / "project"
    for name, text in {
        "lambdas/greeter/handler.py": "from shared import words\n",
        "lambdas/greeter/greeting.sql": "SELECT 1;\n",
        "lambdas/shared/words.py": "HELLO = 1\n",
        "lambdas/packages.toml": '[greeter]\nshared = ["shared"]\nvendored = []\n',
        "lambdas/database_migrator/migrations/0001_a.sql": "A;\n",
        "requirements/lambda-vendored.txt": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pretend that installing the vendored packages leaves these files, path -> content."""

    def prepare(files: dict[str, str]) -> None:
        def install(_: Path, target: Path) -> None:
            for name, text in files.items():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                (target / name).write_text(text)

        monkeypatch.setattr(builder, "_install", install)

    return prepare


def vendor(project: Path, *names: str) -> None:
    pins = "".join(f"{name}==1.0 \\\n    --hash=sha256:00\n" for name in names)
    (project / "requirements/lambda-vendored.txt").write_text(pins)
    listed = ", ".join(f'"{name}"' for name in names)
    (project / "lambdas/packages.toml").write_text(f'[greeter]\nshared = ["shared"]\nvendored = [{listed}]\n')


def names(package: BuiltPackage) -> list[str]:
    with zipfile.ZipFile(package.path) as archive:
        return archive.namelist()


def only(packages: list[BuiltPackage]) -> BuiltPackage:
    [package] = packages
    return package


def test_every_lambda_package_is_built(built: dict[str, BuiltPackage]) -> None:
    """B4 C1 C3 C5 D1. A folder with a handler that packages.toml forgot would be deployed by nobody."""
    folders = sorted(path.parent.name for path in (ROOT / "lambdas").glob("*/handler.py"))
    assert sorted(built) == folders == sorted(PACKAGES)


def test_the_token_path_is_its_own_package_and_nothing_else(built: dict[str, BuiltPackage]) -> None:
    """B6."""
    assert {name.partition("/")[0] for name in names(built["token_enricher"])} == {"token_enricher"}


@pytest.mark.parametrize("package", VENDORING)
def test_the_other_packages_carry_what_they_share_and_vendor(built: dict[str, BuiltPackage], package: str) -> None:
    """B6."""
    tops = {name.partition("/")[0] for name in names(built[package])}
    assert {package, "medflow_runtime", "aws_lambda_powertools", "jmespath"} <= tops


def test_files_that_are_no_python_go_along(built: dict[str, BuiltPackage]) -> None:
    """C1 C3 C5."""
    assert "signup_consumer/upsert.sql" in names(built["signup_consumer"])
    assert "medflow_runtime/schemas/user.registered.v1.json" in names(built["signup_publisher"])
    assert "database_migrator/migrations/0001_users.sql" in names(built["database_migrator"])


@pytest.mark.parametrize("package", PACKAGES)
def test_a_zip_holds_no_cache_no_native_code_and_no_installer_notes(
    built: dict[str, BuiltPackage], package: str
) -> None:
    """The target is arm64; a file of this machine's platform would fail there, at the first sign-in."""
    unwanted = re.compile(r"__pycache__|\.pyc$|\.so$|\.lock$|RECORD$|METADATA$|WHEEL$|^bin/")
    assert not [name for name in names(built[package]) if unwanted.search(name)]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_entries_of_a_zip_are_sorted_and_of_one_time_and_mode(built: dict[str, BuiltPackage], package: str) -> None:
    """H1 F4. What a file system tells of them would differ from machine to machine."""
    with zipfile.ZipFile(built[package].path) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {(entry.date_time, entry.external_attr >> 16) for entry in entries} == {((1980, 1, 1, 0, 0, 0), 0o100644)}


def test_the_licences_of_vendored_packages_stay(built: dict[str, BuiltPackage]) -> None:
    """Their terms ask for it."""
    licences = [name for name in names(built["signup_consumer"]) if ".dist-info/" in name]
    assert {name.partition("-")[0] for name in licences} == {
        "aws_lambda_powertools",
        "fastjsonschema",
        "jmespath",
        "typing_extensions",
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_a_handler_starts_from_its_zip_on_the_functions_interpreter(
    built: dict[str, BuiltPackage], package: str
) -> None:
    """H1. The interpreter has boto3 and nothing else, so whatever a package forgot to bring is missing here; the
    environment is what the program gives it."""
    functions = {str(f.inputs["handler"]).split(".")[0]: f for f in local_program().all("aws:lambda/function:Function")}
    given = functions[package].inputs.get("environment", {}).get("variables", {})
    environment = {"AWS_DEFAULT_REGION": "us-east-1", **{name: str(value) for name, value in given.items()}}
    unpacked = built[package].path.parent / f"{package}-unpacked"
    shutil.unpack_archive(built[package].path, unpacked)
    command = [str(ROOT / ".venv-lambda/bin/python"), "-B", "-c", f"from {package}.handler import lambda_handler"]
    done = subprocess.run(
        command, env=environment | {"PYTHONPATH": str(unpacked)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_second_build_from_scratch_is_equal_byte_by_byte(built: dict[str, BuiltPackage], tmp_path: Path) -> None:
    """H1 F4. Otherwise every deployment would replace every function."""
    again = {package.package: package.sha256 for package in build(ROOT, tmp_path / "other")}
    assert again == {name: package.sha256 for name, package in built.items()}


def test_a_build_from_another_directory_at_another_time_under_other_rights_is_equal(
    project: Path, tmp_path: Path
) -> None:
    """H1 F4."""
    first = only(build(project, tmp_path / "a"))
    copy = tmp_path / "elsewhere" / "copy"
    shutil.copytree(project, copy)
    for path in copy.rglob("*.py"):
        path.chmod(0o755)
        os.utime(path, (time.time() - 10**8,) * 2)
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        second = only(build(copy, tmp_path / "b"))
    finally:
        os.chdir(here)
    assert first.sha256 == second.sha256


def test_caches_beside_the_sources_do_not_count(project: Path, tmp_path: Path) -> None:
    """H1."""
    first = only(build(project, tmp_path / "a"))
    (project / "lambdas/greeter/__pycache__").mkdir()
    (project / "lambdas/greeter/__pycache__/handler.cpython-311.pyc").write_bytes(b"x")
    assert only(build(project, tmp_path / "b")).sha256 == first.sha256


def test_unchanged_inputs_are_not_built_again(project: Path, tmp_path: Path) -> None:
    """H1."""
    first, second = only(build(project, tmp_path)), only(build(project, tmp_path))
    assert (first.cached, second.cached) == (False, True)
    assert (second.sha256, second.size) == (first.sha256, first.size)


CHANGES: dict[str, tuple[str, str]] = {
    "the package": ("lambdas/greeter/handler.py", "import this\n"),
    "a new file": ("lambdas/greeter/more.py", ""),
    "a shared package": ("lambdas/shared/words.py", "HELLO = 2\n"),
    "a file that is no Python": ("lambdas/greeter/greeting.sql", "SELECT 2;\n"),
}


@pytest.mark.parametrize(("path", "text"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_built(project: Path, tmp_path: Path, path: str, text: str) -> None:
    """H1. Also in what the package shares."""
    first = only(build(project, tmp_path))
    (project / path).write_text(text)
    second = only(build(project, tmp_path))
    assert not second.cached
    assert second.sha256 != first.sha256


def test_a_change_of_a_pin_is_built(project: Path, tmp_path: Path, installed: Callable[..., None]) -> None:
    """H1."""
    installed({"words/__init__.py": ""})
    vendor(project, "words")
    build(project, tmp_path)
    pins = project / "requirements/lambda-vendored.txt"
    pins.write_text(pins.read_text().replace("1.0", "1.1"))
    assert not only(build(project, tmp_path)).cached


MANIFESTS_OF_OTHERS = {
    "a list": "[]",
    "no object": '{"greeter": "x"}',
    "no digest": '{"greeter": {"inputs": "INPUTS"}}',
    "another type": '{"greeter": {"inputs": "INPUTS", "sha256": "x", "path": "x", "size": "7"}}',
    "of another": '{"another": 1}',
}


@pytest.mark.parametrize("text", MANIFESTS_OF_OTHERS.values(), ids=MANIFESTS_OF_OTHERS)
def test_a_manifest_of_another_shape_counts_as_none(project: Path, tmp_path: Path, text: str) -> None:
    """H1. As another version, or another tool, wrote it."""
    first = only(build(project, tmp_path))
    written = tmp_path / "manifest.json"
    inputs = json.loads(written.read_text())["greeter"]["inputs"]
    written.write_text(text.replace("INPUTS", inputs))
    second = only(build(project, tmp_path))
    assert (second.sha256, second.cached, list(json.loads(written.read_text()))) == (first.sha256, False, ["greeter"])


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("x = 1\ndef f(:\n", "greeter: lambdas/greeter/handler.py:2: invalid syntax"),
        ("x = '\0'\n", "greeter: lambdas/greeter/handler.py: source code string cannot contain null bytes"),
    ],
)
def test_a_source_that_is_no_python_is_named_with_its_line(
    project: Path, tmp_path: Path, source: str, problem: str
) -> None:
    """H1. Not a minute later, as a row that did not land."""
    (project / "lambdas/greeter/handler.py").write_text(source)
    with pytest.raises(BuildError) as caught:
        build(project, tmp_path)
    assert str(caught.value) == problem


@pytest.mark.parametrize("damage", ["gone", "changed", "no manifest", "damaged manifest"])
def test_a_damaged_output_is_repaired(project: Path, tmp_path: Path, damage: str) -> None:
    """H1. As a killed build or a hurried hand leaves it."""
    first = only(build(project, tmp_path))
    damages: dict[str, Callable[[], object]] = {
        "gone": lambda: first.path.unlink(),
        "changed": lambda: first.path.write_bytes(b"x"),
        "no manifest": lambda: (tmp_path / "manifest.json").unlink(),
        "damaged manifest": lambda: (tmp_path / "manifest.json").write_text("["),
    }
    damages[damage]()
    second = only(build(project, tmp_path))
    assert (second.sha256, second.cached) == (first.sha256, False)
    assert zipfile.is_zipfile(second.path)


def test_one_package_can_be_built_alone_and_the_manifest_keeps_the_others(tmp_path: Path) -> None:
    """H1."""
    build(ROOT, tmp_path, ["token_enricher"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json", "token_enricher.zip"]


def test_the_manifest_tells_the_digest_of_every_zip(built: dict[str, BuiltPackage]) -> None:
    """F4. A deployment can be held against it."""
    directory = built["clinic_api"].path.parent
    manifest = json.loads((directory / "manifest.json").read_text())
    digests = {
        name: hashlib.sha256((directory / entry["path"]).read_bytes()).hexdigest() for name, entry in manifest.items()
    }
    assert digests == {name: entry["sha256"] for name, entry in manifest.items()}
    assert sorted(manifest) == sorted(PACKAGES)


def test_an_unknown_package_is_named_with_those_there_are(project: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"no such package: waver; lambdas/packages.toml knows greeter"):
        build(project, tmp_path, ["waver"])


def test_every_problem_of_a_package_is_named_at_once(project: Path, tmp_path: Path) -> None:
    shutil.rmtree(project / "lambdas/shared")
    (project / "lambdas/packages.toml").write_text('[greeter]\nshared = ["shared"]\nvendored = ["words"]\n')
    expected = "greeter: folder lambdas/shared is missing; words is not pinned in requirements/lambda-vendored.txt"
    with pytest.raises(BuildError, match=expected):
        build(project, tmp_path)


@pytest.mark.parametrize("name", ["words/_speedups.cpython-313-aarch64-linux-gnu.so", "words/lib.so.1", "words/x.pyd"])
def test_native_code_is_refused(project: Path, tmp_path: Path, installed: Callable[..., None], name: str) -> None:
    """H1. It would run on arm64 only, and the local cloud runs the very same zips on this machine."""
    installed({"words/__init__.py": "", name: ""})
    vendor(project, "words")
    with pytest.raises(BuildError, match=rf"greeter: only pure Python is vendored, but found {re.escape(name)}"):
        build(project, tmp_path)


@pytest.mark.parametrize("pin", ["fastjsonschema==2.22.3\n", "fastjsonschema==2.22.3 \\\n    --hash=sha256:00\n"])
def test_a_package_without_its_hash_or_with_another_is_not_taken(project: Path, tmp_path: Path, pin: str) -> None:
    """The build takes no file that the repository does not name by its hash."""
    vendor(project, "fastjsonschema")
    (project / "requirements/lambda-vendored.txt").write_text(pin)
    with pytest.raises(BuildError, match=r"the vendored packages cannot be installed, .*\n.*"):
        build(project, tmp_path)


@pytest.mark.parametrize(("cached", "calls"), [(True, [True]), (False, [True, False])])
def test_the_network_is_asked_only_for_what_the_cache_lacks(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cached: bool, calls: list[bool]
) -> None:
    """H1. A rebuild on a train."""
    offline: list[bool] = []

    def run(command: list[str], **_: object) -> "subprocess.CompletedProcess[str]":
        offline.append("--offline" in command)
        return subprocess.CompletedProcess(command, int(offline[-1] and not cached), "", "not in the cache")

    monkeypatch.setattr(subprocess, "run", run)
    vendor(project, "words")
    build(project, tmp_path)
    assert offline == calls


def test_nothing_half_written_stays_behind(project: Path, tmp_path: Path) -> None:
    """H1."""
    vendor(project, "no-such-package")
    with pytest.raises(BuildError):
        build(project, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.fixture
def command(project: Path) -> list[str]:
    """The module's command line in a copy of it that belongs to `project`."""
    shutil.copytree(ROOT / "medflow", project / "medflow")
    return [sys.executable, "-m", "medflow.build"]


def test_the_module_builds_from_the_command_line(project: Path, command: list[str]) -> None:
    """H1."""
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (project / "build/lambdas/greeter.zip").is_file()


def test_the_command_line_tells_a_problem_in_one_sentence(project: Path, command: list[str]) -> None:
    done = subprocess.run([*command, "waver"], cwd=project, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "no such package: waver; lambdas/packages.toml knows greeter\n")

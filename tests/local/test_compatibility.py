"""The check that the installed emulator is the one the additions were written against."""

import importlib
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

import local_cloud
from local_cloud import compatibility
from local_cloud.cloud import ROOT
from local_cloud.compatibility import IncompatibleError, Patched, check_patched, check_wheels, current

EMULATOR = "medflow_test_emulator"


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module that stands for one of the emulator's."""
    (tmp_path / f"{EMULATOR}.py").write_text("def confirm(pool, code='x'):\n    return code\n\n\nsize = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop(EMULATOR, None)


@pytest.mark.parametrize("name", compatibility.ADDITIONS)
def test_every_patched_function_is_as_the_addition_expects_it(name: str) -> None:
    """H1. A difference would leave a trigger on the emulator's own path without anybody noticing."""
    addition = importlib.import_module(f"local_cloud.{name}")
    assert compatibility.registered([addition])
    check_patched(compatibility.registered([addition]))


def test_every_addition_is_registered() -> None:
    """H1. A package with a PATCHED list that the server does not check is unchecked."""
    [package] = local_cloud.__path__
    texts = {path: path.read_text() for path in Path(package).glob("*/__init__.py")}
    with_list = {path.parent.name for path, text in texts.items() if re.search(r"\bPATCHED\b", text)}
    assert with_list == set(compatibility.ADDITIONS)


def test_the_pinned_versions_are_those_of_the_requirements() -> None:
    """H1. One upgrade, one place to forget."""
    pins = dict(re.findall(r"^([\w-]+)(?:\[.*\])?==(\S+)$", (ROOT / "requirements" / "dev.in").read_text(), re.M))
    assert {name: pins[name] for name in compatibility.WHEELS} == dict(compatibility.WHEELS)


def test_the_installed_wheels_pass() -> None:
    """H1. `make install` installs what the check wants."""
    check_wheels()


def test_every_missing_and_every_different_wheel_is_named_at_once() -> None:
    """H1. Not one per attempt."""

    def installed(name: str) -> str:
        if name == "cryptography":
            raise metadata.PackageNotFoundError(name)
        return {"ministack": "1.6.0"}.get(name, compatibility.WHEELS[name])

    with pytest.raises(IncompatibleError) as problem:
        check_wheels(installed)
    assert str(problem.value) == (
        "ministack is 1.6.0, the local cloud needs 1.5.33; cryptography 50.0.2 is not installed. Run `make install`."
    )


@pytest.mark.usefixtures("emulator")
def test_an_unchanged_function_passes() -> None:
    """H1. Signature and digest as recorded."""
    unchanged = current(EMULATOR, "confirm")
    assert (unchanged.signature, len(unchanged.digest)) == ("(pool, code='x')", 12)
    check_patched([unchanged])


@pytest.mark.usefixtures("emulator")
@pytest.mark.parametrize(
    ("entry", "difference"),
    [
        (Patched(EMULATOR, "confirm", "(pool)"), rf"{EMULATOR}\.confirm is now \(pool, code='x'\), expected \(pool\)"),
        (Patched(EMULATOR, "resend", "(pool)"), rf"{EMULATOR}\.resend is gone"),
        (Patched("medflow_no_such_module", "f", "()"), r"medflow_no_such_module\.f is gone"),
        (Patched(EMULATOR, "size", "dict"), rf"{EMULATOR}\.size is now int, expected dict"),
        (
            Patched(EMULATOR, "confirm", "(pool, code='x')", "0123456789ab"),
            r"confirm has another body \(digest \w{12}, expected 0123456789ab\)",
        ),
    ],
)
def test_a_difference_is_named_with_what_to_do(entry: Patched, difference: str) -> None:
    """H1. Changed signature, removed function, removed module, changed type, changed body."""
    with pytest.raises(IncompatibleError, match=difference) as problem:
        check_patched([entry])
    assert "make install" in str(problem.value)
    assert "python -m local_cloud.compatibility" in str(problem.value)


@pytest.mark.usefixtures("emulator")
def test_all_differences_are_named_at_once() -> None:
    """H1. An upgrade is read through once."""
    with pytest.raises(IncompatibleError, match=r"(?s)resend is gone.*size is now int"):
        check_patched([Patched(EMULATOR, "resend", "()"), Patched(EMULATOR, "size", "dict")])

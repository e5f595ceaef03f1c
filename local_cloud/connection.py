"""The connection file: how tests, examples and the CLI find a running, deployed local cloud.

`.local/outputs.json` holds everything a consumer of the platform needs, the stack's secrets included, so it is readable
by its owner alone and gone when the cloud is.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from local_cloud import aws

FILE_NAME = "outputs.json"


class ConnectionFileError(Exception):
    """The connection file is absent, unreadable or lacks a value; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Addresses of one deployed local cloud. `outputs` are all stack outputs by name, secrets unwrapped."""

    endpoint: str
    region: str
    api_url: str
    postgres_dsn: str = field(repr=False)
    outputs: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of_deployment(cls, *, endpoint: str, postgres_dsn: str, outputs: Mapping[str, Any]) -> "Connection":
        """The connection to a stack just deployed, in the stack's own region: the emulator plays any of them.

        The API's address is the emulator's own: `*.execute-api.localhost` does not resolve through glibc. Raises
        ConnectionFileError when the stack has no `region` or `api_id`.
        """
        connection = cls(endpoint, "", "", postgres_dsn, outputs)
        region = connection.output("region")
        api_url = f"{endpoint}/_aws/execute-api/{connection.output('api_id')}"
        return cls(endpoint, region, api_url, postgres_dsn, outputs)

    def output(self, name: str) -> str:
        """One stack output as text. Raises ConnectionFileError naming it when the stack did not export it."""
        value = self.outputs.get(name)
        if not isinstance(value, str) or not value:
            raise ConnectionFileError(
                f"the deployed stack exports no text {name!r} (got {type(value).__name__}); see the end of __main__.py"
            )
        return value

    def client(self, service: str) -> Any:
        """A boto3 client with the account's root credentials."""
        return aws.client(service, self.endpoint, self.region)

    def anonymous_client(self, service: str) -> Any:
        """A boto3 client that signs nothing, as a browser or a phone has it."""
        return aws.anonymous_client(service, self.endpoint, self.region)


def write(connection: Connection, state_directory: Path) -> Path:
    """Write the connection file whole or not at all, readable by its owner only. Returns its path."""
    state_directory.mkdir(parents=True, exist_ok=True)
    # mkstemp creates with mode 0600, so the secrets are at no moment readable by others.
    descriptor, temporary = tempfile.mkstemp(dir=state_directory, prefix=f"{FILE_NAME}.")
    path = state_directory / FILE_NAME
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(connection), file, indent=2, sort_keys=True)
            file.write("\n")
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def read(state_directory: Path) -> Connection:
    """Read the connection file. Raises ConnectionFileError with the fix when it is absent or not as written here."""
    path = state_directory / FILE_NAME
    try:
        text = path.read_text()
    except FileNotFoundError:
        raise ConnectionFileError(f"no local cloud: {path} does not exist; start one with `make up`") from None
    except OSError as error:
        raise ConnectionFileError(f"cannot read {path}: {error.strerror}") from error
    return _parse(text, path)


def remove(state_directory: Path) -> bool:
    """Remove the connection file. Returns whether there was one."""
    try:
        (state_directory / FILE_NAME).unlink()
    except FileNotFoundError:
        return False
    return True


def _parse(text: str, path: Path) -> Connection:
    repair = "start the local cloud again with `make up`"
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ConnectionFileError(f"{path} is not JSON ({error}); {repair}") from error
    if not isinstance(document, dict):
        raise ConnectionFileError(f"{path} holds {type(document).__name__}, not an object; {repair}")
    problems = [
        f"{item.name} is {'missing' if item.name not in document else 'not ' + wanted.__name__}"
        for item in fields(Connection)
        for wanted in [dict if item.name == "outputs" else str]
        if not isinstance(document.get(item.name), wanted)
    ]
    problems += [f"{name} is unknown" for name in sorted(document.keys() - {item.name for item in fields(Connection)})]
    if problems:
        raise ConnectionFileError(f"{path}: {'; '.join(problems)}; {repair}")
    return Connection(**document)

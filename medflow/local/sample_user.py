"""The user that the journey left behind: `medflow local token` signs in as them.

`.local/user.json` is readable by its owner alone and gone when the cloud is.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from medflow.errors import OperatorError

FILE_NAME = "user.json"


@dataclass(frozen=True, slots=True)
class SampleUser:
    email: str
    password: str = field(repr=False)


def write(user: SampleUser, directory: Path) -> None:
    remove(directory)
    path = directory / FILE_NAME
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(user)) + "\n")


def read(directory: Path) -> SampleUser:
    """Raises OperatorError when there is none."""
    try:
        return SampleUser(**json.loads((directory / FILE_NAME).read_text()))
    except (OSError, ValueError, TypeError):
        raise OperatorError(
            f"{directory / FILE_NAME} holds no user: start the local cloud with `make up`, or give --user"
        ) from None


def remove(directory: Path) -> None:
    (directory / FILE_NAME).unlink(missing_ok=True)

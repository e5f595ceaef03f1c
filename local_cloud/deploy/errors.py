"""What can go wrong in a deployment, each with a text that a person can act upon."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_cloud.deploy.project import Project


class ConfigurationError(Exception):
    """Pulumi.yaml, the stack file or an override cannot be used; the message names the file and the key."""


class ValueTypeError(ConfigurationError):
    """Only values of a wrong type are in the way: `project` holds them all the same, so that the program can be asked
    what else it minds. `problems` are key -> text."""

    def __init__(self, problems: Mapping[str, str], project: "Project") -> None:
        super().__init__("\n".join(problems.values()))
        self.problems = problems
        self.project = project

    def joined(self, program: str) -> ConfigurationError:
        """Both lists in one error; where both mind the same key, the program's sentence says more."""
        rest = [text for key, text in self.problems.items() if not re.search(re.escape(key) + r"[:\[]", program)]
        return ConfigurationError("\n".join([program, *rest]))


class TranslationError(Exception):
    """A resource type, property or provider function that the deployer does not know, or a value AWS would refuse."""


class ResourceError(Exception):
    """A resource could not be created. `str()` is "<type> <name>: <reason>", with AWS's own words where it said no."""

    def __init__(self, type_: str, name: str, reason: str) -> None:
        super().__init__(f"{type_} {name}: {reason}")
        self.type = type_
        self.name = name

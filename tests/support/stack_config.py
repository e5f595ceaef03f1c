"""Configuration of a stack as the harness hands it to a program: the deployer's reading, with dummies for secrets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from local_cloud.deploy.project import Project, load_project

DUMMY_SECRET: Final = "dummy-secret-of-the-harness"
"""Plain text of every encrypted value: the harness holds no key."""


def stack_config(root: Path, stack: str, overrides: Mapping[str, str]) -> Project:
    """The project in `root` with the configuration of one of its stacks. Raises ConfigurationError."""
    return load_project(root, stack, overrides, lambda _: DUMMY_SECRET)

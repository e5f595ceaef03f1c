"""Programs of a few lines, written where a test wants them."""

import textwrap
from pathlib import Path

HEAD = """
import json
import pulumi
import pulumi_aws as aws
"""


def write_program(directory: Path, body: str, *, project: str = "", stack: str = "config: {}") -> Path:
    """A program named "small" with this text as `__main__.py` and `project` at the end of Pulumi.yaml."""
    (directory / "Pulumi.yaml").write_text(f"name: small\nruntime: python\n{textwrap.dedent(project)}")
    (directory / "Pulumi.local.yaml").write_text(textwrap.dedent(stack))
    (directory / "__main__.py").write_text(HEAD + textwrap.dedent(body))
    return directory

"""The files of `templates/`: one HTML layout with its parts, and the texts of each language. Read once per language."""

import tomllib
from functools import cache
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).parent / "templates"

Texts = dict[str, dict[str, str]]
"""Section -> key -> plain text: `page` for what all messages share, and one section per trigger source."""


@cache
def texts(language: str) -> Texts:
    """The texts of one language."""
    loaded: Texts = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return loaded


@cache
def part(name: str) -> Template:
    """One HTML file: `layout`, `detail` (a label and what it stands for) or `link`."""
    return Template((_FOLDER / f"{name}.html").read_text(encoding="utf-8"))

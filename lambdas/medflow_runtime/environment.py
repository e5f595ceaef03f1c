"""Typed environment of a function, read once at start-up; every problem is reported in one error."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

Model = TypeVar("Model")


class EnvironmentProblemsError(ValueError):
    """The function is configured wrongly. The text names every variable concerned."""


def variables(model: type[Any]) -> tuple[str, ...]:
    """Names of the environment variables that a model reads: its fields in capitals."""
    return tuple(field.name.upper() for field in fields(model))


def parse(model: type[Model], package: str, environ: Mapping[str, str]) -> Model:
    """Fill a dataclass of `str` and positive `int` fields. Raises EnvironmentProblemsError."""
    problems: list[str] = []
    values: dict[str, str | int] = {}
    for field in fields(model):  # type: ignore[arg-type]  # every model is a dataclass; a type variable cannot say so
        name = field.name.upper()
        text = environ.get(name, "")
        if not text:
            problems.append(f"{name} is missing")
        elif field.type is not int:
            values[field.name] = text
        elif text.isascii() and text.isdigit() and int(text) > 0:
            values[field.name] = int(text)
        else:
            problems.append(f"{name} is {text!r}, expected a positive whole number")
    if problems:
        raise EnvironmentProblemsError(f"{package}: " + "; ".join(problems))
    return model(**values)

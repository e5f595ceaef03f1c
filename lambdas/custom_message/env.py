"""The environment of the custom message trigger; every problem is reported in one error."""

from collections.abc import Mapping

VARIABLES = ("DEFAULT_LANGUAGE", "APPLICATION_URL")

LANGUAGES = ("ar", "fr", "en")
"""Each has a file of its texts in `templates/`."""


class EnvironmentProblemsError(ValueError):
    """The function is configured wrongly. The text names every variable concerned."""


class Environment:
    """What the trigger is configured with."""

    __slots__ = ("application_url", "default_language")

    def __init__(self, default_language: str, application_url: str) -> None:
        self.default_language = default_language
        """Language of a user who has said none that the product speaks."""
        self.application_url = application_url
        """Where an invited user signs in; empty for no link."""


def parse(environ: Mapping[str, str]) -> Environment:
    """Read it from environment variables. Raises EnvironmentProblemsError."""
    problems = [f"{name} is missing" for name in VARIABLES if name not in environ]
    language, url = environ.get("DEFAULT_LANGUAGE", ""), environ.get("APPLICATION_URL", "")
    if "DEFAULT_LANGUAGE" in environ and language not in LANGUAGES:
        problems.append(f"DEFAULT_LANGUAGE is {language!r}, expected one of {', '.join(LANGUAGES)}")
    if url and not url.startswith(("https://", "http://localhost", "http://127.0.0.1")):
        problems.append("APPLICATION_URL must start with https:// (http:// only for localhost)")
    if problems:
        raise EnvironmentProblemsError("custom_message: " + "; ".join(problems))
    return Environment(language, url)

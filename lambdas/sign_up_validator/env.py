"""The environment of the sign-up validator, read once at start-up; every problem is reported in one error."""

import json
from collections.abc import Mapping

VARIABLES = ("EMAIL_DOMAINS", "LICENSE_STATES", "PROVIDERS", "ROLES", "SELF_REGISTRATION")


class Provider:
    """An identity provider whose users may be linked to accounts of the pool."""

    __slots__ = ("email_domains", "name", "subject_attribute")

    def __init__(self, name: str, email_domains: frozenset[str], subject_attribute: str) -> None:
        self.name = name
        """As in the pool, in its own case."""
        self.email_domains = email_domains
        """Domains for whose addresses it may speak; empty for all."""
        self.subject_attribute = subject_attribute
        """Attribute that holds its user's id in the id's own case; empty when there is none."""


class Environment:
    """What the trigger is configured with. Not a dataclass: importing `dataclasses` alone costs more than a check."""

    __slots__ = (
        "allowed_domains",
        "denied_domains",
        "license_states",
        "providers",
        "roles",
        "self_clinics",
        "self_license",
        "self_roles",
    )

    def __init__(self, given: Mapping[str, object]) -> None:
        """From decoded variables. Raises ValueError, TypeError or KeyError for another shape."""
        domains, own = _mapping(given["EMAIL_DOMAINS"]), _mapping(given["SELF_REGISTRATION"])
        self.allowed_domains = _texts(domains["allow"])
        """Domains of the addresses that may register; empty for all."""
        self.denied_domains = _texts(domains["deny"])
        """Domains that may not, nor those below them."""
        self.license_states = _texts(given["LICENSE_STATES"])
        self.roles = _texts(given["ROLES"])
        """Roles that administrators may give."""
        self.self_roles, self.self_clinics = _texts(own["roles"]), _texts(own["clinics"])
        """What who signs up may choose."""
        self.self_license = _flag(own["license"])
        """Whether who signs up may state a medical licence."""
        self.providers = tuple(_provider(_mapping(provider)) for provider in _list(given["PROVIDERS"]))
        if not self.roles or not self.license_states:
            raise ValueError


def parse(environ: Mapping[str, str]) -> Environment:
    """Read it from environment variables. Raises ValueError that names every missing or unusable one."""
    given: dict[str, object] = {}
    problems: list[str] = []
    for name in VARIABLES:
        if not environ.get(name):
            problems.append(f"{name} is missing")
            continue
        try:
            given[name] = json.loads(environ[name])
        except ValueError:
            problems.append(f"{name} is no JSON")
    if not problems:
        try:
            return Environment(given)
        except (ValueError, TypeError, KeyError):
            problems.append(f"{', '.join(VARIABLES)} do not have the shape that the component writes")
    raise ValueError("sign_up_validator: " + "; ".join(problems))


def _provider(given: Mapping[str, object]) -> Provider:
    name, attribute = given["name"], given["subject_attribute"]
    if not isinstance(name, str) or not isinstance(attribute, str) or not name:
        raise TypeError
    return Provider(name, _texts(given["email_domains"]), attribute)


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _texts(value: object) -> frozenset[str]:
    texts = frozenset(item for item in _list(value) if isinstance(item, str))
    if len(texts) != len(_list(value)):
        raise ValueError
    return texts


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value

"""Who may become a user with what attributes, by the way they come: on their own, invited, or from a provider.

Facts: "Pre sign-up Lambda trigger", Amazon Cognito Developer Guide. Attributes that are missing are Cognito's to ask
for: the pool's schema says which are required.
"""

from collections.abc import Callable, Mapping

from sign_up_validator import values
from sign_up_validator.env import Environment

SIGN_UP, INVITED, EXTERNAL = "PreSignUp_SignUp", "PreSignUp_AdminCreateUser", "PreSignUp_ExternalProvider"
SOURCES = frozenset((SIGN_UP, INVITED, EXTERNAL))

REFUSAL = "This account cannot be created at the moment, please contact your clinic"
"""Read by whoever is refused for another reason than an attribute; which one, the log says."""

ASSIGNED = "is assigned by the clinic"
"""The same for a clinic that exists and one that does not."""


class RefusedError(Exception):
    """Nobody is created. The text is shown to the user: fields and rules, never a value and nobody else's data."""

    def __init__(self, reason: str, problems: Mapping[str, str] | None = None) -> None:
        found = problems or {}
        super().__init__("; ".join(f"{field} {text}" for field, text in found.items()) or REFUSAL)
        self.reason = reason
        self.fields = list(found)


class UndecidedError(RefusedError):
    """Refused since the decision could not be made; an operator should know."""


class Applicant:
    """The part of the event that the decision needs; unknown fields are not looked at."""

    __slots__ = ("attributes", "pool_id", "source", "user_name")

    def __init__(self, event: object) -> None:
        """Read it from the event. Raises RefusedError for one that is no sign-up of a known kind."""
        known = event if isinstance(event, dict) else {}
        source, pool_id, user_name = (known.get(key) for key in ("triggerSource", "userPoolId", "userName"))
        if not isinstance(source, str) or source not in SOURCES:
            raise UndecidedError("UNKNOWN_TRIGGER_SOURCE")
        request = known.get("request")
        attributes = request.get("userAttributes") if isinstance(request, dict) else None
        if not isinstance(pool_id, str) or not isinstance(user_name, str) or not isinstance(attributes, dict):
            raise UndecidedError("UNREADABLE_EVENT")
        if not all(isinstance(name, str) and isinstance(value, str | None) for name, value in attributes.items()):
            raise RefusedError("ATTRIBUTE_IS_NO_TEXT", {"attributes": "must be texts"})
        self.source, self.pool_id, self.user_name = source, pool_id, user_name
        self.attributes: dict[str, str] = {name: value for name, value in attributes.items() if value}
        """Those with a value: an empty one is how Cognito says that there is none."""


def check(applicant: Applicant, environment: Environment) -> None:
    """Raises RefusedError that names every field with an impossible or forbidden value."""
    problems: dict[str, str] = {}
    for name, value in applicant.attributes.items():
        # The last part, whatever its case: `dev:custom:clinic_id` would name the same thing.
        field = name.rpartition(":")[2].lower()
        text = _problem(field, value, applicant.source, environment)
        if text:
            problems[field if field in RULES or field in VERIFIED_FLAGS else "attributes"] = text
    if "email" not in problems and not _domain_is_accepted(applicant.attributes.get("email", ""), environment):
        problems["email"] = "must be of a domain that may register here"
    if problems:
        raise RefusedError("ATTRIBUTES", dict(sorted(problems.items())))


def _problem(field: str, value: str, source: str, environment: Environment) -> str:
    """What the user is told, or an empty text."""
    if source != INVITED and field in PRIVILEGED and not PRIVILEGED[field](value, environment):
        return ASSIGNED
    if source == SIGN_UP and field in VERIFIED_FLAGS and value != "false":
        return "is set once a code was confirmed"
    is_possible, text = RULES.get(field, OTHER)
    return "" if is_possible(value, environment) else text


def _domain_is_accepted(email: str, environment: Environment) -> bool:
    domain = values.email_domain(email)
    if environment.allowed_domains and domain not in environment.allowed_domains:
        return False
    return not (environment.denied_domains and (not domain or values.within(domain, environment.denied_domains)))


Test = Callable[[str, Environment], bool]


def _alone(is_possible: Callable[[str], bool]) -> Test:
    return lambda value, _: is_possible(value)


_TEXT = (_alone(values.is_text), f"must be at most {values.MAX_TEXT} printable characters")

RULES: Mapping[str, tuple[Test, str]] = {
    "clinic_id": (_alone(values.is_uuid), "must be a UUID"),
    "email": (_alone(lambda value: bool(values.email_domain(value))), "must be an e-mail address"),
    "family_name": _TEXT,
    "given_name": _TEXT,
    "license_state": (lambda value, known: value in known.license_states, "must be a known state or territory"),
    "medical_license": (
        _alone(lambda value: values.is_text(value, values.MAX_LICENSE)),
        f"must be at most {values.MAX_LICENSE} printable characters",
    ),
    "name": _TEXT,
    "npi_number": (_alone(values.is_npi), "must be ten digits with a valid check digit"),
    "phone_number": (_alone(values.is_phone_number), "must be a plus and 7 to 15 digits"),
    "preferred_language": (_alone(values.is_language), "must be ar, fr or en"),
    "specialties": (
        _alone(values.is_specialties),
        f"must be a JSON array of at most {values.MAX_SPECIALTIES} texts of at most {values.MAX_SPECIALTY} characters",
    ),
    "user_role": (lambda value, known: value in known.roles, "must be a known role"),
}
"""Field -> whether a value is possible, and what the user is told if it is not."""

OTHER: tuple[Test, str] = (
    _alone(lambda value: values.is_text(value, values.MAX_VALUE)),
    "must be printable characters",
)
"""For attributes that only Cognito's schema knows; a refusal does not repeat their names, which came from outside."""

VERIFIED_FLAGS = frozenset(("email_verified", "phone_number_verified"))
"""Said by administrators and providers, never by the user."""

PRIVILEGED: Mapping[str, Test] = {
    "clinic_id": lambda value, allowed: value.lower() in allowed.self_clinics,
    "license_state": lambda _, allowed: allowed.self_license,
    "medical_license": lambda _, allowed: allowed.self_license,
    "user_role": lambda value, allowed: value in allowed.self_roles,
}
"""Field -> what of it somebody may say who was not invited. The pool's clients cannot write these; this holds if a
client is ever given more than it should have."""

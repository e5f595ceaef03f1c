"""The pool's own attributes, and who may write which.

The list is append-only: Cognito cannot remove, rename or change an attribute, and a provider asked to would fail or
replace the pool with all its users ("User pool attributes", Cognito Developer Guide). A test holds it against a
committed copy.
"""

from dataclasses import dataclass

import pulumi_aws as aws


@dataclass(frozen=True, slots=True)
class CustomAttribute:
    """A mutable string attribute. Lengths in characters; Cognito takes up to 2048."""

    name: str
    shortest: int
    longest: int


CUSTOM_ATTRIBUTES = (
    CustomAttribute("medical_license", 1, 64),
    CustomAttribute("license_state", 2, 10),
    CustomAttribute("specialties", 2, 2048),  # a JSON array
    CustomAttribute("clinic_id", 36, 36),  # a UUID: the tenant
    CustomAttribute("user_role", 1, 64),
    CustomAttribute("preferred_language", 2, 2),  # ar, fr or en
    CustomAttribute("npi_number", 10, 10),
)

STANDARD_ATTRIBUTES = ("email", "family_name", "given_name", "name", "phone_number")
"""Standard attributes that the consumers use; the rest of OpenID Connect's stay unreadable to the clients."""

ADMINISTERED = frozenset({"clinic_id", "license_state", "medical_license", "user_role"})
"""Written through the administrator's API alone, by either client never: whoever holds a token with the scope
`aws.cognito.signin.user.admin` may write all that the client that issued it may write, and a clinic is no wish."""


def readable() -> list[str]:
    """Attributes that a client may read, as the pool's client wants them."""
    return sorted([*STANDARD_ATTRIBUTES, "email_verified", "phone_number_verified", *_custom(administered=True)])


def writable() -> list[str]:
    """Attributes that a client may write for its own user."""
    return sorted([*STANDARD_ATTRIBUTES, *_custom(administered=False)])


def schemas() -> list[aws.cognito.UserPoolSchemaArgs]:
    """The pool's schema. Names carry no `custom:`; Cognito adds it. Constraints stand even where they are Cognito's
    defaults, and can be set for a standard attribute only when the pool is made: name and e-mail are held to what the
    users table holds."""
    return [
        _schema("email", 0, 255, required=True),
        _schema("name", 0, 255, required=False),
        *(_schema(a.name, a.shortest, a.longest, required=False) for a in CUSTOM_ATTRIBUTES),
    ]


def _schema(name: str, shortest: int, longest: int, *, required: bool) -> aws.cognito.UserPoolSchemaArgs:
    return aws.cognito.UserPoolSchemaArgs(
        name=name,
        attribute_data_type="String",
        developer_only_attribute=False,
        required=required,
        mutable=True,
        string_attribute_constraints=aws.cognito.UserPoolSchemaStringAttributeConstraintsArgs(
            min_length=str(shortest), max_length=str(longest)
        ),
    )


def _custom(*, administered: bool) -> list[str]:
    return [f"custom:{a.name}" for a in CUSTOM_ATTRIBUTES if administered or a.name not in ADMINISTERED]

"""The one table role -> scopes, and what each scope means. Groups, resource server and tokens follow from it."""

from typing import Final

RESOURCE_SERVER: Final = "medflow"
"""Identifier before the slash of every scope."""

EVERYBODY: Final = "profile.read"
"""The scope that every role brings, and that a route demands which names no other."""

SCOPES: Final[dict[str, str]] = {
    EVERYBODY: "Read one's own profile",
    "staff.read": "List the people of one's own clinic",
    "staff.write": "Change the people of one's own clinic",
    "patients.read": "Read the patients of one's own clinic",
    "patients.write": "Change the patients of one's own clinic",
    "appointments.read": "Read appointments",
    "appointments.write": "Make and change appointments",
    "records.read": "Read medical records",
    "records.write": "Write medical records",
    "clinic.manage": "Change the clinic itself",
}

PRIVILEGED: Final = frozenset({"staff.write", "patients.write", "records.read", "records.write", "clinic.manage"})
"""Scopes that a token gets only for a user with an enrolled second factor, where the pool knows second factors."""

ROLES: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("admin", "Runs the clinic", tuple(SCOPES)),
    (
        "doctor",
        "Treats patients",
        (
            EVERYBODY,
            "staff.read",
            "patients.read",
            "patients.write",
            "appointments.read",
            "appointments.write",
            "records.read",
            "records.write",
        ),
    ),
    (
        "nurse",
        "Cares for patients",
        (
            EVERYBODY,
            "staff.read",
            "patients.read",
            "patients.write",
            "appointments.read",
            "appointments.write",
            "records.read",
        ),
    ),
    (
        "receptionist",
        "Receives patients",
        (EVERYBODY, "staff.read", "patients.read", "appointments.read", "appointments.write"),
    ),
    ("patient", "Is treated", (EVERYBODY,)),
)
"""Name, description and scopes, the most powerful role first."""

DOCUMENTS: Final[dict[str, str]] = {
    "admin": "read",
    "doctor": "write",
    "nurse": "read",
    "receptionist": "own",
    "patient": "own",
}
"""What a role may do with the documents of its clinic: `read` or `write` all, or have its `own` folder. A role that is
not here has its own."""

"""docs/roles.md is the role table, read from the one place where it stands; `make golden` writes it anew."""

import os

from settings import DOCUMENTS, PRIVILEGED, RESOURCE_SERVER, SCOPES
from settings.access import ROLES
from support.pulumi_harness import ROOT, synth_program

PAGE = ROOT / "docs/roles.md"

INTRODUCTION = f"""# Roles

Made from `settings/access.py`, which the groups of the pool, its resource server, the token enricher and the roles of
the identity pool are made from as well. A scope stands in a token as `{RESOURCE_SERVER}/<scope>`. Scopes with a star
are given only to users with an enrolled second factor, where the pool knows second factors.
"""


def page() -> str:
    """The roles as columns, the most powerful first; the scopes and the documents as rows."""
    names = [name for name, _, _ in ROLES]
    lines = [
        "| | " + " | ".join(names) + " |",
        "|---" * (len(names) + 1) + "|",
        "| | " + " | ".join(text.lower() for _, text, _ in ROLES) + " |",
    ]
    for scope, text in SCOPES.items():
        star = " *" if scope in PRIVILEGED else ""
        held = " | ".join("yes" if scope in scopes else "" for _, _, scopes in ROLES)
        lines.append(f"| `{scope}`{star}: {text.lower()} | {held} |")
    lines.append("| documents of the clinic | " + " | ".join(DOCUMENTS.get(name, "own") for name in names) + " |")
    return INTRODUCTION + "\n" + "\n".join(lines) + "\n"


def test_the_page_tells_the_table() -> None:
    """A8."""
    if os.environ.get("UPDATE_GOLDEN") == "1":
        PAGE.write_text(page())
    assert PAGE.read_text() == page()


def test_every_role_of_the_table_has_its_group_and_its_documents() -> None:
    """A8 A9. One table: a role that only some parts know would open one door and not the other."""
    graph = synth_program("local")
    groups = {group.inputs["name"] for group in graph.all("aws:cognito/userGroup:UserGroup")}
    assert groups == {name for name, _, _ in ROLES} == set(DOCUMENTS)


def test_a_privileged_scope_is_one_that_exists() -> None:
    """A4 A8. A misspelt one would protect nothing."""
    assert set(SCOPES) >= PRIVILEGED

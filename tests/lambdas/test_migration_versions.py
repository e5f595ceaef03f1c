"""The migrations as files: names, order, statements, checksums."""

from pathlib import Path

import pytest

from database_migrator.versions import Migration, MigrationError, load, pending
from lambdas.postgres_client import MIGRATIONS


def written(directory: Path, **files: str) -> Path:
    for name, sql in files.items():
        (directory / f"{name}.sql").write_text(sql, encoding="utf-8")
    return directory


def test_the_committed_migrations_can_be_read() -> None:
    """C5."""
    assert [migration.name for migration in load(MIGRATIONS)][:1] == ["0001_users"]


def test_migrations_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """C5."""
    directory = written(tmp_path, **{"0002_b": "B", "0001_a": "A"})
    assert load(directory) == [Migration(1, "0001_a", "A"), Migration(2, "0002_b", "B")]


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        (["0001_a", "0003_c"], "0003_c.sql: the next migration is number 0002"),
        (["0001_a", "0001_b"], "0001_b.sql: the next migration is number 0002"),
        (["0000_a"], "0000_a.sql: the next migration is number 0001"),
        (["users"], "users.sql: name a migration like 0002_add_phone.sql"),
        (["0001-users"], "0001-users.sql: name a migration like 0002_add_phone.sql"),
    ],
)
def test_a_name_out_of_order_is_refused(tmp_path: Path, files: list[str], complaint: str) -> None:
    """C5. Two branches that both add number 2 would otherwise apply by alphabet."""
    with pytest.raises(MigrationError, match=complaint):
        load(written(tmp_path, **dict.fromkeys(files, "")))


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("A; B;", ["A", "B"]),
        ("A", ["A"]),
        ("-- only a comment;\n", []),
        ("A -- not; here\n; B", ["A \n", "B"]),
        ("/* a; b */ A; B", ["A", "B"]),
        ("SELECT 'a;b''c;'; B", ["SELECT 'a;b''c;'", "B"]),
        ('SELECT "a;b"; B', ['SELECT "a;b"', "B"]),
        ("SELECT '-- text'; B", ["SELECT '-- text'", "B"]),
        ("DO $$ BEGIN a; b; END $$; B", ["DO $$ BEGIN a; b; END $$", "B"]),
        ("DO $do$ a; $$ b; $$ c; $do$; B", ["DO $do$ a; $$ b; $$ c; $do$", "B"]),
        (";;A;;", ["A"]),
    ],
)
def test_a_file_is_split_into_its_statements(sql: str, statements: list[str]) -> None:
    """C5. The Data API takes one statement per call."""
    assert Migration(1, "m", sql).statements() == [statement.strip() for statement in statements]


def test_a_checksum_depends_on_every_character() -> None:
    """C5."""
    assert Migration(1, "m", "A").checksum != Migration(1, "m", "A ").checksum


def test_what_is_applied_is_not_pending() -> None:
    """C5."""
    first, second = Migration(1, "0001_a", "A"), Migration(2, "0002_b", "B")
    assert pending([first, second], {1: first.checksum}) == [second]


def test_a_changed_migration_is_refused_with_what_to_do() -> None:
    """C5."""
    expected = r"migration 0001_a was changed after it was applied .* restore the file and add a new migration instead"
    with pytest.raises(MigrationError, match=expected):
        pending([Migration(1, "0001_a", "A")], {1: Migration(1, "0001_a", "B").checksum})

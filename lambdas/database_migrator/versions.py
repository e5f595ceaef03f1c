"""The migrations of this package, and which of them a database still needs. Pure.

A migration is a file `NNNN_what_it_does.sql`. All pending ones run in one transaction, so a file holds nothing that
PostgreSQL refuses there (CREATE INDEX CONCURRENTLY, VACUUM).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")

_TOKEN = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?\*/)"
    r"|'(?:[^']|'')*'"
    r'|"(?:[^"]|"")*"'
    r"|(?P<dollar>\$\w*\$).*?(?P=dollar)"
    r"|(?P<end>;)",
    re.DOTALL,
)


class MigrationError(Exception):
    """The migrations and the database do not go together; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    name: str
    """File name without ending: `0001_users`."""
    sql: str

    @property
    def checksum(self) -> str:
        return sha256(self.sql.encode()).hexdigest()

    def statements(self) -> list[str]:
        """Its statements one by one, without comments: the Data API takes a single one per call."""
        text, start, statements = "", 0, []
        for token in _TOKEN.finditer(self.sql):
            text += self.sql[start : token.start()]
            start = token.end()
            if token["end"]:
                statements.append(text)
                text = ""
            elif not token["comment"]:
                text += token[0]
        statements.append(text + self.sql[start:])
        return [statement.strip() for statement in statements if statement.strip()]


def load(directory: Path) -> list[Migration]:
    """All migrations of a directory, oldest first. Raises MigrationError for a name out of order."""
    migrations: list[Migration] = []
    for path in sorted(directory.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if not match:
            raise MigrationError(f"{path.name}: name a migration like 0002_add_phone.sql")
        if int(match[1]) != len(migrations) + 1:
            raise MigrationError(f"{path.name}: the next migration is number {len(migrations) + 1:04}")
        migrations.append(Migration(int(match[1]), path.stem, path.read_text(encoding="utf-8")))
    return migrations


def pending(migrations: Sequence[Migration], applied: Mapping[int, str]) -> list[Migration]:
    """Those the database lacks; `applied` is version -> checksum. Raises MigrationError when an applied one differs.

    Versions that only the database knows are no error: a release that was rolled back meets the tables of the next one.
    """
    for migration in migrations:
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise MigrationError(
                f"migration {migration.name} was changed after it was applied (checksum {migration.checksum[:12]} here,"
                f" {applied[migration.version][:12]} in the database): restore the file and add a new migration instead"
            )
    return [migration for migration in migrations if migration.version not in applied]

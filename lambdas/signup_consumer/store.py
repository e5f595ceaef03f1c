"""Writes the rows of a batch with one statement and says what became of each."""

import json
from collections.abc import Sequence
from pathlib import Path

from medflow_runtime.data_api import DataApi, DatabaseError, TransientDatabaseError
from signup_consumer.planning import DeadLetter, Done, Outcome, Reason, Row, TryAgain, Verdict

UPSERT = (Path(__file__).parent / "upsert.sql").read_text(encoding="utf-8")

EMAIL_CONFLICT = "email_conflict"

UNIQUE_VIOLATION = "23505"

UNIQUE_VIOLATION_ATTEMPTS = 5
"""A concurrent batch committed the same e-mail address or user in between; repeated, the statement sees that row."""


class UserStore:
    """Table `users`, written through the RDS Data API."""

    def __init__(self, database: DataApi) -> None:
        self._database = database

    def write(self, rows: Sequence[Row], deadline: float) -> dict[str, Verdict]:
        """Verdict by message id. A row that fails the statement is found by halving; the others are written."""
        if not rows:
            return {}
        try:
            outcomes = self._upsert(rows, deadline)
        except TransientDatabaseError as error:
            return {row.message_id: TryAgain(str(error)) for row in rows}
        except DatabaseError as error:
            if not error.is_about_the_data:
                return {row.message_id: TryAgain(str(error)) for row in rows}
            if len(rows) == 1 and not error.sqlstate:
                # The Data API's catch-all, which says nothing of the row for sure: the last delivery decides.
                return {rows[0].message_id: TryAgain(str(error))}
            if len(rows) == 1:
                return {rows[0].message_id: DeadLetter(Reason.REJECTED_BY_DATABASE, str(error))}
            middle = len(rows) // 2
            return self.write(rows[:middle], deadline) | self.write(rows[middle:], deadline)
        return {row.message_id: _verdict(outcomes.get(position)) for position, row in enumerate(rows)}

    def _upsert(self, rows: Sequence[Row], deadline: float) -> dict[int, str]:
        documents = [{"position": position, **row.columns} for position, row in enumerate(rows)]
        for attempt in range(1, UNIQUE_VIOLATION_ATTEMPTS + 1):
            try:
                answer = self._database.execute(UPSERT, {"rows": json.dumps(documents)}, deadline=deadline)
            except DatabaseError as error:
                if error.sqlstate != UNIQUE_VIOLATION:
                    raise
                if attempt == UNIQUE_VIOLATION_ATTEMPTS:
                    raise TransientDatabaseError(error.code, error.sqlstate) from None
            else:
                break
        return {line["position"]: line["outcome"] for line in answer}


def _verdict(outcome: str | None) -> Verdict:
    if outcome is None:
        return TryAgain("the statement told no outcome")
    if outcome == EMAIL_CONFLICT:
        return DeadLetter(Reason.EMAIL_BELONGS_TO_ANOTHER_USER, "another cognito_id holds the e-mail address")
    return Done(Outcome(outcome))

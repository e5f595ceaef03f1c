"""The users of one clinic, from PostgreSQL."""

from medflow_runtime.data_api import DataApi, Parameter, Row

PAGE_SIZE = 200
"""Users per page: the Data API ends a call whose answer passes 1 MiB."""

_PAGE = """
SELECT id, cognito_id, email, name, user_role, preferred_language, email_verified
FROM users
WHERE clinic_id = CAST(:clinic_id AS uuid) AND id > :after
ORDER BY id
LIMIT :page_size
"""


class ClinicStore:
    def __init__(self, database: DataApi) -> None:
        self._database = database

    def users(self, clinic_id: str, after: str, deadline: float) -> list[Row]:
        """One page in the order of `id`, starting behind the id `after` (empty: from the first)."""
        parameters: dict[str, Parameter] = {"clinic_id": clinic_id, "after": after, "page_size": PAGE_SIZE}
        return self._database.execute(_PAGE, parameters, deadline=deadline)

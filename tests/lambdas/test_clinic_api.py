"""The sample service behind the API front door, called with HTTP API events."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from clinic_api.caller import roles_of
from clinic_api.store import PAGE_SIZE
from lambdas.postgres_client import PostgresClient, client_error, data_api
from medflow_runtime.data_api import Parameter

Event = dict[str, Any]

OWN, OTHER = "6f9619ff-8b86-4011-b42d-00c04fc964ff", "11111111-2222-4333-8444-555555555555"


class Unreachable:
    """A database that no request may need."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error or AssertionError("the database was asked")

    def execute_statement(self, **_: Any) -> Event:
        raise self.error


@pytest.fixture
def ask(
    handler: Callable[..., ModuleType], event: Callable[[str], Event], context: Any
) -> Callable[..., tuple[int, Event]]:
    """Status and JSON body of GET `path`; `claims` change the token's, None leaves one out."""
    module = handler(
        "clinic_api", CLUSTER_ARN="arn:c", SECRET_ARN="arn:s", DATABASE_NAME="medflow", RESOURCE_SERVER="medflow"
    )

    def get(
        path: str, *, database: Any = None, query: dict[str, str] | None = None, **claims: Any
    ) -> tuple[int, Event]:
        request = event("http_api_me")
        request["rawPath"] = request["requestContext"]["http"]["path"] = path
        if query:
            request["queryStringParameters"] = query
        token = request["requestContext"]["authorizer"]["jwt"]["claims"]
        request["requestContext"]["authorizer"]["jwt"]["claims"] = {
            name: value for name, value in (token | claims).items() if value is not None
        }
        return call(request, database)

    def call(request: Event, database: Any) -> tuple[int, Event]:
        module.DATABASE._client = database or Unreachable()
        answer = module.lambda_handler(request, context)
        assert answer["headers"]["Content-Type"] == "application/json"
        body: Event = json.loads(answer["body"])
        return answer["statusCode"], body

    get.call = call  # type: ignore[attr-defined]  # for requests that are more than a path
    return get


def add_users(database: PostgresClient, clinic: str, *names: str) -> None:
    for name in names:
        database.query(
            "INSERT INTO users (cognito_id, email, name, clinic_id, user_role) VALUES (%s, %s, %s, %s, 'nurse')",
            [f"{name}-sub", f"{name}@example.org", name, clinic],
        )


def test_health_needs_neither_token_nor_database(ask: Any, event: Callable[[str], Event]) -> None:
    """D1."""
    request = event("http_api_me")
    request["rawPath"] = request["requestContext"]["http"]["path"] = "/api/health"
    del request["requestContext"]["authorizer"]
    assert ask.call(request, None) == (200, {"status": "ok"})


def test_me_tells_tenant_roles_and_user_of_the_token(ask: Any) -> None:
    """D1. The roles arrive as the text `[doctor nurse]`, as an HTTP API writes a list."""
    assert ask("/api/me") == (
        200,
        {"tenant_id": OWN, "roles": ["doctor", "nurse"], "user_id": "7c1f5a52-4a8b-4b53-9a55-0d2f6a1b9c10"},
    )


@pytest.mark.parametrize(
    ("claim", "roles"),
    [
        ("[doctor nurse]", ("doctor", "nurse")),
        ("[doctor]", ("doctor",)),
        ("[]", ()),
        ("", ()),
        ("doctor", ("doctor",)),
        ('["doctor","nurse"]', ("doctor", "nurse")),
        (["doctor", "nurse"], ("doctor", "nurse")),
        (["doctor", 7], ("doctor",)),
        (None, ()),
        (7, ()),
        ({"doctor": 1}, ()),
    ],
)
def test_roles_are_read_from_every_form_a_gateway_gives_them(claim: object, roles: tuple[str, ...]) -> None:
    """D1 B1."""
    assert roles_of(claim) == roles


@pytest.mark.parametrize("path", ["/api/me", f"/api/clinics/{OWN}/users"])
@pytest.mark.parametrize("tenant", [None, "", "Sfax", OWN.upper(), f"{OWN} ", [OWN]])
def test_a_token_without_a_canonical_tenant_opens_nothing(ask: Any, path: str, tenant: object) -> None:
    """D1 B2. Such a token is not of this platform's enricher, or of a user without clinic."""
    assert ask(path, tenant_id=tenant) == (403, {"message": "Forbidden"})


@pytest.mark.parametrize("path", ["/api/me", f"/api/clinics/{OWN}/users"])
@pytest.mark.parametrize("authorizer", [None, {}, {"jwt": None}, {"jwt": {"claims": None}}, {"jwt": {"claims": []}}])
def test_a_request_past_the_authorizer_opens_nothing(
    ask: Any, event: Callable[[str], Event], path: str, authorizer: object
) -> None:
    """D1. A route that was left open by mistake shows nothing."""
    request = event("http_api_me")
    request["rawPath"] = request["requestContext"]["http"]["path"] = path
    request["requestContext"]["authorizer"] = authorizer
    assert ask.call(request, None) == (403, {"message": "Forbidden"})


@pytest.mark.parametrize("clinic", [OTHER, "nowhere", "..", OWN[:-1], f"{OWN}0", "%27%20OR%201=1"])
def test_another_clinic_is_forbidden_before_the_database_is_asked_whether_it_exists(ask: Any, clinic: str) -> None:
    """D1 B2. One answer for clinics that exist and those that do not."""
    assert ask(f"/api/clinics/{clinic}/users") == (403, {"message": "Forbidden"})


@pytest.mark.parametrize("path", [f"/api/clinics/{OWN}/users", f"/api/clinics/{OWN}/users\n"])
def test_the_route_s_scope_is_needed_whichever_route_the_gateway_chose(
    ask: Any, event: Callable[[str], Event], path: str
) -> None:
    """D1 B2. A path that misses its route by a character falls to `$default`, which every role may call."""
    request = event("http_api_me")
    request["routeKey"] = request["requestContext"]["routeKey"] = "$default"
    request["rawPath"] = request["requestContext"]["http"]["path"] = path
    request["requestContext"]["authorizer"]["jwt"]["claims"]["scope"] = "medflow/profile.read"
    assert ask.call(request, None) == (403, {"message": "Forbidden"})


@pytest.mark.parametrize("path", ["/api/me", f"/api/clinics/{OWN}/users"])
def test_an_id_token_which_has_no_scope_opens_nothing(ask: Any, path: str) -> None:
    """D1."""
    assert ask(path, scope=None) == (403, {"message": "Forbidden"})


def test_the_own_clinics_users_are_listed_and_nobody_elses(ask: Any, migrated: PostgresClient) -> None:
    """D1."""
    add_users(migrated, OWN, "amina", "karim")
    add_users(migrated, OTHER, "zied")
    status, body = ask(f"/api/clinics/{OWN}/users", database=migrated)
    assert (status, sorted(user["name"] for user in body["users"]), body["next"]) == (200, ["amina", "karim"], None)


def test_a_listed_user_has_what_colleagues_need_and_no_licence(ask: Any, migrated: PostgresClient) -> None:
    """D1 G5."""
    add_users(migrated, OWN, "amina")
    _, body = ask(f"/api/clinics/{OWN}/users", database=migrated)
    [user] = body["users"]
    assert set(user) == {"id", "cognito_id", "email", "name", "user_role", "preferred_language", "email_verified"}


def test_the_clinics_id_may_be_written_in_capitals(ask: Any, migrated: PostgresClient) -> None:
    """D1. A UUID is the same in either case; the token's is canonical."""
    status, _ = ask(f"/api/clinics/{OWN.upper()}/users", database=migrated)
    assert status == 200


def test_a_large_clinic_comes_in_pages(ask: Any, migrated: PostgresClient) -> None:
    """D1. The Data API ends a call whose answer passes 1 MiB."""
    migrated.query(
        "INSERT INTO users (cognito_id, email, clinic_id)"
        " SELECT 's' || n, n || '@example.org', CAST(%s AS uuid) FROM generate_series(1, %s) AS n",
        [OWN, PAGE_SIZE + 1],
    )
    _, first = ask(f"/api/clinics/{OWN}/users", database=migrated)
    _, second = ask(f"/api/clinics/{OWN}/users", database=migrated, query={"after": first["next"]})
    assert (len(first["users"]), len(second["users"]), second["next"]) == (PAGE_SIZE, 1, None)
    assert len({user["id"] for user in first["users"] + second["users"]}) == PAGE_SIZE + 1


@pytest.mark.parametrize("path", ["/", "/api", "/api/nowhere", "/api/me/", "/api/clinics", f"/api/clinics/{OWN}"])
def test_everything_else_is_not_found(ask: Any, path: str) -> None:
    """D1. The `$default` route ends here, as JSON."""
    assert ask(path) == (404, {"message": "Not Found"})


def test_a_method_that_no_route_has_is_not_found(ask: Any, event: Callable[[str], Event]) -> None:
    """D1."""
    request = event("http_api_me")
    request["requestContext"]["http"]["method"] = "DELETE"
    assert ask.call(request, None)[0] == 404


def test_a_database_that_stays_away_is_unavailable_for_now(ask: Any, context: Any) -> None:
    """D1. 503, which clients and gateways repeat, and not 500."""
    context.remaining = 0
    database = Unreachable(client_error("DatabaseResumingException"))
    assert ask(f"/api/clinics/{OWN}/users", database=database) == (503, {"message": "Service Unavailable"})


@pytest.mark.parametrize(
    "error",
    [client_error("DatabaseErrorException", "amina@example.org; SQLState: 42P01"), RuntimeError("amina haddad")],
    ids=["of the database", "of the program"],
)
def test_an_unexpected_failure_tells_the_caller_nothing(
    ask: Any, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    """D1 G5."""
    answer = ask(f"/api/clinics/{OWN}/users", database=Unreachable(error))
    assert answer == (500, {"message": "Internal Server Error"})
    [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["level"], line["message"]) == ("ERROR", "request failed")
    assert "amina" not in json.dumps(line)


def test_an_ordinary_request_logs_nothing_of_anybody(
    ask: Any, migrated: PostgresClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """G5."""
    add_users(migrated, OWN, "amina")
    ask(f"/api/clinics/{OWN}/users", database=migrated)
    output = capsys.readouterr()
    assert "amina" not in output.out + output.err


def test_the_page_of_a_clinic_is_read_from_an_index(migrated: PostgresClient) -> None:
    """D1. A clinic's page costs the same whether the platform has ten clinics or ten thousand."""
    from clinic_api.store import _PAGE

    migrated.query(
        "INSERT INTO users (cognito_id, email, clinic_id)"
        " SELECT 's' || n, n || '@example.org', gen_random_uuid() FROM generate_series(1, 5000) AS n"
    )
    migrated.query("ANALYZE users")
    parameters: dict[str, Parameter] = {"clinic_id": OWN, "after": "", "page_size": PAGE_SIZE}
    rows = data_api(migrated).execute(f"EXPLAIN {_PAGE}", parameters, deadline=0)
    assert "users_of_clinic" in json.dumps(rows)

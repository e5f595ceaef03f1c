"""The routes of the service and its answers to errors; none of them tells what another clinic has."""

import json
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types

from clinic_api.caller import Caller, ForbiddenError
from clinic_api.store import PAGE_SIZE, ClinicStore
from medflow_runtime.data_api import DataApi, DatabaseError, TransientDatabaseError

RESERVE_SECONDS = 2
"""Kept for the answer when the database does not come back in time."""


def application(database: DataApi, logger: Logger, resource_server: str) -> APIGatewayHttpResolver:
    """The resolver with every route on it. Scopes are those of `resource_server`."""
    app = APIGatewayHttpResolver()
    store = ClinicStore(database)

    def caller(scope: str) -> Caller:
        who = Caller.of(app.current_event.raw_event.get("requestContext") or {})
        who.need(f"{resource_server}/{scope}")
        return who

    @app.get("/api/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/api/me")
    def me() -> dict[str, Any]:
        who = caller("profile.read")
        return {"tenant_id": who.tenant_id, "roles": list(who.roles), "user_id": who.user_id}

    @app.get("/api/clinics/<clinic_id>/users")
    def users_of_clinic(clinic_id: str) -> dict[str, Any]:
        clinic_id = caller("staff.read").enter(clinic_id)
        after = app.current_event.query_string_parameters.get("after", "")
        users = store.users(clinic_id, after, database.deadline(app.lambda_context, RESERVE_SECONDS))
        return {"users": users, "next": users[-1]["id"] if len(users) == PAGE_SIZE else None}

    _answer_errors(app, logger)
    return app


def _answer_errors(app: APIGatewayHttpResolver, logger: Logger) -> None:
    def unavailable(error: TransientDatabaseError) -> Response[str]:
        logger.warning("database unavailable", cause=str(error))
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "5"})

    def failed(error: Exception) -> Response[str]:
        # A DatabaseError tells codes; any other text might quote a row.
        logger.error("request failed", cause=str(error) if isinstance(error, DatabaseError) else type(error).__name__)
        return _answer(HTTPStatus.INTERNAL_SERVER_ERROR)

    app.not_found(lambda _: _answer(HTTPStatus.NOT_FOUND))
    app.exception_handler(ForbiddenError)(lambda _: _answer(HTTPStatus.FORBIDDEN))
    app.exception_handler(TransientDatabaseError)(unavailable)
    app.exception_handler(Exception)(failed)


def _answer(status: HTTPStatus, headers: dict[str, str | list[str]] | None = None) -> Response[str]:
    body = json.dumps({"message": status.phrase})
    return Response(status.value, content_types.APPLICATION_JSON, body, headers=headers)

"""ApiFrontDoor on the resource graph. No pool anywhere: issuer and audiences are plain text."""

import json
from typing import Any

import pytest

from components._checks import ArgumentsError
from components.api_front_door import ApiFrontDoor
from support.component_args import api_front_door
from support.pulumi_harness import Synth, synth

API = "aws:apigatewayv2/api:Api"
ROUTE = "aws:apigatewayv2/route:Route"


@pytest.fixture(scope="module")
def graph() -> Synth:
    return synth(lambda: ApiFrontDoor("api", api_front_door()))


def routes(graph: Synth) -> dict[str, dict[str, Any]]:
    return {route.inputs["routeKey"]: route.inputs for route in graph.all(ROUTE)}


def test_it_has_exactly_these_children(graph: Synth) -> None:
    assert sorted(child.name for child in graph.children("api")) == [
        "api-access-logs",
        "api-api",
        "api-authorizer",
        "api-clinic-api-integration",
        "api-clinic-api-permission",
        "api-default-route",
        "api-get-api-clinics-clinicid-users-route",
        "api-get-api-health-route",
        "api-get-api-me-route",
        "api-stage",
    ]


def test_tokens_are_checked_against_issuer_and_audiences(graph: Synth) -> None:
    """D1."""
    authorizer = graph.one("aws:apigatewayv2/authorizer:Authorizer").inputs
    assert authorizer["authorizerType"] == "JWT"
    assert authorizer["identitySources"] == ["$request.header.Authorization"]
    assert authorizer["jwtConfiguration"] == {
        "issuer": "https://cognito-idp.eu-west-3.amazonaws.com/eu-west-3_Abc",
        "audiences": ["web", "backend"],
    }


def test_only_the_health_route_is_open(graph: Synth) -> None:
    """D1."""
    assert [key for key, route in routes(graph).items() if route["authorizationType"] == "NONE"] == ["GET /api/health"]


def test_every_other_route_asks_for_a_scope(graph: Synth) -> None:
    """D1. The authorizer takes any token of the issuer: the scope is what an ID token does not have."""
    guarded = {key: route["authorizationScopes"] for key, route in routes(graph).items() if "authorizerId" in route}
    assert guarded == {
        "$default": ["medflow/profile.read"],
        "GET /api/me": ["medflow/profile.read"],
        "GET /api/clinics/{clinicId}/users": ["medflow/staff.read", "medflow/staff.write"],
    }


def test_routes_lead_to_their_upstream_by_its_alias(graph: Synth) -> None:
    """D2."""
    integration = graph.one("aws:apigatewayv2/integration:Integration")
    assert integration.inputs["integrationUri"].endswith("f:live/invocations")
    assert integration.inputs["payloadFormatVersion"] == "2.0"
    assert {route["target"] for route in routes(graph).values()} == {f"integrations/{integration.id}"}


def test_only_this_api_may_invoke_the_upstream_and_only_its_alias(graph: Synth) -> None:
    """D1."""
    permission = graph.one("aws:lambda/permission:Permission").inputs
    assert permission["principal"] == "apigateway.amazonaws.com"
    assert permission["qualifier"] == "live"
    assert permission["sourceArn"] == f"{graph.one(API).outputs['executionArn']}/$default/*"


def test_browsers_come_from_the_configured_origins_without_cookies(graph: Synth) -> None:
    """D1."""
    cors = graph.one(API).inputs["corsConfiguration"]
    assert cors["allowOrigins"] == ["https://app.example.com"]
    assert cors["allowCredentials"] is False
    assert "authorization" in cors["allowHeaders"]


def test_without_origins_no_browser_is_let_in() -> None:
    """D1."""
    graph = synth(lambda: ApiFrontDoor("api", api_front_door(cors={"allow_origins": []})))
    assert "corsConfiguration" not in graph.one(API).inputs


def test_the_stage_deploys_itself_and_throttles(graph: Synth) -> None:
    """D1. Without limits the provider would send 0, which lets nothing through."""
    stage = graph.one("aws:apigatewayv2/stage:Stage").inputs
    assert (stage["name"], stage["autoDeploy"]) == ("$default", True)
    settings = stage["defaultRouteSettings"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (50, 100)


def test_the_access_log_holds_nothing_about_a_person(graph: Synth) -> None:
    """D1. An address, a path with a patient's id or a claim would."""
    stage = graph.one("aws:apigatewayv2/stage:Stage").inputs["accessLogSettings"]
    logged = json.loads(stage["format"]).values()
    assert stage["destinationArn"] == graph.one("aws:cloudwatch/logGroup:LogGroup").outputs["arn"]
    assert "$context.requestId" in logged
    personal = ("identity", "claims", "path", "Ip", "user")
    assert [field for field in logged if any(word in field for word in personal)] == []


def test_the_url_has_no_slash_at_its_end(graph: Synth) -> None:
    """D5. The default stage's URL ends in one, and `{url}/api/me` would have two."""
    outputs = graph.component("api").outputs
    assert outputs["api_url"].startswith("https://")
    assert not outputs["api_url"].endswith("/")
    assert outputs["api_id"] == graph.one(API).id


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"audiences": []}, "audiences must not be empty"),
        ({"default_scopes": []}, "default_scopes must not be empty: without a scope an ID token passes"),
        ({"default_upstream": "x"}, "default_upstream 'x' is not among upstreams"),
        ({"routes": [{"route": "/api/me", "upstream": "clinic-api"}]}, "route '/api/me' must be a method and a path"),
        (
            {"routes": [{"route": "GET /a", "upstream": "nobody"}]},
            "route 'GET /a' names the unknown upstream 'nobody'",
        ),
        (
            {"routes": [{"route": "GET /a", "upstream": "clinic-api", "open": True, "scopes": ["medflow/x"]}]},
            "route 'GET /a' is open and names scopes",
        ),
        ({"routes": [{"route": "GET /a", "upstream": "clinic-api", "scopes": []}]}, "scopes must not be empty"),
        (
            {"routes": [{"route": r, "upstream": "clinic-api"} for r in ("GET /a/b", "GET /a-b")]},
            "routes 'GET /a/b' and 'GET /a-b' collide",
        ),
        ({"cors": {"allow_origins": ["https://app.example.com/"]}}, r"cors.allow_origins 'https://app.example.com/'"),
        ({"throttle": {"rate": 0, "burst": 1}}, "throttle.rate is 0; it must be 1 to 10000"),
    ],
)
def test_a_bad_argument_is_refused_with_its_key_and_its_fix(changes: dict[str, Any], message: str) -> None:
    """D1."""
    with pytest.raises(ArgumentsError, match=message):
        synth(lambda: ApiFrontDoor("api", api_front_door(**changes)))

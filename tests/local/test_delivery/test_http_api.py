"""HTTP API to Lambda, as "Create AWS Lambda proxy integrations for HTTP APIs" and "Troubleshooting issues with HTTP API
Lambda integrations" of the API Gateway Developer Guide describe it."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from local.test_delivery.resources import Recorder
from local_cloud.cloud import LocalCloud

API_GATEWAY = "apigateway.amazonaws.com"
REFUSED = (500, {"message": "Internal Server Error"})


@dataclass(frozen=True, slots=True)
class Api:
    """An HTTP API with one integration behind `GET /open`, `GET /clinics/{clinicId}` and `$default`."""

    cloud: LocalCloud
    api_id: str

    @property
    def arn(self) -> str:
        return f"arn:aws:execute-api:{self.cloud.region}:{self.cloud.account_id}:{self.api_id}"

    def get(self, path: str) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(f"{self.cloud.endpoint}/_aws/execute-api/{self.api_id}{path}") as answer:  # noqa: S310 # fixed scheme
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read())


@pytest.fixture
def make_api(cloud: LocalCloud, unique: Callable[[str], str]) -> Callable[..., Api]:
    def make(function_arn: str) -> Api:
        client = cloud.client("apigatewayv2")
        api_id = client.create_api(Name=unique("api"), ProtocolType="HTTP")["ApiId"]
        integration_id = client.create_integration(
            ApiId=api_id,
            IntegrationType="AWS_PROXY",
            IntegrationUri=function_arn,
            PayloadFormatVersion="2.0",
        )["IntegrationId"]
        for route in ("GET /open", "GET /clinics/{clinicId}", "$default"):
            client.create_route(ApiId=api_id, RouteKey=route, Target=f"integrations/{integration_id}")
        client.create_stage(ApiId=api_id, StageName="$default", AutoDeploy=True)
        return Api(cloud, api_id)

    return make


@pytest.fixture
def answering(make_recorder: Callable[..., Recorder]) -> Recorder:
    return make_recorder({"statusCode": 200, "body": '"hello"'})


def test_a_function_without_permission_is_not_invoked(answering: Recorder, make_api: Callable[..., Api]) -> None:
    """D1."""
    make_api(answering.function.arn).get("/open")
    assert answering.invocations() == []


def test_the_caller_of_a_function_without_permission_sees_an_internal_error(
    answering: Recorder, make_api: Callable[..., Api]
) -> None:
    """D1. The reason is an operator's business ("Troubleshooting issues with HTTP API Lambda integrations")."""
    assert make_api(answering.function.arn).get("/open") == REFUSED


@pytest.mark.parametrize("place", ["*/*", "*/GET/open", "$default/GET/open"])
def test_a_permission_for_the_api_lets_the_request_through(
    place: str, answering: Recorder, make_api: Callable[..., Api]
) -> None:
    """D1."""
    api = make_api(answering.function.arn)
    answering.permit(API_GATEWAY, f"{api.arn}/{place}")
    assert api.get("/open") == (200, "hello")


def test_a_permission_for_another_api_does_not_count(answering: Recorder, make_api: Callable[..., Api]) -> None:
    """D1. Why the source ARN of a permission must name the API."""
    api, other = make_api(answering.function.arn), make_api(answering.function.arn)
    answering.permit(API_GATEWAY, f"{other.arn}/*/*")
    assert api.get("/open") == REFUSED


def test_a_permission_for_one_route_does_not_open_another(answering: Recorder, make_api: Callable[..., Api]) -> None:
    """D1."""
    api = make_api(answering.function.arn)
    answering.permit(API_GATEWAY, f"{api.arn}/*/GET/open")
    assert api.get("/clinics/7") == REFUSED


def test_a_permission_for_a_route_names_its_template_and_not_the_path_requested(
    answering: Recorder, make_api: Callable[..., Api]
) -> None:
    """D1."""
    api = make_api(answering.function.arn)
    answering.permit(API_GATEWAY, f"{api.arn}/*/GET/clinics/{{clinicId}}")
    assert api.get("/clinics/7")[0] == 200


def test_the_default_route_is_permitted_by_its_own_name(answering: Recorder, make_api: Callable[..., Api]) -> None:
    """D1."""
    api = make_api(answering.function.arn)
    answering.permit(API_GATEWAY, f"{api.arn}/*/$default")
    assert api.get("/anything/else")[0] == 200


def test_a_permission_of_another_service_does_not_count(answering: Recorder, make_api: Callable[..., Api]) -> None:
    """D1."""
    api = make_api(answering.function.arn)
    answering.permit("events.amazonaws.com", f"{api.arn}/*/*")
    assert api.get("/open") == REFUSED


def test_a_permission_for_another_account_does_not_count(answering: Recorder, make_api: Callable[..., Api]) -> None:
    """D1."""
    api = make_api(answering.function.arn)
    answering.permit(API_GATEWAY, f"{api.arn}/*/*", SourceAccount="111111111111")
    assert api.get("/open") == REFUSED


def test_a_source_arn_pattern_with_too_few_parts_matches_nothing(
    answering: Recorder, make_api: Callable[..., Api]
) -> None:
    """D1. Each part of an ARN is matched on its own ("IAM JSON policy elements: Condition operators")."""
    api = make_api(answering.function.arn)
    answering.permit(API_GATEWAY, "arn:aws:execute-api:*")
    assert api.get("/open") == REFUSED


def test_a_permission_on_the_function_does_not_cover_its_alias(
    answering: Recorder, make_api: Callable[..., Api]
) -> None:
    """B4 D1. Each qualifier has its own policy ("Using resource-based policies for Lambda")."""
    api = make_api(answering.publish_live())
    answering.permit(API_GATEWAY, f"{api.arn}/*/*")
    assert api.get("/open") == REFUSED


def test_a_permission_on_the_alias_covers_the_alias(answering: Recorder, make_api: Callable[..., Api]) -> None:
    """B4 D1."""
    api = make_api(answering.publish_live())
    answering.permit(API_GATEWAY, f"{api.arn}/*/*", Qualifier="live")
    assert api.get("/open") == (200, "hello")


def test_a_function_invoked_through_its_alias_is_told_so(answering: Recorder, make_api: Callable[..., Api]) -> None:
    """D2. "Using the Lambda context object": invoked_function_arn tells whether an alias was named."""
    alias_arn = answering.publish_live()
    api = make_api(alias_arn)
    answering.permit(API_GATEWAY, f"{api.arn}/*/*", Qualifier="live")
    api.get("/open")
    assert [invocation["arn"] for invocation in answering.invocations()] == [alias_arn]


@pytest.mark.parametrize(("path", "expected"), [("/open", "absent"), ("/clinics/7", {"clinicId": "7"})])
def test_path_parameters_are_absent_where_the_route_has_none(
    path: str, expected: object, answering: Recorder, make_api: Callable[..., Api]
) -> None:
    """D2. "Create AWS Lambda proxy integrations for HTTP APIs", payload format 2.0: absent, never null."""
    api = make_api(answering.function.arn)
    answering.permit(API_GATEWAY, f"{api.arn}/*/*")
    api.get(path)
    assert answering.invocations()[0]["event"].get("pathParameters", "absent") == expected


def test_the_error_text_of_a_failed_function_does_not_reach_the_caller(
    make_recorder: Callable[..., Recorder], make_api: Callable[..., Api]
) -> None:
    """D2. It may hold what the function knows about a patient."""
    failing = make_recorder(source="def lambda_handler(event, context): raise ValueError('patient 4711')")
    api = make_api(failing.function.arn)
    failing.permit(API_GATEWAY, f"{api.arn}/*/*")
    assert api.get("/open") == REFUSED

"""The HTTP API in front of the services: who may call which route, from which origin, how often, and what is logged.

Owns the API, its JWT authorizer, routes, stage, access log, and the permission to invoke its upstreams. Does not own
the services. It takes the issuer and the audiences as plain text: any OpenID Connect issuer with RSA keys will do.
"""

import json
import re
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._checks import between, refuse
from components._names import Kind, physical_name, prefix_problems
from components._operations import LOG_RETENTION_DAYS

DEFAULT_STAGE = "$default"

_ROUTE = re.compile(r"(GET|POST|PUT|PATCH|DELETE|HEAD|ANY) /\S*")

ACCESS_LOG_FIELDS = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "responseLatency": "$context.responseLatency",
    "integrationStatus": "$context.integrationStatus",
    "integrationError": "$context.integrationErrorMessage",
    "authorizerError": "$context.authorizer.error",
    "responseLength": "$context.responseLength",
}
"""What the access log keeps. No address, no path (it may name a patient), no claim: nothing about a person."""


class LambdaUpstreamArgs(TypedDict):
    function_name: pulumi.Input[str]
    alias_name: pulumi.Input[str]
    invoke_arn: pulumi.Input[str]
    """The alias's ARN in the form that API Gateway takes."""


class RouteArgs(TypedDict):
    route: str
    """Method and path, `GET /api/clinics/{clinicId}/users`; a name in braces matches one segment."""
    upstream: str
    """Key of `upstreams`."""
    scopes: NotRequired[list[str]]
    """Any one of them lets a token in. Default: `default_scopes`."""
    open: NotRequired[bool]
    """Answer without a token. Default false."""


class CorsArgs(TypedDict):
    allow_origins: list[str]
    """Origins of the web application, scheme and host; `*` is everybody, none means no browser."""
    allow_methods: NotRequired[list[str]]
    """Default: GET, POST, PUT, PATCH, DELETE."""
    max_age_seconds: NotRequired[int]
    """How long a browser remembers the answer; 0 to 86400. Default 600."""


class ThrottleArgs(TypedDict):
    rate: float
    """Requests per second over all callers."""
    burst: int
    """Requests at once."""


class ApiFrontDoorArgs(TypedDict):
    name_prefix: str
    """`{environment}-{project}`."""
    issuer: pulumi.Input[str]
    """`iss` of the tokens, an https URL."""
    audiences: list[pulumi.Input[str]]
    """Client ids whose tokens are taken: `aud`, or `client_id` where there is no `aud`."""
    upstreams: dict[str, LambdaUpstreamArgs]
    """Services by name."""
    default_upstream: str
    """Key of the service that answers whatever no route names."""
    default_scopes: list[str]
    """Scopes for routes that name none. Never empty: a scope is what keeps an ID token from passing as access token."""
    routes: list[RouteArgs]
    cors: CorsArgs
    throttle: ThrottleArgs
    log_retention_days: NotRequired[int]
    """Days that the access log is kept. Default 365."""


class ApiFrontDoor(pulumi.ComponentResource):
    """An HTTP API that lets nobody in without a token of this issuer, for these clients, with the route's scope."""

    api_id: pulumi.Output[str]
    """Id of the API."""
    api_url: pulumi.Output[str]
    """Base URL, without a slash at its end."""

    def __init__(self, name: str, args: ApiFrontDoorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("medflow:index:ApiFrontDoor", name, {}, opts)
        refuse("ApiFrontDoor", name, _problems(args))

        api = self._create_api(name, args)
        authorizer = self._create_authorizer(name, args, api)
        integrations = {key: self._integrate(name, key, args, api) for key in args["upstreams"]}
        routes = self._create_routes(name, args, api, authorizer, integrations)
        stage = self._create_stage(name, args, api, routes)

        self.api_id = api.id
        self.api_url = stage.invoke_url.apply(lambda url: url.rstrip("/"))
        self.register_outputs({"api_id": self.api_id, "api_url": self.api_url})

    def _create_api(self, name: str, args: ApiFrontDoorArgs) -> aws.apigatewayv2.Api:
        return aws.apigatewayv2.Api(
            f"{name}-api",
            name=physical_name(args["name_prefix"], Kind.HTTP_API, "front-door"),
            protocol_type="HTTP",
            cors_configuration=_cors_configuration(args["cors"]),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_authorizer(
        self, name: str, args: ApiFrontDoorArgs, api: aws.apigatewayv2.Api
    ) -> aws.apigatewayv2.Authorizer:
        return aws.apigatewayv2.Authorizer(
            f"{name}-authorizer",
            api_id=api.id,
            name="token",
            authorizer_type="JWT",
            identity_sources=["$request.header.Authorization"],
            jwt_configuration={"issuer": args["issuer"], "audiences": args["audiences"]},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _integrate(
        self, name: str, key: str, args: ApiFrontDoorArgs, api: aws.apigatewayv2.Api
    ) -> aws.apigatewayv2.Integration:
        upstream = args["upstreams"][key]
        aws.lambda_.Permission(
            f"{name}-{key}-permission",
            action="lambda:InvokeFunction",
            principal="apigateway.amazonaws.com",
            function=upstream["function_name"],
            qualifier=upstream["alias_name"],
            # This API's one stage, any of its routes.
            source_arn=pulumi.Output.concat(api.execution_arn, "/", DEFAULT_STAGE, "/*"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return aws.apigatewayv2.Integration(
            f"{name}-{key}-integration",
            api_id=api.id,
            integration_type="AWS_PROXY",
            integration_uri=upstream["invoke_arn"],
            integration_method="POST",
            payload_format_version="2.0",
            timeout_milliseconds=29_000,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_routes(
        self,
        name: str,
        args: ApiFrontDoorArgs,
        api: aws.apigatewayv2.Api,
        authorizer: aws.apigatewayv2.Authorizer,
        integrations: dict[str, aws.apigatewayv2.Integration],
    ) -> list[aws.apigatewayv2.Route]:
        fallback: RouteArgs = {"route": DEFAULT_STAGE, "upstream": args["default_upstream"]}
        routes = []
        for route in [*args["routes"], fallback]:
            definition = aws.apigatewayv2.RouteArgs(
                api_id=api.id,
                route_key=route["route"],
                target=pulumi.Output.concat("integrations/", integrations[route["upstream"]].id),
                authorization_type="NONE",
            )
            if not route.get("open", False):
                definition.authorization_type = "JWT"
                definition.authorizer_id = authorizer.id
                definition.authorization_scopes = sorted(route.get("scopes", args["default_scopes"]))
            opts = pulumi.ResourceOptions(parent=self)
            routes.append(aws.apigatewayv2.Route(f"{name}-{_slug(route['route'])}-route", definition, opts))
        return routes

    def _create_stage(
        self, name: str, args: ApiFrontDoorArgs, api: aws.apigatewayv2.Api, routes: list[aws.apigatewayv2.Route]
    ) -> aws.apigatewayv2.Stage:
        api_name = physical_name(args["name_prefix"], Kind.HTTP_API, "front-door")
        logs = aws.cloudwatch.LogGroup(
            f"{name}-access-logs",
            name=f"/aws/apigateway/{api_name}",
            retention_in_days=args.get("log_retention_days", LOG_RETENTION_DAYS),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return aws.apigatewayv2.Stage(
            f"{name}-stage",
            api_id=api.id,
            name=DEFAULT_STAGE,
            auto_deploy=True,
            access_log_settings={"destination_arn": logs.arn, "format": json.dumps(ACCESS_LOG_FIELDS)},
            # Without limits the provider sends 0 and 0, which lets nothing through.
            default_route_settings={
                "throttling_rate_limit": args["throttle"]["rate"],
                "throttling_burst_limit": args["throttle"]["burst"],
                "detailed_metrics_enabled": True,
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=routes),
        )


def _cors_configuration(cors: CorsArgs) -> aws.apigatewayv2.ApiCorsConfigurationArgs | None:
    if not cors["allow_origins"]:
        return None
    return aws.apigatewayv2.ApiCorsConfigurationArgs(
        allow_origins=cors["allow_origins"],
        allow_methods=cors.get("allow_methods", ["GET", "POST", "PUT", "PATCH", "DELETE"]),
        allow_headers=["authorization", "content-type"],
        max_age=cors.get("max_age_seconds", 600),
        allow_credentials=False,  # tokens come in a header, never in a cookie
    )


def _slug(route: str) -> str:
    """`GET /api/clinics/{clinicId}/users` -> `get-api-clinics-clinicid-users`: the route is the child's identity."""
    return re.sub(r"[^a-z0-9]+", "-", route.lower()).strip("-")


def _problems(args: ApiFrontDoorArgs) -> list[str]:
    cors, throttle = args["cors"], args["throttle"]
    problems = [
        *prefix_problems(args["name_prefix"]),
        *between("cors.max_age_seconds", cors.get("max_age_seconds", 600), 0, 86_400, "seconds"),
        *between("throttle.rate", throttle["rate"], 1, 10_000, "requests per second"),
        *between("throttle.burst", throttle["burst"], 1, 5_000, "requests"),
    ]
    if not args["audiences"]:
        problems.append("audiences must not be empty: name the client ids whose tokens are taken")
    if not args["default_scopes"]:
        problems.append("default_scopes must not be empty: without a scope an ID token passes as access token")
    if args["default_upstream"] not in args["upstreams"]:
        problems.append(f"default_upstream {args['default_upstream']!r} is not among upstreams")
    slugs: dict[str, str] = {}
    for route in args["routes"]:
        problems += _route_problems(route, args)
        other = slugs.setdefault(_slug(route["route"]), route["route"])
        if other is not route["route"]:
            problems.append(f"routes {other!r} and {route['route']!r} collide")
    problems += [
        f"cors.allow_origins {origin!r} must be * or scheme and host, such as https://app.medflow.com"
        for origin in cors["allow_origins"]
        if origin != "*" and not re.fullmatch(r"https?://[^/\s*]+", origin)
    ]
    return problems


def _route_problems(route: RouteArgs, args: ApiFrontDoorArgs) -> list[str]:
    problems = []
    if not _ROUTE.fullmatch(route["route"]):
        problems.append(f"route {route['route']!r} must be a method and a path, such as 'GET /api/me'")
    if route["upstream"] not in args["upstreams"]:
        problems.append(f"route {route['route']!r} names the unknown upstream {route['upstream']!r}")
    if route.get("open", False) and "scopes" in route:
        problems.append(f"route {route['route']!r} is open and names scopes: choose one")
    if "scopes" in route and not route["scopes"]:
        problems.append(f"route {route['route']!r}: scopes must not be empty; leave it out for the default scopes")
    return problems

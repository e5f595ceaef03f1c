"""The whole program for every committed stack: what differs between environments, and what never does."""

import json
from functools import cache
from typing import Any

import pytest

from support.pulumi_harness import synth_program

STACKS = ("dev", "staging", "prod", "local")
POOL = "aws:cognito/userPool:UserPool"
CLUSTER = "aws:rds/cluster:Cluster"
every_stack = pytest.mark.parametrize("stack", STACKS)

program = cache(synth_program)


def inputs(stack: str, type_: str) -> dict[str, Any]:
    return program(stack).one(type_).inputs


def provider(stack: str) -> dict[str, Any]:
    """Inputs of the explicit provider, whose values travel as JSON texts."""
    return {key: _parsed(value) for key, value in inputs(stack, "pulumi:providers:aws").items()}


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


@every_stack
def test_it_builds_in_preview_as_in_update(stack: str) -> None:
    """I1. With everything unknown, the same resources: none hangs on a value."""
    preview = synth_program(stack, preview=True)
    assert {r.urn for r in preview.resources} == {r.urn for r in program(stack).resources}


@every_stack
def test_nothing_lands_in_the_default_account_of_a_shell(stack: str) -> None:
    """H3. Each resource names the explicit provider."""
    strays = [r.name for r in program(stack).resources if r.custom and r.type.startswith("aws:") and not r.provider]
    assert strays == []


@every_stack
def test_the_provider_tags_everything(stack: str) -> None:
    """A16."""
    tags = provider(stack)["defaultTags"]["tags"]
    assert set(tags) == {"Project", "Environment", "ManagedBy", "Owner", "DataClass"}
    assert tags["Environment"] == stack


@every_stack
def test_names_start_with_environment_and_project(stack: str) -> None:
    """A16."""
    free = {"medflow", "$default", "live", "token", "admin", "doctor", "nurse", "receptionist", "patient"}
    named = [r.inputs["name"] for r in program(stack).resources if "name" in r.inputs]
    services = ("/aws/lambda/", "/aws/apigateway/", "/aws/rds/cluster/", "/aws/vendedlogs/", "aws-waf-logs-")
    paths = (*(f"{service}{stack}-medflow-" for service in services), f"/medflow/{stack}/")
    assert len(named) > 40
    assert [
        n for n in named if n not in free and not n.startswith((f"{stack}-medflow-", f"medflow/{stack}/", *paths))
    ] == []


@pytest.mark.parametrize(("stack", "mfa"), [("dev", "OFF"), ("staging", "OPTIONAL"), ("prod", "ON")])
def test_the_second_factor_follows_the_environment(stack: str, mfa: str) -> None:
    """A4."""
    assert inputs(stack, POOL)["mfaConfiguration"] == mfa


@pytest.mark.parametrize(("stack", "length"), [("dev", 8), ("staging", 12), ("prod", 12)])
def test_passwords_are_shorter_in_dev_alone(stack: str, length: int) -> None:
    """A3."""
    assert inputs(stack, POOL)["passwordPolicy"]["minimumLength"] == length


@pytest.mark.parametrize(("stack", "minutes"), [("dev", 480), ("staging", 60), ("prod", 60)])
def test_access_tokens_live_longer_in_dev_alone(stack: str, minutes: int) -> None:
    """A5."""
    web = program(stack).one("aws:cognito/userPoolClient:UserPoolClient", "auth-web-client").inputs
    assert (web["accessTokenValidity"], web["refreshTokenValidity"]) == (minutes, 30)


def test_prod_cannot_lose_its_users_by_accident() -> None:
    """A1 C7."""
    pool, cluster = program("prod").one(POOL), program("prod").one(CLUSTER)
    assert (pool.protect, pool.inputs["deletionProtection"]) == (True, "ACTIVE")
    assert (cluster.protect, cluster.inputs["deletionProtection"]) == (True, True)
    assert cluster.inputs["backupRetentionPeriod"] == 35


def test_dev_can_be_thrown_away() -> None:
    """A1 C7."""
    assert [r.name for r in program("dev").resources if r.protect] == []
    assert inputs("dev", CLUSTER)["skipFinalSnapshot"] is True


def test_the_database_pauses_in_dev_alone() -> None:
    """C7."""
    least = {
        s: inputs(s, CLUSTER)["serverlessv2ScalingConfiguration"]["minCapacity"] for s in ("dev", "staging", "prod")
    }
    assert least == {"dev": 0, "staging": 0.5, "prod": 1}


def test_an_existing_cluster_is_used_and_none_is_made() -> None:
    """C7."""
    cluster = "arn:aws:rds:eu-west-3:123456789012:cluster:shared"
    secret = "arn:aws:secretsmanager:eu-west-3:123456789012:secret:shared-AbCdEf"
    key = "arn:aws:kms:eu-west-3:123456789012:key/1"
    graph = synth_program(
        "dev", {"databaseClusterArn": cluster, "databaseSecretArn": secret, "databaseSecretKeyArn": key}
    )
    assert graph.all(CLUSTER) == []
    assert graph.exports["database_cluster_arn"] == cluster
    grants = {s["Sid"]: s["Resource"] for s in graph.policy("signups-consumer-policy")["Statement"]}
    assert grants["RunStatements"] == [cluster]
    assert grants["ReadDatabaseCredentials"] == [secret]
    assert grants["DecryptDatabaseCredentials"] == [key]


@every_stack
def test_the_triggers_of_the_pool_are_the_aliases_of_the_functions(stack: str) -> None:
    """B1 B3 C1."""
    graph = program(stack)
    aliases = {a.name: a.outputs["arn"] for a in graph.all("aws:lambda/alias:Alias")}
    config = graph.one(POOL).inputs["lambdaConfig"]
    assert config.pop("preTokenGenerationConfig") == {
        "lambdaArn": aliases["token-enricher-function-live"],
        "lambdaVersion": "V2_0",
    }
    wanted = {
        "preSignUp": aliases["sign-up-validator-function-live"],
        "preAuthentication": aliases["sign-in-guard-function-live"],
        "postAuthentication": aliases["sign-in-guard-function-live"],
        "postConfirmation": aliases["signups-publisher-live"],
    }
    if graph.one(POOL).inputs["emailConfiguration"]["emailSendingAccount"] == "DEVELOPER":
        wanted["customMessage"] = aliases["messages-function-live"]
    assert config == wanted


@every_stack
def test_the_api_trusts_the_pool_and_its_two_clients(stack: str) -> None:
    """D1."""
    graph = program(stack)
    jwt = graph.one("aws:apigatewayv2/authorizer:Authorizer").inputs["jwtConfiguration"]
    clients = {c.name: c.id for c in graph.all("aws:cognito/userPoolClient:UserPoolClient")}
    assert jwt["issuer"] == graph.exports["issuer"]
    assert jwt["audiences"] == [clients["auth-web-client"], clients["auth-app-client"]]


@every_stack
def test_the_roles_of_the_pool_are_the_roles_of_the_enricher(stack: str) -> None:
    """A8 B1. One table: a group that the enricher does not know would bring no scope."""
    graph = program(stack)
    groups = sorted(graph.all("aws:cognito/userGroup:UserGroup"), key=lambda group: group.inputs["precedence"])
    variables = graph.one("aws:lambda/function:Function", "token-enricher-function-function").inputs["environment"]
    table = json.loads(variables["variables"]["ROLES"])
    server = graph.one("aws:cognito/resourceServer:ResourceServer").inputs
    assert [role["name"] for role in table] == [group.inputs["name"] for group in groups]
    assert {s for role in table for s in role["scopes"]} <= {s["scopeName"] for s in server["scopes"]}


@pytest.mark.parametrize(("stack", "asks"), [("dev", False), ("staging", True), ("prod", True), ("local", True)])
def test_privileged_scopes_need_a_second_factor_where_there_is_one(stack: str, asks: bool) -> None:
    """A4. In dev MFA is off: nobody could have the scopes. The grant comes and goes with the question."""
    graph = program(stack)
    variables = graph.one("aws:lambda/function:Function", "token-enricher-function-function").inputs["environment"]
    assert bool(json.loads(variables["variables"]["PRIVILEGED_SCOPES"])) is asks
    grants = [r for r in graph.resources if r.name == "auth-pre-token-generation-pool-access"]
    assert bool(grants) is asks
    if asks:
        [statement] = graph.policy("auth-pre-token-generation-pool-access")["Statement"]
        assert statement["Action"] == ["cognito-idp:AdminGetUser"]


@every_stack
def test_no_origin_but_the_web_application_s_may_call(stack: str) -> None:
    """D1."""
    origins = inputs(stack, "aws:apigatewayv2/api:Api")["corsConfiguration"]["allowOrigins"]
    assert origins
    assert "*" not in origins


@every_stack
def test_the_secret_among_the_outputs_is_marked_and_the_only_one(stack: str) -> None:
    """A15 E1."""
    assert program(stack).secret_exports == {"backend_client_secret"}


@every_stack
def test_the_parameters_are_the_public_outputs(stack: str) -> None:
    """E1. All that is not secret and not switched off, under one path."""
    graph = program(stack)
    parameters = {p.inputs["name"]: p.inputs["value"] for p in graph.all("aws:ssm/parameter:Parameter")}
    private = {
        "backend_client_secret",
        "nestjs_secret_arn",
        "nestjs_read_policy_arn",
        "nestjs_administration_policy_arn",
        "parameter_path",
    }
    public = {k: v for k, v in graph.exports.items() if k not in private and v is not None}
    assert parameters == {f"/medflow/{stack}/{key.replace('_', '-')}": value for key, value in public.items()}
    assert "/medflow/" + stack == graph.exports["parameter_path"]


@every_stack
def test_outputs_carry_what_consumers_ask_for(stack: str) -> None:
    """A15 D5."""
    wanted = {
        "user_pool_id", "user_pool_arn", "user_pool_endpoint", "user_pool_domain", "issuer", "backend_client_id",
        "backend_client_secret", "web_client_id", "hosted_ui_url", "api_url", "api_id", "clinic_api_function_name",
    }  # fmt: skip
    assert wanted <= set(program(stack).exports)


def test_the_local_stack_turns_on_what_a_client_could_want() -> None:
    """H1. Alarms, traces, sign-in pages and the machine client are in the local graph."""
    graph = program("local")
    for type_ in (
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:cognito/userPoolDomain:UserPoolDomain",
        "aws:cognito/managedLoginBranding:ManagedLoginBranding",
    ):
        assert graph.all(type_), type_
    assert "auth-machine-client" in graph.names("aws:cognito/userPoolClient:UserPoolClient")
    assert inputs("local", POOL)["mfaConfiguration"] == "OPTIONAL"


def test_the_local_provider_talks_to_the_local_cloud_alone() -> None:
    """H3. Every service of the program is redirected; one that is not would call AWS with the caller's credentials."""
    [endpoints] = provider("local")["endpoints"]
    assert set(endpoints.values()) == {"http://127.0.0.1:4566"}
    used = {r.type.split(":")[1].split("/")[0] for r in program("local").resources if r.type.startswith("aws:")}
    renamed = {"cognito": "cognitoidp"}
    assert {renamed.get(module, module) for module in used} <= set(endpoints)
    # The module cloudwatch holds two services more, and the provider asks STS for the account.
    assert {"eventbridge", "logs", "sts"} <= set(endpoints)
    assert provider("local")["skipCredentialsValidation"] is True


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_no_stack_of_aws_has_an_endpoint_or_credentials_of_its_own(stack: str) -> None:
    """H3."""
    assert {"endpoints", "accessKey", "secretKey"} & set(provider(stack)) == set()
    assert provider(stack)["skipCredentialsValidation"] is False


def test_an_identity_pool_reaches_outputs_and_consumers() -> None:
    """A9 A15 E2."""
    graph, without = program("dev"), program("staging")
    pool = graph.one("aws:cognito/identityPool:IdentityPool")
    secret = json.loads(graph.one("aws:secretsmanager/secretVersion:SecretVersion").inputs["secretString"])
    assert graph.exports["identity_pool_id"] == secret["identityPoolId"] == pool.id
    assert {"authenticated_role_arn", "unauthenticated_role_arn", "document_bucket_name"} <= set(graph.exports)
    assert "identity_pool_id" not in without.exports


def test_account_ids_bound_the_provider() -> None:
    """A14."""
    assert provider("local")["allowedAccountIds"] == ["000000000000"]


def test_a_custom_domain_is_an_output_once_there_is_one() -> None:
    """A15."""
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    changes = {"domainPrefix": "", "customDomainName": "auth.medflow.com", "certificateArn": certificate}
    assert "custom_domain_url" not in program("dev").exports
    assert synth_program("dev", changes).exports["custom_domain_url"] == "https://auth.medflow.com"

"""The part of the program that runs code: role, function, alias, invocation, gradual deployment, API."""

import json

import pulumi
import pulumi_aws as aws
from functions import ECHO  # type: ignore[import-not-found]

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)

QUEUE_READER = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "kms:Decrypt"]


def create_role(prefix: str, opts: pulumi.ResourceOptions) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
    """A role with an inline and a managed policy."""
    role = aws.iam.Role(
        "role",
        name=f"{prefix}-role",
        assume_role_policy=TRUST,
        max_session_duration=7200,
        description="Runs it",
        opts=opts,
    )
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": QUEUE_READER, "Resource": "*"}],
    }
    inline = aws.iam.RolePolicy("role-policy", role=role.name, policy=json.dumps(document), opts=opts)
    policy = aws.iam.Policy("policy", name=f"{prefix}-policy", path="/test/", policy=json.dumps(document), opts=opts)
    aws.iam.RolePolicyAttachment("attachment", role=role.name, policy_arn=policy.arn, opts=opts)
    pulumi.export("policy_arn", policy.arn)
    return role, inline


def create_function(prefix: str, role: aws.iam.Role, note: str, opts: pulumi.ResourceOptions) -> aws.lambda_.Alias:
    """A published function behind an alias, invoked once at deployment."""
    days = pulumi.Config().require_int("retentionDays")
    log_group = aws.cloudwatch.LogGroup("log", name=f"/aws/lambda/{prefix}-echo", retention_in_days=days, opts=opts)
    function = aws.lambda_.Function(
        "echo",
        name=f"{prefix}-echo",
        role=role.arn,
        runtime="python3.13",
        architectures=["arm64"],
        handler="echo.lambda_handler",
        code=pulumi.AssetArchive({"echo.py": pulumi.StringAsset(ECHO)}),
        publish=True,
        timeout=5,
        memory_size=256,
        reserved_concurrent_executions=3,
        environment={"variables": {"NOTE": note}},
        logging_config={"log_format": "JSON", "log_group": log_group.name, "application_log_level": "INFO"},
        tracing_config={"mode": "Active" if pulumi.Config().require_bool("tracing") else "PassThrough"},
        opts=opts,
    )
    alias = aws.lambda_.Alias(
        "echo-live", name="live", function_name=function.name, function_version=function.version, opts=opts
    )
    aws.lambda_.ProvisionedConcurrencyConfig(
        "echo-warm",
        function_name=function.name,
        qualifier=alias.name,
        provisioned_concurrent_executions=1,
        opts=opts,
    )
    answer = aws.lambda_.Invocation(
        "echo-once",
        function_name=function.name,
        qualifier=alias.name,
        input=json.dumps({"value": 1}),
        triggers={"digest": "1"},
        opts=opts,
    )
    pulumi.export("function_version", function.version)
    pulumi.export("function_source_hash", function.source_code_hash)
    pulumi.export("answer", answer.result)
    _create_gradual_deployment(prefix, role, opts)
    return alias


def _create_gradual_deployment(prefix: str, role: aws.iam.Role, opts: pulumi.ResourceOptions) -> None:
    application = aws.codedeploy.Application("application", name=f"{prefix}-app", compute_platform="Lambda", opts=opts)
    pace = aws.codedeploy.DeploymentConfig(
        "pace",
        deployment_config_name=f"{prefix}-pace",
        compute_platform="Lambda",
        traffic_routing_config={"type": "TimeBasedCanary", "time_based_canary": {"interval": 10, "percentage": 10}},
        opts=opts,
    )
    aws.codedeploy.DeploymentGroup(
        "canary",
        app_name=application.name,
        deployment_group_name=f"{prefix}-canary",
        deployment_config_name=pace.id,
        service_role_arn=role.arn,
        deployment_style={"deployment_option": "WITH_TRAFFIC_CONTROL", "deployment_type": "BLUE_GREEN"},
        auto_rollback_configuration={"enabled": True, "events": ["DEPLOYMENT_STOP_ON_ALARM"]},
        alarm_configuration={"enabled": True, "alarms": ["some-alarm"]},
        opts=opts,
    )


def create_consumer(
    alias: aws.lambda_.Alias, queue: aws.sqs.Queue, permission: aws.iam.RolePolicy, opts: pulumi.ResourceOptions
) -> None:
    """The function reads the queue, once it may."""
    mapping = aws.lambda_.EventSourceMapping(
        "consumption",
        event_source_arn=queue.arn,
        function_name=alias.arn,
        batch_size=10,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config={"maximum_concurrency": 2},
        filter_criteria={"filters": [{"pattern": json.dumps({"body": {"never": ["matches"]}})}]},
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[permission])),
    )
    pulumi.export("mapping_uuid", mapping.uuid)


def create_api(prefix: str, alias: aws.lambda_.Alias, pool: aws.cognito.UserPool, opts: pulumi.ResourceOptions) -> None:
    """An HTTP API in front of the function: one open route, one behind a token."""
    api = aws.apigatewayv2.Api(
        "api",
        name=f"{prefix}-api",
        protocol_type="HTTP",
        cors_configuration={
            "allow_origins": pulumi.Config().require_object("origins"),
            "allow_methods": ["GET"],
            "allow_headers": ["authorization"],
            "max_age": 300,
        },
        opts=opts,
    )
    integration = aws.apigatewayv2.Integration(
        "api-function",
        api_id=api.id,
        integration_type="AWS_PROXY",
        integration_uri=alias.invoke_arn,
        payload_format_version="2.0",
        timeout_milliseconds=5000,
        response_parameters=[{"status_code": "200", "mappings": {"append:header.x-test": "yes"}}],
        opts=opts,
    )
    authorizer = aws.apigatewayv2.Authorizer(
        "api-tokens",
        name="tokens",
        api_id=api.id,
        authorizer_type="JWT",
        identity_sources=["$request.header.Authorization"],
        jwt_configuration={"issuer": pulumi.Output.concat("https://", pool.endpoint), "audiences": ["some-client"]},
        opts=opts,
    )
    target = pulumi.Output.concat("integrations/", integration.id)
    aws.apigatewayv2.Route("open", api_id=api.id, route_key="GET /open", target=target, opts=opts)
    aws.apigatewayv2.Route(
        "closed",
        api_id=api.id,
        route_key="GET /closed",
        target=target,
        authorization_type="JWT",
        authorizer_id=authorizer.id,
        authorization_scopes=["test/read"],
        opts=opts,
    )
    access_log = aws.cloudwatch.LogGroup("access-log", name=f"/{prefix}/access", opts=opts)
    stage = aws.apigatewayv2.Stage(
        "stage",
        name="$default",
        api_id=api.id,
        auto_deploy=True,
        access_log_settings={"destination_arn": access_log.arn, "format": json.dumps({"id": "$context.requestId"})},
        default_route_settings={"throttling_burst_limit": 10, "throttling_rate_limit": 20.0},
        route_settings=[{"route_key": "GET /open", "throttling_burst_limit": 5, "throttling_rate_limit": 5.0}],
        opts=opts,
    )
    aws.lambda_.Permission(
        "api-invokes",
        function=alias.function_name,
        qualifier=alias.name,
        action="lambda:InvokeFunction",
        principal="apigateway.amazonaws.com",
        source_arn=pulumi.Output.concat(api.execution_arn, "/*/*"),
        opts=opts,
    )
    pulumi.export("invoke_url", stage.invoke_url)
    pulumi.export("api_execution_arn", api.execution_arn)

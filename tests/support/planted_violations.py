"""Resources that the provider takes, and changes of them that it refuses: what the checker itself is tested with."""

from typing import Any

from support.pulumi_harness import Resource

ARN = "arn:aws:sns:eu-west-3:123456789012:topic"
POLICY = '{"Version": "2012-10-17", "Statement": []}'

CLEAN: dict[str, dict[str, Any]] = {
    "aws:acm/certificate:Certificate": {"domainName": "auth.medflow.com", "validationMethod": "DNS"},
    "aws:apigatewayv2/stage:Stage": {
        "apiId": "api",
        "defaultRouteSettings": {"throttlingBurstLimit": 5, "throttlingRateLimit": 10.5},
    },
    "aws:cloudwatch/eventRule:EventRule": {"scheduleExpression": "rate(1 day)", "name": "daily"},
    "aws:cloudwatch/eventTarget:EventTarget": {"rule": "daily", "arn": ARN},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 1,
        "metricName": "Errors",
        "namespace": "AWS/Lambda",
        "period": 60,
        "statistic": "Sum",
        "threshold": 0,
    },
    "aws:cognito/userPool:UserPool": {
        "schemas": [{"name": "clinic_id", "attributeDataType": "String"}],
        "passwordPolicy": {"minimumLength": 12},
        "mfaConfiguration": "ON",
        "softwareTokenMfaConfiguration": {"enabled": True},
    },
    "aws:cognito/userPoolClient:UserPoolClient": {
        "userPoolId": "eu-west-3_abc",
        "accessTokenValidity": 60,
        "tokenValidityUnits": {"accessToken": "minutes", "idToken": "minutes", "refreshToken": "days"},
    },
    "aws:dynamodb/table:Table": {
        "hashKey": "pk",
        "attributes": [{"name": "pk", "type": "S"}, {"name": "other", "type": "S"}],
        "globalSecondaryIndexes": [{"name": "by-other", "hashKey": "other", "projectionType": "ALL"}],
    },
    "aws:ec2/securityGroup:SecurityGroup": {"egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0}]},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {
        "vpcId": "vpc-1",
        "serviceName": "com.amazonaws.eu-west-3.secretsmanager",
        "vpcEndpointType": "Interface",
    },
    "aws:iam/role:Role": {"assumeRolePolicy": POLICY},
    "aws:iam/rolePolicy:RolePolicy": {"role": "reader", "policy": POLICY},
    "aws:lambda/function:Function": {
        "role": "arn:aws:iam::123456789012:role/reader",
        "code": "build/f.zip",
        "handler": "f.handler",
        "runtime": "python3.13",
    },
    "aws:lambda/invocation:Invocation": {"functionName": "migrator", "input": "{}", "lifecycleScope": "CRUD"},
    "aws:lambda/permission:Permission": {
        "action": "lambda:InvokeFunction",
        "function": "f",
        "principal": "apigateway.amazonaws.com",
        "sourceArn": "arn:aws:execute-api:eu-west-3:123456789012:api/*/*",
    },
    "aws:rds/cluster:Cluster": {
        "engine": "aurora-postgresql",
        "masterUsername": "operator",
        "manageMasterUserPassword": True,
        "skipFinalSnapshot": True,
    },
    "aws:secretsmanager/secret:Secret": {"name": "medflow/nestjs", "recoveryWindowInDays": 7},
    "aws:sns/topicSubscription:TopicSubscription": {"topic": ARN, "protocol": "email", "endpoint": "a@example.com"},
    "aws:sqs/queue:Queue": {"name": "signups", "delaySeconds": 5, "sqsManagedSseEnabled": True},
    "aws:ssm/parameter:Parameter": {"name": "/medflow/dev/pool", "type": "String", "value": "v"},
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": {
        "resourceArn": ARN,
        "logDestinationConfigs": [ARN],
        "redactedFields": [{"singleHeader": {"name": "authorization"}}],
    },
}
"""Resources that the provider takes as they are; every planted violation is one change of one of these."""

QUEUE, POOL, CLIENT = (
    "aws:sqs/queue:Queue",
    "aws:cognito/userPool:UserPool",
    "aws:cognito/userPoolClient:UserPoolClient",
)
FUNCTION, TABLE, PARAMETER = "aws:lambda/function:Function", "aws:dynamodb/table:Table", "aws:ssm/parameter:Parameter"
RULE, TARGET, ALARM = (
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
)
CLUSTER, ENDPOINT, STAGE = "aws:rds/cluster:Cluster", "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:apigatewayv2/stage:Stage"
SCHEMA = {"name": "clinic_id", "attributeDataType": "String"}
INDEX = {"name": "i", "hashKey": "pk", "projectionType": "ALL"}

PLANTED: list[tuple[str, str, dict[str, Any], str]] = [
    ("unknown", QUEUE, {"delaySecond": 5}, "delaySecond"),
    ("unknown", POOL, {"passwordPolicy": {"minimumLenght": 12}}, "passwordPolicy.minimumLenght"),
    ("unknown", POOL, {"schemas": [SCHEMA, {**SCHEMA, "max_length": 3}]}, "schemas.1.max_length"),
    ("computedOnly", QUEUE, {"url": "https://sqs/q"}, "url"),
    (
        "computedOnly",
        FUNCTION,
        {"snapStart": {"applyOn": "None", "optimizationStatus": "On"}},
        "snapStart.optimizationStatus",
    ),
    ("required", TARGET, {"arn": None}, "arn"),
    ("required", POOL, {"schemas": [SCHEMA, {"name": "x"}]}, "schemas.1.attributeDataType"),
    ("conflicts", QUEUE, {"kmsMasterKeyId": "k", "sqsManagedSseEnabled": False}, ""),
    (
        "conflicts",
        POOL,
        {"emailVerificationMessage": "{####}", "verificationMessageTemplate": {"emailMessage": "{####}"}},
        "",
    ),
    (
        "conflicts",
        CLIENT,
        {
            "analyticsConfiguration": {
                "applicationArn": "arn:aws:mobiletargeting:eu-west-3:123456789012:apps/a",
                "externalId": "e",
            }
        },
        "analyticsConfiguration",
    ),
    ("exactlyOneOf", PARAMETER, {"insecureValue": "w"}, ""),
    ("exactlyOneOf", PARAMETER, {"value": None}, ""),
    (
        "exactlyOneOf",
        TABLE,
        {
            "globalSecondaryIndexes": [
                {**INDEX, "hashKey": "other"},
                {**INDEX, "keySchemas": [{"attributeName": "pk", "keyType": "HASH"}]},
            ]
        },
        "globalSecondaryIndexes.1",
    ),
    ("atLeastOneOf", RULE, {"scheduleExpression": None}, ""),
    ("requiredWith", FUNCTION, {"code": None, "s3Bucket": "b"}, ""),
    ("enum", POOL, {"mfaConfiguration": "MAYBE"}, "mfaConfiguration"),
    ("enum", FUNCTION, {"architectures": ["sparc"]}, "architectures"),
    ("min", POOL, {"passwordPolicy": {"minimumLength": 5}}, "passwordPolicy.minimumLength"),
    ("max", QUEUE, {"delaySeconds": 901}, "delaySeconds"),
    ("max", QUEUE, {"delaySeconds": "soon"}, "delaySeconds"),
    ("minLength", TARGET, {"eventBusName": ""}, "eventBusName"),
    ("maxLength", TARGET, {"inputPath": "$" * 257}, "inputPath"),
    ("pattern", TARGET, {"targetId": "two words"}, "targetId"),
    ("pattern", TARGET, {"targetId": "line\n"}, "targetId"),
    ("maxItems", CLIENT, {"allowedOauthFlows": ["code"] * 4}, "allowedOauthFlows"),
    ("minItems", POOL, {"schemas": []}, "schemas"),
    ("json", QUEUE, {"redrivePolicy": "{maxReceiveCount: 5}"}, "redrivePolicy"),
    ("arn", TARGET, {"arn": "topic"}, "arn"),
    ("arn", TARGET, {"deadLetterConfig": {"arn": "arn:aws:sqs:everywhere:1:q"}}, "deadLetterConfig.arn"),
    ("unlisted", "aws:sfn/activity:Activity", {}, ""),
]
"""(kind, type, change of the clean inputs, path of the violation); a value of None takes the property away."""

TRAPPED: list[tuple[str, str, dict[str, Any], str]] = [
    ("missing output", PARAMETER, {"value": "arn:aws:sqs:eu-west-3:None:q"}, "value"),
    ("missing output", QUEUE, {"redrivePolicy": '{"deadLetterTargetArn": null}'}, "redrivePolicy"),
    ("policy document", "aws:iam/rolePolicy:RolePolicy", {"policy": f" {POLICY}"}, "policy"),
    (
        "policy document",
        "aws:iam/role:Role",
        {"assumeRolePolicy": '{"Statement": [], "Statement": []}'},
        "assumeRolePolicy",
    ),
    (
        "token validity",
        CLIENT,
        {"tokenValidityUnits": {"accessToken": "minutes", "idToken": "minutes"}},
        "tokenValidityUnits.refreshToken",
    ),
    ("token validity", CLIENT, {"accessTokenValidity": 4}, "accessTokenValidity"),
    (
        "stage throttle",
        STAGE,
        {"defaultRouteSettings": {"detailedMetricsEnabled": True, "throttlingBurstLimit": 5}},
        "defaultRouteSettings.throttlingRateLimit",
    ),
    ("role by name", "aws:iam/rolePolicy:RolePolicy", {"role": "arn:aws:iam::123456789012:role/r"}, "role"),
    ("parameter value", PARAMETER, {"name": "medflow/dev/pool"}, "name"),
    ("parameter value", PARAMETER, {"value": ""}, "value"),
    ("parameter value", PARAMETER, {"value": None, "insecureValue": "v", "type": "SecureString"}, "insecureValue"),
    ("kind of endpoint", ENDPOINT, {"vpcEndpointType": None}, "vpcEndpointType"),
    ("kind of endpoint", ENDPOINT, {"routeTableIds": ["rtb-1"]}, "routeTableIds"),
    ("final snapshot", CLUSTER, {"skipFinalSnapshot": False}, "finalSnapshotIdentifier"),
    ("master password", CLUSTER, {"manageMasterUserPassword": None}, "manageMasterUserPassword"),
    (
        "source of a permission",
        "aws:lambda/permission:Permission",
        {"sourceArn": "arn:aws:execute-api:*:123456789012:api"},
        "sourceArn",
    ),
    ("package of a function", FUNCTION, {"code": None, "imageUri": "i"}, "packageType"),
    ("package of a function", FUNCTION, {"handler": None}, "handler"),
    ("queue or topic name", QUEUE, {"name": "two words"}, "name"),
    ("queue or topic name", QUEUE, {"fifoQueue": True}, "name"),
    ("alarm", ALARM, {"statistic": None}, "statistic"),
    ("alarm", ALARM, {"period": 90}, "period"),
    ("recovery window", "aws:secretsmanager/secret:Secret", {"recoveryWindowInDays": 3}, "recoveryWindowInDays"),
    ("attributes of a table", TABLE, {"globalSecondaryIndexes": None}, "attributes"),
    (
        "all protocols",
        "aws:ec2/securityGroup:SecurityGroup",
        {"egress": [{"protocol": "-1", "fromPort": 0, "toPort": 443}]},
        "egress.0",
    ),
    ("certificate", "aws:acm/certificate:Certificate", {"validationMethod": None}, "validationMethod"),
    (
        "header name",
        "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        {"redactedFields": [{"singleHeader": {"name": "Authorization"}}]},
        "redactedFields.0.singleHeader.name",
    ),
    (
        "filter scope",
        "aws:sns/topicSubscription:TopicSubscription",
        {"filterPolicyScope": "MessageBody"},
        "filterPolicyScope",
    ),
    ("input of an invocation", "aws:lambda/invocation:Invocation", {"input": "[]"}, "input"),
    ("second factor", POOL, {"softwareTokenMfaConfiguration": None}, "mfaConfiguration"),
]


def planted(type_: str, inputs: dict[str, Any], name: str = "planted") -> Resource:
    """A resource as if a program had asked for it, without the SDK: it may hold what the SDK would not let through."""
    return Resource(
        type=type_,
        name=name,
        urn=f"urn:{name}",
        inputs=inputs,
        secret_paths=frozenset(),
        custom=True,
        parent_urn=None,
        dependency_urns=frozenset(),
        property_dependencies={},
        protect=False,
        aliases=[],
        ignore_changes=[],
        replace_on_changes=[],
        delete_before_replace=None,
        retain_on_delete=False,
        provider=None,
        additional_secret_outputs=[],
        import_id=None,
        read=False,
    )

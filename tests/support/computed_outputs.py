"""What the AWS provider computes for each resource type of this program: id, ARN, URLs, generated names.

Formats are those of the provider's documentation ("Attribute Reference" of each resource) and of the Service
Authorization Reference (ARNs). A type or an invoke that is not here makes the harness fail, so nothing is guessed.
Values that AWS makes up are derived from the logical name: equal in every run, different between two resources.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

TIMESTAMP: Final = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class Place:
    """Where a resource is created: what its provider is bound to."""

    region: str = "us-east-1"
    account: str = "123456789012"
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}::{self.account}:{resource}"

    def invoke_arn(self, function_arn: str) -> str:
        """URI by which API Gateway invokes a function or its alias."""
        functions = f"lambda:path/2015-03-31/functions/{function_arn}/invocations"
        return f"arn:{self.partition}:apigateway:{self.region}:{functions}"


@dataclass(frozen=True)
class Request:
    """A resource that is to be created: logical name, plain inputs, place."""

    name: str
    inputs: Mapping[str, Any]
    place: Place

    def physical(self, key: str = "name") -> str:
        """The given physical name, or an automatic one as Pulumi forms it: logical name and seven digits."""
        return str(self.inputs.get(key) or f"{self.name}-{self.digest(7)}")

    def digest(self, length: int) -> str:
        """Hexadecimal text that stands for a random one."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:length]

    def __getitem__(self, key: str) -> Any:
        return self.inputs[key]


@dataclass(frozen=True)
class Created:
    """Answer to a creation: the id, and the outputs that are not inputs."""

    id: str
    outputs: Mapping[str, Any]


Compute = Callable[[Request], Created]
COMPUTED: Final[dict[str, Compute]] = {}
"""Resource type -> what the provider computes for it."""


def _computes(*types: str) -> Callable[[Compute], Compute]:
    def register(compute: Compute) -> Compute:
        COMPUTED.update(dict.fromkeys(types, compute))
        return compute

    return register


def _named(type_: str, service: str, resource: str, *, id_: str = "name", key: str = "name", **more: Any) -> None:
    """A type with a physical name, an ARN that ends in `resource` (with {name}), and either of them as its id."""

    def compute(request: Request) -> Created:
        name = request.physical(key)
        arn = request.place.arn(service, resource.format(name=name))
        return Created(arn if id_ == "arn" else name, {key: name, "arn": arn, **more})

    COMPUTED[type_] = compute


def _plain(type_: str, id_: Callable[[Request], str], **outputs: Any) -> None:
    """A type that computes nothing but its id and constants."""
    COMPUTED[type_] = lambda request: Created(id_(request), outputs)


@_computes("pulumi:providers:aws")
def _provider(request: Request) -> Created:
    return Created(f"provider-{request.digest(8)}", {})


# IAM ----------------------------------------------------------------------------------------------------------------


@_computes("aws:iam/role:Role")
def _role(request: Request) -> Created:
    name, path = request.physical(), request.inputs.get("path", "/")
    outputs = {
        "name": name,
        "arn": request.place.global_arn("iam", f"role{path}{name}"),
        "uniqueId": f"AROA{request.digest(17).upper()}",
        "createDate": TIMESTAMP,
    }
    return Created(name, outputs)


@_computes("aws:iam/policy:Policy")
def _policy(request: Request) -> Created:
    name, path = request.physical(), request.inputs.get("path", "/")
    arn = request.place.global_arn("iam", f"policy{path}{name}")
    return Created(arn, {"name": name, "arn": arn, "policyId": f"ANPA{request.digest(17).upper()}"})


@_computes("aws:iam/rolePolicy:RolePolicy")
def _role_policy(request: Request) -> Created:
    name = request.physical()
    return Created(f"{request['role']}:{name}", {"name": name})


_plain("aws:iam/rolePolicyAttachment:RolePolicyAttachment", lambda r: f"{r['role']}-{r.digest(8)}")


# Lambda -------------------------------------------------------------------------------------------------------------


@_computes("aws:lambda/function:Function")
def _function(request: Request) -> Created:
    name = request.physical()
    version = "1" if request.inputs.get("publish") else "$LATEST"
    arn = request.place.arn("lambda", f"function:{name}")
    qualified = f"{arn}:{version}"
    outputs = {
        "name": name,
        "arn": arn,
        "version": version,
        "qualifiedArn": qualified,
        "invokeArn": request.place.invoke_arn(arn),
        "qualifiedInvokeArn": request.place.invoke_arn(qualified),
        "codeSha256": request.digest(44),
        "sourceCodeSize": 1,
        "lastModified": TIMESTAMP,
    }
    return Created(name, outputs)


@_computes("aws:lambda/alias:Alias")
def _lambda_alias(request: Request) -> Created:
    function = str(request["functionName"]).split(":function:")[-1]
    arn = request.place.arn("lambda", f"function:{function}:{request.physical()}")
    outputs = {"name": request.physical(), "arn": arn, "invokeArn": request.place.invoke_arn(arn)}
    return Created(arn, outputs)


@_computes("aws:lambda/permission:Permission")
def _permission(request: Request) -> Created:
    statement = request.physical("statementId")
    return Created(statement, {"statementId": statement})


@_computes("aws:lambda/eventSourceMapping:EventSourceMapping")
def _event_source_mapping(request: Request) -> Created:
    uuid = _uuid(request)
    function = str(request["functionName"])
    outputs = {
        "uuid": uuid,
        "arn": request.place.arn("lambda", f"event-source-mapping:{uuid}"),
        "functionArn": function if function.startswith("arn:") else request.place.arn("lambda", f"function:{function}"),
        "state": "Enabled",
        "lastModified": TIMESTAMP,
    }
    return Created(uuid, outputs)


@_computes("aws:lambda/invocation:Invocation")
def _invocation(request: Request) -> Created:
    """The result is what the function returned, as JSON; here an empty object."""
    return Created(f"{request['functionName']}_{request.digest(12)}", {"result": "{}"})


_plain(
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
    lambda r: f"{r['functionName']},{r['qualifier']}",
)


# CloudWatch, EventBridge ----------------------------------------------------------------------------------------------

_named("aws:cloudwatch/logGroup:LogGroup", "logs", "log-group:{name}")
_named("aws:cloudwatch/metricAlarm:MetricAlarm", "cloudwatch", "alarm:{name}")
_named("aws:cloudwatch/eventBus:EventBus", "events", "event-bus/{name}")
_named("aws:cloudwatch/eventArchive:EventArchive", "events", "archive/{name}")


@_computes("aws:cloudwatch/eventRule:EventRule")
def _event_rule(request: Request) -> Created:
    name, bus = request.physical(), request.inputs.get("eventBusName", "default")
    bus_name = str(bus).split("event-bus/")[-1]
    path = name if bus_name == "default" else f"{bus_name}/{name}"
    identity = name if bus == "default" else f"{bus}/{name}"
    return Created(identity, {"name": name, "arn": request.place.arn("events", f"rule/{path}")})


@_computes("aws:cloudwatch/eventTarget:EventTarget")
def _event_target(request: Request) -> Created:
    target = request.physical("targetId")
    bus = request.inputs.get("eventBusName")
    return Created("-".join([*([bus] if bus else []), request["rule"], target]), {"targetId": target})


# SQS, SNS -------------------------------------------------------------------------------------------------------------


@_computes("aws:sqs/queue:Queue")
def _queue(request: Request) -> Created:
    name, place = request.physical(), request.place
    url = f"https://sqs.{place.region}.amazonaws.com/{place.account}/{name}"
    return Created(url, {"name": name, "url": url, "arn": place.arn("sqs", name)})


for _type in ("queuePolicy:QueuePolicy", "redriveAllowPolicy:RedriveAllowPolicy", "redrivePolicy:RedrivePolicy"):
    _plain(f"aws:sqs/{_type}", lambda r: str(r["queueUrl"]))

_named("aws:sns/topic:Topic", "sns", "{name}", id_="arn")


@_computes("aws:sns/topicPolicy:TopicPolicy")
def _topic_policy(request: Request) -> Created:
    return Created(str(request["arn"]), {"owner": request.place.account})


@_computes("aws:sns/topicSubscription:TopicSubscription")
def _topic_subscription(request: Request) -> Created:
    arn = f"{request['topic']}:{_uuid(request)}"
    confirms = request["protocol"] in ("email", "email-json", "http", "https")
    return Created(arn, {"arn": arn, "ownerId": request.place.account, "pendingConfirmation": confirms})


# Cognito --------------------------------------------------------------------------------------------------------------


@_computes("aws:cognito/userPool:UserPool")
def _user_pool(request: Request) -> Created:
    region = request.place.region
    pool = f"{region}_{request.digest(9)}"
    outputs = {
        "name": request.physical(),
        "arn": request.place.arn("cognito-idp", f"userpool/{pool}"),
        "endpoint": f"cognito-idp.{region}.amazonaws.com/{pool}",
        "estimatedNumberOfUsers": 0,
        "creationDate": TIMESTAMP,
        "lastModifiedDate": TIMESTAMP,
    }
    return Created(pool, outputs)


@_computes("aws:cognito/userPoolClient:UserPoolClient")
def _user_pool_client(request: Request) -> Created:
    """A client without a secret has an empty one."""
    secret = request.digest(51) if request.inputs.get("generateSecret") else ""
    return Created(request.digest(26), {"name": request.physical(), "clientSecret": secret})


@_computes("aws:cognito/userPoolDomain:UserPoolDomain")
def _user_pool_domain(request: Request) -> Created:
    domain = str(request["domain"])
    distribution = f"d{request.digest(13)}.cloudfront.net"
    outputs = {
        "awsAccountId": request.place.account,
        "cloudfrontDistribution": distribution,
        "cloudfrontDistributionArn": distribution,
        "cloudfrontDistributionZoneId": "Z2FDTNDATAQYW2",
        "s3Bucket": f"aws-cognito-prod-{request.place.region}-assets",
        "version": "20260101000000",
    }
    return Created(domain, outputs)


@_computes("aws:cognito/managedLoginBranding:ManagedLoginBranding")
def _branding(request: Request) -> Created:
    branding = _uuid(request)
    outputs = {"managedLoginBrandingId": branding, "settingsAll": request.inputs.get("settings", "{}")}
    return Created(f"{request['userPoolId']},{branding}", outputs)


@_computes("aws:cognito/resourceServer:ResourceServer")
def _resource_server(request: Request) -> Created:
    identifier, scopes = request["identifier"], request.inputs.get("scopes", [])
    outputs = {"scopeIdentifiers": [f"{identifier}/{scope['scopeName']}" for scope in scopes]}
    return Created(f"{request['userPoolId']}|{identifier}", outputs)


_plain("aws:cognito/userGroup:UserGroup", lambda r: f"{r['userPoolId']}/{r.physical()}")
_plain("aws:cognito/identityProvider:IdentityProvider", lambda r: f"{r['userPoolId']}:{r['providerName']}")


# Secrets, parameters, keys --------------------------------------------------------------------------------------------


@_computes("aws:secretsmanager/secret:Secret")
def _secret(request: Request) -> Created:
    """AWS appends six random characters to the name in the ARN."""
    name = request.physical()
    arn = request.place.arn("secretsmanager", f"secret:{name}-{request.digest(6)}")
    return Created(arn, {"name": name, "arn": arn})


@_computes("aws:secretsmanager/secretVersion:SecretVersion")
def _secret_version(request: Request) -> Created:
    version = _uuid(request)
    return Created(f"{request['secretId']}|{version}", {"arn": request["secretId"], "versionId": version})


@_computes("aws:ssm/parameter:Parameter")
def _parameter(request: Request) -> Created:
    name = request.physical()
    return Created(name, {"name": name, "arn": request.place.arn("ssm", f"parameter/{name.lstrip('/')}"), "version": 1})


@_computes("aws:kms/key:Key")
def _key(request: Request) -> Created:
    key = _uuid(request)
    return Created(key, {"keyId": key, "arn": request.place.arn("kms", f"key/{key}")})


@_computes("aws:kms/alias:Alias")
def _key_alias(request: Request) -> Created:
    target = str(request["targetKeyId"])
    name = str(request.inputs.get("name") or f"alias/{request.name}-{request.digest(7)}")
    key_arn = target if target.startswith("arn:") else request.place.arn("kms", f"key/{target}")
    return Created(name, {"name": name, "arn": request.place.arn("kms", name), "targetKeyArn": key_arn})


# Network, database ----------------------------------------------------------------------------------------------------


def _ec2(type_: str, prefix: str, kind: str, computed: Callable[[Request], Mapping[str, Any]]) -> None:
    def compute(request: Request) -> Created:
        identity = f"{prefix}-{request.digest(17)}"
        arn = request.place.arn("ec2", f"{kind}/{identity}")
        return Created(identity, {"arn": arn, "ownerId": request.place.account, **computed(request)})

    COMPUTED[type_] = compute


_ec2(
    "aws:ec2/vpc:Vpc",
    "vpc",
    "vpc",
    lambda r: {
        "defaultSecurityGroupId": f"sg-{r.digest(16)}0",
        "mainRouteTableId": f"rtb-{r.digest(16)}0",
        "defaultRouteTableId": f"rtb-{r.digest(16)}0",
        "defaultNetworkAclId": f"acl-{r.digest(16)}0",
    },
)
_ec2("aws:ec2/subnet:Subnet", "subnet", "subnet", lambda _: {})
_ec2("aws:ec2/securityGroup:SecurityGroup", "sg", "security-group", lambda r: {"name": r.physical()})
_named("aws:rds/subnetGroup:SubnetGroup", "rds", "subgrp:{name}", vpcId="vpc-0123456789abcdef0")
_named("aws:rds/clusterParameterGroup:ClusterParameterGroup", "rds", "cluster-pg:{name}")


@_computes("aws:rds/cluster:Cluster")
def _cluster(request: Request) -> Created:
    name = request.physical("clusterIdentifier")
    host = f"{name}.cluster-{request.digest(12)}.{request.place.region}.rds.amazonaws.com"
    outputs: dict[str, Any] = {
        "clusterIdentifier": name,
        "arn": request.place.arn("rds", f"cluster:{name}"),
        "clusterResourceId": f"cluster-{request.digest(26).upper()}",
        "endpoint": host,
        "readerEndpoint": host.replace(".cluster-", ".cluster-ro-"),
        "hostedZoneId": "Z2R2ITUGPM61AM",
        "port": request.inputs.get("port", 5432),
        "engineVersionActual": request.inputs.get("engineVersion", ""),
    }
    if request.inputs.get("manageMasterUserPassword"):
        secret = request.place.arn("secretsmanager", f"secret:rds!cluster-{_uuid(request)}-{request.digest(6)}")
        outputs["masterUserSecrets"] = [{"secretArn": secret, "secretStatus": "active", "kmsKeyId": ""}]
    return Created(name, outputs)


@_computes("aws:rds/clusterInstance:ClusterInstance")
def _cluster_instance(request: Request) -> Created:
    name = request.physical("identifier")
    outputs = {
        "identifier": name,
        "arn": request.place.arn("rds", f"db:{name}"),
        "endpoint": f"{name}.{request.digest(12)}.{request.place.region}.rds.amazonaws.com",
        "dbiResourceId": f"db-{request.digest(26).upper()}",
        "port": 5432,
    }
    return Created(name, outputs)


# HTTP API -------------------------------------------------------------------------------------------------------------


@_computes("aws:apigatewayv2/api:Api")
def _api(request: Request) -> Created:
    api, place = request.digest(10), request.place
    outputs = {
        "name": request.physical(),
        "apiEndpoint": f"https://{api}.execute-api.{place.region}.amazonaws.com",
        "arn": f"arn:{place.partition}:apigateway:{place.region}::/apis/{api}",
        "executionArn": place.arn("execute-api", api),
    }
    return Created(api, outputs)


@_computes("aws:apigatewayv2/stage:Stage")
def _stage(request: Request) -> Created:
    """The default stage has no path of its own in the invoke URL ("Stages for HTTP APIs")."""
    name, api, place = request.physical(), request["apiId"], request.place
    path = "" if name == "$default" else name
    outputs = {
        "name": name,
        "invokeUrl": f"https://{api}.execute-api.{place.region}.amazonaws.com/{path}",
        "executionArn": place.arn("execute-api", f"{api}/{name}"),
        "arn": f"arn:{place.partition}:apigateway:{place.region}::/apis/{api}/stages/{name}",
    }
    return Created(name, outputs)


_plain("aws:apigatewayv2/integration:Integration", lambda r: r.digest(7))
_plain("aws:apigatewayv2/authorizer:Authorizer", lambda r: r.digest(6))
_plain("aws:apigatewayv2/route:Route", lambda r: r.digest(7))


# S3, DynamoDB ---------------------------------------------------------------------------------------------------------


@_computes("aws:s3/bucket:Bucket")
def _bucket(request: Request) -> Created:
    name, region = request.physical("bucket"), request.place.region
    outputs = {
        "bucket": name,
        "arn": f"arn:{request.place.partition}:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "bucketRegion": region,
        "hostedZoneId": "Z3AQBSTGFYJSTF",
    }
    return Created(name, outputs)


for _type in (
    "bucketPolicy:BucketPolicy",
    "bucketPublicAccessBlock:BucketPublicAccessBlock",
    "bucketVersioning:BucketVersioning",
    "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
):
    _plain(f"aws:s3/{_type}", lambda r: str(r["bucket"]))


@_computes("aws:dynamodb/table:Table")
def _table(request: Request) -> Created:
    name = request.physical()
    return Created(name, {"name": name, "arn": request.place.arn("dynamodb", f"table/{name}"), "streamArn": ""})


def _uuid(request: Request) -> str:
    digits = request.digest(32)
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


Invoke = Callable[[Mapping[str, Any], Place], dict[str, Any]]
INVOKES: Final[dict[str, Invoke]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": lambda _, place: {
        "id": place.account,
        "accountId": place.account,
        "arn": place.global_arn("iam", "user/deployer"),
        "userId": "AIDAEXAMPLE",
    },
    "aws:index/getRegion:getRegion": lambda arguments, place: {
        "id": arguments.get("region", place.region),
        "name": arguments.get("region", place.region),
        "region": arguments.get("region", place.region),
        "description": "a region",
        "endpoint": f"ec2.{arguments.get('region', place.region)}.amazonaws.com",
    },
    "aws:index/getPartition:getPartition": lambda _, place: {
        "id": place.partition,
        "partition": place.partition,
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    },
    "aws:index/getAvailabilityZones:getAvailabilityZones": lambda _, place: {
        "id": place.region,
        "region": place.region,
        "names": [f"{place.region}{letter}" for letter in "abc"],
        "zoneIds": [f"use1-az{number}" for number in (1, 2, 3)],
        "groupNames": [place.region],
    },
}
"""Invoke token -> its answer."""

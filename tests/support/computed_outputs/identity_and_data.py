"""What the provider computes for Cognito, secrets, parameters, keys, network, databases, HTTP APIs and stores."""

from collections.abc import Callable, Mapping
from typing import Any

from support.computed_outputs.table import COMPUTED, TIMESTAMP, Created, Request, computes, named, plain

# Cognito


@computes("aws:cognito/userPool:UserPool")
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


@computes("aws:cognito/userPoolClient:UserPoolClient")
def _user_pool_client(request: Request) -> Created:
    """A client without a secret has an empty one."""
    secret = request.digest(51) if request.inputs.get("generateSecret") else ""
    return Created(request.digest(26), {"name": request.physical(), "clientSecret": secret})


@computes("aws:cognito/userPoolDomain:UserPoolDomain")
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


@computes("aws:cognito/managedLoginBranding:ManagedLoginBranding")
def _branding(request: Request) -> Created:
    branding = request.uuid()
    outputs = {"managedLoginBrandingId": branding, "settingsAll": request.inputs.get("settings", "{}")}
    return Created(f"{request['userPoolId']},{branding}", outputs)


@computes("aws:cognito/resourceServer:ResourceServer")
def _resource_server(request: Request) -> Created:
    identifier, scopes = request["identifier"], request.inputs.get("scopes", [])
    outputs = {"scopeIdentifiers": [f"{identifier}/{scope['scopeName']}" for scope in scopes]}
    return Created(f"{request['userPoolId']}|{identifier}", outputs)


@computes("aws:cognito/identityPool:IdentityPool")
def _identity_pool(request: Request) -> Created:
    pool = f"{request.place.region}:{request.uuid()}"
    return Created(pool, {"arn": request.place.arn("cognito-identity", f"identitypool/{pool}")})


plain("aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment", lambda r: str(r["identityPoolId"]))
plain(
    "aws:cognito/identityPoolProviderPrincipalTag:IdentityPoolProviderPrincipalTag",
    lambda r: f"{r['identityPoolId']}:{r['identityProviderName']}",
)
plain("aws:cognito/userGroup:UserGroup", lambda r: f"{r['userPoolId']}/{r.physical()}")
plain("aws:cognito/identityProvider:IdentityProvider", lambda r: f"{r['userPoolId']}:{r['providerName']}")


# Secrets, parameters, keys


@computes("aws:secretsmanager/secret:Secret")
def _secret(request: Request) -> Created:
    """AWS appends six random characters to the name in the ARN."""
    name = request.physical()
    arn = request.place.arn("secretsmanager", f"secret:{name}-{request.digest(6)}")
    return Created(arn, {"name": name, "arn": arn})


@computes("aws:secretsmanager/secretVersion:SecretVersion")
def _secret_version(request: Request) -> Created:
    version = request.uuid()
    return Created(f"{request['secretId']}|{version}", {"arn": request["secretId"], "versionId": version})


@computes("aws:ssm/parameter:Parameter")
def _parameter(request: Request) -> Created:
    name = request.physical()
    return Created(name, {"name": name, "arn": request.place.arn("ssm", f"parameter/{name.lstrip('/')}"), "version": 1})


@computes("aws:kms/key:Key")
def _key(request: Request) -> Created:
    key = request.uuid()
    return Created(key, {"keyId": key, "arn": request.place.arn("kms", f"key/{key}")})


@computes("aws:kms/alias:Alias")
def _key_alias(request: Request) -> Created:
    target = str(request["targetKeyId"])
    name = str(request.inputs.get("name") or f"alias/{request.name}-{request.digest(7)}")
    key_arn = target if target.startswith("arn:") else request.place.arn("kms", f"key/{target}")
    return Created(name, {"name": name, "arn": request.place.arn("kms", name), "targetKeyArn": key_arn})


# Network, database


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
named("aws:rds/subnetGroup:SubnetGroup", "rds", "subgrp:{name}", vpcId="vpc-0123456789abcdef0")
named("aws:rds/clusterParameterGroup:ClusterParameterGroup", "rds", "cluster-pg:{name}")


@computes("aws:rds/cluster:Cluster")
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
        secret = request.place.arn("secretsmanager", f"secret:rds!cluster-{request.uuid()}-{request.digest(6)}")
        outputs["masterUserSecrets"] = [{"secretArn": secret, "secretStatus": "active", "kmsKeyId": ""}]
    return Created(name, outputs)


@computes("aws:rds/clusterInstance:ClusterInstance")
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


# HTTP API


@computes("aws:apigatewayv2/api:Api")
def _api(request: Request) -> Created:
    api, place = request.digest(10), request.place
    outputs = {
        "name": request.physical(),
        "apiEndpoint": f"https://{api}.execute-api.{place.region}.amazonaws.com",
        "arn": f"arn:{place.partition}:apigateway:{place.region}::/apis/{api}",
        "executionArn": place.arn("execute-api", api),
    }
    return Created(api, outputs)


@computes("aws:apigatewayv2/stage:Stage")
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


plain("aws:apigatewayv2/integration:Integration", lambda r: r.digest(7))
plain("aws:apigatewayv2/authorizer:Authorizer", lambda r: r.digest(6))
plain("aws:apigatewayv2/route:Route", lambda r: r.digest(7))


# S3, DynamoDB


@computes("aws:s3/bucket:Bucket")
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
    "bucketCorsConfiguration:BucketCorsConfiguration",
    "bucketVersioning:BucketVersioning",
    "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
):
    plain(f"aws:s3/{_type}", lambda r: str(r["bucket"]))


@computes("aws:dynamodb/table:Table")
def _table(request: Request) -> Created:
    name = request.physical()
    return Created(name, {"name": name, "arn": request.place.arn("dynamodb", f"table/{name}"), "streamArn": ""})

"""What consumers read, as they read it: from the local cloud, with the permissions that they were given."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from medflow.local.session import Deployed

pytest_plugins = ("local.deployed",)

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}
    ],
}


@pytest.fixture(scope="module")
def service(deployed: Deployed) -> Iterator[boto3.Session]:
    """A session of a role that has nothing but the two policies for the NestJS service."""
    iam, connection = deployed.connection.client("iam"), deployed.connection
    role = iam.create_role(RoleName="nestjs-service", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    policies = [connection.output(f"nestjs_{kind}_policy_arn") for kind in ("read", "administration")]
    for policy in policies:
        iam.attach_role_policy(RoleName="nestjs-service", PolicyArn=policy)
    given = connection.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="service")["Credentials"]
    yield boto3.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=connection.region,
    )
    for policy in policies:
        iam.detach_role_policy(RoleName="nestjs-service", PolicyArn=policy)
    iam.delete_role(RoleName="nestjs-service")


def client(service: boto3.Session, deployed: Deployed, name: str) -> Any:
    make: Any = service.client
    return make(name, endpoint_url=deployed.connection.endpoint)


def test_the_service_reads_its_configuration_with_its_own_role(service: boto3.Session, deployed: Deployed) -> None:
    """E2."""
    connection = deployed.connection
    arn = connection.output("nestjs_secret_arn")
    text = client(service, deployed, "secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    assert json.loads(text) == {
        "userPoolId": connection.output("user_pool_id"),
        "clientId": connection.output("backend_client_id"),
        "clientSecret": connection.output("backend_client_secret"),
        "region": connection.region,
        "authority": connection.output("issuer"),
        "identityPoolId": connection.output("identity_pool_id"),
    }


def test_the_service_reads_no_other_secret(service: boto3.Session, deployed: Deployed) -> None:
    """E2. The database's secret lies beside it."""
    arn = deployed.connection.output("database_secret_arn")
    with pytest.raises(ClientError, match="AccessDenied"):
        client(service, deployed, "secretsmanager").get_secret_value(SecretId=arn)


@pytest.mark.parametrize("name", ["user-pool-id", "web-client-id", "issuer", "api-url"])
def test_the_service_reads_public_values_as_parameters(service: boto3.Session, deployed: Deployed, name: str) -> None:
    """E1."""
    connection = deployed.connection
    path = f"{connection.output('parameter_path')}/{name}"
    value = client(service, deployed, "ssm").get_parameter(Name=path)["Parameter"]["Value"]
    assert value == connection.outputs[name.replace("-", "_")]


def test_no_parameter_holds_a_secret(deployed: Deployed) -> None:
    """E1."""
    pages = deployed.connection.client("ssm").get_paginator("get_parameters_by_path")
    found = pages.paginate(Path=deployed.connection.output("parameter_path"), Recursive=True)
    values = [parameter["Value"] for page in found for parameter in page["Parameters"]]
    assert len(values) > 15
    assert deployed.connection.output("backend_client_secret") not in values


def test_the_service_assigns_a_clinic_but_deletes_nobody(service: boto3.Session, deployed: Deployed) -> None:
    """E2 A5. The administrator's API is the one way to a clinic."""
    connection, cognito = deployed.connection, client(service, deployed, "cognito-idp")
    user = {"UserPoolId": connection.output("user_pool_id"), "Username": "assigned@example.com"}
    cognito.admin_create_user(
        **user, MessageAction="SUPPRESS", UserAttributes=[{"Name": "email", "Value": user["Username"]}]
    )
    clinic = {"Name": "custom:clinic_id", "Value": "8d5a7f0e-94a1-4a35-8c55-3b9f6f0f7b11"}
    cognito.admin_update_user_attributes(**user, UserAttributes=[clinic])
    assert clinic in cognito.admin_get_user(**user)["UserAttributes"]
    with pytest.raises(ClientError, match="AccessDenied"):
        cognito.admin_delete_user(**user)

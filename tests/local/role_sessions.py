"""Sessions of roles with little rights, for tests of what the running local cloud lets them do."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
from botocore.exceptions import ClientError

from local_cloud.cloud import LocalCloud

DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


def client_as(cloud: LocalCloud, credentials: Mapping[str, str], service: str, *, tls: bool = False) -> Any:
    """A client with the credentials of STS (`SecretAccessKey`) or of an identity pool (`SecretKey`).

    The local cloud is reached without TLS; with `tls` the client says that a proxy in front of it took that off.
    """
    session: Any = boto3.Session()
    client = session.client(
        service,
        endpoint_url=cloud.endpoint,
        region_name=cloud.region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials.get("SecretAccessKey") or credentials["SecretKey"],
        aws_session_token=credentials["SessionToken"],
    )
    if tls:
        client.meta.events.register("before-sign", _over_tls)
    return client


def _over_tls(request: Any, **_: Any) -> None:
    request.headers["X-Forwarded-Proto"] = "https"


def assume(
    cloud: LocalCloud,
    *statements: Mapping[str, Any],
    tags: Mapping[str, str] | None = None,
    version: str = "2012-10-17",
) -> Mapping[str, str]:
    """Credentials of a new role with these statements, in a session with these tags."""
    iam, name = cloud.client("iam"), f"test-{uuid.uuid4().hex[:12]}"
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{cloud.account_id}:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="test", PolicyDocument=document(*statements, version=version))
    found: Mapping[str, str] = cloud.client("sts").assume_role(
        RoleArn=role["Arn"],
        RoleSessionName="test",
        Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
    )["Credentials"]
    return found


def document(*statements: Mapping[str, Any], version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


def allow(
    actions: str | Sequence[str], resource: str | Sequence[str], **condition: Mapping[str, Any]
) -> dict[str, Any]:
    """An Allow. Conditions by operator: `StringLike={"s3:prefix": "a/*"}`; `ForAllValues_StringEquals` for `:`."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": resource}
    if condition:
        statement["Condition"] = {operator.replace("_", ":"): keys for operator, keys in condition.items()}
    return statement


def outcome(operation: Any, **arguments: Any) -> str:
    """`done`, `denied` by IAM, or the code of any other error."""
    try:
        operation(**arguments)
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        return "denied" if code in DENIED else code
    return "done"

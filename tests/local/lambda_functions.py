"""Lambda functions made from source text, for tests against the running local cloud."""

import base64
import io
import json
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_cloud.cloud import LocalCloud

LAMBDA_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


@dataclass(frozen=True, slots=True)
class Invocation:
    """What one synchronous invocation gave back."""

    payload: Any
    """The decoded response, or `{"errorType", "errorMessage", ...}` when `failed`."""
    failed: bool
    log: list[str]
    """Lines that the function wrote, without the platform's START, END and REPORT lines."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function in the cloud, with a role of its own."""

    cloud: LocalCloud
    name: str
    arn: str
    role_name: str

    def invoke(self, payload: object = None, qualifier: str = "$LATEST") -> Invocation:
        """Invoke it and wait. A function error is returned, not raised; a throttle raises TooManyRequestsException."""
        answer = self.cloud.client("lambda").invoke(
            FunctionName=self.name, Qualifier=qualifier, Payload=json.dumps(payload).encode(), LogType="Tail"
        )
        tail = base64.b64decode(answer.get("LogResult", "")).decode().splitlines()
        return Invocation(
            json.loads(answer["Payload"].read() or b"null"),
            "FunctionError" in answer,
            [line for line in tail if not line.startswith(("START RequestId", "END RequestId", "REPORT RequestId"))],
        )

    def allow(self, *statements: Mapping[str, object]) -> None:
        """Give its role an inline policy of these statements, in place of an earlier one."""
        self.cloud.client("iam").put_role_policy(
            RoleName=self.role_name,
            PolicyName="test",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}),
        )

    def delete(self) -> None:
        self.cloud.client("lambda").delete_function(FunctionName=self.name)


def zip_of(files: Mapping[str, str]) -> bytes:
    """A deployment package holding these files (path -> text)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return buffer.getvalue()


def create_function(
    cloud: LocalCloud,
    source: str | Mapping[str, str],
    *,
    statements: Sequence[Mapping[str, object]] = (),
    environment: Mapping[str, str] | None = None,
    timeout: int = 10,
    runtime: str = "python3.13",
    handler: str = "handler.lambda_handler",
    package: bytes | None = None,
    **more: Any,
) -> Function:
    """Create a function and its role.

    `source` is the text of handler.py with a `lambda_handler(event, context)`, or several files by path; `package` a
    ready zip instead. `statements` are the role's permissions (none by default: every AWS call is denied).
    `more` goes to CreateFunction, e.g. `MemorySize=256`.
    """
    name = f"test-{uuid.uuid4().hex[:12]}"
    role = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))["Role"]
    files = {"handler.py": source} if isinstance(source, str) else source
    client = cloud.client("lambda")
    created = client.create_function(
        FunctionName=name,
        Runtime=runtime,
        Role=role["Arn"],
        Handler=handler,
        Code={"ZipFile": package if package is not None else zip_of(files)},
        Timeout=timeout,
        Environment={"Variables": dict(environment or {})},
        **more,
    )
    function = Function(cloud, name, created["FunctionArn"], name)
    if statements:
        function.allow(*statements)
    return function

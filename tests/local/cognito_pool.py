"""User pools whose triggers all run one recording function, for tests against the running local cloud."""

import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from local.lambda_functions import Function
from local_cloud.cloud import LocalCloud

PASSWORD = "Correct-horse-1"

TRIGGERS = {
    "PreSignUp": "PreSignUp_",
    "PreAuthentication": "PreAuthentication_",
    "PostAuthentication": "PostAuthentication_",
    "PostConfirmation": "PostConfirmation_",
    "CustomMessage": "CustomMessage_",
    "PreTokenGeneration": "TokenGeneration_",
}
"""Trigger -> how its trigger sources begin."""

RECORDER = """\
import json, os, time
import boto3

SQS = boto3.client("sqs")


def lambda_handler(event, context):
    record = {"at": time.time_ns(), "event": event, "arn": context.invoked_function_arn, "version": VERSION}
    SQS.send_message(QueueUrl=os.environ["EVENTS"], MessageBody=json.dumps(record))
    source, response = event["triggerSource"], event["response"]
    return answer(event, source, response)
"""

SCHEMA = [
    {"Name": "email", "Required": True, "Mutable": True},
    {
        "Name": "clinic_id",
        "AttributeDataType": "String",
        "Mutable": True,
        "StringAttributeConstraints": {"MinLength": "36", "MaxLength": "36"},
    },
    {"Name": "npi_number", "AttributeDataType": "String", "Mutable": False},
    {"Name": "beds", "AttributeDataType": "Number", "Mutable": True, "NumberAttributeConstraints": {"MaxValue": "9"}},
]

ALL_FLOWS = (
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
)


def recorder(answers: Mapping[str, str], version: int = 1) -> str:
    """Source of a function that sends every event to a queue, then runs the statement given for its trigger."""
    lines = ["def answer(event, source, response):"]
    for trigger, statement in answers.items():
        lines += [f"    if source.startswith({TRIGGERS[trigger]!r}):", f"        {statement}"]
    return "\n".join([RECORDER, f"VERSION = {version}", "", *lines, "    return event", ""])


@dataclass(frozen=True)
class Recorded:
    """One run of the function."""

    event: dict[str, Any]
    arn: str
    version: int

    @property
    def source(self) -> str:
        return str(self.event["triggerSource"])

    @property
    def request(self) -> dict[str, Any]:
        found: dict[str, Any] = self.event["request"]
        return found

    @property
    def client_id(self) -> str | None:
        found: str | None = self.event["callerContext"]["clientId"]
        return found


@dataclass(frozen=True)
class Pool:
    """A user pool with one app client, and the function behind its triggers."""

    cloud: LocalCloud
    id: str
    arn: str
    client_id: str
    client_secret: str
    function: Function
    function_arn: str
    queue_url: str

    @property
    def cognito(self) -> Any:
        return self.cloud.client("cognito-idp")

    def runs(self) -> list[Recorded]:
        """What the function was called with since the last time, in order."""
        sqs, found = self.cloud.client("sqs"), []
        while messages := sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return [Recorded(run["event"], run["arn"], run["version"]) for run in sorted(found, key=lambda run: run["at"])]

    def sources(self) -> list[str]:
        """Trigger sources since the last time, in order."""
        return [run.source for run in self.runs()]

    def sign_up(self, email: str, **more: Any) -> Any:
        attributes = more.pop("attributes", {})
        return self.cognito.sign_up(
            ClientId=self.client_id,
            Username=email,
            Password=PASSWORD,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
            **more,
        )

    def confirmed_user(self, email: str, groups: Sequence[str] = (), **attributes: str) -> str:
        """A user who can sign in, made without any trigger but those of an administrator. Returns the sub."""
        created = self.cognito.admin_create_user(
            UserPoolId=self.id,
            Username=email,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email_verified", "Value": "true"},
                *({"Name": name, "Value": value} for name, value in attributes.items()),
            ],
        )
        self.cognito.admin_set_user_password(UserPoolId=self.id, Username=email, Password=PASSWORD, Permanent=True)
        for group in groups:
            self.cognito.admin_add_user_to_group(UserPoolId=self.id, Username=email, GroupName=group)
        self.runs()
        return str(created["User"]["Username"])

    def sign_in(self, email: str, password: str = PASSWORD, **more: Any) -> Any:
        """USER_PASSWORD_AUTH; the AuthenticationResult."""
        answer = self.cognito.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": password},
            **more,
        )
        return answer["AuthenticationResult"]

    def user(self, email: str) -> dict[str, str]:
        """A user's attributes, and its status as `UserStatus`."""
        found = self.cognito.admin_get_user(UserPoolId=self.id, Username=email)
        attributes = {item["Name"]: item["Value"] for item in found["UserAttributes"]}
        return {**attributes, "UserStatus": found["UserStatus"]}

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token whose signature, expiry and issuer PyJWT has verified against the pool's JWKS."""
        keys = jwt.PyJWKClient(f"{self.cloud.endpoint}/{self.id}/.well-known/jwks.json")
        verified: dict[str, Any] = jwt.decode(
            token,
            keys.get_signing_key_from_jwt(token).key,
            algorithms=["RS256"],
            issuer=f"https://cognito-idp.{self.cloud.region}.amazonaws.com/{self.id}",
            options={"verify_aud": False},
        )
        return verified

    def mails(self, address: str) -> list[dict[str, Any]]:
        """Messages to an address, oldest first."""
        with urllib.request.urlopen(f"{self.cloud.endpoint}/_ministack/ses/messages") as answer:
            messages = json.load(answer)["messages"]
        return [message for message in messages if address in json.dumps(message)]

    def post(self, path: str, form: Mapping[str, str]) -> Any:
        """POST a form; (status, headers, body text) without following redirects."""
        request = urllib.request.Request(
            f"{self.cloud.endpoint}{path}", data=urllib.parse.urlencode(form).encode(), method="POST"
        )
        try:
            with urllib.request.build_opener(_NoRedirect).open(request) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def create_pool(
    cloud: LocalCloud,
    make_function: Callable[..., Function],
    answers: Mapping[str, str] | None = None,
    *,
    triggers: Sequence[str] = tuple(TRIGGERS),
    token_version: str = "V2_0",
    client: Mapping[str, Any] | None = None,
    source: str | None = None,
    permission: bool = True,
    timeout: int = 10,
    **settings: Any,
) -> Pool:
    """A pool with e-mail addresses as usernames. `answers`: what the function does for a trigger, as a statement.

    `triggers` are the ones configured, all with the alias `live` of the function; `settings` go to CreateUserPool.
    """
    sqs, functions, cognito = cloud.client("sqs"), cloud.client("lambda"), cloud.client("cognito-idp")
    function = make_function(source or recorder(answers or {}), timeout=timeout)
    queue_url = sqs.create_queue(QueueName=function.name)["QueueUrl"]
    function.allow({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"})
    functions.update_function_configuration(
        FunctionName=function.name, Environment={"Variables": {"EVENTS": queue_url}}
    )
    functions.publish_version(FunctionName=function.name)
    alias = functions.create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")["AliasArn"]
    config: dict[str, Any] = {trigger: alias for trigger in triggers if trigger != "PreTokenGeneration"}
    if "PreTokenGeneration" in triggers:
        config["PreTokenGenerationConfig"] = {"LambdaArn": alias, "LambdaVersion": token_version}
    pool = cognito.create_user_pool(
        **{
            "PoolName": function.name,
            "UsernameAttributes": ["email"],
            "AutoVerifiedAttributes": ["email"],
            "Schema": SCHEMA,
            "LambdaConfig": config,
            "EmailConfiguration": {
                "EmailSendingAccount": "DEVELOPER",
                "SourceArn": f"arn:aws:ses:{cloud.region}:{cloud.account_id}:identity/clinic.example",
            },
            **settings,
        }
    )["UserPool"]
    created = cognito.create_user_pool_client(
        **{"UserPoolId": pool["Id"], "ClientName": "test", "ExplicitAuthFlows": list(ALL_FLOWS), **(client or {})}
    )["UserPoolClient"]
    made = Pool(
        cloud,
        pool["Id"],
        pool["Arn"],
        created["ClientId"],
        created.get("ClientSecret", ""),
        function,
        alias,
        queue_url,
    )
    if permission:
        permit(made)
    return made


def permit(pool: Pool, *, source_arn: str = "", qualifier: str = "live") -> None:
    """Let the pool, or another source, invoke the function."""
    pool.cloud.client("lambda").add_permission(
        FunctionName=pool.function.name,
        **({"Qualifier": qualifier} if qualifier else {}),
        StatementId="cognito",
        Action="lambda:InvokeFunction",
        Principal="cognito-idp.amazonaws.com",
        SourceArn=source_arn or pool.arn,
        SourceAccount=pool.cloud.account_id,
    )

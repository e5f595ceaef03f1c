"""User pools whose triggers all run one recording function, for tests against the running local cloud."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
import urllib3
from botocore.exceptions import ClientError

from local.lambda_functions import Function
from local_cloud.cloud import LocalCloud

_HTTP = urllib3.PoolManager()

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
    """A user pool with one app client."""

    cloud: LocalCloud
    id: str
    arn: str
    client_id: str
    client_secret: str

    @property
    def keys_url(self) -> str:
        return f"{self.cloud.endpoint}/{self.id}/.well-known/jwks.json"

    def keys(self) -> Any:
        """The pool's JWKS document."""
        return _HTTP.request("GET", self.keys_url).json()

    @property
    def email(self) -> str:
        """An address that no test on another pool uses."""
        return f"user-{self.id.lower()}@clinic.example"

    @property
    def cognito(self) -> Any:
        return self.cloud.client("cognito-idp")

    def sign_up(self, attributes: Mapping[str, str] | None = None, **more: Any) -> Any:
        """SignUp of the pool's `email`."""
        return self.cognito.sign_up(
            ClientId=self.client_id,
            Username=self.email,
            Password=PASSWORD,
            UserAttributes=[{"Name": name, "Value": value} for name, value in (attributes or {}).items()],
            **more,
        )

    def confirm(self, **more: Any) -> None:
        """ConfirmSignUp of the pool's `email` with the right code."""
        code = "123456"
        self.cognito.confirm_sign_up(ClientId=self.client_id, Username=self.email, ConfirmationCode=code, **more)

    def add_user(self, groups: Sequence[str] = (), **attributes: str) -> str:
        """A user with the pool's `email` who can sign in. Returns the sub."""
        created = self.cognito.admin_create_user(
            UserPoolId=self.id,
            Username=self.email,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email_verified", "Value": "true"},
                *({"Name": name, "Value": value} for name, value in attributes.items()),
            ],
        )
        self.cognito.admin_set_user_password(UserPoolId=self.id, Username=self.email, Password=PASSWORD, Permanent=True)
        for group in groups:
            self.cognito.create_group(UserPoolId=self.id, GroupName=group)
            self.cognito.admin_add_user_to_group(UserPoolId=self.id, Username=self.email, GroupName=group)
        return str(created["User"]["Username"])

    def sign_in(self, password: str = PASSWORD, **more: Any) -> Any:
        """USER_PASSWORD_AUTH of the pool's `email`; the AuthenticationResult."""
        answer = self.cognito.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": self.email, "PASSWORD": password},
            **more,
        )
        return answer["AuthenticationResult"]

    def user(self) -> dict[str, str]:
        """Attributes of the user with the pool's `email`, and its status as `UserStatus`."""
        found = self.cognito.admin_get_user(UserPoolId=self.id, Username=self.email)
        attributes = {item["Name"]: item["Value"] for item in found["UserAttributes"]}
        return {**attributes, "UserStatus": found["UserStatus"]}

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token whose signature, expiry and issuer PyJWT has verified against the pool's JWKS."""
        keys = jwt.PyJWKClient(self.keys_url)
        verified: dict[str, Any] = jwt.decode(
            token,
            keys.get_signing_key_from_jwt(token).key,
            algorithms=["RS256"],
            issuer=f"https://cognito-idp.{self.cloud.region}.amazonaws.com/{self.id}",
            options={"verify_aud": False},
        )
        return verified

    def mails(self, address: str = "") -> list[tuple[str, str]]:
        """Subject and text of the messages to an address (the pool's `email` when none is given), oldest first."""
        sent = _HTTP.request("GET", f"{self.cloud.endpoint}/_ministack/ses/messages").json()
        messages = sent["messages"].get(self.cloud.account_id, [])
        return [
            (message["Subject"], message["BodyText"] or message["BodyHtml"])
            for message in sorted(messages, key=lambda message: message["Timestamp"])
            if (address or self.email) in message["To"]
        ]

    def machine_token(self) -> str:
        """The access token that a new app client gets for its own credentials, with a scope of its own."""
        self.cognito.create_resource_server(
            UserPoolId=self.id,
            Identifier="medflow",
            Name="medflow",
            Scopes=[{"ScopeName": "records.read", "ScopeDescription": "read"}],
        )
        client = self.cognito.create_user_pool_client(
            UserPoolId=self.id,
            ClientName="machine",
            GenerateSecret=True,
            AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthScopes=["medflow/records.read"],
            AllowedOAuthFlowsUserPoolClient=True,
        )["UserPoolClient"]
        form = {"client_id": client["ClientId"], "client_secret": client["ClientSecret"]}
        answer = self.post("/oauth2/token", {"grant_type": "client_credentials", **form}).json()
        return str(answer["access_token"])

    def post(self, path: str, form: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """POST a form; redirects are not followed."""
        return _HTTP.request(
            "POST", f"{self.cloud.endpoint}{path}", fields=dict(form), encode_multipart=False, redirect=False
        )


@dataclass(frozen=True)
class TriggerPool(Pool):
    """A pool whose triggers all run one recording function."""

    function: Function
    function_arn: str
    """With the alias that the triggers name."""
    queue_url: str

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

    def add_user(self, groups: Sequence[str] = (), **attributes: str) -> str:
        """As of any pool; what the triggers saw of it is forgotten."""
        sub = super().add_user(groups, **attributes)
        self.runs()
        return sub


def create_pool(cloud: LocalCloud, client: Mapping[str, Any] | None = None, **settings: Any) -> Pool:
    """A pool with e-mail addresses as usernames. `settings` go to CreateUserPool, `client` to CreateUserPoolClient."""
    cognito = cloud.client("cognito-idp")
    defaults = {
        "PoolName": "test",
        "UsernameAttributes": ["email"],
        "AutoVerifiedAttributes": ["email"],
        "Schema": SCHEMA,
        "EmailConfiguration": {
            "EmailSendingAccount": "DEVELOPER",
            "SourceArn": f"arn:aws:ses:{cloud.region}:{cloud.account_id}:identity/clinic.example",
        },
    }
    pool = cognito.create_user_pool(**{**defaults, **settings})["UserPool"]
    created = cognito.create_user_pool_client(
        **{"UserPoolId": pool["Id"], "ClientName": "test", "ExplicitAuthFlows": list(ALL_FLOWS), **(client or {})}
    )["UserPoolClient"]
    return Pool(cloud, pool["Id"], pool["Arn"], created["ClientId"], created.get("ClientSecret", ""))


def create_trigger_pool(
    cloud: LocalCloud,
    make_function: Callable[..., Function],
    answers: Mapping[str, str] | None = None,
    *,
    triggers: Sequence[str] = tuple(TRIGGERS),
    event_version: str = "V2_0",
    permission: bool = True,
    timeout: int = 10,
    **settings: Any,
) -> TriggerPool:
    """A pool with triggers. `answers`: what the function does for one of them, as a statement.

    `triggers` are those configured, all with the alias `live` of the function. More settings as of `create_pool`.
    """
    sqs, functions = cloud.client("sqs"), cloud.client("lambda")
    function = make_function(recorder(answers or {}), timeout=timeout)
    queue_url = sqs.create_queue(QueueName=function.name)["QueueUrl"]
    function.allow({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"})
    functions.update_function_configuration(
        FunctionName=function.name, Environment={"Variables": {"EVENTS": queue_url}}
    )
    functions.publish_version(FunctionName=function.name)
    alias = functions.create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")["AliasArn"]
    config: dict[str, Any] = {trigger: alias for trigger in triggers if trigger != "PreTokenGeneration"}
    if "PreTokenGeneration" in triggers:
        config["PreTokenGenerationConfig"] = {"LambdaArn": alias, "LambdaVersion": event_version}
    plain = create_pool(cloud, LambdaConfig=config, **settings)
    pool = TriggerPool(cloud, plain.id, plain.arn, plain.client_id, plain.client_secret, function, alias, queue_url)
    if permission:
        permit(pool)
    return pool


def refused_sign_in(pool: TriggerPool, password: str = PASSWORD) -> dict[str, str]:
    """Code and message with which the pool must refuse the sign-in of its user."""
    with pytest.raises(ClientError) as error:
        pool.sign_in(password)
    found = error.value.response["Error"]
    return {"Code": found["Code"], "Message": found["Message"]}


def permit(pool: TriggerPool, *, source_arn: str = "", qualifier: str = "live") -> None:
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

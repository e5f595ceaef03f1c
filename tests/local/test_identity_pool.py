"""IdentityPool in the running local cloud: signed in with the real enricher's tokens, at S3 and CloudWatch Logs."""

import functools
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cognito_pool import PASSWORD, create_pool
from local.role_sessions import client_as, outcome
from local_cloud.cloud import ROOT, LocalCloud
from local_cloud.deploy.client import deploy

PROGRAM = Path(__file__).parent / "programs" / "identity_pool"
OWN, OTHER = "01234567-89ab-4cde-8f01-23456789abcd", "fedcba98-7654-4321-8fed-cba987654321"


@dataclass(frozen=True)
class Stack:
    """The deployed program."""

    cloud: LocalCloud
    outputs: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.outputs[name]

    def sign_up(self, role: str, clinic: str = OWN) -> "Person":
        """A new user in the role's group (none for the empty name) and the clinic (none for the empty id)."""
        cognito, name = self.cloud.client("cognito-idp"), f"user-{uuid.uuid4().hex[:12]}"
        attributes = [{"Name": "custom:clinic_id", "Value": clinic}] if clinic else []
        user = {"UserPoolId": self.user_pool_id, "Username": name}
        made = cognito.admin_create_user(**user, MessageAction="SUPPRESS", UserAttributes=attributes)["User"]
        cognito.admin_set_user_password(**user, Password=PASSWORD, Permanent=True)
        if role:
            cognito.admin_add_user_to_group(**user, GroupName=role)
        sub = next(item["Value"] for item in made["Attributes"] if item["Name"] == "sub")
        return Person(self, name, sub)


@dataclass(frozen=True)
class Person:
    stack: Stack
    name: str
    sub: str

    @functools.cached_property
    def id_token(self) -> str:
        answer = self.stack.cloud.client("cognito-idp").admin_initiate_auth(
            UserPoolId=self.stack.user_pool_id,
            ClientId=self.stack.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": self.name, "PASSWORD": PASSWORD},
        )
        return str(answer["AuthenticationResult"]["IdToken"])

    def credentials(self, **more: Any) -> dict[str, str]:
        """The enhanced flow."""
        api, logins = self.stack.cloud.client("cognito-identity"), {self.stack.user_pool_endpoint: self.id_token}
        identity = api.get_id(IdentityPoolId=self.stack.identity_pool_id, Logins=logins)["IdentityId"]
        found: dict[str, str] = api.get_credentials_for_identity(IdentityId=identity, Logins=logins, **more)[
            "Credentials"
        ]
        return found

    @functools.cached_property
    def s3(self) -> Any:
        return client_as(self.stack.cloud, self.credentials(), "s3", tls=True)

    def put(self, key: str) -> str:
        return outcome(self.s3.put_object, Bucket=self.stack.bucket, Key=key, Body=b"x")

    def get(self, key: str) -> str:
        """Of an object that is there."""
        self.stack.cloud.client("s3").put_object(Bucket=self.stack.bucket, Key=key, Body=b"x")
        return outcome(self.s3.get_object, Bucket=self.stack.bucket, Key=key)

    def list(self, prefix: str | None) -> str:
        given = {} if prefix is None else {"Prefix": prefix}
        return outcome(self.s3.list_objects_v2, Bucket=self.stack.bucket, **given)


@pytest.fixture(scope="module")
def stack(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A deployment finds the functions' zips beside its program."""
    program = tmp_path_factory.mktemp("identities") / "program"
    shutil.copytree(PROGRAM, program)
    (program / "build").symlink_to(ROOT / "build")
    return Stack(cloud, dict(deploy(cloud.endpoint, config={"tests": str(ROOT / "tests")}, program=program).outputs))


@pytest.fixture(scope="module")
def doctor(stack: Stack) -> Person:
    return stack.sign_up("doctor")


@pytest.fixture(scope="module")
def admin(stack: Stack) -> Person:
    return stack.sign_up("admin")


@pytest.fixture(scope="module")
def patient(stack: Stack) -> Person:
    return stack.sign_up("patient")


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def test_a_doctor_reads_and_writes_documents_of_the_own_clinic(doctor: Person) -> None:
    """A9. "Using attributes for access control": the clinic comes from the token's claim."""
    assert (doctor.put(f"clinics/{OWN}/x-ray"), doctor.get(f"clinics/{OWN}/x-ray")) == ("done", "done")


@pytest.mark.parametrize(
    "key", [f"clinics/{OTHER}/x-ray", f"clinics/{OWN}", f"clinics/{OWN}x/a", "clinics//a", "clinics/*/a", "a"]
)
def test_a_doctor_reaches_nothing_else(doctor: Person, key: str) -> None:
    """A9. "IAM policy elements: Variables and tags": another clinic, a longer name, the folders above."""
    assert (doctor.put(key), doctor.get(key)) == ("denied", "denied")


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        (f"clinics/{OWN}/", "done"),
        (f"clinics/{OWN}/2026/", "done"),
        (f"clinics/{OWN}", "denied"),
        (f"clinics/{OTHER}/", "denied"),
        ("clinics/", "denied"),
        ("", "denied"),
        (None, "denied"),
    ],
)
def test_a_listing_stays_within_the_own_clinic(doctor: Person, prefix: str | None, expected: str) -> None:
    """A9. "Actions, resources, and condition keys for Amazon S3", s3:prefix: names of documents tell of patients."""
    assert doctor.list(prefix) == expected


def test_an_admin_reads_the_clinics_documents_and_writes_the_own_folder(admin: Person) -> None:
    """A9. "IAM policy elements: Variables and tags", two variables in one resource."""
    assert [admin.get(f"clinics/{clinic}/plan") for clinic in (OWN, OTHER)] == ["done", "denied"]
    assert (admin.put(f"clinics/{OWN}/plan"), admin.put(f"clinics/{OWN}/users/{admin.sub}/plan")) == ("denied", "done")


def test_a_patient_has_the_own_folder_alone(patient: Person, doctor: Person) -> None:
    """A9. "IAM policy elements: Variables and tags": other patients of the clinic are strangers too."""
    own, neighbours = f"clinics/{OWN}/users/{patient.sub}/", f"clinics/{OWN}/users/{doctor.sub}/"
    assert [patient.put(own + "a"), patient.get(own + "a"), patient.list(own)] == ["done"] * 3
    assert [patient.put(neighbours + "a"), patient.get(neighbours + "a"), patient.list(neighbours)] == ["denied"] * 3
    assert patient.get(f"clinics/{OWN}/x-ray") == "denied"


def test_nobody_deletes(doctor: Person) -> None:
    """A9. "Deleting object versions", Amazon S3 User Guide: an overwritten version stays as well."""
    key = f"clinics/{OWN}/kept"
    doctor.put(key)
    assert outcome(doctor.s3.delete_object, Bucket=doctor.stack.bucket, Key=key) == "denied"


def test_nothing_goes_without_tls(doctor: Person) -> None:
    """A9. "Security best practices for Amazon S3": the bucket refuses what its policies allow otherwise."""
    plain = client_as(doctor.stack.cloud, doctor.credentials(), "s3")
    assert outcome(plain.put_object, Bucket=doctor.stack.bucket, Key=f"clinics/{OWN}/a") == "denied"


def test_an_admin_reads_audit_events_of_the_own_clinic(admin: Person, doctor: Person) -> None:
    """A9 G5. "Actions, resources, and condition keys for Amazon CloudWatch Logs": one group, a stream per clinic."""
    logs, group = admin.stack.cloud.client("logs"), admin.stack.audit_log_group
    for clinic in (OWN, OTHER):
        logs.create_log_stream(logGroupName=group, logStreamName=f"clinics/{clinic}/2026")

    def read(person: Person, clinic: str) -> str:
        client = client_as(person.stack.cloud, person.credentials(), "logs")
        return outcome(client.get_log_events, logGroupName=group, logStreamName=f"clinics/{clinic}/2026")

    assert [read(admin, OWN), read(admin, OTHER), read(doctor, OWN)] == ["done", "denied", "denied"]


@pytest.mark.parametrize("operation", ["filter_log_events", "describe_log_streams"])
def test_no_admin_searches_all_clinics_audit_events(admin: Person, operation: str) -> None:
    """A9 G5. "Actions, resources, and condition keys for Amazon CloudWatch Logs": these two take the whole group."""
    client = client_as(admin.stack.cloud, admin.credentials(), "logs")
    assert outcome(getattr(client, operation), logGroupName=admin.stack.audit_log_group) == "denied"


@pytest.mark.parametrize(("role", "clinic"), [("doctor", ""), ("", OWN), ("", "")])
def test_without_clinic_or_role_there_are_no_credentials(stack: Stack, role: str, clinic: str) -> None:
    """A9. "RoleMapping", identity pools API reference: no rule matches, and that means denial."""
    assert refusal(stack.sign_up(role, clinic).credentials) == "NotAuthorizedException"


def test_a_wrong_rule_hands_out_no_privileged_role(stack: Stack, patient: Person) -> None:
    """A9. "Role trust and permissions": the role itself asks for the session's role tag."""
    api = stack.cloud.client("cognito-identity")
    before = api.get_identity_pool_roles(IdentityPoolId=stack.identity_pool_id)
    [(provider, mapping)] = before["RoleMappings"].items()
    rules = mapping["RulesConfiguration"]["Rules"]
    admins = next(rule["RoleARN"] for rule in rules if rule["Value"] == "admin")
    wrong = {**mapping, "RulesConfiguration": {"Rules": [{**rules[0], "Value": "patient", "RoleARN": admins}]}}
    roles = {"IdentityPoolId": stack.identity_pool_id, "Roles": before["Roles"]}
    api.set_identity_pool_roles(**roles, RoleMappings={provider: wrong})
    try:
        assert refusal(patient.credentials) == "InvalidIdentityPoolConfigurationException"
    finally:
        api.set_identity_pool_roles(**roles, RoleMappings=before["RoleMappings"])


def test_a_patient_cannot_wish_for_the_admins_role(stack: Stack, patient: Person) -> None:
    """A9. "GetCredentialsForIdentity", CustomRoleArn: it must be among the token's own roles."""
    found = stack.cloud.client("cognito-identity").get_identity_pool_roles(IdentityPoolId=stack.identity_pool_id)
    [mapping] = found["RoleMappings"].values()
    wished = mapping["RulesConfiguration"]["Rules"][0]["RoleARN"]
    assert refusal(lambda: patient.credentials(CustomRoleArn=wished)) == "NotAuthorizedException"


def test_a_disabled_user_gets_no_more_credentials(stack: Stack) -> None:
    """A9. "CognitoIdentityProvider", ServerSideTokenCheck: although the ID token has not ended."""
    person = stack.sign_up("doctor")
    person.credentials()
    stack.cloud.client("cognito-idp").admin_disable_user(UserPoolId=stack.user_pool_id, Username=person.name)
    assert refusal(person.credentials) == "NotAuthorizedException"


def test_guests_get_nothing(stack: Stack) -> None:
    """A9. "GetId", identity pools API reference."""
    api = stack.cloud.client("cognito-identity")
    assert refusal(lambda: api.get_id(IdentityPoolId=stack.identity_pool_id)) == "NotAuthorizedException"


def test_the_classic_flow_is_closed(stack: Stack, doctor: Person) -> None:
    """A9. "Identity pools authentication flow": there the client would choose the role."""
    api, logins = stack.cloud.client("cognito-identity"), {stack.user_pool_endpoint: doctor.id_token}
    identity = api.get_id(IdentityPoolId=stack.identity_pool_id, Logins=logins)["IdentityId"]
    assert refusal(lambda: api.get_open_id_token(IdentityId=identity, Logins=logins)) == "InvalidParameterException"


def test_another_pools_token_opens_nothing(stack: Stack) -> None:
    """A9. "GetId", identity pools API reference: whoever makes a pool can put any clinic into its tokens."""
    strange = create_pool(stack.cloud)
    strange.add_user(**{"custom:clinic_id": OWN})
    logins = {stack.user_pool_endpoint: strange.sign_in()["IdToken"]}
    api = stack.cloud.client("cognito-identity")
    found = refusal(lambda: api.get_id(IdentityPoolId=stack.identity_pool_id, Logins=logins))
    assert found == "NotAuthorizedException"

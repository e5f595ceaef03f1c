"""IdentityPool on the resource graph; whom its documents let in is tested in the local cloud."""

import json
from typing import Any, Final

import pytest

from components._checks import ArgumentsError
from components.identity_pool import DocumentAccess, IdentityPool, IdentityPoolArgs
from components.identity_pool.access import UUID
from support.pulumi_harness import Resource, Synth, synth

PROVIDER: Final = "cognito-idp.eu-west-3.amazonaws.com/eu-west-3_Abc"
LOG_GROUP: Final = "arn:aws:logs:eu-west-3:123456789012:log-group:/medflow/audit"
BUCKET: Final = "arn:aws:s3:::test-medflow-s3-documents-123456789012"
CLINIC: Final = "clinics/${aws:PrincipalTag/tenant}/"
OWN: Final = CLINIC + "users/${aws:PrincipalTag/user}/"

ROLE = "aws:iam/role:Role"
POOL = "aws:cognito/identityPool:IdentityPool"
ATTACHMENT = "aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment"
MEMBERS = ("identities-authenticated-role", "identities-admin-role", "identities-doctor-role")


def arguments(**changes: object) -> IdentityPoolArgs:
    args: IdentityPoolArgs = {
        "name_prefix": "test-medflow",
        "user_pool_endpoint": PROVIDER,
        "client_ids": ["web", "backend"],
        "roles": [
            {"name": "admin", "documents": DocumentAccess.READ, "audit_log": True},
            {"name": "doctor", "documents": DocumentAccess.WRITE, "audit_log": False},
            {"name": "patient", "documents": DocumentAccess.OWN, "audit_log": False},
        ],
        "audit_log_group_arn": LOG_GROUP,
    }
    return {**args, **changes}  # type: ignore[typeddict-item]


def build(**changes: object) -> Synth:
    return synth(lambda: IdentityPool("identities", arguments(**changes)))


@pytest.fixture(scope="module")
def graph() -> Synth:
    return build()


def statements(graph: Synth, policy: str) -> dict[str, Any]:
    """Sid -> the rest of the statement."""
    return {s.pop("Sid"): s for s in graph.policy(policy)["Statement"]}


def trust(graph: Synth, role: str) -> dict[str, Any]:
    [statement] = graph.assume_role_policy(role)["Statement"]
    assert isinstance(statement, dict)
    return statement


def problems(**changes: object) -> str:
    with pytest.raises(ArgumentsError) as refused:
        build(**changes)
    return str(refused.value)


def test_it_makes_these_children_and_no_other(graph: Synth) -> None:
    """A9. A child's name is its identity: a renamed one is replaced."""
    assert sorted(child.name.removeprefix("identities-") for child in graph.children("identities")) == [
        "admin-audit-policy",
        "admin-policy",
        "admin-role",
        "authenticated-policy",
        "authenticated-role",
        "doctor-policy",
        "doctor-role",
        "documents",
        "documents-encryption",
        "documents-policy",
        "documents-public-access-block",
        "documents-versioning",
        "pool",
        "principal-tags",
        "role-attachment",
        "unauthenticated-role",
    ]


def test_guests_and_the_classic_flow_are_off(graph: Synth) -> None:
    """A9. In the classic flow the client names the role itself, past rules and tags."""
    pool = graph.one(POOL).inputs
    assert (pool["allowUnauthenticatedIdentities"], pool["allowClassicFlow"]) == (False, False)


def test_every_clients_tokens_are_checked_with_the_user_pool(graph: Synth) -> None:
    """A9. Else a deleted or signed-out user gets credentials for as long as the ID token lives."""
    assert graph.one(POOL).inputs["cognitoIdentityProviders"] == [
        {"clientId": client, "providerName": PROVIDER, "serverSideTokenCheck": True} for client in ("web", "backend")
    ]


def test_names_follow_the_scheme(graph: Synth) -> None:
    """A14 A16. Defaults of the role names included."""
    assert graph.one(POOL).inputs["identityPoolName"] == "test-medflow-cognito-identity-pool"
    assert sorted(role.inputs["name"] for role in graph.all(ROLE)) == [
        "test-medflow-iam-cognito-authenticated",
        "test-medflow-iam-cognito-role-admin",
        "test-medflow-iam-cognito-role-doctor",
        "test-medflow-iam-cognito-unauthenticated",
    ]


def test_the_two_role_names_are_arguments() -> None:
    """A14."""
    graph = build(authenticated_role_name="MedflowAuth", unauthenticated_role_name="MedflowUnauth")
    named = {role.name: role.inputs["name"] for role in graph.all(ROLE)}
    assert named["identities-authenticated-role"] == "MedflowAuth"
    assert named["identities-unauthenticated-role"] == "MedflowUnauth"


def test_the_outputs_are_those_of_the_pool_its_roles_and_its_bucket(graph: Synth) -> None:
    """A15."""
    arns = {role.name: role.outputs["arn"] for role in graph.all(ROLE)}
    assert graph.component("identities").outputs == {
        "identity_pool_id": graph.one(POOL).id,
        "authenticated_role_arn": arns["identities-authenticated-role"],
        "unauthenticated_role_arn": arns["identities-unauthenticated-role"],
        "document_bucket_arn": BUCKET,
        "document_bucket_name": "test-medflow-s3-documents-123456789012",
    }


@pytest.mark.parametrize("role", MEMBERS)
def test_only_who_signed_in_at_this_pool_becomes_a_member(graph: Synth, role: str) -> None:
    """A9. The provider is the same for all identity pools of the world: aud and amr tell ours, and guests, apart."""
    found = trust(graph, role)
    assert found["Principal"] == {"Federated": "cognito-identity.amazonaws.com"}
    assert found["Condition"]["StringEquals"]["cognito-identity.amazonaws.com:aud"] == graph.one(POOL).id
    assert found["Condition"]["ForAnyValue:StringLike"] == {"cognito-identity.amazonaws.com:amr": "authenticated"}


@pytest.mark.parametrize("role", MEMBERS)
def test_a_members_role_takes_session_tags(graph: Synth, role: str) -> None:
    """A9. Without sts:TagSession Cognito gives no credentials at all once tags are mapped."""
    assert trust(graph, role)["Action"] == ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]


@pytest.mark.parametrize("role", MEMBERS)
def test_a_session_without_a_whole_clinic_id_is_refused_at_the_door(graph: Synth, role: str) -> None:
    """A9. Missing, empty or cut short: none may stand for the folder above all clinics."""
    assert trust(graph, role)["Condition"]["StringLike"] == {"aws:RequestTag/tenant": UUID}


def test_a_privileged_role_is_for_the_bearer_of_that_role_alone(graph: Synth) -> None:
    """A9. Rules may be changed at the pool; the role itself still asks."""
    asked = {role: trust(graph, role)["Condition"]["StringEquals"].get("aws:RequestTag/role") for role in MEMBERS}
    assert list(asked.values()) == [None, "admin", "doctor"]


def test_a_guests_role_trusts_guests_of_this_pool_and_takes_no_tags(graph: Synth) -> None:
    """A9. A guest has no claim that a tag could come from."""
    assert trust(graph, "identities-unauthenticated-role") == {
        "Effect": "Allow",
        "Action": ["sts:AssumeRoleWithWebIdentity"],
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": graph.one(POOL).id},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"},
        },
    }


def test_a_guest_may_do_nothing() -> None:
    """A9. No policy at all, guests allowed or not."""
    graph = build(allow_unauthenticated=True)
    guest = graph.one(ROLE, "identities-unauthenticated-role")
    policies: list[Resource] = graph.all("aws:iam/rolePolicy:RolePolicy")
    assert [p.name for p in policies if p.inputs["role"] == guest.inputs["name"]] == []
    assert [key for key in guest.inputs if "olic" in key] == ["assumeRolePolicy"]


@pytest.mark.parametrize(
    ("allowed", "keys"), [(False, ["authenticated"]), (True, ["authenticated", "unauthenticated"])]
)
def test_the_guests_role_is_attached_only_where_there_are_guests(allowed: bool, keys: list[str]) -> None:
    """A9. Somebody who switches guests on at the pool gets an error, not credentials."""
    graph = build(allow_unauthenticated=allowed)
    assert sorted(graph.one(ATTACHMENT).inputs["roles"]) == keys
    assert graph.one(POOL).inputs["allowUnauthenticatedIdentities"] is allowed


def test_clinic_role_and_user_become_session_tags(graph: Synth) -> None:
    """A9. Claims of the ID token, where the enricher writes them; the defaults would tag other things."""
    tags = graph.one("aws:cognito/identityPoolProviderPrincipalTag:IdentityPoolProviderPrincipalTag").inputs
    assert tags["principalTags"] == {"tenant": "tenant_id", "role": "role", "user": "sub"}
    assert (tags["identityProviderName"], tags["useDefaults"]) == (PROVIDER, False)


def test_each_role_has_its_rule_in_the_given_order_for_each_client(graph: Synth) -> None:
    """A9. The first rule that matches wins; a client without mapping would hand the default role to anybody."""
    arns = {role.name: role.outputs["arn"] for role in graph.all(ROLE)}
    rules = [
        {"claim": "role", "matchType": "Equals", "value": value, "roleArn": arns[f"identities-{role}-role"]}
        for value, role in (("admin", "admin"), ("doctor", "doctor"), ("patient", "authenticated"))
    ]
    assert graph.one(ATTACHMENT).inputs["roleMappings"] == [
        {
            "identityProvider": f"{PROVIDER}:{client}",
            "type": "Rules",
            "ambiguousRoleResolution": "Deny",
            "mappingRules": rules,
        }
        for client in ("web", "backend")
    ]


def test_roles_are_handed_out_once_their_sessions_are_tagged(graph: Synth) -> None:
    """A9. In between, sessions would come without clinic."""
    tags = graph.one("aws:cognito/identityPoolProviderPrincipalTag:IdentityPoolProviderPrincipalTag")
    assert tags.urn in graph.one(ATTACHMENT).dependency_urns


@pytest.mark.parametrize(
    ("policy", "seen", "written"),
    [
        ("identities-authenticated-policy", OWN, OWN),
        ("identities-admin-policy", CLINIC, OWN),
        ("identities-doctor-policy", CLINIC, CLINIC),
    ],
)
def test_documents_are_confined_to_the_own_clinic(graph: Synth, policy: str, seen: str, written: str) -> None:
    """A9. As part of the resource, and as a whole id: a tag that is no id opens nothing."""
    tenant, both = {"aws:PrincipalTag/tenant": UUID}, {"aws:PrincipalTag/tenant": UUID, "aws:PrincipalTag/user": UUID}
    seen_by, written_by = (both if folder == OWN else tenant for folder in (seen, written))
    assert statements(graph, policy) == {
        "ListDocuments": {
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": [BUCKET],
            "Condition": {"StringLike": {**seen_by, "s3:prefix": f"{seen}*"}},
        },
        "ReadDocuments": {
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [f"{BUCKET}/{seen}*"],
            "Condition": {"StringLike": seen_by},
        },
        "WriteDocuments": {
            "Effect": "Allow",
            "Action": ["s3:AbortMultipartUpload", "s3:PutObject"],
            "Resource": [f"{BUCKET}/{written}*"],
            "Condition": {"StringLike": written_by},
        },
    }


def test_the_audit_log_is_the_admins_and_of_the_own_clinic(graph: Synth) -> None:
    """A9. No FilterLogEvents: it takes the whole group, which is every clinic's."""
    assert statements(graph, "identities-admin-audit-policy") == {
        "ReadAuditLog": {
            "Effect": "Allow",
            "Action": ["logs:GetLogEvents"],
            "Resource": [f"{LOG_GROUP}:log-stream:{CLINIC}*"],
            "Condition": {"StringLike": {"aws:PrincipalTag/tenant": UUID}},
        }
    }
    texts = {p.name: p.inputs["policy"] for p in graph.all("aws:iam/rolePolicy:RolePolicy")}
    assert [name for name, text in texts.items() if "logs:" in text] == ["identities-admin-audit-policy"]


def test_the_created_bucket_is_private_encrypted_versioned_and_over_tls_alone(graph: Synth) -> None:
    """A9 G4."""
    block = graph.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs
    assert sorted(key for key, value in block.items() if value is True) == [
        "blockPublicAcls",
        "blockPublicPolicy",
        "ignorePublicAcls",
        "restrictPublicBuckets",
    ]
    encryption = graph.one(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    ).inputs
    assert encryption["rules"] == [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
    versioning = graph.one("aws:s3/bucketVersioning:BucketVersioning").inputs
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    assert statements(graph, "identities-documents-policy") == {
        "OnlyTls": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*"],
            "Resource": [BUCKET, f"{BUCKET}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    }


@pytest.mark.parametrize(("changes", "protected"), [({}, True), ({"protect_documents": False}, False)])
def test_documents_are_protected_unless_told_otherwise(changes: dict[str, bool], protected: bool) -> None:
    """A9. The bucket alone: a protected role could never be renamed."""
    graph = build(**changes)
    assert [r.name for r in graph.resources if r.protect] == (["identities-documents"] if protected else [])


def test_browsers_of_the_given_origins_may_use_the_bucket() -> None:
    """A9. The React application writes documents straight to S3."""
    graph = build(web_origins=["https://app.example.com"])
    [rule] = graph.one("aws:s3/bucketCorsConfiguration:BucketCorsConfiguration").inputs["corsRules"]
    assert (rule["allowedOrigins"], "DELETE" in rule["allowedMethods"]) == (["https://app.example.com"], False)


def test_a_given_bucket_is_used_and_left_as_it_is() -> None:
    """A9."""
    graph = build(document_bucket_arn="arn:aws:s3:::existing")
    assert [r.type for r in graph.resources if r.type.startswith("aws:s3/")] == []
    assert graph.component("identities").outputs["document_bucket_name"] == "existing"
    assert "arn:aws:s3:::existing/clinics/" in json.dumps(graph.policy("identities-doctor-policy"))


def test_every_problem_is_named_at_once() -> None:
    """A9 F1."""
    text = problems(
        name_prefix="Test",
        client_ids=[],
        roles=[
            {"name": "admin", "documents": DocumentAccess.OWN, "audit_log": False},
            {"name": "admin", "documents": DocumentAccess.OWN, "audit_log": False},
            {"name": "Head-Nurse", "documents": DocumentAccess.OWN, "audit_log": False},
        ],
        web_origins=["http://app.example.com", "*"],
        authenticated_role_name="no spaces",
    )
    assert text.startswith("IdentityPool 'identities': name_prefix 'Test'")
    for part in (
        "client_ids must not be empty",
        "role 'Head-Nurse' must be lower-case",
        "role 'admin' stands twice",
        "web_origins 'http://app.example.com' must be an origin",
        "web_origins '*' must be an origin",
        "authenticated_role_name 'no spaces' must be",
    ):
        assert part in text


@pytest.mark.parametrize("count", [0, 26])
def test_a_role_mapping_has_one_to_twenty_five_rules(count: int) -> None:
    """A9. Cognito's quota."""
    roles = [{"name": f"role{n}", "documents": DocumentAccess.OWN, "audit_log": False} for n in range(count)]
    assert f"roles are {count}; there must be 1 to 25" in problems(roles=roles)


def test_an_audit_right_without_a_log_is_refused() -> None:
    """A9. An admin would find out only by being denied."""
    args = arguments()
    del args["audit_log_group_arn"]
    with pytest.raises(ArgumentsError, match="role 'admin' reads the audit log, which audit_log_group_arn must name"):
        synth(lambda: IdentityPool("identities", args))


def test_settings_of_a_bucket_that_is_not_created_are_refused() -> None:
    """A9. They would look as if they held."""
    text = problems(document_bucket_arn="arn:aws:s3:::existing", protect_documents=True, web_origins=[])
    assert "protect_documents is for the bucket that is created" in text
    assert "web_origins is for the bucket that is created" in text


def test_the_two_role_names_differ() -> None:
    """A14. A role for both would let guests in as members."""
    assert "must differ" in problems(authenticated_role_name="Same", unauthenticated_role_name="Same")

"""Who may become which role, and what each may do, as IAM documents. No resources.

Facts: "Using attributes for access control", "Role trust and permissions" (Amazon Cognito Developer Guide), "IAM policy
elements: Variables and tags" (IAM User Guide), "Service Authorization Reference".
"""

import re
from collections.abc import Sequence

import pulumi

from components._checks import one_of
from components._iam import Condition, Statement
from components._names import prefix_problems
from components.identity_pool.args import DocumentAccess, IdentityPoolArgs, PoolRoleArgs

PROVIDER = "cognito-identity.amazonaws.com"
"""The federated principal, the same for every identity pool: only conditions tell one from another."""

ROLE_CLAIM = "role"
"""Claim of the ID token that the rules go by; the enricher writes the most powerful role there. Groups would need the
roles' ARNs inside the user pool, which exists before them."""

PRINCIPAL_TAGS = {"tenant": "tenant_id", "role": ROLE_CLAIM, "user": "sub"}
"""Session tag -> claim of the ID token. A claim that is not there gives no tag."""

UUID = "-".join("?" * length for length in (8, 4, 4, 4, 12))
"""Shape of a clinic or user id. What is missing, empty or of another length does not match, so that no tag, whatever
the token says, opens the folder above all clinics."""

CLINICS = "clinics/${aws:PrincipalTag/tenant}/"
"""Folder of the session's own clinic, in the bucket and among the audit log's streams."""

OWN_FOLDER = CLINICS + "users/${aws:PrincipalTag/user}/"

MAX_RULES = 25
"""Of a role mapping ("Quotas in Amazon Cognito")."""


def is_privileged(role: PoolRoleArgs) -> bool:
    """Whether the role may do more than everybody who has signed in, and so needs an IAM role of its own."""
    return role["documents"] is not DocumentAccess.OWN or role["audit_log"]


def member_conditions(pool_id: pulumi.Input[str], role: str = "") -> Condition:
    """For the trust policy: somebody signed in at this pool, of a clinic and, where given, of this role.

    The role stands here besides in the rules, so that a rule that goes wrong, or another one, hands out nothing.
    """
    exact: dict[str, pulumi.Input[str]] = {f"{PROVIDER}:aud": pool_id}
    if role:
        exact["aws:RequestTag/role"] = role
    return {
        "StringEquals": exact,
        "StringLike": {"aws:RequestTag/tenant": UUID},
        "ForAnyValue:StringLike": {f"{PROVIDER}:amr": "authenticated"},
    }


def guest_conditions(pool_id: pulumi.Input[str]) -> Condition:
    """For the trust policy: a guest of this pool."""
    return {
        "StringEquals": {f"{PROVIDER}:aud": pool_id},
        "ForAnyValue:StringLike": {f"{PROVIDER}:amr": "unauthenticated"},
    }


def document_statements(access: DocumentAccess, bucket_arn: pulumi.Input[str]) -> list[Statement]:
    """What a role may do in the bucket. Each names the clinic twice: as part of the resource and as a whole id."""
    seen = OWN_FOLDER if access is DocumentAccess.OWN else CLINICS
    written = CLINICS if access is DocumentAccess.WRITE else OWN_FOLDER
    return [
        Statement("ListDocuments", ["s3:ListBucket"], [bucket_arn], _within(seen, {"s3:prefix": f"{seen}*"})),
        Statement("ReadDocuments", ["s3:GetObject"], [_objects(bucket_arn, seen)], _within(seen)),
        Statement(
            "WriteDocuments",
            ["s3:AbortMultipartUpload", "s3:PutObject"],
            [_objects(bucket_arn, written)],
            _within(written),
        ),
    ]


def audit_statement(log_group_arn: pulumi.Input[str]) -> Statement:
    """Events of the own clinic's streams. No search and no list of streams: both go through all clinics' at once."""
    streams = pulumi.Output.concat(log_group_arn, ":log-stream:", CLINICS, "*")
    return Statement("ReadAuditLog", ["logs:GetLogEvents"], [streams], _within(CLINICS))


def transport_statement(bucket_arn: pulumi.Input[str]) -> Statement:
    """Nothing without TLS, for nobody."""
    return Statement(
        "OnlyTls",
        ["s3:*"],
        [bucket_arn, pulumi.Output.concat(bucket_arn, "/*")],
        {"Bool": {"aws:SecureTransport": "false"}},
        denies_everyone=True,
    )


def _objects(bucket_arn: pulumi.Input[str], folder: str) -> pulumi.Output[str]:
    return pulumi.Output.concat(bucket_arn, "/", folder, "*")


def _within(folder: str, further: dict[str, str] | None = None) -> Condition:
    """Each tag that stands in the folder's name is an id."""
    tags = [tag for tag in PRINCIPAL_TAGS if f"${{aws:PrincipalTag/{tag}}}" in folder]
    return {"StringLike": {**{f"aws:PrincipalTag/{tag}": UUID for tag in tags}, **(further or {})}}


def problems(args: IdentityPoolArgs) -> list[str]:
    """Every problem of the arguments, in their order."""
    found = prefix_problems(args["name_prefix"])
    if not args["client_ids"]:
        found.append("client_ids must not be empty: without a client nobody gets credentials")
    found += _role_problems(args["roles"], has_log="audit_log_group_arn" in args)
    if "document_bucket_arn" in args:
        found += [
            f"{key} is for the bucket that is created; document_bucket_arn names one that exists"
            for key in ("protect_documents", "web_origins")
            if key in args
        ]
    found += [
        f"web_origins {origin!r} must be an origin such as https://app.example.com (http only for localhost)"
        for origin in args.get("web_origins", [])
        if not re.fullmatch(r"https://[a-z0-9.-]+(:\d+)?|http://(localhost|127\.0\.0\.1)(:\d+)?", origin)
    ]
    names = {key: str(args[key]) for key in ("authenticated_role_name", "unauthenticated_role_name") if key in args}
    found += [
        f"{key} {name!r} must be 1 to 64 letters, digits and any of _+=,.@-"
        for key, name in names.items()
        if not re.fullmatch(r"[\w+=,.@-]{1,64}", name, re.ASCII)
    ]
    if len(set(names.values())) < len(names):
        found.append("authenticated_role_name and unauthenticated_role_name must differ")
    return found


def _role_problems(roles: Sequence[PoolRoleArgs], *, has_log: bool) -> list[str]:
    names = [role["name"] for role in roles]
    found = [
        f"role {name!r} must be lower-case letters, digits and single inner underscores"
        for name in names
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
    ]
    found += [f"role {name!r} stands twice" for name in sorted({name for name in names if names.count(name) > 1})]
    if not 1 <= len(roles) <= MAX_RULES:
        found.append(f"roles are {len(roles)}; there must be 1 to {MAX_RULES}, one rule each")
    for role in roles:
        found += one_of(f"documents of role {role['name']!r}", role["documents"], list(DocumentAccess))
    if not has_log:
        found += [
            f"role {role['name']!r} reads the audit log, which audit_log_group_arn must name"
            for role in roles
            if role["audit_log"]
        ]
    return found

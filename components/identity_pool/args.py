"""What IdentityPool takes."""

from enum import StrEnum
from typing import NotRequired, TypedDict

import pulumi


class DocumentAccess(StrEnum):
    """What a role may do with the documents of its own clinic. With no other clinic's anything, ever."""

    OWN = "own"
    """Read and write the folder of the signed-in person alone."""
    READ = "read"
    """Read all of the clinic's, write the person's own folder."""
    WRITE = "write"
    """Read and write all of the clinic's. Nobody deletes: that takes the bucket's owner."""


class PoolRoleArgs(TypedDict):
    name: str
    """Value of the claim `role`, as the token enricher writes it."""
    documents: DocumentAccess
    audit_log: bool
    """Read the audit events of the own clinic."""


class IdentityPoolArgs(TypedDict):
    name_prefix: str
    """`{environment}-{project}`; a change replaces the pool: every identity gets a new id."""
    user_pool_endpoint: pulumi.Input[str]
    """Host and path of the user pool's issuer, without scheme: the name Cognito knows the provider by."""
    client_ids: list[pulumi.Input[str]]
    """App clients whose ID tokens are taken."""
    roles: list[PoolRoleArgs]
    """1 to 25, by precedence. A user with none of them gets no credentials."""
    document_bucket_arn: NotRequired[pulumi.Input[str]]
    """An existing bucket, encrypted with S3's own keys. Default: one is created."""
    protect_documents: NotRequired[bool]
    """Protect the created bucket from deletion. Default true."""
    web_origins: NotRequired[list[str]]
    """Origins whose browsers may use the created bucket. Default none."""
    audit_log_group_arn: NotRequired[pulumi.Input[str]]
    """CloudWatch log group with one stream, or several, per clinic: `clinics/{clinic id}/…`."""
    allow_unauthenticated: NotRequired[bool]
    """Give guests credentials too, of a role that may do nothing. Default false."""
    authenticated_role_name: NotRequired[str]
    """Default `{name_prefix}-iam-cognito-authenticated`; a change replaces the role."""
    unauthenticated_role_name: NotRequired[str]
    """Default `{name_prefix}-iam-cognito-unauthenticated`; a change replaces the role."""

"""Temporary AWS credentials for signed-in people, good for the documents of their own clinic.

Owns the identity pool, the IAM roles of its identities, which claim leads to which role and tag, and the bucket of the
documents unless one is given. Does not own the user pool, the claims (the token enricher's) or the audit log.
"""

import pulumi
import pulumi_aws as aws

from components._checks import refuse
from components._iam import policy_json, web_identity_trust
from components._names import Kind, physical_name
from components.identity_pool import access
from components.identity_pool.args import DocumentAccess, IdentityPoolArgs, PoolRoleArgs

__all__ = ["DocumentAccess", "IdentityPool", "IdentityPoolArgs", "PoolRoleArgs"]


class IdentityPool(pulumi.ComponentResource):
    """An identity pool without classic flow, whose sessions carry clinic, role and user as tags."""

    identity_pool_id: pulumi.Output[str]
    """Id such as `eu-west-3:01234567-…`."""
    authenticated_role_arn: pulumi.Output[str]
    """Role of signed-in people without further rights."""
    unauthenticated_role_arn: pulumi.Output[str]
    """Role of guests: it may do nothing."""
    document_bucket_name: pulumi.Output[str]
    """Bucket of the documents; a clinic's lie under `clinics/{clinic id}/`."""
    document_bucket_arn: pulumi.Output[str]
    """ARN of that bucket."""

    def __init__(self, name: str, args: IdentityPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("medflow:index:IdentityPool", name, {}, opts)
        refuse("IdentityPool", name, access.problems(args))

        pool = self._create_pool(name, args)
        member = self._create_member_role(name, args, pool)
        guest = self._create_guest_role(name, args, pool)
        privileged = {
            role["name"]: self._create_privileged_role(name, role, args, pool)
            for role in args["roles"]
            if access.is_privileged(role)
        }
        tags = self._map_tags(name, args, pool)
        self._map_roles(name, args, pool, member, guest, privileged, tags)
        bucket_arn = self._bucket(name, args, member)
        self._allow_documents(f"{name}-authenticated-policy", member, DocumentAccess.OWN, bucket_arn)
        for role in args["roles"]:
            if role["name"] in privileged:
                self._allow(name, role, args, privileged[role["name"]], bucket_arn)

        self.identity_pool_id = pool.id
        self.authenticated_role_arn, self.unauthenticated_role_arn = member.arn, guest.arn
        self.document_bucket_arn = bucket_arn
        self.document_bucket_name = bucket_arn.apply(lambda arn: arn.split(":::")[1])
        self.register_outputs(
            {
                "identity_pool_id": self.identity_pool_id,
                "authenticated_role_arn": self.authenticated_role_arn,
                "unauthenticated_role_arn": self.unauthenticated_role_arn,
                "document_bucket_name": self.document_bucket_name,
                "document_bucket_arn": self.document_bucket_arn,
            }
        )

    def _create_pool(self, name: str, args: IdentityPoolArgs) -> aws.cognito.IdentityPool:
        return aws.cognito.IdentityPool(
            f"{name}-pool",
            identity_pool_name=physical_name(args["name_prefix"], Kind.IDENTITY_POOL, "identity-pool"),
            allow_unauthenticated_identities=args.get("allow_unauthenticated", False),
            # The classic flow lets the client choose the role, past the rules and the tags.
            allow_classic_flow=False,
            cognito_identity_providers=[
                {
                    "provider_name": args["user_pool_endpoint"],
                    "client_id": client_id,
                    # Without it a deleted or signed-out user gets credentials until the ID token ends.
                    "server_side_token_check": True,
                }
                for client_id in args["client_ids"]
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_member_role(self, name: str, args: IdentityPoolArgs, pool: aws.cognito.IdentityPool) -> aws.iam.Role:
        return self._create_role(
            f"{name}-authenticated",
            args.get("authenticated_role_name") or _role_name(args, "authenticated"),
            web_identity_trust(access.PROVIDER, access.member_conditions(pool.id), tags=True),
        )

    def _create_guest_role(self, name: str, args: IdentityPoolArgs, pool: aws.cognito.IdentityPool) -> aws.iam.Role:
        """Without any policy. Guests have no claims, hence no tags."""
        return self._create_role(
            f"{name}-unauthenticated",
            args.get("unauthenticated_role_name") or _role_name(args, "unauthenticated"),
            web_identity_trust(access.PROVIDER, access.guest_conditions(pool.id), tags=False),
        )

    def _create_privileged_role(
        self, name: str, role: PoolRoleArgs, args: IdentityPoolArgs, pool: aws.cognito.IdentityPool
    ) -> aws.iam.Role:
        return self._create_role(
            f"{name}-{_slug(role)}",
            _role_name(args, f"role-{_slug(role)}"),
            web_identity_trust(access.PROVIDER, access.member_conditions(pool.id, role["name"]), tags=True),
        )

    def _create_role(self, name: str, physical: str, trust: pulumi.Output[str]) -> aws.iam.Role:
        opts = pulumi.ResourceOptions(parent=self)
        return aws.iam.Role(f"{name}-role", name=physical, assume_role_policy=trust, opts=opts)

    def _map_tags(
        self, name: str, args: IdentityPoolArgs, pool: aws.cognito.IdentityPool
    ) -> aws.cognito.IdentityPoolProviderPrincipalTag:
        return aws.cognito.IdentityPoolProviderPrincipalTag(
            f"{name}-principal-tags",
            identity_pool_id=pool.id,
            identity_provider_name=args["user_pool_endpoint"],
            principal_tags=access.PRINCIPAL_TAGS,
            use_defaults=False,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _map_roles(
        self,
        name: str,
        args: IdentityPoolArgs,
        pool: aws.cognito.IdentityPool,
        member: aws.iam.Role,
        guest: aws.iam.Role,
        privileged: dict[str, aws.iam.Role],
        tags: aws.cognito.IdentityPoolProviderPrincipalTag,
    ) -> None:
        rules = [
            aws.cognito.IdentityPoolRoleAttachmentRoleMappingMappingRuleArgs(
                claim=access.ROLE_CLAIM,
                match_type="Equals",
                value=role["name"],
                role_arn=privileged.get(role["name"], member).arn,
            )
            for role in args["roles"]
        ]
        roles = {"authenticated": member.arn}
        if args.get("allow_unauthenticated", False):
            roles["unauthenticated"] = guest.arn
        aws.cognito.IdentityPoolRoleAttachment(
            f"{name}-role-attachment",
            identity_pool_id=pool.id,
            roles=roles,
            # One mapping per client: a client without one would give everybody the authenticated role.
            role_mappings=[
                aws.cognito.IdentityPoolRoleAttachmentRoleMappingArgs(
                    identity_provider=pulumi.Output.concat(args["user_pool_endpoint"], ":", client_id),
                    type="Rules",
                    ambiguous_role_resolution="Deny",
                    mapping_rules=rules,
                )
                for client_id in args["client_ids"]
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[tags]),
        )

    def _bucket(self, name: str, args: IdentityPoolArgs, member: aws.iam.Role) -> pulumi.Output[str]:
        """ARN of the given bucket, or of a new one: private, encrypted, versioned, over TLS alone."""
        if "document_bucket_arn" in args:
            return pulumi.Output.from_input(args["document_bucket_arn"])
        prefix = physical_name(args["name_prefix"], Kind.DOCUMENT_BUCKET, "documents")
        account = member.arn.apply(lambda arn: arn.split(":")[4])
        bucket = aws.s3.Bucket(
            f"{name}-documents",
            bucket=pulumi.Output.concat(prefix, "-", account),
            opts=pulumi.ResourceOptions(parent=self, protect=args.get("protect_documents", True)),
        )
        self._harden(f"{name}-documents", bucket)
        if args.get("web_origins"):
            aws.s3.BucketCorsConfiguration(
                f"{name}-documents-cors",
                bucket=bucket.id,
                cors_rules=[
                    {
                        "allowed_origins": args["web_origins"],
                        "allowed_methods": ["GET", "HEAD", "POST", "PUT"],
                        "allowed_headers": ["*"],
                        "expose_headers": ["ETag"],
                        "max_age_seconds": 600,
                    }
                ],
                opts=pulumi.ResourceOptions(parent=self),
            )
        return bucket.arn

    def _harden(self, name: str, bucket: aws.s3.Bucket) -> None:
        opts = pulumi.ResourceOptions(parent=self)
        private = aws.s3.BucketPublicAccessBlock(
            f"{name}-public-access-block",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=opts,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=opts,
        )
        aws.s3.BucketVersioning(
            f"{name}-versioning", bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=opts
        )
        aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.id,
            policy=policy_json([access.transport_statement(bucket.arn)]),
            # S3 refuses one of two changes at once ("OperationAborted").
            opts=pulumi.ResourceOptions(parent=self, depends_on=[private]),
        )

    def _allow(
        self,
        name: str,
        role: PoolRoleArgs,
        args: IdentityPoolArgs,
        iam_role: aws.iam.Role,
        bucket_arn: pulumi.Output[str],
    ) -> None:
        key = f"{name}-{_slug(role)}"
        self._allow_documents(f"{key}-policy", iam_role, role["documents"], bucket_arn)
        if role["audit_log"]:
            aws.iam.RolePolicy(
                f"{key}-audit-policy",
                role=iam_role.name,
                policy=policy_json([access.audit_statement(args["audit_log_group_arn"])]),
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _allow_documents(
        self, name: str, iam_role: aws.iam.Role, documents: DocumentAccess, bucket_arn: pulumi.Output[str]
    ) -> None:
        aws.iam.RolePolicy(
            name,
            role=iam_role.name,
            policy=policy_json(access.document_statements(documents, bucket_arn)),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _role_name(args: IdentityPoolArgs, resource: str) -> str:
    return physical_name(args["name_prefix"], Kind.IAM_ROLE, f"cognito-{resource}")


def _slug(role: PoolRoleArgs) -> str:
    return role["name"].replace("_", "-")

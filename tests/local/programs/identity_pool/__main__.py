"""A user pool whose tokens the token enricher writes, and an identity pool that takes them."""

import sys

import pulumi
import pulumi_aws as aws

sys.path.append(pulumi.Config().require("tests"))

from components.identity_pool import DocumentAccess, IdentityPool
from components.token_enricher import TenantlessUsers, TokenEnricher
from support import component_args

PREFIX = "identities-medflow"
ROLES = {"admin": DocumentAccess.READ, "doctor": DocumentAccess.WRITE, "patient": DocumentAccess.OWN}

in_aws = pulumi.ResourceOptions(provider=aws.Provider("aws", region="us-east-1"))
enricher = TokenEnricher(
    "enricher",
    component_args.token_enricher(
        name_prefix=PREFIX,
        roles=[{"name": name, "description": name, "scopes": ["profile.read"]} for name in ROLES],
        tenantless_users=TenantlessUsers.LIMITED,
    ),
    in_aws,
)
pool = aws.cognito.UserPool(
    "pool",
    schemas=[{"name": "clinic_id", "attribute_data_type": "String", "mutable": True}],
    lambda_config={"pre_token_generation_config": {"lambda_arn": enricher.alias_arn, "lambda_version": "V2_0"}},
    opts=in_aws,
)
aws.lambda_.Permission(
    "permission",
    action="lambda:InvokeFunction",
    principal="cognito-idp.amazonaws.com",
    function=enricher.function_name,
    qualifier=enricher.alias_name,
    source_arn=pool.arn,
    opts=in_aws,
)
for group in ROLES:
    aws.cognito.UserGroup(group, name=group, user_pool_id=pool.id, opts=in_aws)
client = aws.cognito.UserPoolClient(
    "client", user_pool_id=pool.id, explicit_auth_flows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"], opts=in_aws
)
audit = aws.cloudwatch.LogGroup("audit", name=f"/{PREFIX}/audit", opts=in_aws)
identities = IdentityPool(
    "identities",
    {
        "name_prefix": PREFIX,
        "user_pool_endpoint": pool.endpoint,
        "client_ids": [client.id],
        "roles": [
            {"name": name, "documents": documents, "audit_log": name == "admin"} for name, documents in ROLES.items()
        ],
        "web_origins": ["http://localhost:5173"],
        "audit_log_group_arn": audit.arn,
    },
    in_aws,
)
pulumi.export("user_pool_id", pool.id)
pulumi.export("user_pool_endpoint", pool.endpoint)
pulumi.export("client_id", client.id)
pulumi.export("audit_log_group", audit.name)
pulumi.export("identity_pool_id", identities.identity_pool_id)
pulumi.export("bucket", identities.document_bucket_name)

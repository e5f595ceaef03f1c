"""The part of the program that keeps things: secrets, parameters, a bucket, a table."""

import json

import pulumi
import pulumi_aws as aws


def create(prefix: str, key: aws.kms.Key, secret_value: pulumi.Output[str], opts: pulumi.ResourceOptions) -> None:
    """One of each store, with every facet that has a resource of its own."""
    secret = aws.secretsmanager.Secret(
        "secret",
        name=f"{prefix}/secret",
        kms_key_id=key.arn,
        recovery_window_in_days=0,
        policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "secretsmanager:DeleteSecret",
                        "Resource": "*",
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ],
            }
        ),
        opts=opts,
    )
    version = aws.secretsmanager.SecretVersion(
        "secret-value", secret_id=secret.id, secret_string=secret_value, opts=opts
    )
    parameter = aws.ssm.Parameter("parameter", name=f"/{prefix}/plain", type="String", value="one", opts=opts)
    aws.ssm.Parameter("secure-parameter", name=f"/{prefix}/secure", type="SecureString", value=secret_value, opts=opts)
    bucket = aws.s3.Bucket("bucket", bucket=f"{prefix}-bucket", force_destroy=True, opts=opts)
    aws.s3.BucketPublicAccessBlock(
        "bucket-private",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    aws.s3.BucketVersioning(
        "bucket-versions", bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=opts
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        "bucket-encryption",
        bucket=bucket.id,
        rules=[
            {
                "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn},
                "bucket_key_enabled": True,
            }
        ],
        opts=opts,
    )
    aws.s3.BucketCorsConfiguration(
        "bucket-cors",
        bucket=bucket.id,
        cors_rules=[{"allowed_methods": ["GET"], "allowed_origins": ["https://app.example.com"]}],
        opts=opts,
    )
    aws.s3.BucketPolicy(
        "bucket-policy",
        bucket=bucket.id,
        policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ],
            }
        ),
        opts=opts,
    )
    table = aws.dynamodb.Table(
        "table",
        name=f"{prefix}-table",
        billing_mode="PAY_PER_REQUEST",
        hash_key="pk",
        range_key="sk",
        attributes=[{"name": name, "type": "S"} for name in ("pk", "sk", "other")],
        global_secondary_indexes=[{"name": "by-other", "hash_key": "other", "projection_type": "ALL"}],
        server_side_encryption={"enabled": True, "kms_key_arn": key.arn},
        point_in_time_recovery={"enabled": True},
        ttl={"attribute_name": "expires", "enabled": True},
        stream_enabled=True,
        stream_view_type="NEW_IMAGE",
        opts=opts,
    )
    pulumi.export("secret_arn", secret.arn)
    pulumi.export("secret_version_id", version.version_id)
    pulumi.export("parameter_arn", parameter.arn)
    pulumi.export("bucket_arn", bucket.arn)
    pulumi.export("table_stream_arn", table.stream_arn)

"""S3: buckets and the facets that have resources of their own."""

from typing import Any

from local_cloud.deploy.spec import DELETE_ONLY, REST, Call, Scope, Spec

_WEBSITE = "use the website configuration resource"
_HOSTED_ZONES = {"us-east-1": "Z3AQBSTGFJSTF", "eu-west-1": "Z1BKCTXD74EZPE", "eu-west-3": "Z3R1K369G5AVDG"}
"""Hosted zones of S3 endpoints ("Amazon S3 website endpoints", AWS General Reference)."""


def _location(scope: Scope) -> dict[str, str] | None:
    return None if scope.region == "us-east-1" else {"LocationConstraint": scope.region}


def _tag_set(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    return {"tagging": {"tagSet": properties["tags"]}}


BUCKET = Spec(
    token="aws:s3/bucket:Bucket",
    service="s3",
    auto_name="bucket",
    calls=(
        Call(
            "CreateBucket",
            REST,
            renames={"objectLockEnabled": "ObjectLockEnabledForBucket"},
            gives={"CreateBucketConfiguration": _location},
        ),
        Call("PutBucketTagging", ("tags",), reshape=_tag_set, gives={"Bucket": "{bucket}"}),
    ),
    not_sent={"forceDestroy": DELETE_ONLY},
    id="{bucket}",
    outputs={
        "arn": "arn:{partition}:s3:::{bucket}",
        "bucketDomainName": "{bucket}.s3.amazonaws.com",
        "bucketRegionalDomainName": "{bucket}.s3.{region}.amazonaws.com",
        "bucketRegion": "{region}",
        "hostedZoneId": lambda scope: _HOSTED_ZONES.get(scope.region),
    },
    unsupported_outputs={"websiteDomain": _WEBSITE, "websiteEndpoint": _WEBSITE},
)

BUCKET_POLICY = Spec(
    token="aws:s3/bucketPolicy:BucketPolicy",
    service="s3",
    calls=(Call("PutBucketPolicy", REST),),
    id="{bucket}",
)


def _under(name: str, *keys: str) -> Any:
    """Puts these properties one level down, where the API wants them."""

    def reshape(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
        inner = {key: properties.pop(key) for key in keys if key in properties}
        return {**properties, name: inner}

    return reshape


BUCKET_PUBLIC_ACCESS_BLOCK = Spec(
    token="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    service="s3",
    calls=(
        Call(
            "PutPublicAccessBlock",
            REST,
            reshape=_under(
                "publicAccessBlockConfiguration",
                "blockPublicAcls",
                "blockPublicPolicy",
                "ignorePublicAcls",
                "restrictPublicBuckets",
            ),
        ),
    ),
    not_sent={"skipDestroy": DELETE_ONLY},
    id="{bucket}",
)

BUCKET_VERSIONING = Spec(
    token="aws:s3/bucketVersioning:BucketVersioning",
    service="s3",
    calls=(Call("PutBucketVersioning", REST),),
    id="{bucket}",
)

BUCKET_ENCRYPTION = Spec(
    token="aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    service="s3",
    calls=(Call("PutBucketEncryption", REST, reshape=_under("serverSideEncryptionConfiguration", "rules")),),
    id="{bucket}",
)

BUCKET_CORS = Spec(
    token="aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
    service="s3",
    calls=(Call("PutBucketCors", REST, reshape=_under("corsConfiguration", "corsRules")),),
    id="{bucket}",
)

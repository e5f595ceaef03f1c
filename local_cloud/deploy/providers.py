"""The AWS provider instances of a program: their region, default tags and account guard."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_cloud.deploy.clients import Clients
from local_cloud.deploy.errors import ResourceError

PROVIDER_TYPE = "pulumi:providers:aws"
DEFAULT_REGION = "us-east-1"

_READ = {"region", "defaultTags", "allowedAccountIds", "forbiddenAccountIds"}

_IRRELEVANT = {
    "accessKey", "secretKey", "token", "endpoints", "insecure", "s3UsePathStyle", "maxRetries", "retryMode",
    "skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId",
    "s3UsEast1RegionalEndpoint", "stsRegion", "userAgents", "tokenBucketRateLimiterCapacity", "version",
}  # fmt: skip
"""How the real provider would reach AWS; the deployer reaches its own emulator whatever these say."""


@dataclass(frozen=True)
class Provider:
    """Settings of one provider instance that its resources inherit."""

    region: str = DEFAULT_REGION
    default_tags: Mapping[str, str] = field(default_factory=dict)


def provider_of(name: str, inputs: Mapping[str, Any], clients: Clients) -> Provider:
    """The provider registered with these inputs (every non-text one is JSON text, as Pulumi sends it).

    Raises ResourceError for an input with no meaning here and for an account that the program does not allow.
    """
    settings = {key: _parsed(value) for key, value in inputs.items() if value is not None}
    unknown = sorted(set(settings) - _READ - _IRRELEVANT)
    if unknown:
        raise ResourceError(PROVIDER_TYPE, name, f"the local deployer does not support {', '.join(unknown)}")
    region = settings.get("region", DEFAULT_REGION)
    _guard(name, settings, clients, region)
    return Provider(region, settings.get("defaultTags", {}).get("tags", {}))


def account_id(clients: Clients, region: str = DEFAULT_REGION) -> str:
    """Number of the account the emulator plays."""
    return str(clients.get("sts", region).get_caller_identity()["Account"])


def _guard(name: str, settings: Mapping[str, Any], clients: Clients, region: str) -> None:
    allowed = settings.get("allowedAccountIds")
    forbidden = settings.get("forbiddenAccountIds", [])
    if allowed is None and not forbidden:
        return
    account = account_id(clients, region)
    if account in forbidden or (allowed is not None and account not in allowed):
        raise ResourceError(PROVIDER_TYPE, name, f"AWS account ID not allowed: {account}")


def _parsed(value: Any) -> Any:
    """`true`, lists and objects arrive as JSON text; names and account numbers as plain text."""
    if isinstance(value, str) and value[:1] in ("{", "[", '"'):
        return json.loads(value)
    return value

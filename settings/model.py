"""The configuration of a stack, typed and frozen. Defaults live in Pulumi.yaml alone, which the CLI merges in."""

import json
import math
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_camel

from settings.access import ROLES

LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288)
"""What CloudWatch Logs offers ("PutRetentionPolicy", CloudWatch Logs API Reference); the longest are left out."""


def _from_json(value: object) -> object:
    """Pulumi hands a list on as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at character {error.pos}") from None


def _offered(days: int) -> int:
    if days not in LOG_RETENTION_DAYS:
        raise ValueError(f"must be one of {', '.join(map(str, LOG_RETENTION_DAYS))}")
    return days


def _in_halves(units: float) -> float:
    if not math.isfinite(units) or units * 2 % 1:
        raise ValueError("must be a number in steps of 0.5")
    return units


def _arn(service: str, resource: str) -> object:
    return Field(pattern=rf"^(arn:aws[a-z-]*:{service}:[a-z0-9-]+:\d{{12}}:{resource}\S+)?$")


Text = Annotated[str, Field(max_length=2048)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_from_json)]
AccountIds = Annotated[tuple[Annotated[str, Field(pattern=r"^\d{12}$")], ...], BeforeValidator(_from_json)]
CapacityUnits = Annotated[float, Field(ge=0, le=256), AfterValidator(_in_halves)]


class LinkingProvider(BaseModel):
    """An identity provider whose word about an address opens the native account of that address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[^_\s]\S{2,31}$")
    email_domains: tuple[str, ...] = ()
    """Domains that the provider may speak for; none means all."""
    subject_attribute: str = ""
    """Pool attribute that holds the provider's user id; empty where ids are digits or UUIDs."""


def _list_or_nothing(value: object) -> object:
    return () if value == "" else _from_json(value)


class Role(BaseModel):
    """One line of the table role -> scopes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    description: str = Field(max_length=2048)
    scopes: tuple[str, ...]


def _roles(value: object) -> object:
    if value == "":
        return tuple(Role(name=name, description=text, scopes=scopes) for name, text, scopes in ROLES)
    return _from_json(value)


class OidcProvider(BaseModel):
    """A hospital's sign-in by OpenID Connect; its secret is in `oidcClientSecrets`."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    name: str
    issuer: str
    client_id: str
    scopes: tuple[str, ...] = ()
    attribute_mapping: dict[str, str] = {}
    identifiers: tuple[str, ...] = ()


class SamlProvider(BaseModel):
    """A hospital's sign-in by SAML 2.0."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    name: str
    attribute_mapping: dict[str, str]
    metadata_url: str = ""
    metadata_document: str = ""
    identifiers: tuple[str, ...] = ()


Secrets = Annotated[dict[str, SecretStr], BeforeValidator(lambda value: _from_json(value or "{}"))]
"""JSON object name -> secret; empty is none."""


def _list(value: object) -> object:
    return _from_json(value or "[]")


class Settings(BaseModel):
    """Every key of Pulumi.yaml, in its order and with its units."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    owner: Annotated[str, Field(min_length=1, max_length=256)]
    allowed_account_ids: AccountIds
    local_endpoint: Annotated[str, Field(pattern=r"^(http://(127\.0\.0\.1|localhost):\d{1,5})?$")]
    alarm_topic_arn: Annotated[str, _arn("sns", "")]
    tracing: bool
    log_retention_days: Annotated[int, AfterValidator(_offered)]
    pool_tier: Literal["LITE", "ESSENTIALS", "PLUS"]
    mfa: Literal["OFF", "OPTIONAL", "ON"]
    email_mfa: bool
    passkeys: bool
    passkey_relying_party_id: Text
    email_source_arn: Annotated[str, _arn("ses", "identity/")]
    email_from_address: Annotated[str, Field(pattern=r"^([^@<>\s]+@[^@<>\s]+|[^<>]+ <[^@<>\s]+@[^@<>\s]+>)?$")]
    email_reply_to: Text
    email_configuration_set: Text
    threat_protection: Literal["OFF", "AUDIT", "ENFORCED"]
    pool_logs: Literal["OFF", "ERRORS", "ALL"]
    firewall: bool
    firewall_requests_per_address: Annotated[int, Field(ge=100, le=2_000_000)]
    password_minimum_length: Annotated[int, Field(ge=6, le=99)]
    password_history_size: Annotated[int, Field(ge=0, le=24)]
    temporary_password_days: Annotated[int, Field(ge=0, le=365)]
    username_case_sensitive: bool
    self_sign_up: bool
    deletion_protection: bool
    access_token_minutes: Annotated[int, Field(ge=5, le=1440)]
    refresh_token_days: Annotated[int, Field(ge=1, le=3650)]
    rotate_refresh_tokens: bool
    generate_client_secret: bool
    enable_hosted_ui: bool
    domain_prefix: Text
    custom_domain_name: Text
    certificate_arn: Text
    hosted_zone_id: Annotated[str, Field(pattern=r"^(Z[A-Z0-9]{1,31})?$")]
    web_callback_urls: Texts
    web_logout_urls: Texts
    backend_callback_urls: Texts
    backend_logout_urls: Texts
    google_client_id: Text
    google_client_secret: SecretStr
    oidc_providers: Annotated[tuple[OidcProvider, ...], BeforeValidator(_list)]
    oidc_client_secrets: Secrets
    saml_providers: Annotated[tuple[SamlProvider, ...], BeforeValidator(_list)]
    machine_scopes: Texts
    tenantless_users: Literal["refuse", "limited"]
    lockout_failures: Annotated[int, Field(ge=2, le=100)]
    lockout_minutes: Annotated[int, Field(ge=1, le=1440)]
    allowed_email_domains: Texts
    denied_email_domains: Texts
    license_states: Texts
    default_language: Literal["ar", "fr", "en"]
    application_url: Annotated[str, Field(pattern=r"^(https://\S+|http://localhost(:\d+)?(/\S*)?)?$")]
    enable_identity_pool: bool
    document_bucket_arn: Annotated[str, Field(pattern=r"^(arn:aws[a-z-]*:s3:::[a-z0-9.-]+)?$")]
    audit_log_group_arn: Annotated[str, _arn("logs", "log-group:")]
    authenticated_role_name: Annotated[str, Field(pattern=r"^[\w+=,.@-]{0,64}$")]
    unauthenticated_role_name: Annotated[str, Field(pattern=r"^[\w+=,.@-]{0,64}$")]
    linking_providers: Annotated[tuple[LinkingProvider, ...], BeforeValidator(_list_or_nothing)]
    roles: Annotated[tuple[Role, ...], BeforeValidator(_roles), Field(min_length=1)]
    database_cluster_arn: Annotated[str, _arn("rds", "cluster:")]
    database_secret_arn: Annotated[str, _arn("secretsmanager", "secret:")]
    database_secret_key_arn: Annotated[str, _arn("kms", "key/")]
    database_name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    database_minimum_capacity: CapacityUnits
    database_maximum_capacity: CapacityUnits
    database_backup_days: Annotated[int, Field(ge=1, le=35)]
    archive_retention_days: Annotated[int, Field(ge=1, le=3650)]
    maximum_receive_count: Annotated[int, Field(ge=1, le=1000)]
    consumer_maximum_concurrency: Annotated[int, Field(ge=2, le=1000)]
    cors_origins: Texts
    throttle_rate: Annotated[int, Field(ge=1, le=10_000)]
    throttle_burst: Annotated[int, Field(ge=1, le=5_000)]
    secret_recovery_days: Annotated[int, Field(ge=0, le=30)]

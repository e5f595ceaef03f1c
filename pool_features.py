"""What the settings say about the ways into the pool and about its protection, as CognitoAuth takes it."""

from components.cognito_auth import (
    CognitoAuthArgs,
    EmailSenderArgs,
    HostedUiArgs,
    OidcProviderArgs,
    SamlProviderArgs,
    ThreatMode,
)
from settings import Settings


def pool_features(settings: Settings) -> CognitoAuthArgs:
    """Those arguments of CognitoAuth that are absent where a feature is off."""
    args: CognitoAuthArgs = {}  # type: ignore[typeddict-item]  # the required ones are the program's
    if settings.enable_hosted_ui:
        args["hosted_ui"] = _pages(settings)
    if settings.google_client_id:
        args["google"] = {
            "client_id": settings.google_client_id,
            "client_secret": settings.google_client_secret.get_secret_value(),
        }
    if settings.oidc_providers:
        args["oidc_providers"] = _oidc(settings)
    if settings.saml_providers:
        args["saml_providers"] = _saml(settings)
    if settings.email_source_arn:
        args["email"] = _sender(settings)
    args["email_mfa"] = settings.email_mfa
    if settings.passkeys:
        relying_party = settings.passkey_relying_party_id
        args["passkeys"] = {"relying_party_id": relying_party} if relying_party else {}
    if settings.threat_protection != "OFF":
        args["threat_protection"] = {"mode": ThreatMode(settings.threat_protection)}
    if settings.pool_logs != "OFF":
        args["log_delivery"] = {"user_activity": settings.pool_logs == "ALL"}
    if settings.firewall:
        args["firewall"] = {"requests_per_address": settings.firewall_requests_per_address}
    return args


def _pages(settings: Settings) -> HostedUiArgs:
    if not settings.custom_domain_name:
        return {"domain_prefix": settings.domain_prefix}
    pages: HostedUiArgs = {"custom_domain_name": settings.custom_domain_name}
    if settings.certificate_arn:
        pages["certificate_arn"] = settings.certificate_arn
    if settings.hosted_zone_id:
        pages["hosted_zone_id"] = settings.hosted_zone_id
    return pages


def _oidc(settings: Settings) -> list[OidcProviderArgs]:
    providers: list[OidcProviderArgs] = []
    for given in settings.oidc_providers:
        provider: OidcProviderArgs = {
            "name": given.name,
            "issuer": given.issuer,
            "client_id": given.client_id,
            "client_secret": settings.oidc_client_secrets[given.name].get_secret_value(),
            "identifiers": list(given.identifiers),
        }
        if given.scopes:
            provider["scopes"] = list(given.scopes)
        if given.attribute_mapping:
            provider["attribute_mapping"] = dict(given.attribute_mapping)
        providers.append(provider)
    return providers


def _saml(settings: Settings) -> list[SamlProviderArgs]:
    providers: list[SamlProviderArgs] = []
    for given in settings.saml_providers:
        provider: SamlProviderArgs = {
            "name": given.name,
            "attribute_mapping": dict(given.attribute_mapping),
            "identifiers": list(given.identifiers),
        }
        if given.metadata_url:
            provider["metadata_url"] = given.metadata_url
        if given.metadata_document:
            provider["metadata_document"] = given.metadata_document
        providers.append(provider)
    return providers


def _sender(settings: Settings) -> EmailSenderArgs:
    sender: EmailSenderArgs = {
        "source_arn": settings.email_source_arn,
        "from_address": settings.email_from_address,
    }
    if settings.email_reply_to:
        sender["reply_to"] = settings.email_reply_to
    if settings.email_configuration_set:
        sender["configuration_set"] = settings.email_configuration_set
    return sender

"""What a stack must be beyond well-formed: one function per rule, each saying what is wrong and how to mend it.

A rule yields `(key, problem)`; the key is the one to change in the stack's file.
"""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from settings.access import SCOPES
from settings.environment import Environment, EnvironmentKind
from settings.model import Settings

Problem = tuple[str, str]
Rule = Callable[[Settings, Environment], Iterator[Problem]]


def local_endpoint_belongs_to_local(settings: Settings, environment: Environment) -> Iterator[Problem]:
    """A stack of AWS must not end up in the local cloud, nor the local one in AWS."""
    if environment.kind is EnvironmentKind.LOCAL and not settings.local_endpoint:
        yield "localEndpoint", "is empty; the stack local needs the URL that `medflow local up` prints"
    if environment.kind is not EnvironmentKind.LOCAL and settings.local_endpoint:
        yield "localEndpoint", f"is for the stack local alone; remove it from {environment.name}"


def a_stack_of_real_users_names_its_account(settings: Settings, environment: Environment) -> Iterator[Problem]:
    """Credentials of another account in a shell must not end in a second, empty prod."""
    if not environment.throw_away and not settings.allowed_account_ids:
        yield "allowedAccountIds", f"must name the AWS account of {environment.name}"


def prod_protects_what_cannot_be_had_back(settings: Settings, environment: Environment) -> Iterator[Problem]:
    """Losing the pool loses every password."""
    if environment.kind is EnvironmentKind.PROD and not settings.deletion_protection:
        yield "deletionProtection", "must be true in prod"
    if environment.kind is EnvironmentKind.PROD and not settings.secret_recovery_days:
        yield "secretRecoveryDays", "must be 7 to 30 in prod: a deleted secret must come back"
    if environment.kind is EnvironmentKind.PROD and settings.database_backup_days < 7:
        yield "databaseBackupDays", "must be at least 7 in prod"


def a_recovery_window_is_one_that_aws_offers(settings: Settings, _: Environment) -> Iterator[Problem]:
    """ "DeleteSecret", Secrets Manager API Reference."""
    if 0 < settings.secret_recovery_days < 7:
        yield "secretRecoveryDays", "must be 0, or 7 to 30"


def features_are_in_the_tier(settings: Settings, _: Environment) -> Iterator[Problem]:
    """The enricher changes access tokens, which LITE cannot."""
    if settings.pool_tier == "LITE":
        yield "poolTier", "must be ESSENTIALS or PLUS: LITE cannot put the clinic into access tokens"


def prod_demands_a_second_factor(settings: Settings, environment: Environment) -> Iterator[Problem]:
    """Patient data is behind every account."""
    if environment.kind is EnvironmentKind.PROD and settings.mfa != "ON":
        yield "mfa", "must be ON in prod"


def passwords_are_long_where_patients_are_real(settings: Settings, environment: Environment) -> Iterator[Problem]:
    """Twelve characters, eight where nobody real signs in."""
    least = 8 if environment.throw_away else 12
    if settings.password_minimum_length < least:
        yield "passwordMinimumLength", f"must be at least {least} in {environment.name}"


def nobody_goes_without_clinic_in_prod(settings: Settings, environment: Environment) -> Iterator[Problem]:
    """No token rather than one that no clinic answers for."""
    if environment.kind is EnvironmentKind.PROD and settings.tenantless_users != "refuse":
        yield "tenantlessUsers", "must be refuse in prod"


def access_tokens_are_short_lived_in_prod(settings: Settings, environment: Environment) -> Iterator[Problem]:
    """A revoked access token works until it expires: the API's authorizer does not ask Cognito."""
    if environment.kind is EnvironmentKind.PROD and settings.access_token_minutes > 60:
        yield "accessTokenMinutes", "must be at most 60 in prod"


def browsers_reach_us_over_https_from_known_origins(settings: Settings, environment: Environment) -> Iterator[Problem]:
    """`*` is for development alone; plain http and localhost for development and the local cloud."""
    for origin in settings.cors_origins:
        if origin == "*" and environment.kind is not EnvironmentKind.DEV:
            yield "corsOrigins", "must name the web application's origins; * is for dev alone"
        elif origin != "*":
            yield from _not_https("corsOrigins", origin, environment)
            if urlsplit(origin).path:
                yield "corsOrigins", f"{origin} must be scheme and host alone, without a path or a slash at its end"
    urls_by_key = {
        "webCallbackUrls": settings.web_callback_urls,
        "webLogoutUrls": settings.web_logout_urls,
        "backendCallbackUrls": settings.backend_callback_urls,
        "backendLogoutUrls": settings.backend_logout_urls,
    }
    for key, urls in urls_by_key.items():
        for url in urls:
            yield from _not_https(key, url, environment)


def invitations_lead_to_the_application(settings: Settings, environment: Environment) -> Iterator[Problem]:
    """Whom the pool invites must not be sent to a developer's machine."""
    if settings.application_url:
        yield from _not_https("applicationUrl", settings.application_url, environment)


def hosted_ui_has_a_host(settings: Settings, _: Environment) -> Iterator[Problem]:
    """Sign-in pages need exactly one host name, and an address to return to."""
    if not settings.enable_hosted_ui:
        return
    if bool(settings.domain_prefix) == bool(settings.custom_domain_name):
        yield "domainPrefix", "give exactly one of domainPrefix and customDomainName with enableHostedUi"
    if settings.custom_domain_name and not (settings.certificate_arn or settings.hosted_zone_id):
        yield "hostedZoneId", "or certificateArn is missing: customDomainName needs a zone to prove its certificate in"
    if settings.certificate_arn and not re.match(r"arn:aws[a-z-]*:acm:us-east-1:", settings.certificate_arn):
        yield "certificateArn", "must be an ACM certificate in us-east-1: the pages are served by CloudFront"
    prefix = settings.domain_prefix
    if prefix and not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", prefix):
        yield "domainPrefix", "must be 1 to 63 lower-case letters, digits and inner hyphens"
    for word in ("aws", "amazon", "cognito"):
        if word in prefix:
            yield "domainPrefix", f"must not contain {word!r}"
    for key, value in (("certificateArn", settings.certificate_arn), ("hostedZoneId", settings.hosted_zone_id)):
        if value and not settings.custom_domain_name:
            yield key, "goes with customDomainName alone"
    if not settings.web_callback_urls:
        yield "webCallbackUrls", "must not be empty with enableHostedUi"


def providers_are_complete(settings: Settings, _: Environment) -> Iterator[Problem]:
    """Federation goes through the sign-in pages, and no provider signs in without its secret."""
    if bool(settings.google_client_id) != bool(settings.google_client_secret.get_secret_value()):
        yield "googleClientSecret", "goes together with googleClientId: give both or neither"
    named = {provider.name for provider in settings.oidc_providers}
    for name in sorted(named ^ set(settings.oidc_client_secrets)):
        yield "oidcClientSecrets", f"and oidcProviders must name the same providers; {name!r} is in one of them only"
    if (settings.google_client_id or named or settings.saml_providers) and not settings.enable_hosted_ui:
        yield "enableHostedUi", "must be true with googleClientId, oidcProviders or samlProviders"


def factors_have_their_preconditions(settings: Settings, _: Environment) -> Iterator[Problem]:
    """Cognito would refuse them half of the stack later."""
    if bool(settings.email_source_arn) != bool(settings.email_from_address):
        yield "emailFromAddress", "goes together with emailSourceArn: give both or neither"
    if settings.email_mfa and not settings.email_source_arn:
        yield "emailSourceArn", "is missing: emailMfa needs an SES sender"
    if settings.passkeys and settings.mfa == "ON":
        yield "passkeys", "must be false with mfa ON: Cognito takes them only as a single factor here"
    if settings.passkeys and not settings.enable_hosted_ui:
        yield "enableHostedUi", "must be true with passkeys"
    if settings.passkeys and not (settings.custom_domain_name or settings.passkey_relying_party_id):
        yield "passkeyRelyingPartyId", "is missing: passkeys need it, or customDomainName"


def protection_fits_the_tier(settings: Settings, _: Environment) -> Iterator[Problem]:
    """Risks are assessed on the tier PLUS alone."""
    if settings.threat_protection != "OFF" and settings.pool_tier != "PLUS":
        yield "poolTier", f"must be PLUS with threatProtection {settings.threat_protection}; or set that to OFF"
    if settings.pool_logs == "ALL" and settings.threat_protection == "OFF":
        yield "poolLogs", "must be ERRORS or OFF while threatProtection is OFF: no activity is recorded"


def prod_is_watched(settings: Settings, environment: Environment) -> Iterator[Problem]:
    """Passwords leak elsewhere, and are tried here."""
    if environment.kind is not EnvironmentKind.PROD:
        return
    if settings.threat_protection == "OFF":
        yield "threatProtection", "must be AUDIT (the first two weeks) or ENFORCED in prod"
    if not settings.firewall:
        yield "firewall", "must be true in prod"
    if settings.pool_logs == "OFF":
        yield "poolLogs", "must not be OFF in prod"


def an_existing_database_comes_with_its_secret(settings: Settings, _: Environment) -> Iterator[Problem]:
    """The Data API signs in with a secret; without it no statement runs."""
    if settings.database_cluster_arn and not settings.database_secret_arn:
        yield "databaseSecretArn", "is missing: the existing cluster needs the secret with its user name and password"
    if settings.database_secret_arn and not settings.database_cluster_arn:
        yield "databaseClusterArn", "is missing: databaseSecretArn goes with an existing cluster"


def database_capacity_fits(settings: Settings, environment: Environment) -> Iterator[Problem]:
    """A paused database makes the first sign-in of the morning wait."""
    if settings.database_minimum_capacity > settings.database_maximum_capacity:
        yield "databaseMinimumCapacity", "must not exceed databaseMaximumCapacity"
    if settings.database_maximum_capacity < 1:
        yield "databaseMaximumCapacity", "must be at least 1"
    if environment.kind is EnvironmentKind.PROD and settings.database_minimum_capacity <= 0:
        yield "databaseMinimumCapacity", "must be above 0 in prod: a paused database delays every first call"


def a_machine_finds_its_token_endpoint(settings: Settings, _: Environment) -> Iterator[Problem]:
    """The endpoint is on the host of the sign-in pages."""
    if settings.machine_scopes and not settings.enable_hosted_ui:
        yield "machineScopes", "needs enableHostedUi: the token endpoint is on its host"


def documents_come_with_the_identity_pool(settings: Settings, _: Environment) -> Iterator[Problem]:
    """What only the identity pool uses must not look as if it were used without it."""
    given = {
        "documentBucketArn": settings.document_bucket_arn,
        "auditLogGroupArn": settings.audit_log_group_arn,
        "authenticatedRoleName": settings.authenticated_role_name,
        "unauthenticatedRoleName": settings.unauthenticated_role_name,
    }
    for key, value in given.items():
        if value and not settings.enable_identity_pool:
            yield key, "needs enableIdentityPool"


def only_known_providers_link(settings: Settings, environment: Environment) -> Iterator[Problem]:
    """Whoever is trusted here opens accounts with its word alone."""
    known = {given.name for given in settings.oidc_providers} | {given.name for given in settings.saml_providers}
    if settings.google_client_id:
        known.add("Google")
    for provider in settings.linking_providers:
        if provider.name not in known:
            yield "linkingProviders", f"{provider.name!r} is none of the configured identity providers"
        if environment.kind is EnvironmentKind.PROD and provider.name != "Google" and not provider.email_domains:
            yield "linkingProviders", f"{provider.name!r} must name its email_domains in prod"


def scopes_exist(settings: Settings, _: Environment) -> Iterator[Problem]:
    """A scope that the resource server does not know cannot be in a token."""
    for role in settings.roles:
        for scope in role.scopes:
            if scope not in SCOPES:
                yield "roles", f"role {role.name!r} names the unknown scope {scope!r}; known: {', '.join(SCOPES)}"
    for scope in settings.machine_scopes:
        if scope not in SCOPES:
            yield "machineScopes", f"names the unknown scope {scope!r}; known: {', '.join(SCOPES)}"


def roles_are_distinct(settings: Settings, _: Environment) -> Iterator[Problem]:
    """Each role is one Cognito group."""
    names = [role.name for role in settings.roles]
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield "roles", f"role {name!r} stands twice"


def _not_https(key: str, url: str, environment: Environment) -> Iterator[Problem]:
    on_localhost = urlsplit(url).hostname in ("localhost", "127.0.0.1")
    if on_localhost and not environment.throw_away:
        yield key, f"{url} points to localhost; that is for dev and local alone"
    elif not on_localhost and not url.startswith("https://"):
        yield key, f"{url} must start with https://"


RULES: tuple[Rule, ...] = (
    local_endpoint_belongs_to_local,
    a_stack_of_real_users_names_its_account,
    prod_protects_what_cannot_be_had_back,
    a_recovery_window_is_one_that_aws_offers,
    features_are_in_the_tier,
    prod_demands_a_second_factor,
    passwords_are_long_where_patients_are_real,
    nobody_goes_without_clinic_in_prod,
    access_tokens_are_short_lived_in_prod,
    browsers_reach_us_over_https_from_known_origins,
    invitations_lead_to_the_application,
    hosted_ui_has_a_host,
    providers_are_complete,
    factors_have_their_preconditions,
    protection_fits_the_tier,
    prod_is_watched,
    an_existing_database_comes_with_its_secret,
    database_capacity_fits,
    a_machine_finds_its_token_endpoint,
    documents_come_with_the_identity_pool,
    only_known_providers_link,
    scopes_exist,
    roles_are_distinct,
)

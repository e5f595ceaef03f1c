"""Arguments of what a pool may have beyond its accounts: ways in, sign-in pages, sender, protection."""

from enum import StrEnum
from typing import NotRequired, TypedDict

import pulumi


class Branding(StrEnum):
    """Look of the sign-in pages."""

    MEDFLOW = "MEDFLOW"
    """Colours and logo of the folder `branding`."""
    COGNITO = "COGNITO"
    """Cognito's own."""


class HostedUiArgs(TypedDict):
    domain_prefix: NotRequired[str]
    """First label of `<prefix>.auth.<region>.amazoncognito.com`, unique per region; give it or a custom domain."""
    custom_domain_name: NotRequired[str]
    """Own host name such as `auth.medflow.com`. Its parent (`medflow.com`) must already resolve by an A record, else
    Cognito refuses the domain; creation takes up to an hour."""
    certificate_arn: NotRequired[str]
    """ACM certificate for the custom domain, in us-east-1; absent with a hosted zone means one is requested."""
    hosted_zone_id: NotRequired[str]
    """Public Route 53 zone of the custom domain: gets its alias records and the proof for the certificate."""
    branding: NotRequired[Branding]
    """Default MEDFLOW."""


class GoogleArgs(TypedDict):
    client_id: pulumi.Input[str]
    """OAuth client of the Google Cloud project; its redirect URI is `https://<sign-in host>/oauth2/idpresponse`."""
    client_secret: pulumi.Input[str]
    """Kept a secret, whether it comes as one or not."""
    scopes: NotRequired[list[str]]
    """Default openid, email, profile."""
    attribute_mapping: NotRequired[dict[str, str]]
    """Pool attribute -> claim. Default: user name, e-mail, whether it is verified, names."""


class OidcProviderArgs(TypedDict):
    name: str
    """Shown on the sign-in pages; 3 to 32 letters, digits, inner dots and hyphens. A change replaces the provider."""
    issuer: str
    """https URL below which `/.well-known/openid-configuration` lies."""
    client_id: pulumi.Input[str]
    client_secret: pulumi.Input[str]
    """Kept a secret, whether it comes as one or not."""
    scopes: NotRequired[list[str]]
    """Default openid, email, profile."""
    attribute_mapping: NotRequired[dict[str, str]]
    """Pool attribute -> claim. Default: user name, e-mail, whether it is verified, names."""
    identifiers: NotRequired[list[str]]
    """Up to 50 short names, such as e-mail domains, by which an application picks this provider."""


class SamlProviderArgs(TypedDict):
    name: str
    """Shown on the sign-in pages; 3 to 32 letters, digits, inner dots and hyphens. A change replaces the provider."""
    attribute_mapping: dict[str, str]
    """Pool attribute -> name of the assertion's attribute; must name `email`. The user name is the NameID."""
    metadata_url: NotRequired[str]
    """https URL of the metadata document, which Cognito reads again every few hours; give it or the document."""
    metadata_document: NotRequired[str]
    """The metadata document itself, as XML."""
    identifiers: NotRequired[list[str]]
    """Up to 50 short names, such as e-mail domains, by which an application picks this provider."""


class UserVerification(StrEnum):
    """Whether an authenticator must recognise its owner (PIN, finger, face) and not only be there."""

    REQUIRED = "required"
    PREFERRED = "preferred"


class PasskeysArgs(TypedDict):
    relying_party_id: NotRequired[str]
    """Host that passkeys are bound to; a change makes every registered one useless. With a custom domain it is that
    domain, which is the default; with a prefix it must be given."""
    user_verification: NotRequired[UserVerification]
    """Default required."""


class EmailSenderArgs(TypedDict):
    source_arn: str
    """SES identity (address or domain) that is verified and out of the sandbox."""
    from_address: str
    """`no-reply@medflow.com` or `MedFlow <no-reply@medflow.com>`."""
    reply_to: NotRequired[str]
    configuration_set: NotRequired[str]
    """SES configuration set that counts bounces and complaints."""


class ThreatMode(StrEnum):
    """What Cognito does with a risky sign-in."""

    AUDIT = "AUDIT"
    """Assess and record. AWS advises two weeks of it before ENFORCED: it learns what is usual."""
    ENFORCED = "ENFORCED"
    """Assess and act."""


class RiskAction(StrEnum):
    """Answer to a sign-in that may be somebody else's."""

    NO_ACTION = "NO_ACTION"
    MFA_IF_CONFIGURED = "MFA_IF_CONFIGURED"
    """Ask those for a second factor who have one."""
    MFA_REQUIRED = "MFA_REQUIRED"
    """Ask for a second factor, refuse those without one."""
    BLOCK = "BLOCK"


class AccountTakeoverArgs(TypedDict):
    low: NotRequired[RiskAction]
    """Default MFA_IF_CONFIGURED."""
    medium: NotRequired[RiskAction]
    """Default MFA_IF_CONFIGURED."""
    high: NotRequired[RiskAction]
    """Default BLOCK."""


class ThreatProtectionArgs(TypedDict):
    mode: ThreatMode
    custom_auth_mode: NotRequired[ThreatMode]
    """The same for custom authentication challenges; absent leaves them unassessed."""
    account_takeover: NotRequired[AccountTakeoverArgs]
    """Counts with ENFORCED alone. With `email`, users are told of medium and high risks."""


class LogDeliveryArgs(TypedDict):
    user_activity: NotRequired[bool]
    """Every sign-in with its risk, device and place: personal data. Default false; needs threat_protection."""


class FirewallArgs(TypedDict):
    requests_per_address: NotRequired[int]
    """Requests of one IP address in five minutes, 100 to 2,000,000, beyond which it is refused. Default 2000: a whole
    clinic may share an address."""

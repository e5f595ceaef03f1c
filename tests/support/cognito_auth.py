"""CognitoAuth with everything it knows, and short ways to its pool and to its refusals."""

from typing import Any, Final

import pytest

from components._checks import ArgumentsError
from components.cognito_auth import (
    CognitoAuth,
    CognitoAuthArgs,
    EmailSenderArgs,
    Mfa,
    OidcProviderArgs,
    SamlProviderArgs,
    ThreatMode,
    Tier,
)
from support.component_args import cognito_auth, full_cognito_auth
from support.pulumi_harness import Synth, synth

POOL: Final = "aws:cognito/userPool:UserPool"
CLIENT: Final = "aws:cognito/userPoolClient:UserPoolClient"
PROVIDER: Final = "aws:cognito/identityProvider:IdentityProvider"
DOMAIN: Final = "aws:cognito/userPoolDomain:UserPoolDomain"
RECORD: Final = "aws:route53/record:Record"

CERTIFICATE: Final = "arn:aws:acm:us-east-1:123456789012:certificate/1"
ZONE: Final = "Z0123456789ABC"
SENDER: Final[EmailSenderArgs] = {
    "source_arn": "arn:aws:ses:eu-west-3:123456789012:identity/example.com",
    "from_address": "Clinics <no-reply@example.com>",
    "reply_to": "help@example.com",
    "configuration_set": "clinics",
}
OIDC: Final[OidcProviderArgs] = {
    "name": "Hospital-One",
    "issuer": "https://id.one.example",
    "client_id": "clinics",
    "client_secret": "not-a-real-one",
    "identifiers": ["one.example"],
}
SAML: Final[SamlProviderArgs] = {
    "name": "Hospital.Two",
    "metadata_url": "https://two.example/metadata.xml",
    "attribute_mapping": {"email": "mail", "family_name": "sn"},
    "identifiers": ["two.example"],
}


def everything(**changes: object) -> CognitoAuthArgs:
    """All features at once, as far as they go together: MFA is OPTIONAL, for passkeys exclude ON."""
    return full_cognito_auth(
        **{
            "tier": Tier.PLUS,
            "mfa": Mfa.OPTIONAL,
            "hosted_ui": {"custom_domain_name": "auth.example.com", "hosted_zone_id": ZONE},
            "backend_client": {"generate_secret": True, "callback_urls": ["https://api.example.com/in"]},
            "google": {"client_id": "clinics", "client_secret": "not-a-real-one"},
            "oidc_providers": [OIDC],
            "saml_providers": [SAML],
            "email": SENDER,
            "email_mfa": True,
            "passkeys": {},
            "threat_protection": {"mode": ThreatMode.ENFORCED, "custom_auth_mode": ThreatMode.AUDIT},
            "log_delivery": {"user_activity": True},
            "firewall": {},
            **changes,
        }
    )


def graph_with(**changes: Any) -> Synth:
    """The least pool with changes."""
    return synth(lambda: CognitoAuth("auth", cognito_auth(**changes)))


def pool_with(**changes: Any) -> dict[str, Any]:
    """Inputs of the pool of the least arguments with changes."""
    return graph_with(**changes).one(POOL).inputs


def graph_of_everything(*, preview: bool = False, **changes: Any) -> Synth:
    """All features with changes."""
    return synth(lambda: CognitoAuth("auth", everything(**changes)), preview=preview)


def refused(**changes: Any) -> str:
    """Text with which the least arguments with changes are refused."""
    with pytest.raises(ArgumentsError) as caught:
        graph_with(**changes)
    return str(caught.value)


def everything_refused(**changes: Any) -> str:
    """Text with which all features with changes are refused."""
    with pytest.raises(ArgumentsError) as caught:
        graph_of_everything(**changes)
    return str(caught.value)

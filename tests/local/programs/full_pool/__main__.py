"""CognitoAuth with every feature that goes with the others."""

import pulumi
import pulumi_aws as aws

from components.cognito_auth import CognitoAuth, Mfa, ThreatMode, Tier

config = pulumi.Config()
provider = aws.Provider("aws", region="us-east-1", allowed_account_ids=["000000000000"])
auth = CognitoAuth(
    "auth",
    {
        "name_prefix": "full-pool",
        "tier": Tier.PLUS,
        "mfa": Mfa.OPTIONAL,
        "password_policy": {"minimum_length": 12, "temporary_password_days": 3, "history_size": 5},
        "token_lifetime": {"access_minutes": 60, "refresh_days": 30},
        "roles": [{"name": "patient", "description": "Is treated", "scopes": ["profile.read"]}],
        "scopes": [{"name": "profile.read", "description": "Read one's own profile"}],
        "resource_server": "medflow",
        "web_client": {"callback_urls": ["https://app.example.org/in"], "logout_urls": ["https://app.example.org/out"]},
        "backend_client": {"generate_secret": True, "callback_urls": ["https://api.example.org/in"]},
        "deletion_protection": False,
        "protect_pool": False,
        "hosted_ui": {"custom_domain_name": "auth.example.org", "hosted_zone_id": config.require("zoneId")},
        "google": {"client_id": "clinics", "client_secret": "not-a-real-one"},
        "oidc_providers": [
            {
                "name": "Hospital-One",
                "issuer": "https://id.one.example",
                "client_id": "clinics",
                "client_secret": "not-a-real-one",
                "identifiers": ["one.example"],
            }
        ],
        "saml_providers": [
            {
                "name": "Hospital-Two",
                "metadata_url": "https://two.example/metadata.xml",
                "attribute_mapping": {"email": "mail"},
            }
        ],
        "email": {
            "source_arn": "arn:aws:ses:us-east-1:000000000000:identity/example.org",
            "from_address": "Clinics <no-reply@example.org>",
        },
        "email_mfa": True,
        "passkeys": {},
        "threat_protection": {"mode": ThreatMode.ENFORCED, "custom_auth_mode": ThreatMode.AUDIT},
        "log_delivery": {"user_activity": True},
        "firewall": {"requests_per_address": 1000},
    },
    pulumi.ResourceOptions(provider=provider),
)
pulumi.export("pool_id", auth.user_pool_id)
pulumi.export("pool_arn", auth.user_pool_arn)
pulumi.export("web_client_id", auth.web_client_id)
pulumi.export("pages", auth.user_pool_domain)

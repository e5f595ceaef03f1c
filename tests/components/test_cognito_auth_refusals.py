"""What CognitoAuth refuses, and that the error names the key and the fix."""

import re
from typing import Any

import pytest

from components.cognito_auth import Mfa, RiskAction, ThreatMode, Tier
from support.cognito_auth import CERTIFICATE, OIDC, SAML, SENDER, everything_refused, refused
from support.component_args import trigger

PAGES = {"domain_prefix": "clinics-test"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name_prefix": "Dev_Medflow"}, "name_prefix 'Dev_Medflow' must be lower-case"),
        (
            {"tier": Tier.LITE, "triggers": {"pre_token_generation": trigger("f")}},
            r"triggers.pre_token_generation \(V2_0\) needs tier ESSENTIALS",
        ),
        (
            {
                "tier": Tier.LITE,
                "password_policy": {"minimum_length": 8, "temporary_password_days": 1, "history_size": 3},
            },
            "password_policy.history_size needs tier ESSENTIALS",
        ),
        (
            {"password_policy": {"minimum_length": 5, "temporary_password_days": 1}},
            "password_policy.minimum_length is 5; it must be 6 to 99 characters",
        ),
        (
            {"token_lifetime": {"access_minutes": 4, "refresh_days": 30}},
            "token_lifetime.access_minutes is 4; it must be 5 to 1440 minutes",
        ),
        (
            {"token_lifetime": {"access_minutes": 5, "refresh_days": 4000}},
            "token_lifetime.refresh_days is 4000; it must be 1 to 3650 days",
        ),
        (
            {"web_client": {"callback_urls": ["http://app.example.com"], "logout_urls": []}},
            "web_client.callback_urls: 'http://app.example.com' must start with https://",
        ),
        (
            {"triggers": {"pre_sign_up": {**trigger("f"), "pool_operations": ["AdminGetUser"]}}},
            "triggers.pre_sign_up.pool_operations needs role_name",
        ),
        ({"triggers": {"pre_singup": trigger("f")}}, "triggers.pre_singup is no kind of trigger"),
        ({"triggers": {"pre_authentication": trigger("f")}}, "triggers.post_authentication go together"),
        ({"triggers": {"custom_message": trigger("f")}}, "triggers.custom_message needs email"),
        ({"roles": []}, "roles must not be empty"),
        (
            {"roles": [{"name": "admin", "description": "", "scopes": ["fly"]}]},
            "role 'admin' names the unknown scope 'fly'",
        ),
        ({"machine_client": {"scopes": ["staff.read"]}}, "machine_client needs hosted_ui"),
        ({"machine_client": {"scopes": []}}, "machine_client.scopes must not be empty"),
        ({"hosted_ui": {}}, "hosted_ui takes exactly one of domain_prefix and custom_domain_name"),
        ({"hosted_ui": {"domain_prefix": "my-aws-login"}}, "must not contain 'aws'"),
        (
            {"hosted_ui": {"custom_domain_name": "auth.medflow.com"}},
            "custom_domain_name needs certificate_arn, .* or hosted_zone_id",
        ),
        (
            {
                "hosted_ui": {
                    "custom_domain_name": "auth.medflow.com",
                    "certificate_arn": "arn:aws:acm:eu-west-3:123456789012:certificate/1",
                }
            },
            "hosted_ui.certificate_arn is in eu-west-3; it must be in us-east-1",
        ),
        ({"hosted_ui": {"domain_prefix": "x"}}, "hosted_ui needs at least one of web_client.callback_urls"),
    ],
)
def test_a_bad_argument_is_refused_with_its_key_and_its_fix(changes: dict[str, Any], message: str) -> None:
    """A3 A5."""
    assert re.search(message, refused(**changes))


def test_all_problems_are_named_at_once() -> None:
    text = refused(roles=[], token_lifetime={"access_minutes": 1, "refresh_days": 0})
    assert text.startswith("CognitoAuth 'auth': ")
    assert all(part in text for part in ("access_minutes is 1", "refresh_days is 0", "roles must not be empty"))


@pytest.mark.parametrize(
    ("feature", "tier"),
    [
        ({"hosted_ui": PAGES}, "hosted_ui (managed login) needs tier ESSENTIALS or PLUS, not LITE"),
        ({"email_mfa": True}, "email_mfa needs tier ESSENTIALS or PLUS, not LITE"),
        ({"passkeys": {}}, "passkeys needs tier ESSENTIALS or PLUS, not LITE"),
        ({"threat_protection": {"mode": ThreatMode.AUDIT}}, "threat_protection needs tier PLUS, not LITE"),
        ({"log_delivery": {"user_activity": True}}, "log_delivery.user_activity needs tier PLUS, not LITE"),
    ],
)
def test_a_feature_that_the_tier_lacks_is_refused_with_the_tier_that_has_it(feature: dict[str, Any], tier: str) -> None:
    """A10. AWS answers FeatureUnavailableInTierException, half of the stack later."""
    assert tier in refused(tier=Tier.LITE, **feature)


@pytest.mark.parametrize("feature", ["threat_protection", "log_delivery.user_activity"])
def test_what_needs_the_highest_tier_is_refused_on_the_middle_one(feature: str) -> None:
    """A10."""
    assert f"{feature} needs tier PLUS, not ESSENTIALS" in everything_refused(tier=Tier.ESSENTIALS)


def test_every_feature_at_once_suits_the_highest_tier_alone() -> None:
    """A10. One line for each, in one error."""
    text = everything_refused(tier=Tier.LITE)
    assert text.count("needs tier") == 7


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mfa": Mfa.OFF}, "email_mfa needs mfa OPTIONAL or ON"),
        ({"mfa": Mfa.ON}, "passkeys need mfa OPTIONAL or OFF"),
        ({"passkeys": {"relying_party_id": "example.com"}}, "relying_party_id must be 'auth.example.com'"),
        ({"hosted_ui": PAGES}, "passkeys.relying_party_id is missing: with domain_prefix give the pages' host"),
        (
            {
                "mfa": Mfa.OFF,
                "threat_protection": {
                    "mode": ThreatMode.ENFORCED,
                    "account_takeover": {"medium": RiskAction.MFA_REQUIRED},
                },
            },
            "threat_protection.account_takeover.medium MFA_REQUIRED needs mfa OPTIONAL or ON",
        ),
        ({"firewall": {"requests_per_address": 99}}, "firewall.requests_per_address is 99; it must be 100 to 2000000"),
        (
            {"hosted_ui": {"custom_domain_name": "medflow.com", "certificate_arn": CERTIFICATE}},
            "custom_domain_name 'medflow.com' must be a lower-case host .* below a domain of yours, .* A record",
        ),
        (
            {"hosted_ui": {"custom_domain_name": "auth.example.com", "hosted_zone_id": "/hostedzone/Z1"}},
            "hosted_ui.hosted_zone_id '/hostedzone/Z1' must read like Z0123456789ABC",
        ),
        ({"hosted_ui": {**PAGES, "hosted_zone_id": "Z1"}}, "hosted_zone_id goes with custom_domain_name only"),
        ({"hosted_ui": {**PAGES, "certificate_arn": CERTIFICATE}}, "certificate_arn goes with custom_domain_name only"),
        (
            {"backend_client": {"generate_secret": True, "callback_urls": ["http://api.example.com"]}},
            "backend_client.callback_urls: 'http://api.example.com' must start with https://",
        ),
        ({"email": {**SENDER, "source_arn": "no-reply@example.com"}}, "email.source_arn .* is not an ARN of ses"),
        ({"email": {**SENDER, "from_address": "nobody"}}, "email.from_address 'nobody' must read like `a@b.c`"),
        ({"email": {**SENDER, "reply_to": "nobody"}}, "email.reply_to 'nobody' must read like"),
        ({"oidc_providers": [{**OIDC, "issuer": "http://one.example"}]}, "issuer 'http://one.example' must start with"),
        ({"oidc_providers": [{**OIDC, "name": "X"}]}, "provider 'X' must be 3 to 32 letters, digits"),
        ({"oidc_providers": [{**OIDC, "name": "google"}]}, "provider 'google' has a name that Cognito keeps"),
        ({"oidc_providers": [OIDC, OIDC]}, "provider 'hospital-one' stands twice"),
        (
            {"saml_providers": [{**SAML, "name": "hospital-one"}]},
            r"provider 'hospital-one' stands twice \(case does not count\)",
        ),
        ({"saml_providers": [{**SAML, "identifiers": ["one.example"]}]}, "'one.example' belongs to two providers"),
        ({"saml_providers": [{**SAML, "identifiers": ["a,b"]}]}, "identifiers must be at most 50 of 1 to 40"),
        ({"saml_providers": [{**SAML, "metadata_url": "http://two"}]}, "metadata_url 'http://two' must start with"),
        ({"saml_providers": [{**SAML, "metadata_document": "<x/>"}]}, "exactly one of metadata_url and"),
        (
            {"saml_providers": [{**SAML, "attribute_mapping": {"email": "mail", "username": "uid"}}]},
            "attribute_mapping must not name username; with SAML it is the NameID",
        ),
        (
            {"saml_providers": [{**SAML, "attribute_mapping": {"name": "cn"}}]},
            "attribute_mapping must name email, which the pool requires",
        ),
    ],
)
def test_features_that_do_not_go_together_are_refused(changes: dict[str, Any], message: str) -> None:
    """A4 A6 A7 A10 A12."""
    assert re.search(message, everything_refused(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"email_mfa": True, "mfa": Mfa.ON}, "email_mfa needs email, an SES sender"),
        ({"passkeys": {}}, "passkeys need hosted_ui"),
        ({"oidc_providers": [OIDC]}, "google, oidc_providers and saml_providers need hosted_ui"),
        (
            {"tier": Tier.PLUS, "log_delivery": {"user_activity": True}},
            "log_delivery.user_activity needs threat_protection",
        ),
        (
            {"backend_client": {"generate_secret": True, "callback_urls": ["https://api.example.com/"]}},
            "backend_client.callback_urls need hosted_ui",
        ),
    ],
)
def test_a_feature_without_its_precondition_is_refused(changes: dict[str, Any], message: str) -> None:
    """A4 A7 A10."""
    assert message in refused(**changes)


@pytest.mark.parametrize("key", ["clinic_id", "user_role", "medical_license", "license_state"])
def test_no_provider_decides_clinic_role_or_licence(key: str) -> None:
    """A2 A7. A hospital's directory would else name the tenant of its people, and of anybody it likes."""
    google = {"client_id": "c", "client_secret": "not-a-real-one", "attribute_mapping": {"email": "email"}}
    google["attribute_mapping"][f"custom:{key}"] = "department"  # type: ignore[index]
    assert f"provider 'Google': attribute_mapping names 'custom:{key}'" in everything_refused(google=google)

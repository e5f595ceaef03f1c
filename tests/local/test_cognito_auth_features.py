"""A pool with every feature, deployed: what the emulator keeps is looked at, what it lacks fits AWS's own models."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.deploy.client import Deployment, deploy

PROGRAM = Path(__file__).parent / "programs" / "full_pool"

Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def deployed(cloud: LocalCloud, client: Client) -> Deployment:
    zone = client("route53").create_hosted_zone(Name="example.org", CallerReference="full-pool")["HostedZone"]["Id"]
    return deploy(cloud.endpoint, config={"zoneId": zone.removeprefix("/hostedzone/")}, program=PROGRAM)


def test_what_the_emulator_lacks_is_valid_for_aws_and_named(deployed: Deployment) -> None:
    """A6 A10 H1. Risk configuration, log delivery, WAF log and looks passed botocore's models and did nothing else."""
    assert [entry.split(":")[-1] for entry in deployed.not_emulated] == [
        "LogDeliveryConfiguration auth-log-delivery",
        "ManagedLoginBranding auth-app-client-branding",
        "ManagedLoginBranding auth-web-client-branding",
        "RiskConfiguration auth-risk-configuration",
        "WebAclLoggingConfiguration auth-firewall-logging",
    ]


def test_the_pool_has_its_factors(deployed: Deployment, client: Client) -> None:
    """A4."""
    mfa = client("cognito-idp").get_user_pool_mfa_config(UserPoolId=deployed.outputs["pool_id"])
    assert mfa["MfaConfiguration"] == "OPTIONAL"
    assert mfa["SoftwareTokenMfaConfiguration"] == {"Enabled": True}
    assert "{####}" in mfa["EmailMfaConfiguration"]["Message"]
    assert mfa["WebAuthnConfiguration"] == {"RelyingPartyId": "auth.example.org", "UserVerification": "required"}


def test_the_pool_has_its_sender_and_its_mode(deployed: Deployment, client: Client) -> None:
    """A10 A12."""
    pool = client("cognito-idp").describe_user_pool(UserPoolId=deployed.outputs["pool_id"])["UserPool"]
    assert pool["EmailConfiguration"]["EmailSendingAccount"] == "DEVELOPER"
    assert pool["EmailConfiguration"]["From"] == "Clinics <no-reply@example.org>"
    assert pool["UserPoolAddOns"]["AdvancedSecurityMode"] == "ENFORCED"
    assert pool["Policies"]["SignInPolicy"] == {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}


def test_each_provider_is_there_and_offered_by_the_web_client(deployed: Deployment, client: Client) -> None:
    """A7."""
    pool, cognito = deployed.outputs["pool_id"], client("cognito-idp")
    listed = cognito.list_identity_providers(UserPoolId=pool, MaxResults=10)["Providers"]
    web = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=deployed.outputs["web_client_id"])
    names = web["UserPoolClient"]["SupportedIdentityProviders"]
    assert {(p["ProviderName"], p["ProviderType"]) for p in listed} == {
        ("Google", "Google"),
        ("Hospital-One", "OIDC"),
        ("Hospital-Two", "SAML"),
    }
    assert set(names) == {"COGNITO", "Google", "Hospital-One", "Hospital-Two"}


def test_the_pages_have_their_host_and_its_certificate(deployed: Deployment, client: Client) -> None:
    """A6. Of us-east-1, wherever the pool is."""
    domain = client("cognito-idp").describe_user_pool_domain(Domain="auth.example.org")["DomainDescription"]
    assert domain["UserPoolId"] == deployed.outputs["pool_id"]
    assert domain["CustomDomainConfig"]["CertificateArn"].startswith("arn:aws:acm:us-east-1:")
    assert domain["ManagedLoginVersion"] == 2


def test_the_host_resolves_to_the_pages_over_both_protocols(deployed: Deployment, client: Client) -> None:
    """A6."""
    domain = client("cognito-idp").describe_user_pool_domain(Domain=deployed.outputs["pages"])["DomainDescription"]
    # The list begins at that name and goes on to the zones of other tests.
    zone = client("route53").list_hosted_zones_by_name(DNSName="example.org", MaxItems="1")["HostedZones"][0]
    assert zone["Name"] == "example.org."
    records = client("route53").list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    aliases = {r["Type"]: r["AliasTarget"]["DNSName"].rstrip(".") for r in records if "AliasTarget" in r}
    assert aliases == dict.fromkeys(("A", "AAAA"), domain["CloudFrontDistribution"])


def test_the_firewall_stands_before_the_pool(deployed: Deployment, client: Client) -> None:
    """A10."""
    acl = client("wafv2").get_web_acl_for_resource(ResourceArn=deployed.outputs["pool_arn"])["WebACL"]
    assert [rule["Name"] for rule in acl["Rules"]] == [
        "requests-per-address",
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesCommonRuleSet",
    ]

"""The sign-in pages: their host, its certificate and DNS records, and their look."""

import base64
import json
import re
from pathlib import Path
from urllib.parse import quote

import pulumi
import pulumi_aws as aws

from components._checks import arn_of
from components.cognito_auth.args import CognitoAuthArgs
from components.cognito_auth.feature_args import Branding, HostedUiArgs

MANAGED_LOGIN = 2
"""Version of the sign-in pages: 2 is managed login, 1 the older hosted UI."""

CERTIFICATE_REGION = "us-east-1"
"""Custom domains are served by CloudFront, which takes certificates from there alone."""

PROOF_TTL_SECONDS = 300
BRANDING = Path(__file__).parent / "branding"
"""`settings.json`, and images named `<category>.<colour mode>.<extension>`."""


def create_domain(
    parent: pulumi.Resource, name: str, hosted_ui: HostedUiArgs, pool: aws.cognito.UserPool
) -> aws.cognito.UserPoolDomain:
    """The host of the pages, and with a hosted zone all that makes it resolve."""
    custom, zone = hosted_ui.get("custom_domain_name"), hosted_ui.get("hosted_zone_id")
    certificate: pulumi.Input[str] | None = hosted_ui.get("certificate_arn")
    if custom and zone and certificate is None:
        certificate = _create_certificate(parent, name, custom, zone)
    domain = aws.cognito.UserPoolDomain(
        f"{name}-domain",
        domain=custom or hosted_ui["domain_prefix"],
        certificate_arn=certificate,
        managed_login_version=MANAGED_LOGIN,
        user_pool_id=pool.id,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    for type_ in ("A", "AAAA") if custom and zone else ():
        aws.route53.Record(
            f"{name}-domain-{type_.lower()}-record",
            zone_id=hosted_ui["hosted_zone_id"],
            name=hosted_ui["custom_domain_name"],
            type=type_,
            aliases=[
                {
                    "name": domain.cloudfront_distribution,
                    "zone_id": domain.cloudfront_distribution_zone_id,
                    "evaluate_target_health": False,
                }
            ],
            opts=pulumi.ResourceOptions(parent=parent),
        )
    return domain


def _create_certificate(parent: pulumi.Resource, name: str, host: str, zone: str) -> pulumi.Output[str]:
    """A certificate that is issued by the time its ARN is known."""
    opts = pulumi.ResourceOptions(parent=parent)
    certificate = aws.acm.Certificate(
        f"{name}-certificate", domain_name=host, validation_method="DNS", region=CERTIFICATE_REGION, opts=opts
    )
    proof = certificate.domain_validation_options[0]
    record = aws.route53.Record(
        f"{name}-certificate-record",
        zone_id=zone,
        name=proof.resource_record_name,
        type=proof.resource_record_type,
        records=[proof.resource_record_value],
        ttl=PROOF_TTL_SECONDS,
        # The proof is the same for every certificate of the host in the account, an older one's may be there already.
        allow_overwrite=True,
        opts=opts,
    )
    validation = aws.acm.CertificateValidation(
        f"{name}-certificate-validation",
        certificate_arn=certificate.arn,
        validation_record_fqdns=[record.fqdn],
        region=CERTIFICATE_REGION,
        opts=opts,
    )
    return validation.certificate_arn


def create_branding(
    parent: pulumi.Resource,
    name: str,
    hosted_ui: HostedUiArgs,
    client: aws.cognito.UserPoolClient,
    domain: aws.cognito.UserPoolDomain,
) -> None:
    """Look of the pages for one client: managed login answers "Login pages unavailable" for a client without."""
    own = hosted_ui.get("branding", Branding.MEDFLOW) is Branding.MEDFLOW
    aws.cognito.ManagedLoginBranding(
        name,
        client_id=client.id,
        user_pool_id=client.user_pool_id,
        settings=settings() if own else None,
        assets=assets() if own else None,
        use_cognito_provided_values=None if own else True,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[domain]),
    )


def settings() -> str:
    """Settings of the look as compact JSON; what they leave out stays Cognito's."""
    return json.dumps(json.loads((BRANDING / "settings.json").read_text("utf-8")), separators=(",", ":"))


def assets() -> list[aws.cognito.ManagedLoginBrandingAssetArgs]:
    """Images of the look, by file name."""
    images = sorted(file for file in BRANDING.iterdir() if file.suffix != ".json")
    found = []
    for image in images:
        category, mode, extension = image.name.upper().split(".")
        found.append(
            aws.cognito.ManagedLoginBrandingAssetArgs(
                category=category.replace("-", "_"),
                color_mode=mode,
                extension=extension,
                bytes=base64.b64encode(image.read_bytes()).decode(),
            )
        )
    return found


def host(domain: aws.cognito.UserPoolDomain, hosted_ui: HostedUiArgs, pool: aws.cognito.UserPool) -> pulumi.Output[str]:
    """Host name of the pages."""
    if "custom_domain_name" in hosted_ui:
        return domain.domain
    return pulumi.Output.all(domain.domain, pool.arn).apply(
        lambda found: f"{found[0]}.auth.{found[1].split(':')[3]}.amazoncognito.com"
    )


def sign_in_url(page_host: pulumi.Output[str], client_id: pulumi.Output[str], callback_url: str) -> pulumi.Output[str]:
    """Page on which users of the web client sign in."""
    return pulumi.Output.format(
        "https://{0}/login?client_id={1}&response_type=code&scope=openid+email+profile&redirect_uri={2}",
        page_host,
        client_id,
        quote(callback_url, safe=""),
    )


def problems(args: CognitoAuthArgs) -> list[str]:
    """What is wrong with the pages."""
    if "hosted_ui" not in args:
        urls = args["backend_client"].get("callback_urls", [])
        return ["backend_client.callback_urls need hosted_ui: only its pages send a code there"] if urls else []
    hosted_ui = args["hosted_ui"]
    found = _prefix_problems(hosted_ui) + _custom_domain_problems(hosted_ui)
    if ("domain_prefix" in hosted_ui) == ("custom_domain_name" in hosted_ui):
        found.insert(0, "hosted_ui takes exactly one of domain_prefix and custom_domain_name")
    if not args["web_client"]["callback_urls"]:
        found.append("hosted_ui needs at least one of web_client.callback_urls")
    return found


def _prefix_problems(hosted_ui: HostedUiArgs) -> list[str]:
    if "domain_prefix" not in hosted_ui:
        return []
    prefix, found = hosted_ui["domain_prefix"], []
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", prefix):
        found.append(f"hosted_ui.domain_prefix {prefix!r} must be 1 to 63 lower-case letters, digits and inner hyphens")
    found += [
        f"hosted_ui.domain_prefix {prefix!r} must not contain {word!r}"
        for word in ("aws", "amazon", "cognito")
        if word in prefix
    ]
    found += [
        f"hosted_ui.{key} goes with custom_domain_name only"
        for key in ("certificate_arn", "hosted_zone_id")
        if key in hosted_ui
    ]
    return found


def _custom_domain_problems(hosted_ui: HostedUiArgs) -> list[str]:
    if "custom_domain_name" not in hosted_ui:
        return []
    custom, found = hosted_ui["custom_domain_name"], []
    if not re.fullmatch(r"(?=.{4,63}$)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.){2,}[a-z]{2,}", custom):
        found.append(
            f"hosted_ui.custom_domain_name {custom!r} must be a lower-case host of at most 63 characters below a "
            "domain of yours, such as auth.medflow.com; that domain must have an A record"
        )
    if "certificate_arn" in hosted_ui:
        found += arn_of("hosted_ui.certificate_arn", hosted_ui["certificate_arn"], "acm", region=CERTIFICATE_REGION)
    elif "hosted_zone_id" not in hosted_ui:
        found.append(
            "hosted_ui.custom_domain_name needs certificate_arn, a certificate in us-east-1, "
            "or hosted_zone_id, the Route 53 zone in which one can be proved"
        )
    if not re.fullmatch(r"Z[A-Z0-9]{1,31}", hosted_ui.get("hosted_zone_id", "Z0")):
        found.append(f"hosted_ui.hosted_zone_id {hosted_ui['hosted_zone_id']!r} must read like Z0123456789ABC")
    return found

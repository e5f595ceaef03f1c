"""Host and look of the sign-in pages, on the resource graph."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from components.cognito_auth import Branding
from support.cognito_auth import CERTIFICATE, CLIENT, DOMAIN, RECORD, ZONE, graph_of_everything
from support.pulumi_harness import Synth

BRANDING = "aws:cognito/managedLoginBranding:ManagedLoginBranding"
READABLE = 4.5
"""Contrast of text that WCAG 2.2 asks for (1.4.3)."""


@pytest.fixture(scope="module")
def graph() -> Synth:
    return graph_of_everything()


def test_the_certificate_is_requested_where_cloudfront_looks_for_it(graph: Synth) -> None:
    """A6. A user pool is regional, the front of its custom domain is not."""
    certificate = graph.one("aws:acm/certificate:Certificate").inputs
    assert certificate == {"domainName": "auth.example.com", "validationMethod": "DNS", "region": "us-east-1"}


def test_the_certificate_is_proved_in_the_zone(graph: Synth) -> None:
    """A6."""
    [proof] = graph.one("aws:acm/certificate:Certificate").outputs["domainValidationOptions"]
    record = graph.one(RECORD, "auth-certificate-record").inputs
    assert record == {
        "zoneId": ZONE,
        "name": proof["resourceRecordName"],
        "type": "CNAME",
        "records": [proof["resourceRecordValue"]],
        "ttl": 300,
        "allowOverwrite": True,
    }


def test_the_domain_waits_until_the_certificate_is_issued(graph: Synth) -> None:
    """A6. Cognito refuses a certificate that is pending; the ARN alone is known long before."""
    validation = graph.one("aws:acm/certificateValidation:CertificateValidation")
    assert validation.inputs["region"] == "us-east-1"
    assert "auth-certificate-record" in validation.depends_on
    assert validation.name in graph.one(DOMAIN).depends_on


@pytest.mark.parametrize("type_", ["A", "AAAA"])
def test_the_host_is_an_alias_of_the_domain_s_distribution(graph: Synth, type_: str) -> None:
    """A6. Over IPv6 too."""
    domain = graph.one(DOMAIN).outputs
    record = graph.one(RECORD, f"auth-domain-{type_.lower()}-record").inputs
    [alias] = record["aliases"]
    assert (record["name"], record["type"], record["zoneId"]) == ("auth.example.com", type_, ZONE)
    assert (alias["name"], alias["zoneId"]) == (
        domain["cloudfrontDistribution"],
        domain["cloudfrontDistributionZoneId"],
    )


def test_a_given_certificate_is_used_and_none_is_requested() -> None:
    """A6."""
    pages = {"custom_domain_name": "auth.example.com", "certificate_arn": CERTIFICATE, "hosted_zone_id": ZONE}
    graph = graph_of_everything(hosted_ui=pages)
    assert graph.all("aws:acm/certificate:Certificate") == []
    assert graph.one(DOMAIN).inputs["certificateArn"] == CERTIFICATE
    assert graph.names(RECORD) == ["auth-domain-a-record", "auth-domain-aaaa-record"]


def test_without_a_zone_nobody_s_dns_is_touched() -> None:
    """A6. The zone may be somebody else's."""
    pages = {"custom_domain_name": "auth.example.com", "certificate_arn": CERTIFICATE}
    assert graph_of_everything(hosted_ui=pages).all(RECORD) == []


def test_a_prefix_needs_neither_certificate_nor_records() -> None:
    """A6."""
    graph = graph_of_everything(hosted_ui={"domain_prefix": "clinics"}, passkeys={"relying_party_id": "example.com"})
    assert graph.one(DOMAIN).inputs["domain"] == "clinics"
    assert graph.all(RECORD) == graph.all("aws:acm/certificate:Certificate") == []


def test_outputs_name_the_custom_domain(graph: Synth) -> None:
    """A6 A15."""
    outputs = graph.component("auth").outputs
    assert outputs["user_pool_domain"] == "auth.example.com"
    assert outputs["custom_domain_url"] == "https://auth.example.com"
    assert outputs["hosted_ui_url"].startswith("https://auth.example.com/login?client_id=")


@pytest.mark.parametrize("client", ["web", "app"])
def test_each_client_of_the_pages_has_a_look(graph: Synth, client: str) -> None:
    """A6. Managed login answers "Login pages unavailable" for a client without."""
    branding = graph.one(BRANDING, f"auth-{client}-client-branding")
    assert branding.inputs["clientId"] == graph.one(CLIENT, f"auth-{client}-client").id
    assert "auth-domain" in branding.depends_on


def test_a_backend_that_uses_no_pages_has_no_look() -> None:
    """A6."""
    graph = graph_of_everything(backend_client={"generate_secret": True})
    assert graph.names(BRANDING) == ["auth-web-client-branding"]
    assert graph.one(CLIENT, "auth-app-client").inputs["allowedOauthFlows"] == []


def test_the_backend_may_sign_users_in_on_the_pages(graph: Synth) -> None:
    """A5 A6. By code, and with none of the API's scopes, as the web client."""
    backend = graph.one(CLIENT, "auth-app-client").inputs
    assert backend["allowedOauthFlows"] == ["code"]
    assert backend["callbackUrls"] == ["https://api.example.com/in"]
    assert [scope for scope in backend["allowedOauthScopes"] if "/" in scope] == []


def test_cognito_s_own_look_is_an_option() -> None:
    """A6. The provider refuses settings and assets beside it."""
    pages = {"domain_prefix": "clinics", "branding": Branding.COGNITO}
    graph = graph_of_everything(hosted_ui=pages, passkeys={"relying_party_id": "example.com"})
    inputs = graph.one(BRANDING, "auth-web-client-branding").inputs
    assert inputs["useCognitoProvidedValues"] is True
    assert {"settings", "assets"} & set(inputs) == set()


def test_the_look_is_made_of_the_files(graph: Synth) -> None:
    """A6. One logo for each colour mode, and an icon; the provider refuses them beside Cognito's own look."""
    inputs = graph.one(BRANDING, "auth-web-client-branding").inputs
    assets = inputs["assets"]
    assert "useCognitoProvidedValues" not in inputs
    assert [(a["category"], a["colorMode"], a["extension"]) for a in assets] == [
        ("FAVICON_SVG", "DYNAMIC", "SVG"),
        ("FORM_LOGO", "DARK", "SVG"),
        ("FORM_LOGO", "LIGHT", "SVG"),
    ]


def test_images_are_plain_shapes(graph: Synth) -> None:
    """A6. Cognito refuses scripts, links and much else in an SVG, and has no font for a text."""
    for asset in graph.one(BRANDING, "auth-web-client-branding").inputs["assets"]:
        tree = ElementTree.fromstring(base64.b64decode(asset["bytes"]))  # noqa: S314 (our own file)
        assert {element.tag.split("}")[1] for element in tree.iter()} <= {"svg", "rect", "path"}


def settings_of(graph: Synth) -> dict[str, Any]:
    found = json.loads(graph.one(BRANDING, "auth-web-client-branding").inputs["settings"])
    assert isinstance(found, dict)
    return found


def paths(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, f"{prefix}.{key}".lstrip("."))
    else:
        yield prefix, value


def test_settings_keep_to_the_sections_that_cognito_knows(graph: Synth) -> None:
    """A6. It refuses a request with an unknown one ("CreateManagedLoginBranding", Cognito API Reference)."""
    settings = settings_of(graph)
    assert set(settings) == {"categories", "componentClasses", "components"}
    assert set(settings["categories"]) <= {"auth", "form", "global", "signUp"}
    assert set(settings["componentClasses"]) <= {
        "buttons", "divider", "dropDown", "focusState", "idpButtons", "input", "inputDescription", "inputLabel", "link",
        "optionControls", "statusIndicator",
    }  # fmt: skip
    assert set(settings["components"]) <= {
        "alert", "favicon", "form", "idpButton", "pageBackground", "pageFooter", "pageHeader", "pageText",
        "phoneNumberSelector", "primaryButton", "secondaryButton",
    }  # fmt: skip


def test_colours_are_eight_hexadecimal_digits(graph: Synth) -> None:
    """A6. Without a number sign, opacity included."""
    colours = [value for path, value in paths(settings_of(graph)) if path.lower().endswith("color")]
    assert len(colours) > 30
    assert [colour for colour in colours if not re.fullmatch(r"[0-9a-f]{8}", colour)] == []


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("mode", ["lightMode", "darkMode"])
def test_every_text_can_be_read(graph: Synth, mode: str) -> None:
    """A6. On buttons in each of their states, on the form, and links on it."""
    settings = settings_of(graph)
    components, form = settings["components"], settings["components"]["form"][mode]["backgroundColor"]
    pairs = [
        (state["textColor"], state["backgroundColor"])
        for button in ("primaryButton", "secondaryButton")
        for state in components[button][mode].values()
    ]
    pairs += [(colour, form) for colour in components["pageText"][mode].values()]
    pairs += [(state["textColor"], form) for state in settings["componentClasses"]["link"][mode].values()]
    assert [pair for pair in pairs if contrast(*pair) < READABLE] == []

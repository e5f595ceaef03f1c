"""Google and the hospitals' own sign-in, on the resource graph."""

import pytest

from components.cognito_auth import attributes
from components.cognito_auth.identity_providers import CLAIMS
from support.cognito_auth import CLIENT, OIDC, PROVIDER, SAML, graph_of_everything, graph_with, pool_with
from support.pulumi_harness import Synth

GOOGLE = "auth-google-provider"
EVERY = [GOOGLE, "auth-hospital-one-provider", "auth-hospital-two-provider"]


@pytest.fixture(scope="module")
def graph() -> Synth:
    return graph_of_everything()


def test_no_provider_is_there_unless_asked_for() -> None:
    """A7."""
    assert graph_with().names(PROVIDER) == []


def test_google_has_the_one_name_that_cognito_takes_for_it(graph: Synth) -> None:
    """A7. The sign-in pages, linked accounts and clients all call it so."""
    inputs = graph.one(PROVIDER, GOOGLE).inputs
    assert (inputs["providerName"], inputs["providerType"]) == ("Google", "Google")
    assert inputs["providerDetails"] == {
        "client_id": "clinics",
        "client_secret": "not-a-real-one",
        "authorize_scopes": "openid email profile",
    }


def test_google_says_who_somebody_is_and_whether_the_address_is_verified(graph: Synth) -> None:
    """A7. Without email_verified no account could be linked: nobody may take one over by an address alone."""
    mapping = graph.one(PROVIDER, GOOGLE).inputs["attributeMapping"]
    assert mapping == {
        "username": "sub",
        "email": "email",
        "email_verified": "email_verified",
        "family_name": "family_name",
        "given_name": "given_name",
        "name": "name",
    }


def test_a_hospital_signs_in_by_openid_connect(graph: Synth) -> None:
    """A7."""
    inputs = graph.one(PROVIDER, "auth-hospital-one-provider").inputs
    assert (inputs["providerName"], inputs["providerType"]) == ("Hospital-One", "OIDC")
    assert inputs["providerDetails"]["oidc_issuer"] == "https://id.one.example"
    assert inputs["idpIdentifiers"] == ["one.example"]


def test_a_hospital_signs_in_by_saml_with_signed_requests(graph: Synth) -> None:
    """A7. Unsigned ones anybody could send in our name."""
    inputs = graph.one(PROVIDER, "auth-hospital-two-provider").inputs
    assert (inputs["providerName"], inputs["providerType"]) == ("Hospital.Two", "SAML")
    assert inputs["providerDetails"] == {
        "MetadataURL": "https://two.example/metadata.xml",
        "RequestSigningAlgorithm": "rsa-sha256",
    }
    assert inputs["attributeMapping"] == {"email": "mail", "family_name": "sn"}


def test_saml_metadata_may_be_the_document_itself() -> None:
    """A7. Some hospitals publish no URL."""
    given = {"name": "Three", "metadata_document": "<EntityDescriptor/>", "attribute_mapping": {"email": "mail"}}
    details = graph_of_everything(saml_providers=[given]).one(PROVIDER, "auth-three-provider").inputs["providerDetails"]
    assert details["MetadataFile"] == "<EntityDescriptor/>"
    assert "MetadataURL" not in details


def test_scopes_of_a_provider_can_be_chosen() -> None:
    """A7."""
    given = {"client_id": "c", "client_secret": "not-a-real-one", "scopes": ["openid", "email"]}
    assert (
        graph_of_everything(google=given).one(PROVIDER, GOOGLE).inputs["providerDetails"]["authorize_scopes"]
        == "openid email"
    )


@pytest.mark.parametrize("name", EVERY[:2])
def test_the_secret_of_a_provider_stays_one(graph: Synth, name: str) -> None:
    """A7 A14. It was given as plain text here; neither the request nor what the provider reads back may show it."""
    provider = graph.one(PROVIDER, name)
    assert "providerDetails.client_secret" in provider.secret_paths
    assert "providerDetails" in provider.secret_outputs
    assert provider.additional_secret_outputs == ["providerDetails"]


@pytest.mark.parametrize(
    ("name", "filled_in", "ours"),
    [
        (GOOGLE, {"attributes_url", "token_url", "oidc_issuer", "authorize_url", "token_request_method"}, "client_id"),
        (EVERY[1], {"attributes_url", "authorize_url", "token_url", "jwks_uri"}, "oidc_issuer"),
        (EVERY[2], {"SSORedirectBindingURI", "SLORedirectBindingURI", "ActiveEncryptionCertificate"}, "MetadataURL"),
    ],
)
def test_what_cognito_fills_in_is_no_difference_but_what_we_say_is(
    graph: Synth, name: str, filled_in: set[str], ours: str
) -> None:
    """A7. The issuer of OpenID Connect is ours, that of Google is Cognito's."""
    ignored = set(graph.one(PROVIDER, name).ignore_changes)
    assert {f'providerDetails["{key}"]' for key in filled_in} <= ignored
    assert f'providerDetails["{ours}"]' not in ignored
    assert "providerDetails" not in ignored


@pytest.mark.parametrize("client", ["auth-web-client", "auth-app-client"])
def test_a_client_of_the_pages_lists_the_providers_and_waits_for_them(graph: Synth, client: str) -> None:
    """A7. Cognito refuses a client that lists a provider which is not there yet."""
    found = graph.one(CLIENT, client)
    assert found.inputs["supportedIdentityProviders"] == ["COGNITO", "Google", "Hospital-One", "Hospital.Two"]
    assert set(EVERY) <= found.depends_on


def test_a_client_without_pages_lists_none() -> None:
    """A7. Federation goes through the pages alone."""
    without = graph_of_everything(backend_client={"generate_secret": True})
    assert without.one(CLIENT, "auth-app-client").inputs["supportedIdentityProviders"] == ["COGNITO"]


@pytest.mark.parametrize("mapping", [CLAIMS, SAML["attribute_mapping"]], ids=["claims", "saml"])
def test_each_mapped_attribute_is_writable_and_mutable(mapping: dict[str, str]) -> None:
    """A7. Else Cognito refuses the very sign-in, and the second one when the value cannot be renewed."""
    special = {"username", "email_verified"}
    mutable = {schema["name"]: schema["mutable"] for schema in pool_with()["schemas"]}
    assert set(mapping) - special <= set(attributes.writable())
    assert all(mutable.get(key.removeprefix("custom:"), True) for key in mapping)


def test_no_secret_of_a_provider_is_an_output(graph: Synth) -> None:
    """A15."""
    assert str(OIDC["client_secret"]) not in str(graph.component("auth").outputs)

"""Sign-in with Google, and with what hospitals have: OpenID Connect and SAML 2.0."""

import re
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.cognito_auth import attributes
from components.cognito_auth.args import CognitoAuthArgs
from components.cognito_auth.feature_args import GoogleArgs, OidcProviderArgs, SamlProviderArgs

GOOGLE = "Google"
"""Cognito takes this name and no other for Google."""

COGNITO = "COGNITO"
"""The pool itself, among the providers of a client."""

SCOPES = ("openid", "email", "profile")

CLAIMS: Mapping[str, str] = {
    "username": "sub",
    "email": "email",
    "email_verified": "email_verified",
    "family_name": "family_name",
    "given_name": "given_name",
    "name": "name",
}
"""Pool attribute -> claim of OpenID Connect."""

FILLED_IN_BY_COGNITO: Mapping[str, Sequence[str]] = {
    "Google": (
        "attributes_url",
        "attributes_url_add_attributes",
        "authorize_url",
        "oidc_issuer",
        "token_request_method",
        "token_url",
    ),
    "OIDC": ("attributes_url", "attributes_url_add_attributes", "authorize_url", "jwks_uri", "token_url"),
    "SAML": ("ActiveEncryptionCertificate", "SLORedirectBindingURI", "SSORedirectBindingURI"),
}
"""Keys of the details that Cognito adds by itself ("CreateIdentityProvider", Cognito API Reference): not ignored, they
would be a difference in every preview."""

RESERVED = ("cognito", "facebook", "google", "loginwithamazon", "signinwithapple")
MAPPED_BUT_NEVER_WRITABLE = frozenset({"email_verified", "phone_number_verified", "username"})
"""What a provider may say although no client may write it."""


def names(args: CognitoAuthArgs) -> list[str]:
    """Names of the providers, as clients list them."""
    return [*([GOOGLE] if "google" in args else []), *(provider["name"] for provider in _named(args))]


def create(
    parent: pulumi.Resource, name: str, args: CognitoAuthArgs, pool: aws.cognito.UserPool
) -> list[pulumi.Resource]:
    """The providers; clients that list them must wait for them."""
    definitions: dict[str, aws.cognito.IdentityProviderArgs] = {}
    if "google" in args:
        definitions["google"] = _google(args["google"], pool)
    definitions |= {_slug(given["name"]): _oidc(given, pool) for given in args.get("oidc_providers", [])}
    definitions |= {_slug(given["name"]): _saml(given, pool) for given in args.get("saml_providers", [])}
    return [
        aws.cognito.IdentityProvider(
            f"{name}-{key}-provider",
            definition,
            pulumi.ResourceOptions(
                parent=parent,
                additional_secret_outputs=["provider_details"],
                ignore_changes=[
                    f'providerDetails["{detail}"]' for detail in FILLED_IN_BY_COGNITO[str(definition.provider_type)]
                ],
            ),
        )
        for key, definition in definitions.items()
    ]


def problems(args: CognitoAuthArgs) -> list[str]:
    """What is wrong with the providers."""
    named, found = _named(args), []
    if names(args) and "hosted_ui" not in args:
        found.append("google, oidc_providers and saml_providers need hosted_ui: federation goes through its pages")
    slugs = [_slug(provider["name"]) for provider in named]
    for provider in named:
        given, slug = provider["name"], _slug(provider["name"])
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{1,30}[A-Za-z0-9]", given):
            found.append(f"provider {given!r} must be 3 to 32 letters, digits, inner dots and hyphens")
        if slug in RESERVED:
            found.append(f"provider {given!r} has a name that Cognito keeps for itself; choose another")
        identifiers = provider.get("identifiers", [])
        if len(identifiers) > 50 or not all(re.fullmatch(r"[\w\s+=.@-]{1,40}", text) for text in identifiers):
            found.append(f"provider {given!r}: identifiers must be at most 50 of 1 to 40 letters, digits and +=.@-_")
    found += [f"provider {slug!r} stands twice (case does not count)" for slug in _twice(slugs)]
    shared = _twice([text for provider in named for text in provider.get("identifiers", [])])
    found += [f"identifier {text!r} belongs to two providers" for text in shared]
    for oidc in args.get("oidc_providers", []):
        found += _https(f"provider {oidc['name']!r}: issuer", oidc["issuer"])
        found += _mapping_problems(oidc["name"], oidc.get("attribute_mapping", CLAIMS))
    for saml in args.get("saml_providers", []):
        found += _saml_problems(saml)
    return found + _mapping_problems(GOOGLE, args.get("google", {}).get("attribute_mapping", CLAIMS))


def _google(given: GoogleArgs, pool: aws.cognito.UserPool) -> aws.cognito.IdentityProviderArgs:
    return aws.cognito.IdentityProviderArgs(
        user_pool_id=pool.id,
        provider_name=GOOGLE,
        provider_type="Google",
        provider_details={
            "client_id": given["client_id"],
            "client_secret": pulumi.Output.secret(given["client_secret"]),
            "authorize_scopes": " ".join(given.get("scopes", SCOPES)),
        },
        attribute_mapping=dict(given.get("attribute_mapping", CLAIMS)),
    )


def _oidc(given: OidcProviderArgs, pool: aws.cognito.UserPool) -> aws.cognito.IdentityProviderArgs:
    return aws.cognito.IdentityProviderArgs(
        user_pool_id=pool.id,
        provider_name=given["name"],
        provider_type="OIDC",
        provider_details={
            "client_id": given["client_id"],
            "client_secret": pulumi.Output.secret(given["client_secret"]),
            "authorize_scopes": " ".join(given.get("scopes", SCOPES)),
            "attributes_request_method": "GET",
            "oidc_issuer": given["issuer"],
        },
        attribute_mapping=dict(given.get("attribute_mapping", CLAIMS)),
        idp_identifiers=given.get("identifiers"),
    )


def _saml(given: SamlProviderArgs, pool: aws.cognito.UserPool) -> aws.cognito.IdentityProviderArgs:
    metadata = (
        {"MetadataURL": given["metadata_url"]}
        if "metadata_url" in given
        else {"MetadataFile": given["metadata_document"]}
    )
    return aws.cognito.IdentityProviderArgs(
        user_pool_id=pool.id,
        provider_name=given["name"],
        provider_type="SAML",
        # Signed requests: the hospital can tell ours from a stranger's.
        provider_details={**metadata, "RequestSigningAlgorithm": "rsa-sha256"},
        attribute_mapping=dict(given["attribute_mapping"]),
        idp_identifiers=given.get("identifiers"),
    )


def _saml_problems(given: SamlProviderArgs) -> list[str]:
    label = f"provider {given['name']!r}"
    found = _mapping_problems(given["name"], given["attribute_mapping"])
    if "username" in given["attribute_mapping"]:
        found.append(f"{label}: attribute_mapping must not name username; with SAML it is the NameID")
    if ("metadata_url" in given) == ("metadata_document" in given):
        found.append(f"{label} takes exactly one of metadata_url and metadata_document")
    if "metadata_url" in given:
        found += _https(f"{label}: metadata_url", given["metadata_url"])
    return found


def _mapping_problems(provider: str, mapping: Mapping[str, str]) -> list[str]:
    """Cognito refuses a federated sign-in whose mapped attributes the client may not write; and what administrators
    alone write, no provider may."""
    allowed = {*attributes.writable(), *MAPPED_BUT_NEVER_WRITABLE}
    found = [
        f"provider {provider!r}: attribute_mapping names {key!r}, which the clients may not write; remove it"
        for key in mapping
        if key not in allowed
    ]
    if "email" not in mapping:
        found.append(f"provider {provider!r}: attribute_mapping must name email, which the pool requires")
    return found


def _named(args: CognitoAuthArgs) -> list[OidcProviderArgs | SamlProviderArgs]:
    return [*args.get("oidc_providers", []), *args.get("saml_providers", [])]


def _slug(name: str) -> str:
    return name.lower().replace(".", "-")


def _twice(texts: Sequence[str]) -> list[str]:
    return sorted({text for text in texts if texts.count(text) > 1})


def _https(key: str, url: str) -> list[str]:
    return [] if re.fullmatch(r"https://[^\s#]+", url) else [f"{key} {url!r} must start with https://"]

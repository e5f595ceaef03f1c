"""CognitoAuth on the resource graph. What Cognito does with it, the local cloud's tests show."""

import pytest

from components.cognito_auth import CognitoAuth, Mfa
from support.cognito_auth import CLIENT, POOL, pool_with
from support.component_args import cognito_auth, full_cognito_auth, trigger
from support.pulumi_harness import Synth, synth

PERMISSION = "aws:lambda/permission:Permission"


@pytest.fixture(scope="module")
def least() -> Synth:
    return synth(lambda: CognitoAuth("auth", cognito_auth()))


@pytest.fixture(scope="module")
def full() -> Synth:
    return synth(lambda: CognitoAuth("auth", full_cognito_auth()))


def test_the_least_pool_has_exactly_these_children(least: Synth) -> None:
    assert sorted(child.name for child in least.children("auth")) == [
        "auth-admin-group",
        "auth-app-client",
        "auth-patient-group",
        "auth-resource-server",
        "auth-user-pool",
        "auth-web-client",
    ]


def test_the_fullest_pool_adds_pages_machine_and_permissions(full: Synth, least: Synth) -> None:
    added = {c.name for c in full.children("auth")} - {c.name for c in least.children("auth")}
    assert added == {
        "auth-domain",
        "auth-machine-client",
        "auth-post-confirmation-permission",
        "auth-pre-token-generation-permission",
        "auth-web-client-branding",
    }


def test_users_sign_in_with_an_email_whose_case_does_not_matter(least: Synth) -> None:
    """A1."""
    pool = least.one(POOL).inputs
    assert (pool["usernameAttributes"], pool["usernameConfiguration"]) == (["email"], {"caseSensitive": False})


def test_case_sensitivity_is_an_option() -> None:
    """A1 A14."""
    assert pool_with(username_case_sensitive=True)["usernameConfiguration"] == {"caseSensitive": True}


def test_email_is_verified_and_the_only_way_back_in(least: Synth) -> None:
    """A1. SMS recovery would add a second, weaker way into the account."""
    pool = least.one(POOL).inputs
    assert pool["autoVerifiedAttributes"] == ["email"]
    assert pool["accountRecoverySetting"] == {"recoveryMechanisms": [{"name": "verified_email", "priority": 1}]}


def test_a_changed_email_counts_only_once_it_is_verified(least: Synth) -> None:
    """A1."""
    settings = least.one(POOL).inputs["userAttributeUpdateSettings"]
    assert settings == {"attributesRequireVerificationBeforeUpdates": ["email"]}


def test_tier_and_admin_creation_are_said_not_left_to_defaults(least: Synth) -> None:
    """A1. UpdateUserPool puts back to its default whatever is not said."""
    pool = least.one(POOL).inputs
    assert pool["userPoolTier"] == "ESSENTIALS"
    assert pool["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": False}


def test_self_registration_can_be_closed() -> None:
    """A1 A14."""
    assert pool_with(self_sign_up=False)["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": True}


@pytest.mark.parametrize(("wanted", "expected"), [(True, "ACTIVE"), (False, "INACTIVE")])
def test_deletion_protection_is_explicit(wanted: bool, expected: str) -> None:
    """A1."""
    assert pool_with(deletion_protection=wanted)["deletionProtection"] == expected


def test_only_the_pool_is_protected_by_pulumi(full: Synth) -> None:
    """A1. A protected component would protect every client and group, and block each later change of them."""
    assert [child.name for child in full.children("auth") if child.protect] == ["auth-user-pool"]


def test_the_password_policy_asks_for_all_four_kinds_of_characters(full: Synth) -> None:
    """A3."""
    assert full.one(POOL).inputs["passwordPolicy"] == {
        "minimumLength": 14,
        "requireUppercase": True,
        "requireLowercase": True,
        "requireNumbers": True,
        "requireSymbols": True,
        "temporaryPasswordValidityDays": 1,
        "passwordHistorySize": 5,
    }


def test_no_password_history_is_not_sent_as_zero(least: Synth) -> None:
    """A3. The tier LITE knows no history: Cognito refuses the property, whatever its value."""
    assert "passwordHistorySize" not in least.one(POOL).inputs["passwordPolicy"]


@pytest.mark.parametrize("mfa", [Mfa.OPTIONAL, Mfa.ON])
def test_mfa_brings_its_factor(mfa: Mfa) -> None:
    """A4. Cognito refuses MFA without a factor."""
    pool = pool_with(mfa=mfa)
    assert (pool["mfaConfiguration"], pool["softwareTokenMfaConfiguration"]) == (mfa.value, {"enabled": True})


def test_no_mfa_leaves_the_factor_out(least: Synth) -> None:
    """A4."""
    pool = least.one(POOL).inputs
    assert pool["mfaConfiguration"] == "OFF"
    assert "softwareTokenMfaConfiguration" not in pool


def test_the_web_client_is_public_and_signs_in_by_srp_alone(least: Synth) -> None:
    """A5. USER_PASSWORD_AUTH would send the password itself."""
    web = least.one(CLIENT, "auth-web-client").inputs
    assert web["generateSecret"] is False
    assert web["explicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]


def test_the_web_client_uses_the_code_grant_and_never_the_implicit_one(full: Synth) -> None:
    """A5."""
    web = full.one(CLIENT, "auth-web-client").inputs
    assert (web["allowedOauthFlows"], web["allowedOauthFlowsUserPoolClient"]) == (["code"], True)
    assert web["callbackUrls"] == ["https://app.example.com/in"]


def test_without_pages_the_code_grant_is_switched_off_not_forgotten(least: Synth) -> None:
    """A5. The provider keeps the last state of what is left out: pages once switched on would stay open."""
    for client in ("auth-web-client", "auth-app-client"):
        inputs = least.one(CLIENT, client).inputs
        assert inputs["allowedOauthFlowsUserPoolClient"] is False
        assert (inputs["allowedOauthFlows"], inputs["callbackUrls"]) == ([], [])


def test_no_scope_of_the_api_can_be_asked_for_on_the_pages(full: Synth) -> None:
    """A5 A8. Whatever a client may ask for, each of its users gets: a patient could ask for staff.write."""
    scopes = full.one(CLIENT, "auth-web-client").inputs["allowedOauthScopes"]
    assert [scope for scope in scopes if scope.startswith("medflow/")] == []


def test_rotation_takes_the_plain_refresh_flow_away(full: Synth) -> None:
    """A5. Cognito refuses a client that has both."""
    web = full.one(CLIENT, "auth-web-client").inputs
    assert web["refreshTokenRotation"] == {"feature": "ENABLED", "retryGracePeriodSeconds": 10}
    assert "ALLOW_REFRESH_TOKEN_AUTH" not in web["explicitAuthFlows"]


@pytest.mark.parametrize("client", ["auth-web-client", "auth-app-client"])
def test_neither_client_may_write_clinic_role_or_licence(least: Synth, client: str) -> None:
    """A2 A5. A bearer may write what the client of the token may write, so the confidential client may not either."""
    written = set(least.one(CLIENT, client).inputs["writeAttributes"])
    administered = {"clinic_id", "user_role", "medical_license", "license_state"}
    assert written & {f"custom:{name}" for name in administered} == set()
    assert {"email", "name", "custom:preferred_language"} <= written


@pytest.mark.parametrize("client", ["auth-web-client", "auth-app-client"])
def test_what_a_client_may_read_is_said(least: Synth, client: str) -> None:
    """A5. Unsaid, a client reads every standard attribute there is."""
    read = least.one(CLIENT, client).inputs["readAttributes"]
    assert "custom:clinic_id" in read
    assert "birthdate" not in read


@pytest.mark.parametrize("client", ["auth-web-client", "auth-app-client"])
def test_tokens_end_when_they_should_and_can_be_revoked(least: Synth, client: str) -> None:
    """A5. All three units are named: the provider would read a bare 60 as hours."""
    inputs = least.one(CLIENT, client).inputs
    lifetime = {key: inputs[key] for key in ("accessTokenValidity", "idTokenValidity", "refreshTokenValidity")}
    assert lifetime == {"accessTokenValidity": 60, "idTokenValidity": 60, "refreshTokenValidity": 30}
    assert inputs["tokenValidityUnits"] == {"accessToken": "minutes", "idToken": "minutes", "refreshToken": "days"}
    assert inputs["enableTokenRevocation"] is True


@pytest.mark.parametrize("client", ["auth-web-client", "auth-app-client"])
def test_no_client_tells_whether_a_user_exists(least: Synth, client: str) -> None:
    """A5."""
    assert least.one(CLIENT, client).inputs["preventUserExistenceErrors"] == "ENABLED"


def test_the_client_secret_is_a_secret_from_the_provider_to_the_output(least: Synth) -> None:
    """A5 A15."""
    assert least.one(CLIENT, "auth-app-client").secret_outputs == {"clientSecret"}
    assert "backend_client_secret" in least.component("auth").secret_outputs


def test_the_backend_client_can_do_without_a_secret() -> None:
    """A5 A14."""
    graph = synth(lambda: CognitoAuth("auth", cognito_auth(backend_client={"generate_secret": False})))
    assert graph.one(CLIENT, "auth-app-client").inputs["generateSecret"] is False
    assert graph.component("auth").outputs["backend_client_secret"] == ""


def test_the_machine_client_knows_client_credentials_alone(full: Synth) -> None:
    """A5. Cognito refuses that grant beside any other."""
    machine = full.one(CLIENT, "auth-machine-client").inputs
    assert machine["allowedOauthFlows"] == ["client_credentials"]
    assert machine["allowedOauthScopes"] == ["medflow/staff.read"]
    assert machine["generateSecret"] is True
    assert machine["explicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert machine["preventUserExistenceErrors"] == "ENABLED"


def test_the_machine_client_waits_for_its_scopes(full: Synth) -> None:
    """A5. A scope's text carries no dependency, and Cognito refuses a scope that does not exist yet."""
    assert "auth-resource-server" in full.one(CLIENT, "auth-machine-client").depends_on


def test_groups_follow_the_order_of_the_roles(least: Synth) -> None:
    """A8. Cognito takes the group of the lowest precedence first."""
    groups = least.all("aws:cognito/userGroup:UserGroup")
    assert {g.inputs["name"]: g.inputs["precedence"] for g in groups} == {"admin": 1, "patient": 2}


def test_the_resource_server_holds_the_scopes(least: Synth) -> None:
    """A8."""
    server = least.one("aws:cognito/resourceServer:ResourceServer").inputs
    assert server["identifier"] == "medflow"
    assert [scope["scopeName"] for scope in server["scopes"]] == ["profile.read", "staff.read"]


def test_the_pool_invokes_the_alias_with_the_event_that_reaches_access_tokens(full: Synth) -> None:
    """B1. V1_0 changes ID tokens only."""
    config = full.one(POOL).inputs["lambdaConfig"]
    assert config["preTokenGenerationConfig"] == {
        "lambdaArn": trigger("token-enricher")["alias_arn"],
        "lambdaVersion": "V2_0",
    }
    assert "preTokenGeneration" not in config


@pytest.mark.parametrize("key", ["pre-token-generation", "post-confirmation"])
def test_only_this_pool_may_invoke_a_trigger_and_only_its_alias(full: Synth, key: str) -> None:
    """B4 C1. Without source ARN and account, any pool of any account could be its invoker."""
    pool = full.one(POOL)
    permission = full.one(PERMISSION, f"auth-{key}-permission").inputs
    assert permission["principal"] == "cognito-idp.amazonaws.com"
    assert permission["qualifier"] == "live"
    assert permission["sourceArn"] == pool.outputs["arn"]
    assert permission["sourceAccount"] == pool.outputs["arn"].split(":")[4]


def test_every_kind_of_trigger_reaches_the_pool_s_configuration() -> None:
    """A11 A12 A13."""
    kinds = ("pre_sign_up", "pre_authentication", "post_authentication", "post_confirmation", "custom_message")
    sender = {
        "source_arn": "arn:aws:ses:eu-west-3:123456789012:identity/medflow.com",
        "from_address": "no-reply@medflow.com",
    }
    config = pool_with(triggers={kind: trigger(kind) for kind in kinds}, email=sender)["lambdaConfig"]
    camel = {"preSignUp", "preAuthentication", "postAuthentication", "postConfirmation", "customMessage"}
    assert set(config) == camel
    assert config["preSignUp"] == trigger("pre_sign_up")["alias_arn"]


def test_a_trigger_that_calls_the_pool_is_granted_so_once_the_pool_exists() -> None:
    """A7 B4. The function comes before the pool, so its own policy cannot name it."""
    calling = {**trigger("validator"), "role_name": "validator-role", "pool_operations": ["AdminGetUser"]}
    graph = synth(lambda: CognitoAuth("auth", cognito_auth(triggers={"pre_sign_up": calling})))
    [statement] = graph.policy("auth-pre-sign-up-pool-access")["Statement"]
    assert statement["Action"] == ["cognito-idp:AdminGetUser"]
    assert statement["Resource"] == [graph.one(POOL).outputs["arn"]]
    assert graph.one("aws:iam/rolePolicy:RolePolicy").inputs["role"] == "validator-role"


def test_managed_login_comes_with_a_branding(full: Synth) -> None:
    """A15. Without one Cognito shows "Login pages unavailable"."""
    domain = full.one("aws:cognito/userPoolDomain:UserPoolDomain").inputs
    branding = full.one("aws:cognito/managedLoginBranding:ManagedLoginBranding")
    assert domain["managedLoginVersion"] == 2
    assert branding.inputs["clientId"] == full.one(CLIENT, "auth-web-client").id
    assert "auth-domain" in branding.depends_on


def test_outputs_say_where_the_pages_are(full: Synth) -> None:
    """A15."""
    outputs = full.component("auth").outputs
    assert outputs["user_pool_domain"].startswith("clinics-test.auth.")
    assert outputs["user_pool_domain"].endswith(".amazoncognito.com")
    assert outputs["hosted_ui_url"] == (
        f"https://{outputs['user_pool_domain']}/login?client_id={outputs['web_client_id']}"
        "&response_type=code&scope=openid+email+profile&redirect_uri=https%3A%2F%2Fapp.example.com%2Fin"
    )


def test_a_custom_domain_replaces_the_prefix() -> None:
    """A15."""
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    hosted = {"custom_domain_name": "auth.medflow.com", "certificate_arn": certificate}
    graph = synth(lambda: CognitoAuth("auth", full_cognito_auth(hosted_ui=hosted)))
    domain = graph.one("aws:cognito/userPoolDomain:UserPoolDomain").inputs
    assert (domain["domain"], domain["certificateArn"]) == ("auth.medflow.com", certificate)
    assert graph.component("auth").outputs["custom_domain_url"] == "https://auth.medflow.com"


def test_the_issuer_is_what_tokens_carry(least: Synth) -> None:
    """A15."""
    outputs = least.component("auth").outputs
    assert outputs["issuer"] == f"https://{least.one(POOL).outputs['endpoint']}"


def test_names_follow_the_scheme(least: Synth) -> None:
    """A16."""
    assert least.one(POOL).inputs["name"] == "test-medflow-cognito-user-pool"
    assert least.one(CLIENT, "auth-app-client").inputs["name"] == "test-medflow-cognito-app-client"

"""What users sign in with, and who writes to them, on the resource graph."""

import re

import pytest

from components.cognito_auth import Mfa, Tier, UserVerification
from support.cognito_auth import CLIENT, SENDER, graph_of_everything, graph_with, pool_with

PAGES = {
    "hosted_ui": {"domain_prefix": "clinics-test"},
    "web_client": {"callback_urls": ["https://app.example.com/"], "logout_urls": []},
}
RELYING_PARTY = "clinics-test.auth.eu-west-3.amazoncognito.com"


def test_a_password_is_the_only_first_factor_unless_asked_otherwise() -> None:
    """A4. Said, for the provider keeps a policy that is no longer said: passkeys could never be switched off."""
    assert pool_with()["signInPolicy"] == {"allowedFirstAuthFactors": ["PASSWORD"]}


def test_the_lowest_tier_gets_no_sign_in_policy() -> None:
    """A4. LITE knows none, whatever it says."""
    assert "signInPolicy" not in pool_with(tier=Tier.LITE)


def test_passkeys_stand_beside_the_password() -> None:
    """A4. Cognito refuses them alone; and they need a way back in."""
    pool = pool_with(**PAGES, passkeys={"relying_party_id": RELYING_PARTY})
    assert pool["signInPolicy"] == {"allowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}


def test_passkeys_belong_to_the_custom_domain() -> None:
    """A4. With one, Cognito takes no other relying party."""
    pool = graph_of_everything().one("aws:cognito/userPool:UserPool").inputs
    assert pool["webAuthnConfiguration"] == {"relyingPartyId": "auth.example.com", "userVerification": "required"}


def test_passkeys_on_a_prefix_belong_to_the_host_that_is_given() -> None:
    """A4."""
    given = {"relying_party_id": RELYING_PARTY, "user_verification": UserVerification.PREFERRED}
    assert pool_with(**PAGES, passkeys=given)["webAuthnConfiguration"] == {
        "relyingPartyId": RELYING_PARTY,
        "userVerification": "preferred",
    }


def test_the_web_client_lets_the_user_choose_only_with_passkeys() -> None:
    """A4 A5. Without ALLOW_USER_AUTH no passkey is ever asked for; without passkeys the flow is a needless door."""
    with_passkeys = graph_with(**PAGES, passkeys={"relying_party_id": RELYING_PARTY})
    flows = [g.one(CLIENT, "auth-web-client").inputs["explicitAuthFlows"] for g in (with_passkeys, graph_with(**PAGES))]
    assert ["ALLOW_USER_AUTH" in flow for flow in flows] == [True, False]
    backend = with_passkeys.one(CLIENT, "auth-app-client").inputs["explicitAuthFlows"]
    assert "ALLOW_USER_AUTH" not in backend


def test_emailed_codes_stand_beside_the_authenticator_app() -> None:
    """A4."""
    pool = pool_with(mfa=Mfa.ON, email=SENDER, email_mfa=True)
    assert pool["softwareTokenMfaConfiguration"] == {"enabled": True}
    assert pool["emailMfaConfiguration"]["message"].count("{####}") == 1


@pytest.mark.parametrize("part", ['lang="en"', 'lang="fr"', 'lang="ar" dir="rtl"'])
def test_the_message_of_an_emailed_code_speaks_all_three_languages(part: str) -> None:
    """A4 A12. Cognito has one text per pool for it."""
    message = pool_with(mfa=Mfa.ON, email=SENDER, email_mfa=True)["emailMfaConfiguration"]["message"]
    assert re.search(rf"<p {part}>[^<]+</p>", message)


def test_no_emailed_codes_leave_the_block_out() -> None:
    """A4. Cognito refuses a factor beside MFA OFF."""
    assert {"emailMfaConfiguration", "webAuthnConfiguration"} & set(pool_with()) == set()


def test_the_address_of_the_second_factor_is_not_the_only_way_back_in() -> None:
    """A1 A4. Whoever holds the mailbox would hold both factors. Cognito then sends no recovery code to such a user, and
    refuses the pool if there is no second way at all; that of the telephone leads nowhere: no number is ever verified,
    and the pool can send no SMS."""
    pool = pool_with(mfa=Mfa.ON, email=SENDER, email_mfa=True)
    ways = [way["name"] for way in pool["accountRecoverySetting"]["recoveryMechanisms"]]
    assert ways == ["verified_email", "verified_phone_number"]
    assert pool["autoVerifiedAttributes"] == ["email"]
    assert "smsConfiguration" not in pool


def test_cognito_sends_the_messages_unless_somebody_else_does() -> None:
    """A12. Said in either case: an update puts back what is not said."""
    assert pool_with()["emailConfiguration"] == {"emailSendingAccount": "COGNITO_DEFAULT"}


def test_ses_sends_the_messages_of_a_given_sender() -> None:
    """A12."""
    assert pool_with(email=SENDER)["emailConfiguration"] == {
        "emailSendingAccount": "DEVELOPER",
        "sourceArn": SENDER["source_arn"],
        "fromEmailAddress": "Clinics <no-reply@example.com>",
        "replyToEmailAddress": "help@example.com",
        "configurationSet": "clinics",
    }


def test_a_sender_needs_no_more_than_its_identity_and_address() -> None:
    """A12."""
    least = {key: SENDER[key] for key in ("source_arn", "from_address")}
    assert {"replyToEmailAddress", "configurationSet"} & set(pool_with(email=least)["emailConfiguration"]) == set()

"""With what a user signs in: password, passkey, authenticator app, e-mailed code."""

import pulumi_aws as aws

from components.cognito_auth.args import CognitoAuthArgs, Mfa, Tier
from components.cognito_auth.feature_args import UserVerification

EMAIL_SUBJECT = "MedFlow"
EMAIL_MESSAGE = (
    '<p lang="en">Your MedFlow sign-in code</p><p lang="fr">Votre code de connexion MedFlow</p>'
    '<p lang="ar" dir="rtl">رمز الدخول إلى MedFlow</p><p><b>{####}</b></p>'
)
"""In all three languages at once: Cognito offers one text per pool."""


def authenticator_app(args: CognitoAuthArgs) -> aws.cognito.UserPoolSoftwareTokenMfaConfigurationArgs | None:
    """Nothing with MFA off: Cognito refuses factors beside OFF."""
    if args["mfa"] is Mfa.OFF:
        return None
    return aws.cognito.UserPoolSoftwareTokenMfaConfigurationArgs(enabled=True)


def emailed_code(args: CognitoAuthArgs) -> aws.cognito.UserPoolEmailMfaConfigurationArgs | None:
    """E-mailed codes as second factor."""
    if not args.get("email_mfa", False):
        return None
    return aws.cognito.UserPoolEmailMfaConfigurationArgs(subject=EMAIL_SUBJECT, message=EMAIL_MESSAGE)


def recovery(args: CognitoAuthArgs) -> aws.cognito.UserPoolAccountRecoverySettingArgs:
    """The verified address. With e-mailed codes Cognito wants a second way beside it; that of the telephone leads
    nowhere, for the pool can send no SMS and verifies no number."""
    ways = ["verified_email", *(["verified_phone_number"] if args.get("email_mfa", False) else [])]
    return aws.cognito.UserPoolAccountRecoverySettingArgs(
        recovery_mechanisms=[
            aws.cognito.UserPoolAccountRecoverySettingRecoveryMechanismArgs(name=way, priority=priority)
            for priority, way in enumerate(ways, start=1)
        ]
    )


def first_factors(args: CognitoAuthArgs) -> aws.cognito.UserPoolSignInPolicyArgs | None:
    """Said even when it is the password alone: the provider would keep what was there before. LITE takes no policy."""
    if args["tier"] is Tier.LITE:
        return None
    passkeys = ["WEB_AUTHN"] if "passkeys" in args else []
    return aws.cognito.UserPoolSignInPolicyArgs(allowed_first_auth_factors=["PASSWORD", *passkeys])


def passkeys(args: CognitoAuthArgs) -> aws.cognito.UserPoolWebAuthnConfigurationArgs | None:
    """What passkeys are bound to."""
    if "passkeys" not in args:
        return None
    given = args["passkeys"]
    return aws.cognito.UserPoolWebAuthnConfigurationArgs(
        relying_party_id=given.get("relying_party_id") or args["hosted_ui"]["custom_domain_name"],
        user_verification=given.get("user_verification", UserVerification.REQUIRED).value,
    )


def problems(args: CognitoAuthArgs) -> list[str]:
    """Preconditions of the factors."""
    found = []
    if args.get("email_mfa", False):
        if args["mfa"] is Mfa.OFF:
            found.append("email_mfa needs mfa OPTIONAL or ON")
        if "email" not in args:
            found.append("email_mfa needs email, an SES sender: Cognito's own sends no second factors")
    return found + (_passkey_problems(args) if "passkeys" in args else [])


def _passkey_problems(args: CognitoAuthArgs) -> list[str]:
    found = []
    if args["mfa"] is Mfa.ON:
        # With MFA ON Cognito takes passkeys only when they count as both factors (FactorConfiguration of
        # "WebAuthnConfigurationType", Cognito API Reference), which the provider cannot say.
        found.append("passkeys need mfa OPTIONAL or OFF: with ON Cognito refuses a first factor that is not MFA itself")
    if "hosted_ui" not in args:
        return [*found, "passkeys need hosted_ui: a domain to be bound to, and pages to register them on"]
    custom, given = args["hosted_ui"].get("custom_domain_name"), args["passkeys"].get("relying_party_id")
    if custom is None and given is None:
        found.append(
            "passkeys.relying_party_id is missing: with domain_prefix give the pages' host, "
            "such as <prefix>.auth.<region>.amazoncognito.com"
        )
    if custom is not None and given not in (None, custom):
        found.append(f"passkeys.relying_party_id must be {custom!r}, the custom domain; leave it out")
    return found

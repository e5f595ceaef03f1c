"""What CognitoAuth refuses before AWS would, and what AWS would take but nobody should want."""

from components._checks import between, redirect_urls
from components._names import prefix_problems
from components._roles import role_problems
from components.cognito_auth import factors, firewall, identity_providers, protection, sender, sign_in_pages
from components.cognito_auth.args import CognitoAuthArgs, Tier, TriggersArgs


def problems(args: CognitoAuthArgs) -> list[str]:
    """Every problem of the arguments, in the order of the arguments."""
    lifetime, password = args["token_lifetime"], args["password_policy"]
    return [
        *prefix_problems(args["name_prefix"]),
        *_tier_problems(args),
        *between("password_policy.minimum_length", password["minimum_length"], 6, 99, "characters"),
        *between("password_policy.temporary_password_days", password["temporary_password_days"], 0, 365, "days"),
        *between("password_policy.history_size", password.get("history_size", 0), 0, 24, "passwords"),
        *between("token_lifetime.access_minutes", lifetime["access_minutes"], 5, 1440, "minutes"),
        *between("token_lifetime.refresh_days", lifetime["refresh_days"], 1, 3650, "days"),
        *role_problems(args["roles"], args["scopes"]),
        *redirect_urls("web_client.callback_urls:", args["web_client"]["callback_urls"]),
        *redirect_urls("web_client.logout_urls:", args["web_client"]["logout_urls"]),
        *redirect_urls("backend_client.callback_urls:", args["backend_client"].get("callback_urls", [])),
        *redirect_urls("backend_client.logout_urls:", args["backend_client"].get("logout_urls", [])),
        *_machine_problems(args),
        *_trigger_problems(args),
        *sign_in_pages.problems(args),
        *identity_providers.problems(args),
        *factors.problems(args),
        *sender.problems(args),
        *protection.problems(args),
        *firewall.problems(args),
    ]


def _tier_problems(args: CognitoAuthArgs) -> list[str]:
    """The matrix of "User pool feature plans" (Cognito Developer Guide)."""
    tier = args["tier"]
    essentials = {
        "triggers.pre_token_generation (V2_0)": "pre_token_generation" in args.get("triggers", {}),
        "password_policy.history_size": args["password_policy"].get("history_size", 0) > 0,
        "hosted_ui (managed login)": "hosted_ui" in args,
        "email_mfa": args.get("email_mfa", False),
        "passkeys": "passkeys" in args,
    }
    plus = {
        "threat_protection": "threat_protection" in args,
        "log_delivery.user_activity": args.get("log_delivery", {}).get("user_activity", False),
    }
    short_of_essentials = [f"{key} needs tier ESSENTIALS or PLUS, not LITE" for key, used in essentials.items() if used]
    short_of_plus = [f"{key} needs tier PLUS, not {tier.value}" for key, used in plus.items() if used]
    return (short_of_essentials if tier is Tier.LITE else []) + (short_of_plus if tier is not Tier.PLUS else [])


def _machine_problems(args: CognitoAuthArgs) -> list[str]:
    if "machine_client" not in args:
        return []
    asked, known = args["machine_client"]["scopes"], {scope["name"] for scope in args["scopes"]}
    problems = [
        f"machine_client.scopes: {scope!r} is no scope of the resource server" for scope in asked if scope not in known
    ]
    if not asked:
        problems.append("machine_client.scopes must not be empty: client credentials without a scope give no token")
    if "hosted_ui" not in args:
        problems.append("machine_client needs hosted_ui: the token endpoint lives on the pool's domain")
    return problems


def _trigger_problems(args: CognitoAuthArgs) -> list[str]:
    kinds = sorted(TriggersArgs.__annotations__)
    unknown = [
        f"triggers.{key} is no kind of trigger; known: {', '.join(kinds)}"
        for key in args.get("triggers", {})
        if key not in kinds
    ]
    if ("pre_authentication" in args.get("triggers", {})) != ("post_authentication" in args.get("triggers", {})):
        text = "without the second, successful sign-ins would count as failures"
        unknown.append(f"triggers.pre_authentication and triggers.post_authentication go together: {text}")
    return unknown + [
        f"triggers.{key}.pool_operations needs role_name: the role that gets them"
        for key, trigger in args.get("triggers", {}).items()
        if isinstance(trigger, dict) and trigger.get("pool_operations") and "role_name" not in trigger
    ]

"""What CognitoAuth refuses before AWS would, and what AWS would take but nobody should want."""

import re

from components._checks import arn_of, between, redirect_urls
from components._names import prefix_problems
from components._roles import role_problems
from components.cognito_auth.args import CognitoAuthArgs, HostedUiArgs, Tier, TriggersArgs


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
        *_machine_problems(args),
        *_trigger_problems(args),
        *(_hosted_ui_problems(args["hosted_ui"], args) if "hosted_ui" in args else []),
    ]


def _tier_problems(args: CognitoAuthArgs) -> list[str]:
    if args["tier"] is not Tier.LITE:
        return []
    features = {
        "triggers.pre_token_generation (V2_0)": "pre_token_generation" in args.get("triggers", {}),
        "password_policy.history_size": args["password_policy"].get("history_size", 0) > 0,
        "hosted_ui (managed login)": "hosted_ui" in args,
    }
    return [f"{feature} needs tier ESSENTIALS or PLUS, not LITE" for feature, used in features.items() if used]


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
    return unknown + [
        f"triggers.{key}.pool_operations needs role_name: the role that gets them"
        for key, trigger in args.get("triggers", {}).items()
        if isinstance(trigger, dict) and trigger.get("pool_operations") and "role_name" not in trigger
    ]


def _hosted_ui_problems(hosted_ui: HostedUiArgs, args: CognitoAuthArgs) -> list[str]:
    problems = []
    prefix, custom = hosted_ui.get("domain_prefix"), hosted_ui.get("custom_domain_name")
    if (prefix is None) == (custom is None):
        problems.append("hosted_ui takes exactly one of domain_prefix and custom_domain_name")
    if prefix is not None:
        if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", prefix):
            problems.append(
                f"hosted_ui.domain_prefix {prefix!r} must be 1 to 63 lower-case letters, digits and inner hyphens"
            )
        problems += [
            f"hosted_ui.domain_prefix {prefix!r} must not contain {word!r}"
            for word in ("aws", "amazon", "cognito")
            if word in prefix
        ]
        if "certificate_arn" in hosted_ui:
            problems.append("hosted_ui.certificate_arn goes with custom_domain_name only")
    if custom is not None:
        if "certificate_arn" in hosted_ui:
            problems += arn_of("hosted_ui.certificate_arn", hosted_ui["certificate_arn"], "acm", region="us-east-1")
        else:
            problems.append("hosted_ui.custom_domain_name needs certificate_arn, a certificate in us-east-1")
    if not args["web_client"]["callback_urls"]:
        problems.append("hosted_ui needs at least one of web_client.callback_urls")
    return problems

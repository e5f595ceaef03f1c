"""AWS WAF before the pool: a limit per address, and those of AWS's own rules that a sign-in can live with."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components._checks import between
from components._names import Kind, physical_name
from components.cognito_auth.args import CognitoAuthArgs
from components.cognito_auth.feature_args import FirewallArgs
from components.cognito_auth.protection import create_log_group

REQUESTS_PER_ADDRESS = 2000
"""In five minutes, unless an argument says otherwise."""

RATE_WINDOW_SECONDS = 300

MANAGED_GROUPS: Sequence[tuple[str, Sequence[str]]] = (
    ("AWSManagedRulesAmazonIpReputationList", ()),
    ("AWSManagedRulesKnownBadInputsRuleSet", ()),
    (
        "AWSManagedRulesCommonRuleSet",
        (
            "EC2MetaDataSSRF_QUERYARGUMENTS",
            "GenericRFI_QUERYARGUMENTS",
            "NoUserAgent_HEADER",
            "SizeRestrictions_QUERYSTRING",
        ),
    ),
)
"""AWS's rule groups, each with those of its rules that only count here, for a sign-in breaks them by nature: a callback
on localhost, a URL in a query (every redirect, and Google's list of scopes), a server that names no browser, a long
`state`. The group for account takeover is not among them: Cognito refuses a web ACL that has it ("Associate an AWS WAF
web ACL with a user pool", Cognito Developer Guide). None asks for a CAPTCHA: it would break enrolling factors."""


def create(parent: pulumi.Resource, name: str, args: CognitoAuthArgs, pool: aws.cognito.UserPool) -> None:
    """The firewall, its place before the pool, and its log."""
    acl_name = physical_name(args["name_prefix"], Kind.WEB_ACL, "user-pool")
    opts = pulumi.ResourceOptions(parent=parent)
    acl = aws.wafv2.WebAcl(
        f"{name}-firewall",
        name=acl_name,
        description="Before the user pool and its sign-in pages",
        scope="REGIONAL",
        default_action={"allow": {}},
        rules=_rules(args["firewall"]),
        visibility_config=_visibility("user-pool-firewall"),
        opts=opts,
    )
    aws.wafv2.WebAclAssociation(f"{name}-firewall-association", resource_arn=pool.arn, web_acl_arn=acl.arn, opts=opts)
    # WAF takes log groups of this prefix alone.
    logs = create_log_group(parent, f"{name}-firewall-logs", f"aws-waf-logs-{acl_name}", args)
    aws.wafv2.WebAclLoggingConfiguration(
        f"{name}-firewall-logging",
        resource_arn=acl.arn,
        log_destination_configs=[logs.arn],
        # What was let through is nobody's business here; and codes, e-mail addresses and tokens never are.
        logging_filter={
            "default_behavior": "DROP",
            "filters": [
                {
                    "behavior": "KEEP",
                    "requirement": "MEETS_ANY",
                    "conditions": [
                        {"action_condition": {"action": action}} for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
                    ],
                }
            ],
        },
        redacted_fields=[
            {"query_string": {}},
            {"single_header": {"name": "authorization"}},
            {"single_header": {"name": "cookie"}},
        ],
        opts=opts,
    )


def problems(args: CognitoAuthArgs) -> list[str]:
    """What is wrong with the firewall."""
    limit = args.get("firewall", {}).get("requests_per_address", REQUESTS_PER_ADDRESS)
    return between("firewall.requests_per_address", limit, 100, 2_000_000, "requests in five minutes")


def _rules(firewall: FirewallArgs) -> list[aws.wafv2.WebAclRuleArgsDict]:
    rate: aws.wafv2.WebAclRuleArgsDict = {
        "name": "requests-per-address",
        "priority": 0,
        "action": {"block": {}},
        "statement": {
            "rate_based_statement": {
                "aggregate_key_type": "IP",
                "limit": firewall.get("requests_per_address", REQUESTS_PER_ADDRESS),
                "evaluation_window_sec": RATE_WINDOW_SECONDS,
            }
        },
        "visibility_config": _visibility("requests-per-address"),
    }
    groups = [_managed(priority, group, counted) for priority, (group, counted) in enumerate(MANAGED_GROUPS, start=1)]
    return [rate, *groups]


def _managed(priority: int, group: str, counted: Sequence[str]) -> aws.wafv2.WebAclRuleArgsDict:
    return {
        "name": group,
        "priority": priority,
        "override_action": {"none": {}},
        "statement": {
            "managed_rule_group_statement": {
                "vendor_name": "AWS",
                "name": group,
                "rule_action_overrides": [{"name": rule, "action_to_use": {"count": {}}} for rule in counted],
            }
        },
        "visibility_config": _visibility(group),
    }


def _visibility(metric: str) -> aws.wafv2.WebAclRuleVisibilityConfigArgsDict:
    """Metrics, but no sampled requests: those would show what the log redacts."""
    return {"cloudwatch_metrics_enabled": True, "metric_name": metric, "sampled_requests_enabled": False}

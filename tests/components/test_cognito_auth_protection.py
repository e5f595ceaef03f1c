"""Risk assessment, Cognito's own logs and the firewall, on the resource graph."""

from typing import Any

import pytest

from components.cognito_auth import RiskAction, ThreatMode, Tier
from support.cognito_auth import POOL, SENDER, graph_of_everything, graph_with, pool_with
from support.provider_rules import violations
from support.pulumi_harness import Synth

RISK = "aws:cognito/riskConfiguration:RiskConfiguration"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
DELIVERY = "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration"
ACL = "aws:wafv2/webAcl:WebAcl"
ENFORCED: dict[str, Any] = {"tier": Tier.PLUS, "threat_protection": {"mode": ThreatMode.ENFORCED}}


@pytest.fixture(scope="module")
def graph() -> Synth:
    return graph_of_everything()


@pytest.mark.parametrize("preview", [False, True], ids=["deployed", "previewed"])
def test_the_provider_would_refuse_nothing_of_the_fullest_pool(preview: bool) -> None:
    """A4 A6 A7 A10."""
    assert [str(violation) for violation in violations(graph_of_everything(preview=preview))] == []


def test_the_fullest_pool_is_the_same_in_its_preview(graph: Synth) -> None:
    """A6 A10. A resource that hangs on a value would come and go."""
    assert {r.urn for r in graph_of_everything(preview=True).resources} == {r.urn for r in graph.resources}


def test_the_least_pool_is_watched_by_nothing() -> None:
    """A10. Each costs money, and two of them need the tier PLUS."""
    graph = graph_with()
    assert "userPoolAddOns" not in graph.one(POOL).inputs
    assert graph.all(RISK) == graph.all(DELIVERY) == graph.all(ACL) == graph.all(LOG_GROUP) == []


@pytest.mark.parametrize("mode", ThreatMode)
def test_the_mode_of_the_risk_assessment_reaches_the_pool(mode: ThreatMode) -> None:
    """A10."""
    pool = pool_with(tier=Tier.PLUS, threat_protection={"mode": mode})
    assert pool["userPoolAddOns"] == {"advancedSecurityMode": mode.value}


def test_custom_authentication_is_assessed_on_request(graph: Synth) -> None:
    """A10."""
    assert graph.one(POOL).inputs["userPoolAddOns"] == {
        "advancedSecurityMode": "ENFORCED",
        "advancedSecurityAdditionalFlows": {"customAuthMode": "AUDIT"},
    }


def test_nothing_is_done_about_a_risk_while_it_is_only_observed() -> None:
    """A10. Two weeks of AUDIT come first; there are no actions to configure yet."""
    assert graph_with(tier=Tier.PLUS, threat_protection={"mode": ThreatMode.AUDIT}).all(RISK) == []


def test_leaked_passwords_are_refused_wherever_cognito_sees_one() -> None:
    """A10."""
    risk = graph_with(**ENFORCED).one(RISK).inputs["compromisedCredentialsRiskConfiguration"]
    assert risk == {"eventFilters": ["PASSWORD_CHANGE", "SIGN_IN", "SIGN_UP"], "actions": {"eventAction": "BLOCK"}}


def actions(graph: Synth) -> dict[str, tuple[str, bool]]:
    found = graph.one(RISK).inputs["accountTakeoverRiskConfiguration"]["actions"]
    return {level: (action["eventAction"], action["notify"]) for level, action in found.items()}


def test_a_high_risk_is_blocked_and_a_lower_one_asked_for_a_factor() -> None:
    """A10. Nobody is told: without a sender of one's own Cognito cannot."""
    assert actions(graph_with(**ENFORCED)) == {
        "lowAction": ("MFA_IF_CONFIGURED", False),
        "mediumAction": ("MFA_IF_CONFIGURED", False),
        "highAction": ("BLOCK", False),
    }


def test_the_answer_to_a_risk_can_be_chosen() -> None:
    """A10."""
    chosen = {"low": RiskAction.NO_ACTION, "medium": RiskAction.BLOCK, "high": RiskAction.BLOCK}
    graph = graph_with(tier=Tier.PLUS, threat_protection={"mode": ThreatMode.ENFORCED, "account_takeover": chosen})
    assert actions(graph) == {
        "lowAction": ("NO_ACTION", False),
        "mediumAction": ("BLOCK", False),
        "highAction": ("BLOCK", False),
    }


def test_users_are_told_of_a_risk_where_there_is_a_sender(graph: Synth) -> None:
    """A10. Of medium and high ones: mails about every new browser would soon be read by nobody."""
    told = {level for level, (_, notify) in actions(graph).items() if notify}
    assert told == {"mediumAction", "highAction"}
    assert graph.one(RISK).inputs["accountTakeoverRiskConfiguration"]["notifyConfiguration"] == {
        "sourceArn": SENDER["source_arn"],
        "from": SENDER["from_address"],
        "replyTo": SENDER["reply_to"],
    }


def test_undelivered_messages_are_logged_on_any_tier() -> None:
    """A10."""
    graph = graph_with(log_delivery={})
    [entry] = graph.one(DELIVERY).inputs["logConfigurations"]
    assert (entry["eventSource"], entry["logLevel"]) == ("userNotification", "ERROR")
    assert entry["cloudWatchLogsConfiguration"]["logGroupArn"] == graph.one(LOG_GROUP).outputs["arn"]


def test_what_users_did_is_logged_apart(graph: Synth) -> None:
    """A10. It is personal data; who may read the one need not read the other."""
    entries = graph.one(DELIVERY).inputs["logConfigurations"]
    assert [(e["eventSource"], e["logLevel"]) for e in entries] == [
        ("userNotification", "ERROR"),
        ("userAuthEvents", "INFO"),
    ]
    assert len({e["cloudWatchLogsConfiguration"]["logGroupArn"] for e in entries}) == 2


def test_logs_of_the_pool_have_names_that_aws_can_write_to(graph: Synth) -> None:
    """A10 A16. Vended logs below their path, WAF's behind their prefix."""
    assert sorted(group.inputs["name"] for group in graph.all(LOG_GROUP)) == [
        "/aws/vendedlogs/test-medflow-cognito-user-pool/notifications",
        "/aws/vendedlogs/test-medflow-cognito-user-pool/user-activity",
        "aws-waf-logs-test-medflow-wafv2-user-pool",
    ]


def test_logs_of_the_pool_end_and_have_no_key_of_their_own(graph: Synth) -> None:
    """A10. Cognito refuses a group with a KMS key ("CloudWatchLogsConfigurationType", Cognito API Reference)."""
    assert {group.inputs["retentionInDays"] for group in graph.all(LOG_GROUP)} == {365}
    assert [group.name for group in graph.all(LOG_GROUP) if "kmsKeyId" in group.inputs] == []


def test_the_operations_say_how_long_logs_are_kept() -> None:
    """A10."""
    graph = graph_with(log_delivery={}, firewall={}, operations={"log_retention_days": 30})
    assert {group.inputs["retentionInDays"] for group in graph.all(LOG_GROUP)} == {30}


def rules(graph: Synth) -> dict[str, dict[str, Any]]:
    return {rule["name"]: rule for rule in graph.one(ACL).inputs["rules"]}


def test_an_address_that_asks_too_much_is_refused() -> None:
    """A10. Before any other rule, and by the address that connects: a header could be made up."""
    graph = graph_with(firewall={"requests_per_address": 500})
    rule = rules(graph)["requests-per-address"]
    assert rule["priority"] == 0
    assert rule["action"] == {"block": {}}
    assert rule["statement"]["rateBasedStatement"] == {
        "aggregateKeyType": "IP",
        "limit": 500,
        "evaluationWindowSec": 300,
    }


def test_aws_s_rule_groups_decide_for_themselves(graph: Synth) -> None:
    """A10. A rule that names a group takes an override, no action."""
    groups = [rule for rule in rules(graph).values() if "managedRuleGroupStatement" in rule["statement"]]
    assert len(groups) == 3
    assert [rule["overrideAction"] for rule in groups] == [{"none": {}}] * 3
    assert [rule["name"] for rule in groups if "action" in rule] == []


def test_no_rule_group_is_there_that_cognito_refuses(graph: Synth) -> None:
    """A10. A web ACL with account takeover prevention cannot be put before a pool."""
    assert [name for name in rules(graph) if "ATP" in name or "ACFP" in name] == []


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("EC2MetaDataSSRF_QUERYARGUMENTS", "redirect_uri=http://localhost of a developer"),
        ("GenericRFI_QUERYARGUMENTS", "scopes with :// in the answer of Google"),
        ("NoUserAgent_HEADER", "a service that fetches tokens"),
        ("SizeRestrictions_QUERYSTRING", "state and request parameters over 2 kB"),
    ],
)
def test_a_rule_that_a_sign_in_breaks_by_nature_only_counts(graph: Synth, rule: str, reason: str) -> None:
    """A10. Blocking would show a user "403 Forbidden" before the page."""
    statement = rules(graph)["AWSManagedRulesCommonRuleSet"]["statement"]["managedRuleGroupStatement"]
    assert {"name": rule, "actionToUse": {"count": {}}} in statement["ruleActionOverrides"], reason


def test_no_rule_asks_for_a_captcha(graph: Synth) -> None:
    """A4 A10. It breaks the enrolment of an authenticator app on the pages."""
    assert "captcha" not in str(graph.one(ACL).inputs)


def test_the_firewall_stands_before_the_pool(graph: Synth) -> None:
    """A10."""
    inputs = graph.one("aws:wafv2/webAclAssociation:WebAclAssociation").inputs
    assert inputs["resourceArn"] == graph.one(POOL).outputs["arn"]
    assert inputs["webAclArn"] == graph.one(ACL).outputs["arn"]
    assert graph.one(ACL).inputs["scope"] == "REGIONAL"


def test_the_firewall_logs_what_it_stopped_and_nothing_of_the_user(graph: Synth) -> None:
    """A10. Codes, states and login hints are in the query, tokens and sessions in the headers."""
    logging = graph.one("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration").inputs
    assert logging["loggingFilter"]["defaultBehavior"] == "DROP"
    assert {"queryString": {}} in logging["redactedFields"]
    headers = {field["singleHeader"]["name"] for field in logging["redactedFields"] if "singleHeader" in field}
    assert headers == {"authorization", "cookie"}


def test_the_firewall_keeps_no_samples(graph: Synth) -> None:
    """A10. Sampled requests show what the log redacts."""
    acl = graph.one(ACL).inputs
    configurations = [acl["visibilityConfig"], *(rule["visibilityConfig"] for rule in acl["rules"])]
    assert [c["sampledRequestsEnabled"] for c in configurations] == [False] * 5

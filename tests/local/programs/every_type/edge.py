"""The part of the program with host names and a firewall."""

import pulumi
import pulumi_aws as aws


def create(prefix: str, zone_id: str, pool: aws.cognito.UserPool, opts: pulumi.ResourceOptions) -> None:
    """A certificate of another region with its proof, an alias record, and a firewall with its log."""
    certificate = aws.acm.Certificate(
        "certificate", domain_name="auth.example.com", validation_method="DNS", region="eu-west-1", opts=opts
    )
    proof = certificate.domain_validation_options[0]
    record = aws.route53.Record(
        "proof",
        zone_id=zone_id,
        name=proof.resource_record_name,
        type=proof.resource_record_type,
        records=[proof.resource_record_value],
        ttl=300,
        allow_overwrite=True,
        opts=opts,
    )
    validation = aws.acm.CertificateValidation(
        "validation",
        certificate_arn=certificate.arn,
        validation_record_fqdns=[record.fqdn],
        region="eu-west-1",
        opts=opts,
    )
    aws.route53.Record(
        "alias",
        zone_id=zone_id,
        name="auth.example.com",
        type="A",
        aliases=[{"name": "d1.cloudfront.net", "zone_id": "Z2FDTNDATAQYW2", "evaluate_target_health": False}],
        opts=opts,
    )
    acl = aws.wafv2.WebAcl(
        "firewall",
        name=f"{prefix}-firewall",
        scope="REGIONAL",
        default_action={"allow": {}},
        rules=[
            {
                "name": "rate",
                "priority": 0,
                "action": {"block": {}},
                "statement": {
                    "rate_based_statement": {"aggregate_key_type": "IP", "limit": 500, "evaluation_window_sec": 300}
                },
                "visibility_config": {
                    "cloudwatch_metrics_enabled": True,
                    "metric_name": "rate",
                    "sampled_requests_enabled": False,
                },
            },
            {
                "name": "common",
                "priority": 1,
                "override_action": {"none": {}},
                "statement": {
                    "managed_rule_group_statement": {
                        "vendor_name": "AWS",
                        "name": "AWSManagedRulesCommonRuleSet",
                        "rule_action_overrides": [{"name": "NoUserAgent_HEADER", "action_to_use": {"count": {}}}],
                    }
                },
                "visibility_config": {
                    "cloudwatch_metrics_enabled": True,
                    "metric_name": "common",
                    "sampled_requests_enabled": False,
                },
            },
        ],
        visibility_config={
            "cloudwatch_metrics_enabled": True,
            "metric_name": "firewall",
            "sampled_requests_enabled": False,
        },
        opts=opts,
    )
    aws.wafv2.WebAclAssociation("firewall-of-pool", resource_arn=pool.arn, web_acl_arn=acl.arn, opts=opts)
    log_group = aws.cloudwatch.LogGroup("waf-logs", name=f"aws-waf-logs-{prefix}", opts=opts)
    aws.wafv2.WebAclLoggingConfiguration(
        "waf-log",
        resource_arn=acl.arn,
        log_destination_configs=[log_group.arn],
        logging_filter={
            "default_behavior": "DROP",
            "filters": [
                {
                    "behavior": "KEEP",
                    "requirement": "MEETS_ANY",
                    "conditions": [{"action_condition": {"action": "BLOCK"}}],
                }
            ],
        },
        redacted_fields=[{"query_string": {}}, {"single_header": {"name": "authorization"}}],
        opts=opts,
    )
    pulumi.export("certificate_arn", validation.certificate_arn)
    pulumi.export("firewall_arn", acl.arn)

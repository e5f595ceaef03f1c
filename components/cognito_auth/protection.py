"""What watches the pool: risk assessment and Cognito's own logs."""

import pulumi
import pulumi_aws as aws

from components._names import Kind, physical_name
from components._operations import LOG_RETENTION_DAYS
from components.cognito_auth.args import CognitoAuthArgs, Mfa
from components.cognito_auth.feature_args import RiskAction, ThreatMode, ThreatProtectionArgs


def add_ons(args: CognitoAuthArgs) -> aws.cognito.UserPoolUserPoolAddOnsArgs | None:
    """Mode of the risk assessment; absent is off."""
    if "threat_protection" not in args:
        return None
    given = args["threat_protection"]
    flows = aws.cognito.UserPoolUserPoolAddOnsAdvancedSecurityAdditionalFlowsArgs
    return aws.cognito.UserPoolUserPoolAddOnsArgs(
        advanced_security_mode=given["mode"].value,
        advanced_security_additional_flows=flows(custom_auth_mode=given["custom_auth_mode"].value)
        if "custom_auth_mode" in given
        else None,
    )


def create(parent: pulumi.Resource, name: str, args: CognitoAuthArgs, pool: aws.cognito.UserPool) -> None:
    """Whatever of both the arguments ask for."""
    if args.get("threat_protection", {}).get("mode") is ThreatMode.ENFORCED:
        _create_risk_configuration(parent, name, args, pool)
    if "log_delivery" in args:
        _create_log_delivery(parent, name, args, pool)


def problems(args: CognitoAuthArgs) -> list[str]:
    """What is wrong with them."""
    found = []
    takeover = args.get("threat_protection", {}).get("account_takeover", {})
    if args["mfa"] is Mfa.OFF:
        found += [
            f"threat_protection.account_takeover.{level} MFA_REQUIRED needs mfa OPTIONAL or ON: nobody could answer"
            for level, action in takeover.items()
            if action is RiskAction.MFA_REQUIRED
        ]
    if args.get("log_delivery", {}).get("user_activity", False) and "threat_protection" not in args:
        found.append("log_delivery.user_activity needs threat_protection, which records it")
    return found


def _create_risk_configuration(
    parent: pulumi.Resource, name: str, args: CognitoAuthArgs, pool: aws.cognito.UserPool
) -> None:
    """For all clients. With ENFORCED alone: there are no actions to configure before."""
    aws.cognito.RiskConfiguration(
        f"{name}-risk-configuration",
        user_pool_id=pool.id,
        account_takeover_risk_configuration=_account_takeover(args, args["threat_protection"]),
        # Cognito cannot see the password of a sign-in by SRP; there the check comes with sign-up and a new password.
        compromised_credentials_risk_configuration={
            "event_filters": ["PASSWORD_CHANGE", "SIGN_IN", "SIGN_UP"],
            "actions": {"event_action": "BLOCK"},
        },
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _account_takeover(
    args: CognitoAuthArgs, given: ThreatProtectionArgs
) -> aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationArgsDict:
    takeover, tells = given.get("account_takeover", {}), "email" in args
    actions: aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationActionsArgsDict = {
        "low_action": {
            "event_action": takeover.get("low", RiskAction.MFA_IF_CONFIGURED).value,
            "notify": False,
        },
        "medium_action": {
            "event_action": takeover.get("medium", RiskAction.MFA_IF_CONFIGURED).value,
            "notify": tells,
        },
        "high_action": {"event_action": takeover.get("high", RiskAction.BLOCK).value, "notify": tells},
    }
    if "email" not in args:
        return {"actions": actions}
    email = args["email"]
    notify: aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationNotifyConfigurationArgsDict = {
        "source_arn": email["source_arn"],
        "from_": email["from_address"],
    }
    if "reply_to" in email:
        notify["reply_to"] = email["reply_to"]
    return {"actions": actions, "notify_configuration": notify}


def _create_log_delivery(parent: pulumi.Resource, name: str, args: CognitoAuthArgs, pool: aws.cognito.UserPool) -> None:
    sources = [("userNotification", "ERROR", "notifications")]
    if args["log_delivery"].get("user_activity", False):
        sources.append(("userAuthEvents", "INFO", "user-activity"))
    # Below this path AWS needs no room in the account's log policies. No KMS key: Cognito refuses such a group.
    path = f"/aws/vendedlogs/{physical_name(args['name_prefix'], Kind.USER_POOL, 'user-pool')}"
    aws.cognito.LogDeliveryConfiguration(
        f"{name}-log-delivery",
        user_pool_id=pool.id,
        log_configurations=[
            {
                "event_source": source,
                "log_level": level,
                "cloud_watch_logs_configuration": {
                    "log_group_arn": create_log_group(parent, f"{name}-{what}-logs", f"{path}/{what}", args).arn
                },
            }
            for source, level, what in sources
        ],
        opts=pulumi.ResourceOptions(parent=parent),
    )


def create_log_group(
    parent: pulumi.Resource, name: str, group_name: str, args: CognitoAuthArgs
) -> aws.cloudwatch.LogGroup:
    """A log group of the pool, kept as long as the operations say."""
    return aws.cloudwatch.LogGroup(
        name,
        name=group_name,
        retention_in_days=args.get("operations", {}).get("log_retention_days", LOG_RETENTION_DAYS),
        opts=pulumi.ResourceOptions(parent=parent),
    )

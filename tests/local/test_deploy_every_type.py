"""A program with one resource of every known type, deployed once; each test looks at the result through boto3."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.deploy.client import Deployment, ResourceCreated, deploy
from local_cloud.deploy.types import SPECS

PREFIX = "everytype"
PROGRAM = Path(__file__).parent / "programs" / "every_type"
DEFAULT_TAGS = {"Project": "every-type", "Owner": "nobody"}

Client = Callable[[str], Any]


@dataclass(frozen=True)
class Deployed:
    result: Deployment
    created: list[ResourceCreated]

    def __getitem__(self, output: str) -> Any:
        return self.result.outputs[output]


@pytest.fixture(scope="module")
def deployed(cloud: LocalCloud, client: Client) -> Deployed:
    created: list[ResourceCreated] = []
    zone = client("route53").create_hosted_zone(Name="example.com", CallerReference=PREFIX)["HostedZone"]["Id"]
    config = {"prefix": PREFIX, "zoneId": zone.removeprefix("/hostedzone/")}
    result = deploy(cloud.endpoint, config=config, program=PROGRAM, on_resource=created.append)
    return Deployed(result, created)


def test_every_type_that_has_a_specification_is_created_here(deployed: Deployed) -> None:
    """H1. Without this, a specification could be a guess that never met the emulator."""
    assert {resource.type for resource in deployed.created} == set(SPECS)


def test_the_deployment_counts_what_it_created(deployed: Deployed) -> None:
    """H1."""
    assert deployed.result.resources == len(deployed.created)


def test_what_the_emulator_lacks_is_listed_by_name(deployed: Deployed) -> None:
    """H1. Nothing else may be on the list: a listed resource does nothing."""
    assert [entry.split(":")[-1] for entry in deployed.result.not_emulated] == [
        "Application application",
        "DeploymentConfig pace",
        "DeploymentGroup canary",
        "LogDeliveryConfiguration log-delivery",
        "ManagedLoginBranding branding",
        "RiskConfiguration risk",
        "WebAclLoggingConfiguration waf-log",
    ]


def test_events_say_which_resources_are_not_emulated(deployed: Deployed) -> None:
    """H1. The progress display relies on the event, not on the final list."""
    silent = {f"{resource.type} {resource.name}" for resource in deployed.created if not resource.emulated}
    assert silent == set(deployed.result.not_emulated)


def test_default_tags_of_the_provider_reach_the_resource(deployed: Deployed, client: Client) -> None:
    """A16. As the real provider does, for a service with tag lists."""
    tags = client("iam").list_role_tags(RoleName=f"{PREFIX}-role")["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == DEFAULT_TAGS == deployed["role_tags"]


def test_a_resources_own_tag_wins_over_the_default_one(deployed: Deployed, client: Client) -> None:
    """A16."""
    tags = client("sqs").list_queue_tags(QueueUrl=deployed["queue_url"])["Tags"]
    assert tags == {"Project": "every-type", "Owner": "queue-team"}


def test_the_program_sees_the_merged_tags(deployed: Deployed) -> None:
    """A16."""
    assert deployed["queue_tags"] == {"Project": "every-type", "Owner": "queue-team"}


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("s3", "get_bucket_tagging", {"Bucket": f"{PREFIX}-bucket"}),
        ("ssm", "list_tags_for_resource", {"ResourceType": "Parameter", "ResourceId": f"/{PREFIX}/plain"}),
        ("secretsmanager", "describe_secret", {"SecretId": f"{PREFIX}/secret"}),
        ("lambda", "get_function", {"FunctionName": f"{PREFIX}-echo"}),
        ("ec2", "describe_vpcs", {"Filters": [{"Name": "tag:Project", "Values": ["every-type"]}]}),
    ],
)
def test_default_tags_reach_services_of_every_tag_notation(
    deployed: Deployed, client: Client, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    """A16. Lists, maps, follow-up calls and tag specifications are four different code paths."""
    assert deployed.result.resources > 0
    assert "nobody" in json.dumps(getattr(client(service), operation)(**arguments), default=str)


def test_a_published_function_has_the_settings_of_the_program(deployed: Deployed, client: Client) -> None:
    """H1. Nested settings included; version 1 is what `publish` made."""
    function = client("lambda").get_function_configuration(FunctionName=f"{PREFIX}-echo", Qualifier="1")
    assert deployed["function_version"] == "1"
    assert {
        "environment": function["Environment"]["Variables"],
        "tracing": function["TracingConfig"]["Mode"],
        "log": function["LoggingConfig"]["LogGroup"],
        "architectures": function["Architectures"],
        "hash": function["CodeSha256"],
    } == {
        "environment": {"NOTE": "hello"},
        "tracing": "Active",
        "log": f"/aws/lambda/{PREFIX}-echo",
        "architectures": ["arm64"],
        "hash": deployed["function_source_hash"],
    }


def test_reserved_concurrency_is_set_by_its_own_call(deployed: Deployed, client: Client) -> None:
    """C3."""
    assert deployed.result.resources > 0
    reserved = client("lambda").get_function_concurrency(FunctionName=f"{PREFIX}-echo")
    assert reserved["ReservedConcurrentExecutions"] == 3


def test_an_invocation_returns_what_the_alias_answered(deployed: Deployed) -> None:
    """C5. The migrator is run this way."""
    assert json.loads(deployed["answer"]) == {"echo": {"value": 1}, "version": "1"}


def test_a_permission_names_alias_and_account(deployed: Deployed, client: Client) -> None:
    """B4."""
    document = client("lambda").get_policy(FunctionName=f"{PREFIX}-echo", Qualifier="live")["Policy"]
    statements = {s["Principal"]["Service"]: s for s in json.loads(document)["Statement"]}
    condition = statements["cognito-idp.amazonaws.com"]["Condition"]
    assert condition["StringEquals"]["AWS:SourceAccount"] == "000000000000"
    assert deployed["pool_id"] in json.dumps(condition)


def test_the_api_answers_at_the_stages_invoke_url(deployed: Deployed) -> None:
    """D1 D5. AWS's host names do not resolve here, so the URL must be the emulator's."""
    with urllib.request.urlopen(f"{deployed['invoke_url']}/open") as response:  # noqa: S310 (the local cloud)
        assert json.load(response)["echo"]["rawPath"] == "/open"


def test_a_route_with_an_authorizer_refuses_without_token(deployed: Deployed) -> None:
    """D1."""
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{deployed['invoke_url']}/closed")  # noqa: S310 (the local cloud)


def test_a_pool_gets_everything_the_program_says_about_it(deployed: Deployed, client: Client) -> None:
    """A1 A2 A3. One setting for each way a property finds its place."""
    pool = client("cognito-idp").describe_user_pool(UserPoolId=deployed["pool_id"])["UserPool"]
    attribute = next(a for a in pool["SchemaAttributes"] if a["Name"] == "custom:clinic_id")
    assert {
        "history": pool["Policies"]["PasswordPolicy"]["PasswordHistorySize"],
        "trigger": pool["LambdaConfig"]["PreTokenGenerationConfig"]["LambdaVersion"],
        "update": pool["UserAttributeUpdateSettings"]["AttributesRequireVerificationBeforeUpdate"],
        "length": attribute["StringAttributeConstraints"],
        "case": pool["UsernameConfiguration"]["CaseSensitive"],
        "tags": pool["UserPoolTags"],
        "invitation": pool["AdminCreateUserConfig"]["InviteMessageTemplate"]["EmailSubject"],
    } == {
        "history": 5,
        "trigger": "V2_0",
        "update": ["email"],
        "length": {"MinLength": "36", "MaxLength": "36"},
        "case": False,
        "tags": DEFAULT_TAGS,
        "invitation": "Welcome",
    }


def test_the_second_factor_is_set_by_its_own_call(deployed: Deployed, client: Client) -> None:
    """A4. CreateUserPool has no member for it."""
    mfa = client("cognito-idp").get_user_pool_mfa_config(UserPoolId=deployed["pool_id"])
    assert (mfa["MfaConfiguration"], mfa["SoftwareTokenMfaConfiguration"]) == ("OPTIONAL", {"Enabled": True})


def test_the_pools_issuer_stays_the_one_of_aws(deployed: Deployed) -> None:
    """D1. Tokens carry it, so it must not be the emulator's address."""
    assert deployed["pool_endpoint"] == f"cognito-idp.us-east-1.amazonaws.com/{deployed['pool_id']}"


def test_a_client_secret_is_in_the_result_and_secret_in_the_program(deployed: Deployed, client: Client) -> None:
    """A15. Unwrapped for the parent, still marked where the program might print it."""
    clients = client("cognito-idp")
    listed = clients.list_user_pool_clients(UserPoolId=deployed["pool_id"], MaxResults=10)["UserPoolClients"]
    backend = next(item["ClientId"] for item in listed if item["ClientName"] == f"{PREFIX}-backend")
    real = clients.describe_user_pool_client(UserPoolId=deployed["pool_id"], ClientId=backend)["UserPoolClient"]
    assert deployed["backend_secret"] == real["ClientSecret"]
    assert deployed["backend_secret_is_secret"] is True


def test_a_cluster_keeps_its_password_in_a_secret_that_exists(deployed: Deployed, client: Client) -> None:
    """C3 C7. The secret's ARN comes from RDS and its value opens the database."""
    value = client("secretsmanager").get_secret_value(SecretId=deployed["cluster_secret_arn"])["SecretString"]
    cluster = client("rds").describe_db_clusters(DBClusterIdentifier=f"{PREFIX}-cluster")["DBClusters"][0]
    assert json.loads(value)["username"] == "owner"
    assert cluster["ServerlessV2ScalingConfiguration"]["MinCapacity"] == 0.5
    assert cluster["HttpEndpointEnabled"] is True


def test_a_security_group_has_the_programs_rules_and_no_others(deployed: Deployed, client: Client) -> None:
    """C7. The provider takes AWS's default way out away."""
    group = client("ec2").describe_security_groups(GroupIds=[deployed["security_group_id"]])["SecurityGroups"][0]
    ways_out = [r["CidrIp"] for rule in group["IpPermissionsEgress"] for r in rule["IpRanges"]]
    own = [p["GroupId"] for rule in group["IpPermissions"] for p in rule.get("UserIdGroupPairs", [])]
    assert (ways_out, own) == (["10.9.0.0/16"], [deployed["security_group_id"]])


def test_a_target_keeps_its_dead_letter_queue_and_retry_policy(deployed: Deployed, client: Client) -> None:
    """C2."""
    [target] = client("events").list_targets_by_rule(Rule=f"{PREFIX}-rule", EventBusName=deployed["bus_name"])[
        "Targets"
    ]
    assert target["DeadLetterConfig"]["Arn"].endswith(f"{PREFIX}-dead")
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 5, "MaximumEventAgeInSeconds": 3600}


def test_a_queue_is_redriven_and_encrypted(deployed: Deployed, client: Client) -> None:
    """C2. The attribute map of SQS is filled by renames, half of it by separate resources."""
    attributes = client("sqs").get_queue_attributes(QueueUrl=deployed["queue_url"], AttributeNames=["All"])[
        "Attributes"
    ]
    assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] == 4
    assert attributes["KmsDataKeyReusePeriodSeconds"] == "300"
    assert "events.amazonaws.com" in attributes["Policy"]


def test_a_default_of_aws_can_be_read_back(deployed: Deployed) -> None:
    """C2. The program did not set it; it comes from the queue itself."""
    assert deployed["dead_visibility"] == 30


def test_log_retention_follows_the_stack_file(deployed: Deployed, client: Client) -> None:
    """F1. The stack's 7 replaces the project's default 3."""
    assert deployed.result.resources > 0
    [group] = client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{PREFIX}-echo")["logGroups"]
    assert group["retentionInDays"] == 7


def test_a_table_keeps_its_keys_index_and_expiry(deployed: Deployed, client: Client) -> None:
    """A11."""
    table = client("dynamodb").describe_table(TableName=f"{PREFIX}-table")["Table"]
    expiry = client("dynamodb").describe_time_to_live(TableName=f"{PREFIX}-table")["TimeToLiveDescription"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    assert table["GlobalSecondaryIndexes"][0]["KeySchema"][0]["AttributeName"] == "other"
    assert deployed["table_stream_arn"] == table["LatestStreamArn"]
    assert expiry["AttributeName"] == "expires"


def test_a_bucket_is_private_encrypted_and_versioned(deployed: Deployed, client: Client) -> None:
    """D4."""
    assert deployed["bucket_arn"] == f"arn:aws:s3:::{PREFIX}-bucket"
    s3, bucket = client("s3"), f"{PREFIX}-bucket"
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert set(block.values()) == {True}
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == deployed["key_arn"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_a_resource_may_say_its_own_region(deployed: Deployed) -> None:
    """A6. The certificate of a custom domain is in another region than its pool."""
    assert deployed["certificate_arn"].startswith("arn:aws:acm:eu-west-1:")


def test_a_zone_gets_the_proof_of_the_certificate_and_the_alias(deployed: Deployed, client: Client) -> None:
    """A6."""
    assert deployed.result.resources > 0
    # The list begins at that name and goes on to the zones of other tests.
    zone = client("route53").list_hosted_zones_by_name(DNSName="example.com", MaxItems="1")["HostedZones"][0]
    assert zone["Name"] == "example.com."
    records = client("route53").list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    own = {record["Type"]: record for record in records if record["Type"] in ("A", "CNAME")}
    assert own["A"]["AliasTarget"]["DNSName"].startswith("d1.cloudfront.net")
    assert own["CNAME"]["Name"].endswith(".auth.example.com.")
    assert own["CNAME"]["TTL"] == 300


def test_a_firewall_stands_before_the_pool(deployed: Deployed, client: Client) -> None:
    """A10. Rules included: nested statements are where names are easily lost."""
    pool = client("cognito-idp").describe_user_pool(UserPoolId=deployed["pool_id"])["UserPool"]
    acl = client("wafv2").get_web_acl_for_resource(ResourceArn=pool["Arn"])["WebACL"]
    statements = [rule["Statement"] for rule in acl["Rules"]]
    assert acl["ARN"] == deployed["firewall_arn"]
    assert statements[0]["RateBasedStatement"]["Limit"] == 500
    [override] = statements[1]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert override == {"Name": "NoUserAgent_HEADER", "ActionToUse": {"Count": {}}}


def test_provider_functions_answer_from_the_emulator(deployed: Deployed) -> None:
    """H1. Plain and output form."""
    assert (deployed["region"], deployed["partition"]) == ("us-east-1", "aws")
    assert deployed["subnet_zones"] == ["us-east-1a", "us-east-1b"]

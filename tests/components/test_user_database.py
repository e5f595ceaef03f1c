"""UserDatabase on the resource graph."""

from typing import Any

import pytest

from components._checks import ArgumentsError
from components.user_database import UserDatabase
from support.component_args import user_database
from support.pulumi_harness import Synth, synth

CLUSTER = "aws:rds/cluster:Cluster"


@pytest.fixture(scope="module")
def graph() -> Synth:
    return synth(lambda: UserDatabase("users", user_database()))


def test_it_has_exactly_these_children(graph: Synth) -> None:
    assert sorted(child.name for child in graph.children("users")) == [
        "users-cluster",
        "users-instance",
        "users-logs",
        "users-network",
        "users-parameters",
        "users-security-group",
        "users-subnet-a",
        "users-subnet-b",
        "users-subnets",
    ]


def test_the_cluster_is_serverless_postgresql_with_the_data_api(graph: Synth) -> None:
    """C7."""
    cluster, instance = graph.one(CLUSTER).inputs, graph.one("aws:rds/clusterInstance:ClusterInstance").inputs
    assert (cluster["engine"], cluster["enableHttpEndpoint"]) == ("aurora-postgresql", True)
    assert cluster["serverlessv2ScalingConfiguration"] == {"minCapacity": 0.5, "maxCapacity": 2}
    assert instance["instanceClass"] == "db.serverless"


def test_data_is_encrypted_backed_up_and_kept_from_deletion(graph: Synth) -> None:
    """C7."""
    cluster = graph.one(CLUSTER)
    assert (cluster.inputs["storageEncrypted"], cluster.inputs["deletionProtection"]) == (True, True)
    assert cluster.inputs["backupRetentionPeriod"] == 7
    assert cluster.inputs["finalSnapshotIdentifier"] == "test-medflow-rds-users-final"
    assert cluster.protect is True


def test_a_throw_away_cluster_leaves_no_snapshot() -> None:
    """C7."""
    graph = synth(lambda: UserDatabase("users", user_database(final_snapshot=False, protect_cluster=False)))
    assert graph.one(CLUSTER).inputs["skipFinalSnapshot"] is True
    assert "finalSnapshotIdentifier" not in graph.one(CLUSTER).inputs
    assert graph.one(CLUSTER).protect is False


def test_the_password_is_made_by_rds_and_seen_by_nobody(graph: Synth) -> None:
    """C3 C7. A password among the inputs would stand in the state."""
    cluster = graph.one(CLUSTER).inputs
    assert cluster["manageMasterUserPassword"] is True
    assert "masterPassword" not in cluster


def test_the_database_s_log_quotes_no_row(graph: Synth) -> None:
    """C7 G5. The details of a duplicate hold the e-mail address, a failed statement all of a user."""
    group = graph.one("aws:rds/clusterParameterGroup:ClusterParameterGroup").inputs
    assert {p["name"]: p["value"] for p in group["parameters"]} == {
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
    }
    assert graph.one(CLUSTER).inputs["dbClusterParameterGroupName"] == group["name"]


def test_the_database_s_log_forgets(graph: Synth) -> None:
    """C7 G5. A group that RDS makes itself keeps its lines for ever, so this one is there first."""
    logs = graph.one("aws:cloudwatch/logGroup:LogGroup").inputs
    assert logs["name"] == f"/aws/rds/cluster/{graph.one(CLUSTER).inputs['clusterIdentifier']}/postgresql"
    assert logs["retentionInDays"] == 365
    assert "users-logs" in graph.one(CLUSTER).depends_on


def test_a_minor_upgrade_by_aws_is_no_difference(graph: Synth) -> None:
    """C7. With 16.8 in the program and 16.9 in AWS, each deployment would ask for a downgrade and fail."""
    assert graph.one(CLUSTER).inputs["engineVersion"] == "16"
    assert graph.one("aws:rds/clusterInstance:ClusterInstance").inputs["engineVersion"] == "16"


def test_no_network_reaches_the_cluster(graph: Synth) -> None:
    """C7. Callers come over the Data API, so the group has no rule and the instance no public address."""
    group = graph.one("aws:ec2/securityGroup:SecurityGroup").inputs
    assert "ingress" not in group
    assert "egress" not in group
    assert graph.one("aws:rds/clusterInstance:ClusterInstance").inputs["publiclyAccessible"] is False
    assert not [r for r in graph.resources if "nternetGateway" in r.type]


def test_its_subnets_lie_in_two_zones(graph: Synth) -> None:
    """C7. Aurora refuses a subnet group in one."""
    assert len({s.inputs["availabilityZone"] for s in graph.all("aws:ec2/subnet:Subnet")}) == 2


def test_the_cluster_is_known_only_once_its_instance_is(graph: Synth) -> None:
    """C5. A cluster without an instance takes no statement: the migrator would fail at the first deployment."""

    def program() -> None:
        database = UserDatabase("users", user_database())
        import pulumi_aws as aws

        aws.ssm.Parameter("probe", type="String", value=database.cluster_arn)

    assert "users-instance" in synth(program).one("aws:ssm/parameter:Parameter").depends_on
    assert graph.component("users").outputs["cluster_arn"] == graph.one(CLUSTER).outputs["arn"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"minimum_capacity": 4}, "minimum_capacity must not exceed maximum_capacity"),
        ({"minimum_capacity": 0.7}, "minimum_capacity is 0.7; capacity comes in steps of 0.5"),
        ({"maximum_capacity": 300}, "maximum_capacity is 300; it must be 1 to 256 capacity units"),
        ({"backup_retention_days": 0}, "backup_retention_days is 0; it must be 1 to 35 days"),
        ({"database_name": "Med-Flow"}, "database_name 'Med-Flow' must be lower-case"),
    ],
)
def test_a_bad_argument_is_refused_with_its_key_and_its_fix(changes: dict[str, Any], message: str) -> None:
    """C7."""
    with pytest.raises(ArgumentsError, match=message):
        synth(lambda: UserDatabase("users", user_database(**changes)))

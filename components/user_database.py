"""Aurora PostgreSQL Serverless v2 for the users: private, encrypted, backed up, reached over the RDS Data API alone.

Owns the cluster, its instance and the network around them. Does not own the tables: SignupPipeline's migrator does. A
stack that has a cluster already gives its ARN to SignupPipeline and leaves this component out.
"""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._checks import between, refuse
from components._names import Kind, physical_name, prefix_problems
from components._operations import LOG_RETENTION_DAYS

ENGINE, ENGINE_FAMILY, ENGINE_VERSION = aws.rds.EngineType.AURORA_POSTGRESQL, "aurora-postgresql16", "16"
"""The Data API takes 13.11, 14.8, 15.3, 16.1, 17.4 and later ("Data API with Aurora", Amazon Aurora User Guide). No
minor version: AWS upgrades it by itself, and a pinned one would then ask for a downgrade."""

DISCRETION = {"log_error_verbosity": "terse", "log_min_error_statement": "panic"}
"""What PostgreSQL logs of an error: neither the row that it quotes in the details, nor the statement. Both may hold an
e-mail address, and a duplicate is an ordinary event here."""

SUBNETS = {"a": "10.64.0.0/20", "b": "10.64.16.0/20"}
"""Aurora wants two availability zones; nothing else lives in this network."""

NETWORK_CIDR = "10.64.0.0/16"


class UserDatabaseArgs(TypedDict):
    name_prefix: str
    """`{environment}-{project}`; a change replaces the cluster."""
    database_name: str
    """Created with the cluster; a change replaces it."""
    minimum_capacity: float
    """0 to 256 Aurora capacity units of about 2 GiB; 0 lets the cluster pause, and the next call wait for it."""
    maximum_capacity: float
    """1 to 256 Aurora capacity units."""
    backup_retention_days: int
    """1 to 35 days of point-in-time recovery."""
    deletion_protection: bool
    """RDS refuses to delete the cluster."""
    protect_cluster: bool
    """Pulumi refuses to delete or replace the cluster."""
    log_retention_days: NotRequired[int]
    """Days that PostgreSQL's log is kept. Default 365."""
    final_snapshot: NotRequired[bool]
    """Take a snapshot when the cluster is deleted. Default true."""


class UserDatabase(pulumi.ComponentResource):
    """An Aurora PostgreSQL cluster that no network reaches: callers come over the Data API, with IAM and a secret."""

    cluster_arn: pulumi.Output[str]
    """ARN of the cluster, known once its instance can answer."""
    secret_arn: pulumi.Output[str]
    """Secret with user name and password, made and rotated by RDS."""
    database_name: pulumi.Output[str]
    """Name of the database in the cluster."""

    def __init__(self, name: str, args: UserDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("medflow:index:UserDatabase", name, {}, opts)
        refuse("UserDatabase", name, _problems(args))

        network = self._create_network(name, args)
        subnets = self._create_subnets(name, args, network)
        firewall = self._create_security_group(name, args, network)
        discretion = self._create_parameter_group(name, args)
        logs = self._create_log_group(name, args)
        cluster = self._create_cluster(name, args, subnets, firewall, discretion, logs)
        instance = self._create_instance(name, args, cluster)

        # Through the instance: a cluster without one takes no statement, and the migrator would come too early.
        self.cluster_arn = pulumi.Output.all(cluster.arn, instance.arn).apply(lambda arns: str(arns[0]))
        self.secret_arn = cluster.master_user_secrets.apply(lambda secrets: str(secrets[0].secret_arn))
        self.database_name = cluster.database_name
        self.register_outputs(
            {"cluster_arn": self.cluster_arn, "secret_arn": self.secret_arn, "database_name": self.database_name}
        )

    def _create_network(self, name: str, args: UserDatabaseArgs) -> aws.ec2.Vpc:
        return aws.ec2.Vpc(
            f"{name}-network",
            cidr_block=NETWORK_CIDR,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": physical_name(args["name_prefix"], Kind.NETWORK, "database")},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_subnets(self, name: str, args: UserDatabaseArgs, network: aws.ec2.Vpc) -> aws.rds.SubnetGroup:
        # Not the local zones that an account may have opted into: Aurora is not there.
        regional = aws.GetAvailabilityZonesFilterArgs(name="opt-in-status", values=["opt-in-not-required"])
        zones = aws.get_availability_zones_output(
            state="available", filters=[regional], opts=pulumi.InvokeOutputOptions(parent=self)
        )
        subnets = [
            aws.ec2.Subnet(
                f"{name}-subnet-{letter}",
                vpc_id=network.id,
                cidr_block=cidr_block,
                availability_zone=zones.names[index],
                tags={"Name": physical_name(args["name_prefix"], Kind.NETWORK, f"database-{letter}")},
                opts=pulumi.ResourceOptions(parent=self),
            )
            for index, (letter, cidr_block) in enumerate(SUBNETS.items())
        ]
        return aws.rds.SubnetGroup(
            f"{name}-subnets",
            name=physical_name(args["name_prefix"], Kind.DATABASE_CLUSTER, "users"),
            subnet_ids=[subnet.id for subnet in subnets],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_security_group(self, name: str, args: UserDatabaseArgs, network: aws.ec2.Vpc) -> aws.ec2.SecurityGroup:
        # Neither ingress nor egress: the Data API does not come through the network.
        return aws.ec2.SecurityGroup(
            f"{name}-security-group",
            name=physical_name(args["name_prefix"], Kind.NETWORK, "database"),
            description="User database: reached over the RDS Data API only",
            vpc_id=network.id,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_parameter_group(self, name: str, args: UserDatabaseArgs) -> aws.rds.ClusterParameterGroup:
        return aws.rds.ClusterParameterGroup(
            f"{name}-parameters",
            name=physical_name(args["name_prefix"], Kind.DATABASE_CLUSTER, "users"),
            family=ENGINE_FAMILY,
            description="User database: nothing personal in the log",
            parameters=[{"name": key, "value": value} for key, value in DISCRETION.items()],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_log_group(self, name: str, args: UserDatabaseArgs) -> aws.cloudwatch.LogGroup:
        """RDS writes to this name; a group that it makes itself keeps its lines for ever."""
        identifier = physical_name(args["name_prefix"], Kind.DATABASE_CLUSTER, "users")
        return aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/rds/cluster/{identifier}/postgresql",
            retention_in_days=args.get("log_retention_days", LOG_RETENTION_DAYS),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_cluster(
        self,
        name: str,
        args: UserDatabaseArgs,
        subnets: aws.rds.SubnetGroup,
        firewall: aws.ec2.SecurityGroup,
        discretion: aws.rds.ClusterParameterGroup,
        logs: aws.cloudwatch.LogGroup,
    ) -> aws.rds.Cluster:
        identifier = physical_name(args["name_prefix"], Kind.DATABASE_CLUSTER, "users")
        final_snapshot = args.get("final_snapshot", True)
        return aws.rds.Cluster(
            f"{name}-cluster",
            cluster_identifier=identifier,
            engine=ENGINE,
            engine_mode="provisioned",
            engine_version=ENGINE_VERSION,
            database_name=args["database_name"],
            master_username="medflow_owner",
            manage_master_user_password=True,
            enable_http_endpoint=True,
            storage_encrypted=True,
            db_subnet_group_name=subnets.name,
            db_cluster_parameter_group_name=discretion.name,
            vpc_security_group_ids=[firewall.id],
            backup_retention_period=args["backup_retention_days"],
            copy_tags_to_snapshot=True,
            enabled_cloudwatch_logs_exports=["postgresql"],
            deletion_protection=args["deletion_protection"],
            skip_final_snapshot=not final_snapshot,
            final_snapshot_identifier=f"{identifier}-final" if final_snapshot else None,
            serverlessv2_scaling_configuration={
                "min_capacity": args["minimum_capacity"],
                "max_capacity": args["maximum_capacity"],
            },
            opts=pulumi.ResourceOptions(parent=self, protect=args["protect_cluster"], depends_on=[logs]),
        )

    def _create_instance(self, name: str, args: UserDatabaseArgs, cluster: aws.rds.Cluster) -> aws.rds.ClusterInstance:
        return aws.rds.ClusterInstance(
            f"{name}-instance",
            identifier=physical_name(args["name_prefix"], Kind.DATABASE_CLUSTER, "users-1"),
            cluster_identifier=cluster.id,
            engine=ENGINE,
            engine_version=ENGINE_VERSION,
            instance_class="db.serverless",
            publicly_accessible=False,
            opts=pulumi.ResourceOptions(parent=self),
        )


def _problems(args: UserDatabaseArgs) -> list[str]:
    problems = [
        *prefix_problems(args["name_prefix"]),
        *between("minimum_capacity", args["minimum_capacity"], 0, 256, "capacity units"),
        *between("maximum_capacity", args["maximum_capacity"], 1, 256, "capacity units"),
        *between("backup_retention_days", args["backup_retention_days"], 1, 35, "days"),
    ]
    if args["minimum_capacity"] > args["maximum_capacity"]:
        problems.append("minimum_capacity must not exceed maximum_capacity")
    for key in ("minimum_capacity", "maximum_capacity"):
        if args[key] * 2 % 1:
            problems.append(f"{key} is {args[key]}; capacity comes in steps of 0.5")
    if not args["database_name"].isidentifier() or not args["database_name"].islower():
        problems.append(f"database_name {args['database_name']!r} must be lower-case letters, digits and underscores")
    return problems

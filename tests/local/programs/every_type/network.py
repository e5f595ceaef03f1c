"""The part of the program that makes a network and a database."""

import pulumi
import pulumi_aws as aws


def create(prefix: str, key: aws.kms.Key, opts: pulumi.ResourceOptions) -> aws.rds.Cluster:
    """A cluster that keeps its master password itself, in two subnets."""
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.9.0.0/16", enable_dns_hostnames=True, enable_dns_support=True, opts=opts)
    zones = aws.get_availability_zones_output(state="available", opts=pulumi.InvokeOptions(provider=opts.provider))
    subnets = [
        aws.ec2.Subnet(
            f"subnet-{index}",
            vpc_id=vpc.id,
            cidr_block=f"10.9.{index}.0/24",
            availability_zone=zones.names[index],
            map_public_ip_on_launch=False,
            opts=opts,
        )
        for index in range(2)
    ]
    group = aws.ec2.SecurityGroup(
        "database-access",
        name=f"{prefix}-database",
        description="PostgreSQL from inside",
        vpc_id=vpc.id,
        ingress=[
            {
                "protocol": "tcp",
                "from_port": 5432,
                "to_port": 5432,
                "cidr_blocks": [vpc.cidr_block],
                "description": "in",
            },
            {"protocol": "tcp", "from_port": 5432, "to_port": 5432, "self": True},
        ],
        egress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["10.9.0.0/16"]}],
        opts=opts,
    )
    subnet_group = aws.rds.SubnetGroup(
        "subnets", name=f"{prefix}-subnets", subnet_ids=[s.id for s in subnets], opts=opts
    )
    parameters = aws.rds.ClusterParameterGroup(
        "parameters",
        name=f"{prefix}-parameters",
        family="aurora-postgresql16",
        parameters=[{"name": "rds.force_ssl", "value": "1", "apply_method": "pending-reboot"}],
        opts=opts,
    )
    cluster = aws.rds.Cluster(
        "cluster",
        cluster_identifier=f"{prefix}-cluster",
        engine=aws.rds.EngineType.AURORA_POSTGRESQL,
        engine_mode="provisioned",
        engine_version="16.8",
        database_name="users",
        master_username="owner",
        manage_master_user_password=True,
        master_user_secret_kms_key_id=key.arn,
        enable_http_endpoint=True,
        storage_encrypted=True,
        backup_retention_period=2,
        skip_final_snapshot=True,
        iam_database_authentication_enabled=True,
        enabled_cloudwatch_logs_exports=["postgresql"],
        db_subnet_group_name=subnet_group.name,
        db_cluster_parameter_group_name=parameters.name,
        vpc_security_group_ids=[group.id],
        serverlessv2_scaling_configuration={"min_capacity": 0.5, "max_capacity": 2.0},
        opts=opts,
    )
    instance = aws.rds.ClusterInstance(
        "instance",
        identifier=f"{prefix}-instance",
        cluster_identifier=cluster.id,
        instance_class="db.serverless",
        engine=aws.rds.EngineType.AURORA_POSTGRESQL,
        performance_insights_enabled=True,
        opts=opts,
    )
    pulumi.export("vpc_id", vpc.id)
    pulumi.export("default_security_group_id", vpc.default_security_group_id)
    pulumi.export("main_route_table_id", vpc.main_route_table_id)
    pulumi.export("security_group_id", group.id)
    pulumi.export("subnet_zones", pulumi.Output.all(*[subnet.availability_zone for subnet in subnets]))
    pulumi.export("cluster_arn", cluster.arn)
    pulumi.export("cluster_secret_arn", cluster.master_user_secrets[0].secret_arn)
    pulumi.export("cluster_port", cluster.port)
    pulumi.export("instance_arn", instance.arn)
    pulumi.export("database", pulumi.Output.json_dumps({"engine": cluster.engine_version_actual, "port": cluster.port}))
    return cluster

"""RDS: Aurora clusters, their instances, subnet and parameter groups."""

from typing import Any

from local_cloud.deploy.spec import DELETE_ONLY, PROVIDER_ONLY, REST, At, Call, Scope, Spec

_DESCRIPTION = "Managed by Pulumi"
_ON_CHANGE = "acts on changes only"

SUBNET_GROUP = Spec(
    token="aws:rds/subnetGroup:SubnetGroup",
    service="rds",
    noun="DBSubnetGroup",
    auto_name="name",
    calls=(Call("CreateDBSubnetGroup", REST),),
    defaults={"description": _DESCRIPTION},
    id="{name}",
    outputs={
        "arn": At("DBSubnetGroup.DBSubnetGroupArn"),
        "vpcId": At("DBSubnetGroup.VpcId"),
        "supportedNetworkTypes": At("DBSubnetGroup.SupportedNetworkTypes", default=["IPV4"]),
    },
)


def _parameters(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    """`applyMethod` defaults to immediate in the provider, and is required by the API."""
    return {"parameters": [{"applyMethod": "immediate", **parameter} for parameter in properties["parameters"]]}


CLUSTER_PARAMETER_GROUP = Spec(
    token="aws:rds/clusterParameterGroup:ClusterParameterGroup",
    service="rds",
    noun="DBClusterParameterGroup",
    auto_name="name",
    calls=(
        Call(
            "CreateDBClusterParameterGroup",
            REST,
            renames={"family": "DBParameterGroupFamily", "description": "Description"},
        ),
        Call(
            "ModifyDBClusterParameterGroup",
            ("parameters",),
            reshape=_parameters,
            renames={"parameters.name": "ParameterName", "parameters.value": "ParameterValue"},
            gives={"DBClusterParameterGroupName": "{name}"},
        ),
    ),
    defaults={"description": _DESCRIPTION},
    id="{name}",
    outputs={"arn": At("DBClusterParameterGroup.DBClusterParameterGroupArn")},
)


def _master_user_secrets(scope: Scope) -> list[dict[str, Any]]:
    """What RDS says about the secret it keeps for the master user; none when the program gave a password."""
    secret = scope.responses["DescribeDBClusters"]["DBClusters"][0].get("MasterUserSecret")
    if not secret:
        return []
    return [
        {
            "secretArn": secret["SecretArn"],
            "secretStatus": secret.get("SecretStatus", "active"),
            "kmsKeyId": secret.get("KmsKeyId", ""),
        }
    ]


CLUSTER = Spec(
    token="aws:rds/cluster:Cluster",
    service="rds",
    noun="DB",
    auto_name="clusterIdentifier",
    calls=(
        Call(
            "CreateDBCluster",
            REST,
            renames={
                "masterPassword": "MasterUserPassword",
                "masterPasswordWo": "MasterUserPassword",
                "databaseName": "DatabaseName",
                "dbSystemId": "DBSystemId",
                "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
                "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
                "performanceInsightsEnabled": "EnablePerformanceInsights",
            },
        ),
        Call("DescribeDBClusters", gives={"DBClusterIdentifier": "{clusterIdentifier}"}),
    ),
    not_sent={
        "skipFinalSnapshot": DELETE_ONLY,
        "finalSnapshotIdentifier": DELETE_ONLY,
        "deleteAutomatedBackups": DELETE_ONLY,
        "applyImmediately": _ON_CHANGE,
        "allowMajorVersionUpgrade": _ON_CHANGE,
        "masterPasswordWoVersion": PROVIDER_ONLY,
    },
    id="{clusterIdentifier}",
    outputs={
        "arn": At("DBCluster.DBClusterArn"),
        "endpoint": At("DBCluster.Endpoint"),
        "readerEndpoint": At("DBCluster.ReaderEndpoint"),
        "hostedZoneId": At("DBCluster.HostedZoneId", default=""),
        "clusterResourceId": At("DBCluster.DbClusterResourceId"),
        "engineVersion": At("DBCluster.EngineVersion"),
        "engineVersionActual": At("DBCluster.EngineVersion"),
        "port": At("DBCluster.Port"),
        "databaseName": At("DBCluster.DatabaseName", default=""),
        "masterUsername": At("DBCluster.MasterUsername", default=""),
        "masterUserSecrets": _master_user_secrets,
        "availabilityZones": At("DBCluster.AvailabilityZones", default=[]),
        "caCertificateValidTill": "",
        "upgradeRolloutOrder": At("DBCluster.UpgradeRolloutOrder", default=""),
        "vpcSecurityGroupIds": lambda scope: [
            group["VpcSecurityGroupId"]
            for group in scope.responses["CreateDBCluster"]["DBCluster"]["VpcSecurityGroups"]
        ],
    },
)

CLUSTER_INSTANCE = Spec(
    token="aws:rds/clusterInstance:ClusterInstance",
    service="rds",
    noun="DB",
    auto_name="identifier",
    calls=(
        Call(
            "CreateDBInstance",
            REST,
            renames={
                "identifier": "DBInstanceIdentifier",
                "instanceClass": "DBInstanceClass",
                "caCertIdentifier": "CACertificateIdentifier",
                "performanceInsightsEnabled": "EnablePerformanceInsights",
            },
        ),
    ),
    not_sent={"applyImmediately": _ON_CHANGE, "forceDestroy": DELETE_ONLY},
    id="{identifier}",
    outputs={
        "arn": At("DBInstance.DBInstanceArn"),
        "dbiResourceId": At("DBInstance.DbiResourceId"),
        "endpoint": At("DBInstance.Endpoint.Address"),
        "port": At("DBInstance.Endpoint.Port"),
        "engineVersion": At("DBInstance.EngineVersion"),
        "engineVersionActual": At("DBInstance.EngineVersion"),
        "storageEncrypted": At("DBInstance.StorageEncrypted", default=False),
        "kmsKeyId": At("DBInstance.KmsKeyId", default=""),
        "networkType": At("DBInstance.NetworkType", default="IPV4"),
        "availabilityZone": At("DBInstance.AvailabilityZone", default=""),
        "writer": True,
    },
)

"""EC2: the network a database lives in."""

from typing import Any

from local_cloud.deploy.spec import DELETE_ONLY, REST, At, Call, Scope, Spec


def _tagged(kind: str) -> Any:
    """EC2 takes tags as specifications per kind of resource."""

    def reshape(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
        tags = properties.pop("tags", None)
        if tags:
            properties["tagSpecifications"] = [{"resourceType": kind, "tags": tags}]
        return properties

    return reshape


def _vpc_attribute(name: str) -> Call:
    """ModifyVpcAttribute changes one attribute per request."""
    return Call(
        "ModifyVpcAttribute",
        (name,),
        reshape=lambda properties, _: {name: {"value": properties[name]}},
        gives={"VpcId": At("Vpc.VpcId")},
    )


def _subnet_attribute(name: str) -> Call:
    return Call(
        "ModifySubnetAttribute",
        (name,),
        reshape=lambda properties, _: {name: {"value": properties[name]}},
        gives={"SubnetId": At("Subnet.SubnetId")},
    )


def _of_vpc(operation: str, *filters: dict[str, Any]) -> Call:
    of_vpc = {"Name": "vpc-id", "Values": [At("Vpc.VpcId")]}
    return Call(operation, gives={"Filters": [of_vpc, *filters]})


VPC = Spec(
    token="aws:ec2/vpc:Vpc",
    service="ec2",
    calls=(
        Call(
            "CreateVpc",
            REST,
            reshape=_tagged("vpc"),
            renames={"assignGeneratedIpv6CidrBlock": "AmazonProvidedIpv6CidrBlock"},
        ),
        _vpc_attribute("enableDnsSupport"),
        _vpc_attribute("enableDnsHostnames"),
        _vpc_attribute("enableNetworkAddressUsageMetrics"),
        _of_vpc("DescribeSecurityGroups", {"Name": "group-name", "Values": ["default"]}),
        _of_vpc("DescribeNetworkAcls"),
        _of_vpc("DescribeRouteTables"),
    ),
    id="{vpcId}",
    outputs={
        "vpcId": At("Vpc.VpcId"),
        "arn": "arn:{partition}:ec2:{region}:{account}:vpc/{vpcId}",
        "ownerId": "{account}",
        "cidrBlock": At("Vpc.CidrBlock"),
        "dhcpOptionsId": At("Vpc.DhcpOptionsId"),
        "defaultSecurityGroupId": At("SecurityGroups.0.GroupId", of="DescribeSecurityGroups"),
        "defaultNetworkAclId": At("NetworkAcls.0.NetworkAclId", of="DescribeNetworkAcls"),
        "defaultRouteTableId": At("RouteTables.0.RouteTableId", of="DescribeRouteTables"),
        "mainRouteTableId": "{defaultRouteTableId}",
        "ipv6AssociationId": "",
        "enableDnsSupport": True,
        "enableDnsHostnames": False,
        "instanceTenancy": "default",
    },
)

SUBNET = Spec(
    token="aws:ec2/subnet:Subnet",
    service="ec2",
    calls=(
        Call("CreateSubnet", REST, reshape=_tagged("subnet")),
        _subnet_attribute("mapPublicIpOnLaunch"),
        _subnet_attribute("assignIpv6AddressOnCreation"),
        _subnet_attribute("enableDns64"),
    ),
    id="{subnetId}",
    outputs={
        "subnetId": At("Subnet.SubnetId"),
        "arn": "arn:{partition}:ec2:{region}:{account}:subnet/{subnetId}",
        "ownerId": "{account}",
        "availabilityZone": At("Subnet.AvailabilityZone"),
        "availabilityZoneId": At("Subnet.AvailabilityZoneId"),
        "ipv6CidrBlockAssociationId": "",
        "mapPublicIpOnLaunch": False,
    },
)


_EVERYTHING_OUT = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
"""The rule AWS gives every new group and the provider takes away, so that the program's rules are all there are."""


def _permissions(key: str) -> Any:
    def reshape(properties: dict[str, Any], scope: Scope) -> dict[str, Any]:
        group = scope.responses["CreateSecurityGroup"]["GroupId"]
        return {"ipPermissions": [_permission(rule, group) for rule in properties[key]]}

    return reshape


_SOURCES = (
    ("cidrBlocks", "ipRanges", "cidrIp"),
    ("ipv6CidrBlocks", "ipv6Ranges", "cidrIpv6"),
    ("prefixListIds", "prefixListIds", "prefixListId"),
    ("securityGroups", "userIdGroupPairs", "groupId"),
)
"""Property of a rule, list of the IpPermission, member of its items."""


def _permission(rule: dict[str, Any], own_group: str) -> dict[str, Any]:
    """One inline rule as an IpPermission: sources of each kind carry the rule's description; `self` is the group."""
    rest = dict(rule)
    description = {"description": rest.pop("description")} if rest.get("description") else {}
    permission: dict[str, Any] = {"ipProtocol": rest.pop("protocol")}
    for source, target, member in _SOURCES:
        values = rest.pop(source, None)
        if values:
            permission[target] = [{member: value, **description} for value in values]
    if rest.pop("self", False):
        permission.setdefault("userIdGroupPairs", []).append({"groupId": own_group, **description})
    if permission["ipProtocol"] == "-1":
        rest = {key: value for key, value in rest.items() if key not in ("fromPort", "toPort")}
    return {**permission, **rest}


SECURITY_GROUP = Spec(
    token="aws:ec2/securityGroup:SecurityGroup",
    service="ec2",
    noun="Group",
    auto_name="name",
    calls=(
        Call("CreateSecurityGroup", REST, reshape=_tagged("security-group"), renames={"description": "Description"}),
        Call("RevokeSecurityGroupEgress", gives={"GroupId": At("GroupId"), "IpPermissions": _EVERYTHING_OUT}),
        Call(
            "AuthorizeSecurityGroupIngress",
            ("ingress",),
            reshape=_permissions("ingress"),
            gives={"GroupId": At("GroupId")},
        ),
        Call(
            "AuthorizeSecurityGroupEgress",
            ("egress",),
            reshape=_permissions("egress"),
            gives={"GroupId": At("GroupId")},
        ),
    ),
    defaults={"description": "Managed by Pulumi"},
    not_sent={"revokeRulesOnDelete": DELETE_ONLY},
    id="{groupId}",
    outputs={
        "groupId": At("GroupId"),
        "arn": "arn:{partition}:ec2:{region}:{account}:security-group/{groupId}",
        "ownerId": "{account}",
        "ingress": [],
        "egress": [],
    },
)

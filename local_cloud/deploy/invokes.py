"""Provider functions (`aws.get_region()` and the like) that a program may call."""

from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.aws import botocore_session
from local_cloud.deploy.clients import Clients
from local_cloud.deploy.errors import ResourceError

_Function = Callable[[Clients, str, Mapping[str, Any]], dict[str, Any]]


def invoke(token: str, arguments: Mapping[str, Any], clients: Clients, region: str) -> dict[str, Any]:
    """Result of the function, from the emulator. Raises ResourceError for one that is unknown or cannot do as asked."""
    function = _FUNCTIONS.get(token)
    if function is None:
        raise ResourceError("function", token, "the local deployer does not know this provider function")
    given = {key: value for key, value in arguments.items() if value is not None}
    return function(clients, str(given.pop("region", region)), given)


def _caller_identity(clients: Clients, region: str, _arguments: Mapping[str, Any]) -> dict[str, Any]:
    identity = clients.get("sts", region).get_caller_identity()
    account = identity["Account"]
    return {"accountId": account, "arn": identity["Arn"], "userId": identity["UserId"], "id": account}


def _region(_clients: Clients, region: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    name = str(arguments.get("name", region))
    return {
        "region": name,
        "name": name,
        "id": name,
        "endpoint": f"ec2.{name}.amazonaws.com",
        "description": _region_description(name),
    }


def _region_description(name: str) -> str:
    partition = botocore_session().get_data("endpoints")["partitions"][0]
    return str(partition["regions"].get(name, {}).get("description", name))


def _partition(_clients: Clients, _region: str, _arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"partition": "aws", "id": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}


def _availability_zones(clients: Clients, region: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(arguments) - {"state", "filters"})
    if unknown:
        raise ResourceError("function", _ZONES, f"the local deployer does not support {', '.join(unknown)}")
    filters = [{"Name": given["name"], "Values": given["values"]} for given in arguments.get("filters", [])]
    zones = clients.get("ec2", region).describe_availability_zones(Filters=filters)["AvailabilityZones"]
    wanted = [zone for zone in zones if zone["State"] == arguments.get("state", "available")]
    wanted.sort(key=lambda zone: zone["ZoneName"])
    return {
        "id": region,
        "region": region,
        "names": [zone["ZoneName"] for zone in wanted],
        "zoneIds": [zone["ZoneId"] for zone in wanted],
        "groupNames": sorted({zone.get("GroupName", region) for zone in wanted}),
        **arguments,
    }


_ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"

_FUNCTIONS: Mapping[str, _Function] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    _ZONES: _availability_zones,
}

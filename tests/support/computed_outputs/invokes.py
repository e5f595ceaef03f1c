"""Answers of the provider's functions that the program may call."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from support.computed_outputs.table import Place

Invoke = Callable[[Mapping[str, Any], Place], dict[str, Any]]
INVOKES: Final[dict[str, Invoke]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": lambda _, place: {
        "id": place.account,
        "accountId": place.account,
        "arn": place.global_arn("iam", "user/deployer"),
        "userId": "AIDAEXAMPLE",
    },
    "aws:index/getRegion:getRegion": lambda arguments, place: {
        "id": arguments.get("region", place.region),
        "name": arguments.get("region", place.region),
        "region": arguments.get("region", place.region),
        "description": "a region",
        "endpoint": f"ec2.{arguments.get('region', place.region)}.amazonaws.com",
    },
    "aws:index/getPartition:getPartition": lambda _, place: {
        "id": place.partition,
        "partition": place.partition,
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    },
    "aws:index/getAvailabilityZones:getAvailabilityZones": lambda _, place: {
        "id": place.region,
        "region": place.region,
        "names": [f"{place.region}{letter}" for letter in "abc"],
        "zoneIds": [f"use1-az{number}" for number in (1, 2, 3)],
        "groupNames": [place.region],
    },
}
"""Invoke token -> its answer."""

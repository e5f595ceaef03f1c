"""DNS records."""

from typing import Any

from local_cloud.deploy.spec import PROVIDER_ONLY, REST, Call, Scope, Spec


def _change(properties: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """One change of one record set; the provider overwrites only when told to."""
    record = {key: value for key, value in properties.items() if key not in ("zoneId", "records", "aliases")}
    if "records" in properties:
        record["resourceRecords"] = [{"value": value} for value in properties["records"]]
    for alias in properties.get("aliases", []):
        record["aliasTarget"] = {
            "hostedZoneId": alias["zoneId"],
            "dnsName": alias["name"],
            "evaluateTargetHealth": alias["evaluateTargetHealth"],
        }
    action = "UPSERT" if scope.inputs.get("allowOverwrite") else "CREATE"
    return {
        "hostedZoneId": properties["zoneId"],
        "changeBatch": {"changes": [{"action": action, "resourceRecordSet": record}]},
    }


RECORD = Spec(
    token="aws:route53/record:Record",
    service="route53",
    calls=(Call("ChangeResourceRecordSets", REST, reshape=_change),),
    not_sent={"allowOverwrite": PROVIDER_ONLY},
    id=lambda scope: "_".join([scope["zoneId"], str(scope["name"]).rstrip(".").lower(), scope["type"]]),
    outputs={"fqdn": lambda scope: str(scope["name"]).rstrip(".").lower()},
)

"""Rules between properties or resources that the provider's schema does not state, each under a name of its own.

A trap yields (path, text) for each place where a resource walks into it. Sources: the plan-time code and the remarks of
the provider's documentation, as noted under `rules` in `provider_constraints/`.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from support.policies import DOCUMENTS
from support.pulumi_harness import Resource
from support.wire import UNKNOWN

Found = Iterator[tuple[str, str]]
Check = Callable[[Resource, Sequence[Resource]], Found]

_MISSING: Final = re.compile(r'[:/]None($|[:/"])|"(Resource|AWS|Service|[A-Za-z]*Arn)": ?(null|"None")')
"""None as a part of an ARN or URL, and no value at all where a policy or a queue's settings want an ARN."""


@dataclass(frozen=True)
class Trap:
    """A named rule. No types means every type."""

    name: str
    types: frozenset[str]
    check: Check

    def applies_to(self, type_: str) -> bool:
        return not self.types or type_ in self.types


TRAPS: Final[list[Trap]] = []


def _trap(name: str, *types: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        TRAPS.append(Trap(name, frozenset(types), check))
        return check

    return register


def _known(value: Any) -> Any:
    """The value, or None while a preview does not know it."""
    return None if value is UNKNOWN else value


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    for key, item in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else []):
        yield from _texts(item, f"{path}.{key}".lstrip("."))


@_trap("missing output")
def _missing_output(resource: Resource, _: Sequence[Resource]) -> Found:
    """An output that a resource does not have becomes the text None, or null inside of JSON."""
    for path, text in _texts(resource.inputs, ""):
        if _MISSING.search(text):
            yield path, f"holds an output that its resource does not have: {text!r}"


@_trap("policy document", *DOCUMENTS)
def _policy_document(resource: Resource, _: Sequence[Resource]) -> Found:
    for path in DOCUMENTS[resource.type]:
        text = _known(resource.inputs.get(path))
        if not isinstance(text, str):
            continue
        if not text.startswith("{"):
            yield path, "must be a JSON object that starts directly with its brace"
            continue
        twice: list[str] = []

        def collect(pairs: list[tuple[str, Any]], twice: list[str] = twice) -> dict[str, Any]:
            keys = [key for key, _ in pairs]
            twice += sorted({key for key in keys if keys.count(key) > 1})
            return dict(pairs)

        try:
            json.loads(text, object_pairs_hook=collect)
        except ValueError as error:
            yield path, f"is no JSON: {error}"
        if twice:
            yield path, f"names {', '.join(twice)} twice in one object"


@_trap("token validity", "aws:cognito/userPoolClient:UserPoolClient")
def _token_validity(resource: Resource, _: Sequence[Resource]) -> Found:
    """A units block without one of its three units makes that token's validity zero; the service has limits, too."""
    units = resource.inputs.get("tokenValidityUnits")
    if units is UNKNOWN:
        return
    seconds = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
    for token, default, low, high in (
        ("accessToken", "hours", 300, 86_400),
        ("idToken", "hours", 300, 86_400),
        ("refreshToken", "days", 3_600, 315_360_000),
    ):
        if isinstance(units, dict) and token not in units:
            yield f"tokenValidityUnits.{token}", "is missing: the block must name the unit of all three tokens"
            continue
        unit = _known(units.get(token)) if isinstance(units, dict) else default
        validity = _known(resource.inputs.get(f"{token}Validity"))
        if validity is not None and unit in seconds and not low <= validity * seconds[unit] <= high:
            yield f"{token}Validity", f"is {validity} {unit}; allowed are {low} to {high} seconds"


@_trap("stage throttle", "aws:apigatewayv2/stage:Stage")
def _stage_throttle(resource: Resource, _: Sequence[Resource]) -> Found:
    """A settings block always sends both limits; one that is left out is sent as 0 and blocks every request."""
    blocks = {"defaultRouteSettings": resource.inputs.get("defaultRouteSettings")}
    blocks |= {f"routeSettings.{i}": block for i, block in enumerate(resource.inputs.get("routeSettings", []))}
    for path, block in blocks.items():
        for key in ("throttlingBurstLimit", "throttlingRateLimit"):
            if isinstance(block, dict) and not block.get(key):
                yield f"{path}.{key}", "is missing or 0, which blocks every request"


@_trap("target of a rule", "aws:cloudwatch/eventTarget:EventTarget")
def _target_of_rule(resource: Resource, graph: Sequence[Resource]) -> Found:
    """A target names its rule and must repeat the rule's bus, or the rule is looked up on the default bus."""
    name = _known(resource.inputs.get("rule"))
    rules = [other for other in graph if other.type == "aws:cloudwatch/eventRule:EventRule"]
    named = [rule for rule in rules if name is not None and name in (rule.inputs.get("name"), rule.outputs.get("name"))]
    mine = _known(resource.inputs.get("eventBusName", "default"))
    buses = {_known(rule.inputs.get("eventBusName", "default")) for rule in named}
    if mine is not None and named and None not in buses and mine not in buses:
        yield "eventBusName", f"is {mine!r}, but the rule {name!r} is on {', '.join(sorted(buses))!r}"


@_trap("role by name", "aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment")
def _role_by_name(resource: Resource, _: Sequence[Resource]) -> Found:
    if str(resource.inputs.get("role", "")).startswith("arn:"):
        yield "role", "takes the name of the role, not its ARN"


@_trap("parameter value", "aws:ssm/parameter:Parameter")
def _parameter_value(resource: Resource, _: Sequence[Resource]) -> Found:
    name = _known(resource.inputs.get("name", "/"))
    if name is not None and "/" in name and not name.startswith("/"):
        yield "name", "holds a slash, so it must start with one"
    if "insecureValue" in resource.inputs and resource.inputs.get("type") == "SecureString":
        yield "insecureValue", "cannot be used with type SecureString"
    for key in ("value", "insecureValue"):
        if resource.inputs.get(key) == "":
            yield key, "is empty, which SSM refuses"


@_trap("kind of endpoint", "aws:ec2/vpcEndpoint:VpcEndpoint")
def _kind_of_endpoint(resource: Resource, _: Sequence[Resource]) -> Found:
    """An endpoint is a Gateway unless it says Interface, and only S3 and DynamoDB have gateways."""
    kind = _known(resource.inputs.get("vpcEndpointType", "Gateway"))
    service = str(_known(resource.inputs.get("serviceName")) or "")
    if kind == "Gateway":
        if service and service.rsplit(".", 1)[-1] not in ("s3", "dynamodb"):
            yield "vpcEndpointType", f"must be Interface for {service}: only S3 and DynamoDB have gateways"
        for key in ("subnetIds", "securityGroupIds", "privateDnsEnabled"):
            if key in resource.inputs:
                yield key, "is for interface endpoints only"
    elif kind == "Interface" and "routeTableIds" in resource.inputs:
        yield "routeTableIds", "is for gateway endpoints only"


@_trap("final snapshot", "aws:rds/cluster:Cluster")
def _final_snapshot(resource: Resource, _: Sequence[Resource]) -> Found:
    if not resource.inputs.get("skipFinalSnapshot") and "finalSnapshotIdentifier" not in resource.inputs:
        yield "finalSnapshotIdentifier", "is missing while skipFinalSnapshot is not true: a destroy would fail"


@_trap("master password", "aws:rds/cluster:Cluster")
def _master_password(resource: Resource, _: Sequence[Resource]) -> Found:
    """Asked of a cluster that starts empty."""
    seeds = {"snapshotIdentifier", "restoreToPointInTime", "s3Import", "globalClusterIdentifier"}
    if (seeds | {"replicationSourceIdentifier"}) & set(resource.inputs):
        return
    if "masterUsername" not in resource.inputs:
        yield "masterUsername", "is missing for a new cluster"
    if not {"masterPassword", "masterPasswordWo", "manageMasterUserPassword"} & set(resource.inputs):
        yield "manageMasterUserPassword", "or another choice of password is missing for a new cluster"


@_trap("source of a permission", "aws:lambda/permission:Permission")
def _source_of_permission(resource: Resource, _: Sequence[Resource]) -> Found:
    """Wildcards may stand in the resource part only."""
    source = _known(resource.inputs.get("sourceArn"))
    if source is not None and any("*" in part for part in source.split(":")[3:5]):
        yield "sourceArn", "holds a wildcard in its region or account"


@_trap("package of a function", "aws:lambda/function:Function")
def _package_of_function(resource: Resource, _: Sequence[Resource]) -> Found:
    """The package type is never inferred from the image."""
    kind = _known(resource.inputs.get("packageType", "Zip"))
    if "imageUri" in resource.inputs and kind == "Zip":
        yield "packageType", "must say Image: it is not inferred from imageUri"
    elif kind == "Zip":
        for key in ("handler", "runtime"):
            if key not in resource.inputs:
                yield key, "is missing for package type Zip"


@_trap("queue or topic name", "aws:sqs/queue:Queue", "aws:sns/topic:Topic")
def _queue_or_topic_name(resource: Resource, _: Sequence[Resource]) -> Found:
    name, fifo = (
        _known(resource.inputs.get("name")),
        bool(resource.inputs.get("fifoQueue", resource.inputs.get("fifoTopic"))),
    )
    longest = 80 if "sqs" in resource.type else 256
    if name is not None and not re.fullmatch(
        rf"[0-9A-Za-z_-]{{1,{longest - 5}}}\.fifo" if fifo else rf"[0-9A-Za-z_-]{{1,{longest}}}", name
    ):
        yield "name", f"{name!r} is no {'FIFO ' if fifo else ''}name of at most {longest} characters"
    if resource.inputs.get("contentBasedDeduplication") and not fifo:
        yield "contentBasedDeduplication", "is for FIFO only"


@_trap("alarm", "aws:cloudwatch/metricAlarm:MetricAlarm")
def _alarm(resource: Resource, _: Sequence[Resource]) -> Found:
    inputs = resource.inputs
    if "metricName" in inputs and ("statistic" in inputs) == ("extendedStatistic" in inputs):
        yield "statistic", "or extendedStatistic is needed with a metric name, exactly one"
    for key in ("comparisonOperator", "evaluationPeriods"):
        if key not in inputs and "evaluationCriteria" not in inputs:
            yield key, "is missing"
    period = _known(inputs.get("period"))
    if period is not None and period not in (10, 20, 30) and period % 60:
        yield "period", f"is {period}; allowed are 10, 20, 30 and multiples of 60"
    for index, query in enumerate(inputs.get("metricQueries", [])):
        if isinstance(query, dict) and "expression" in query and "metric" in query:
            yield f"metricQueries.{index}", "has both an expression and a metric"


@_trap("recovery window", "aws:secretsmanager/secret:Secret")
def _recovery_window(resource: Resource, _: Sequence[Resource]) -> Found:
    days = _known(resource.inputs.get("recoveryWindowInDays"))
    if days is not None and days != 0 and not 7 <= days <= 30:
        yield "recoveryWindowInDays", f"is {days}; allowed are 0 and 7 to 30"


@_trap("attributes of a table", "aws:dynamodb/table:Table")
def _table_attributes(resource: Resource, _: Sequence[Resource]) -> Found:
    inputs = resource.inputs
    indexes = [*inputs.get("globalSecondaryIndexes", []), *inputs.get("localSecondaryIndexes", [])]
    keys = {holder[key] for holder in [inputs, *indexes] for key in ("hashKey", "rangeKey") if holder.get(key)}
    keys |= {key["attributeName"] for index in indexes for key in index.get("keySchemas", [])}
    declared = {attribute["name"] for attribute in inputs.get("attributes", [])}
    if keys != declared:
        yield "attributes", f"declared are {sorted(declared)}, used as keys are {sorted(keys)}: they must be equal"
    ttl = inputs.get("ttl", {})
    if isinstance(ttl, dict) and ttl.get("enabled") and not ttl.get("attributeName"):
        yield "ttl.attributeName", "is missing while the time to live is on"


@_trap("all protocols", "aws:ec2/securityGroup:SecurityGroup")
def _all_protocols(resource: Resource, _: Sequence[Resource]) -> Found:
    for direction in ("ingress", "egress"):
        for index, rule in enumerate(_known(resource.inputs.get(direction)) or []):
            if rule.get("protocol") in ("-1", "all") and (rule.get("fromPort"), rule.get("toPort")) != (0, 0):
                yield f"{direction}.{index}", "names ports although it is for all protocols; both must be 0"


@_trap("certificate", "aws:acm/certificate:Certificate")
def _certificate(resource: Resource, _: Sequence[Resource]) -> Found:
    if "domainName" in resource.inputs and not {"certificateAuthorityArn", "validationMethod"} & set(resource.inputs):
        yield "validationMethod", "is missing for a requested certificate"


@_trap("header name", "aws:wafv2/webAcl:WebAcl", "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
def _header_name(resource: Resource, _: Sequence[Resource]) -> Found:
    """WAF compares header names in lower case."""
    for path, text in _texts(resource.inputs, ""):
        if path.endswith("singleHeader.name") and text != text.lower():
            yield path, f"{text!r} must be in lower case"


@_trap("filter scope", "aws:sns/topicSubscription:TopicSubscription")
def _filter_scope(resource: Resource, _: Sequence[Resource]) -> Found:
    if "filterPolicyScope" in resource.inputs and "filterPolicy" not in resource.inputs:
        yield "filterPolicyScope", "is given without a filter policy"


@_trap("input of an invocation", "aws:lambda/invocation:Invocation")
def _input_of_invocation(resource: Resource, _: Sequence[Resource]) -> Found:
    text = _known(resource.inputs.get("input"))
    if resource.inputs.get("lifecycleScope") == "CRUD" and text is not None and not re.fullmatch(r"\{.*\}", text, re.S):
        yield "input", "must be a JSON object with lifecycle scope CRUD"


@_trap("second factor", "aws:cognito/userPool:UserPool")
def _second_factor(resource: Resource, _: Sequence[Resource]) -> Found:
    """With MFA on or optional Cognito wants at least one factor."""
    factors = {"softwareTokenMfaConfiguration", "smsConfiguration", "emailMfaConfiguration"}
    if resource.inputs.get("mfaConfiguration") in ("ON", "OPTIONAL") and not factors & set(resource.inputs):
        yield "mfaConfiguration", "needs a software token, SMS or e-mail configuration"

"""What the provider computes for IAM, Lambda, CloudWatch, EventBridge, SQS and SNS."""

from support.computed_outputs.table import TIMESTAMP, Created, Request, computes, named, plain

# IAM


@computes("aws:iam/role:Role")
def _role(request: Request) -> Created:
    name, path = request.physical(), request.inputs.get("path", "/")
    outputs = {
        "name": name,
        "arn": request.place.global_arn("iam", f"role{path}{name}"),
        "uniqueId": f"AROA{request.digest(17).upper()}",
        "createDate": TIMESTAMP,
    }
    return Created(name, outputs)


@computes("aws:iam/policy:Policy")
def _policy(request: Request) -> Created:
    name, path = request.physical(), request.inputs.get("path", "/")
    arn = request.place.global_arn("iam", f"policy{path}{name}")
    return Created(arn, {"name": name, "arn": arn, "policyId": f"ANPA{request.digest(17).upper()}"})


@computes("aws:iam/rolePolicy:RolePolicy")
def _role_policy(request: Request) -> Created:
    name = request.physical()
    return Created(f"{request['role']}:{name}", {"name": name})


plain("aws:iam/rolePolicyAttachment:RolePolicyAttachment", lambda r: f"{r['role']}-{r.digest(8)}")


# Lambda


@computes("aws:lambda/function:Function")
def _function(request: Request) -> Created:
    name = request.physical()
    version = "1" if request.inputs.get("publish") else "$LATEST"
    arn = request.place.arn("lambda", f"function:{name}")
    qualified = f"{arn}:{version}"
    outputs = {
        "name": name,
        "arn": arn,
        "version": version,
        "qualifiedArn": qualified,
        "invokeArn": request.place.invoke_arn(arn),
        "qualifiedInvokeArn": request.place.invoke_arn(qualified),
        "codeSha256": request.digest(44),
        "sourceCodeSize": 1,
        "lastModified": TIMESTAMP,
    }
    return Created(name, outputs)


@computes("aws:lambda/alias:Alias")
def _lambda_alias(request: Request) -> Created:
    function = str(request["functionName"]).split(":function:")[-1]
    arn = request.place.arn("lambda", f"function:{function}:{request.physical()}")
    outputs = {"name": request.physical(), "arn": arn, "invokeArn": request.place.invoke_arn(arn)}
    return Created(arn, outputs)


@computes("aws:lambda/permission:Permission")
def _permission(request: Request) -> Created:
    statement = request.physical("statementId")
    return Created(statement, {"statementId": statement})


@computes("aws:lambda/eventSourceMapping:EventSourceMapping")
def _event_source_mapping(request: Request) -> Created:
    uuid = request.uuid()
    function = str(request["functionName"])
    outputs = {
        "uuid": uuid,
        "arn": request.place.arn("lambda", f"event-source-mapping:{uuid}"),
        "functionArn": function if function.startswith("arn:") else request.place.arn("lambda", f"function:{function}"),
        "state": "Enabled",
        "lastModified": TIMESTAMP,
    }
    return Created(uuid, outputs)


@computes("aws:lambda/invocation:Invocation")
def _invocation(request: Request) -> Created:
    """The result is what the function returned, as JSON; here an empty object."""
    return Created(f"{request['functionName']}_{request.digest(12)}", {"result": "{}"})


plain(
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
    lambda r: f"{r['functionName']},{r['qualifier']}",
)


# CloudWatch, EventBridge

named("aws:cloudwatch/logGroup:LogGroup", "logs", "log-group:{name}")
named("aws:cloudwatch/metricAlarm:MetricAlarm", "cloudwatch", "alarm:{name}")
named("aws:cloudwatch/eventBus:EventBus", "events", "event-bus/{name}")
named("aws:cloudwatch/eventArchive:EventArchive", "events", "archive/{name}")


@computes("aws:cloudwatch/eventRule:EventRule")
def _event_rule(request: Request) -> Created:
    name, bus = request.physical(), request.inputs.get("eventBusName", "default")
    bus_name = str(bus).split("event-bus/")[-1]
    path = name if bus_name == "default" else f"{bus_name}/{name}"
    identity = name if bus == "default" else f"{bus}/{name}"
    return Created(identity, {"name": name, "arn": request.place.arn("events", f"rule/{path}")})


@computes("aws:cloudwatch/eventTarget:EventTarget")
def _event_target(request: Request) -> Created:
    target = request.physical("targetId")
    bus = request.inputs.get("eventBusName")
    return Created("-".join([*([bus] if bus else []), request["rule"], target]), {"targetId": target})


# SQS, SNS


@computes("aws:sqs/queue:Queue")
def _queue(request: Request) -> Created:
    name, place = request.physical(), request.place
    url = f"https://sqs.{place.region}.amazonaws.com/{place.account}/{name}"
    return Created(url, {"name": name, "url": url, "arn": place.arn("sqs", name)})


for _type in ("queuePolicy:QueuePolicy", "redriveAllowPolicy:RedriveAllowPolicy", "redrivePolicy:RedrivePolicy"):
    plain(f"aws:sqs/{_type}", lambda r: str(r["queueUrl"]))

named("aws:sns/topic:Topic", "sns", "{name}", id_="arn")


@computes("aws:sns/topicPolicy:TopicPolicy")
def _topic_policy(request: Request) -> Created:
    return Created(str(request["arn"]), {"owner": request.place.account})


@computes("aws:sns/topicSubscription:TopicSubscription")
def _topic_subscription(request: Request) -> Created:
    arn = f"{request['topic']}:{request.uuid()}"
    confirms = request["protocol"] in ("email", "email-json", "http", "https")
    return Created(arn, {"arn": arn, "ownerId": request.place.account, "pendingConfirmation": confirms})

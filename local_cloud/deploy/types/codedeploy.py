"""CodeDeploy, which the emulator lacks: gradual traffic shift between versions of a function."""

import uuid
from typing import Any

from local_cloud.deploy.spec import REST, Call, Scope, Spec


def _id(scope: Scope) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, scope.unique))


APPLICATION = Spec(
    token="aws:codedeploy/application:Application",
    service="codedeploy",
    noun="application",
    auto_name="name",
    emulated=False,
    calls=(Call("CreateApplication", REST),),
    defaults={"computePlatform": "Server"},
    id=_id,
    outputs={
        "applicationId": _id,
        "arn": "arn:{partition}:codedeploy:{region}:{account}:application:{name}",
        "githubAccountName": "",
        "linkedToGithub": False,
    },
)

DEPLOYMENT_CONFIG = Spec(
    token="aws:codedeploy/deploymentConfig:DeploymentConfig",
    service="codedeploy",
    auto_name="deploymentConfigName",
    emulated=False,
    calls=(
        Call(
            "CreateDeploymentConfig",
            REST,
            renames={
                "trafficRoutingConfig.timeBasedCanary.interval": "canaryInterval",
                "trafficRoutingConfig.timeBasedCanary.percentage": "canaryPercentage",
                "trafficRoutingConfig.timeBasedLinear.interval": "linearInterval",
                "trafficRoutingConfig.timeBasedLinear.percentage": "linearPercentage",
            },
        ),
    ),
    defaults={"computePlatform": "Server"},
    id="{deploymentConfigName}",
    outputs={
        "arn": "arn:{partition}:codedeploy:{region}:{account}:deploymentconfig:{deploymentConfigName}",
        "deploymentConfigId": _id,
    },
)


def _with_alarm_names(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    """The resource lists alarm names, the API objects with a name."""
    configuration = properties.get("alarmConfiguration")
    if isinstance(configuration, dict) and "alarms" in configuration:
        alarms = [{"name": name} for name in configuration["alarms"]]
        properties["alarmConfiguration"] = {**configuration, "alarms": alarms}
    return properties


DEPLOYMENT_GROUP = Spec(
    token="aws:codedeploy/deploymentGroup:DeploymentGroup",
    service="codedeploy",
    emulated=False,
    calls=(
        Call(
            "CreateDeploymentGroup",
            REST,
            renames={
                "appName": "applicationName",
                "autoscalingGroups": "autoScalingGroups",
                "alarmConfiguration.alarms": "alarms",
                "blueGreenDeploymentConfig": "blueGreenDeploymentConfiguration",
            },
            reshape=_with_alarm_names,
        ),
    ),
    id=_id,
    outputs={
        "deploymentGroupId": _id,
        "arn": "arn:{partition}:codedeploy:{region}:{account}:deploymentgroup:{appName}/{deploymentGroupName}",
        "computePlatform": "Lambda",
        "deploymentConfigName": "CodeDeployDefault.OneAtATime",
    },
)

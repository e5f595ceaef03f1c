"""CloudWatch: log groups and metric alarms."""

from local_cloud.deploy.spec import DELETE_ONLY, REST, At, Call, Spec

LOG_GROUP = Spec(
    token="aws:cloudwatch/logGroup:LogGroup",
    service="logs",
    noun="logGroup",
    auto_name="name",
    calls=(
        Call("CreateLogGroup", REST),
        Call(
            "PutRetentionPolicy",
            ("retentionInDays",),
            gives={"logGroupName": "{name}"},
            when=lambda scope: scope.inputs["retentionInDays"] != 0,  # 0 is the provider's "never expire"
        ),
    ),
    not_sent={"skipDestroy": DELETE_ONLY},
    id="{name}",
    outputs={
        "arn": "arn:{partition}:logs:{region}:{account}:log-group:{name}",
        "retentionInDays": 0,
        "logGroupClass": "STANDARD",
    },
)

METRIC_ALARM = Spec(
    token="aws:cloudwatch/metricAlarm:MetricAlarm",
    service="cloudwatch",
    auto_name="name",
    calls=(
        Call(
            "PutMetricAlarm",
            REST,
            renames={
                "name": "AlarmName",
                "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
                "metricQueries": "Metrics",
                "metricQueries.metric": "MetricStat",
                "metricQueries.metric.metricName": "Metric.MetricName",
                "metricQueries.metric.namespace": "Metric.Namespace",
                "metricQueries.metric.dimensions": "Metric.Dimensions",
            },
        ),
        Call("DescribeAlarms", gives={"AlarmNames": ["{name}"]}),
    ),
    id="{name}",
    outputs={
        "arn": At("MetricAlarms.0.AlarmArn", of="DescribeAlarms"),
        "actionsEnabled": True,
        "treatMissingData": "missing",
    },
)

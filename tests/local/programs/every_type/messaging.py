"""The part of the program with a bus, queues and a topic."""

import pulumi
import pulumi_aws as aws


def create(prefix: str, key: aws.kms.Key, opts: pulumi.ResourceOptions) -> tuple[aws.sqs.Queue, aws.sns.Topic]:
    """A bus whose rule feeds a queue, with dead letters on every way; an alarm topic on the same queue."""
    bus = aws.cloudwatch.EventBus("bus", name=f"{prefix}-bus", description="Everything that happens", opts=opts)
    archive = aws.cloudwatch.EventArchive(
        "archive",
        name=f"{prefix}-archive",
        event_source_arn=bus.arn,
        retention_days=5,
        event_pattern=pulumi.Output.json_dumps({"source": ["test"]}),
        opts=opts,
    )
    dead = aws.sqs.Queue(
        "dead-letters",
        name=f"{prefix}-dead",
        message_retention_seconds=1_209_600,
        sqs_managed_sse_enabled=True,
        opts=opts,
    )
    queue = aws.sqs.Queue(
        "queue",
        name=f"{prefix}-queue",
        visibility_timeout_seconds=60,
        receive_wait_time_seconds=20,
        kms_master_key_id=key.key_id,
        kms_data_key_reuse_period_seconds=300,
        tags={"Owner": "queue-team"},
        opts=opts,
    )
    aws.sqs.RedrivePolicy(
        "redrive",
        queue_url=queue.url,
        redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 4}),
        opts=opts,
    )
    aws.sqs.RedriveAllowPolicy(
        "redrive-allow",
        queue_url=dead.url,
        redrive_allow_policy=pulumi.Output.json_dumps({"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}),
        opts=opts,
    )
    rule = aws.cloudwatch.EventRule(
        "rule",
        name=f"{prefix}-rule",
        event_bus_name=bus.name,
        event_pattern=pulumi.Output.json_dumps({"source": ["test"]}),
        opts=opts,
    )
    aws.sqs.QueuePolicy(
        "queue-policy",
        queue_url=queue.url,
        policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "events.amazonaws.com"},
                        "Action": "sqs:SendMessage",
                        "Resource": queue.arn,
                        "Condition": {"ArnEquals": {"aws:SourceArn": rule.arn}},
                    }
                ],
            }
        ),
        opts=opts,
    )
    aws.cloudwatch.EventTarget(
        "target",
        rule=rule.name,
        event_bus_name=bus.name,
        target_id="queue",
        arn=queue.arn,
        dead_letter_config={"arn": dead.arn},
        retry_policy={"maximum_event_age_in_seconds": 3600, "maximum_retry_attempts": 5},
        opts=opts,
    )
    topic = aws.sns.Topic("topic", name=f"{prefix}-alarms", display_name="Alarms", opts=opts)
    aws.sns.TopicSubscription(
        "subscription", topic=topic.arn, protocol="sqs", endpoint=dead.arn, raw_message_delivery=True, opts=opts
    )
    aws.cloudwatch.MetricAlarm(
        "depth",
        name=f"{prefix}-depth",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        threshold=0,
        namespace="AWS/SQS",
        metric_name="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": dead.name},
        period=60,
        statistic="Maximum",
        treat_missing_data="notBreaching",
        alarm_actions=[topic.arn],
        opts=opts,
    )
    aws.cloudwatch.MetricAlarm(
        "share",
        name=f"{prefix}-share",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=2,
        threshold=0.5,
        metric_queries=[
            aws.cloudwatch.MetricAlarmMetricQueryArgs(
                id="share", expression="failed / sent", label="share", return_data=True
            ),
            _sum_of("failed", "NumberOfNotificationsFailed", topic),
            _sum_of("sent", "NumberOfMessagesPublished", topic),
        ],
        opts=opts,
    )
    pulumi.export("bus_name", bus.name)
    pulumi.export("archive_arn", archive.arn)
    pulumi.export("queue_url", queue.url)
    pulumi.export("queue_arn", queue.arn)
    pulumi.export("queue_tags", queue.tags_all)
    pulumi.export("dead_visibility", dead.visibility_timeout_seconds)
    pulumi.export("dead_url", dead.url)
    pulumi.export("topic_arn", topic.arn)
    return queue, topic


def _sum_of(name: str, metric: str, topic: aws.sns.Topic) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id=name,
        metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
            metric_name=metric, namespace="AWS/SNS", period=60, stat="Sum", dimensions={"TopicName": topic.name}
        ),
    )

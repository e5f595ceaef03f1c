"""Pulumi's properties become the input of an AWS operation, or an error that names the property."""

from typing import Any

import pytest
from botocore.session import Session

from local_cloud.deploy.casting import cast
from local_cloud.deploy.errors import TranslationError

_SESSION = Session()


def cast_for(service: str, operation: str, value: dict[str, Any], **options: Any) -> Any:
    shape = _SESSION.get_service_model(service).operation_model(operation).input_shape
    assert shape is not None
    return cast(shape, value, **options)


def test_letter_case_does_not_matter() -> None:
    """H1. `callbackUrls` and `CallbackURLs` are one name."""
    properties = {"callbackUrls": ["a"], "defaultRedirectUri": "a", "allowedOauthFlowsUserPoolClient": True}
    assert cast_for("cognito-idp", "CreateUserPoolClient", properties) == {
        "CallbackURLs": ["a"],
        "DefaultRedirectURI": "a",
        "AllowedOAuthFlowsUserPoolClient": True,
    }


def test_the_noun_is_tried_at_the_top_only() -> None:
    """H1."""
    properties = {"name": "f", "environment": {"variables": {"name": "v"}}}
    assert cast_for("lambda", "CreateFunction", properties, noun="Function") == {
        "FunctionName": "f",
        "Environment": {"Variables": {"name": "v"}},
    }


def test_a_rename_may_descend_and_merge_with_others() -> None:
    """A3. Two properties of the resource lie in one structure of the API."""
    renames = {"passwordPolicy": "Policies.PasswordPolicy", "signInPolicy": "Policies.SignInPolicy"}
    properties = {
        "passwordPolicy": {"minimumLength": 12.0},
        "signInPolicy": {"allowedFirstAuthFactors": ["PASSWORD"]},
    }
    assert cast_for("cognito-idp", "CreateUserPool", properties, renames=renames) == {
        "Policies": {
            "PasswordPolicy": {"MinimumLength": 12},
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]},
        }
    }


def test_a_rename_may_lead_into_a_map_of_text() -> None:
    """C2. SQS takes every setting as text in one map."""
    renames = {"visibilityTimeoutSeconds": "Attributes.VisibilityTimeout", "fifoQueue": "Attributes.FifoQueue"}
    properties = {"visibilityTimeoutSeconds": 60, "fifoQueue": True}
    cast_properties = cast_for("sqs", "CreateQueue", properties, renames=renames)
    assert cast_properties == {"Attributes": {"VisibilityTimeout": "60", "FifoQueue": "true"}}


@pytest.mark.parametrize(
    ("service", "operation", "expected"),
    [
        ("iam", "CreateRole", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("kms", "CreateKey", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        ("lambda", "CreateFunction", {"Tags": {"a": "b"}}),
        ("logs", "CreateLogGroup", {"tags": {"a": "b"}}),
    ],
)
def test_tags_take_the_notation_of_each_service(service: str, operation: str, expected: dict[str, Any]) -> None:
    """A16."""
    assert cast_for(service, operation, {"tags": {"a": "b"}}) == expected


def test_nested_renames_name_the_path_without_indices() -> None:
    """G1. An alarm over an expression of two metrics."""
    renames = {
        "metricQueries": "Metrics",
        "metricQueries.metric": "MetricStat",
        "metricQueries.metric.metricName": "Metric.MetricName",
        "metricQueries.metric.dimensions": "Metric.Dimensions",
    }
    metric = {"metricName": "Sent", "stat": "Sum", "period": 60.0, "dimensions": {"TopicName": "t"}}
    query = {"id": "sent", "metric": metric, "returnData": False}
    assert cast_for("cloudwatch", "PutMetricAlarm", {"metricQueries": [query]}, renames=renames)["Metrics"] == [
        {
            "Id": "sent",
            "ReturnData": False,
            "MetricStat": {
                "Metric": {"MetricName": "Sent", "Dimensions": [{"Name": "TopicName", "Value": "t"}]},
                "Stat": "Sum",
                "Period": 60,
            },
        }
    ]


def test_a_single_object_fits_a_list() -> None:
    """H1. Terraform's blocks of at most one are objects in Pulumi."""
    renames = {"fileSystemConfig": "FileSystemConfigs"}
    properties = {"fileSystemConfig": {"arn": "a", "localMountPath": "/mnt/a"}}
    assert cast_for("lambda", "CreateFunction", properties, renames=renames) == {
        "FileSystemConfigs": [{"Arn": "a", "LocalMountPath": "/mnt/a"}]
    }


def test_a_value_that_is_not_given_is_not_sent() -> None:
    """H1."""
    assert cast_for("lambda", "CreateAlias", {"name": "live", "description": None}) == {"Name": "live"}


@pytest.mark.parametrize(
    ("service", "operation", "properties", "message"),
    [
        ("lambda", "CreateAlias", {"nam": "x"}, "property 'nam' has no counterpart in CreateAliasRequest"),
        (
            "lambda",
            "CreateFunction",
            {"loggingConfig": {"logGroups": "x"}},
            "property 'loggingConfig.logGroups' has no counterpart in LoggingConfig",
        ),
        (
            "cognito-idp",
            "CreateUserPool",
            {"schema": [{"name": "a"}, {"nam": "b"}]},
            "property 'schema.nam' has no counterpart in SchemaAttributeType",
        ),
        ("lambda", "CreateFunction", {"timeout": "soon"}, "property 'timeout' must be a number, not str"),
        ("lambda", "CreateFunction", {"timeout": 1.5}, "property 'timeout' must be a whole number, not float"),
        ("lambda", "CreateFunction", {"timeout": True}, "property 'timeout' must be a whole number, not bool"),
        ("lambda", "CreateFunction", {"publish": "yes"}, "property 'publish' must be true or false, not str"),
        ("lambda", "CreateFunction", {"handler": {"a": "b"}}, "property 'handler' must be a string, not dict"),
        ("lambda", "CreateFunction", {"architectures": "arm64"}, "property 'architectures' must be a list, not str"),
        (
            "lambda",
            "CreateFunction",
            {"tracingConfig": "Active"},
            "property 'tracingConfig' must be an object, not str",
        ),
        ("lambda", "CreateFunction", {"runtime": "python2"}, "property 'runtime' is 'python2'; Runtime allows"),
        ("cognito-idp", "CreateGroup", {"description": "x" * 2049}, "2049 > 2048 characters"),
        ("lambda", "CreateEventSourceMapping", {"batchSize": 10001.0}, "10001 > 10000"),
    ],
)
def test_what_aws_could_not_take_is_an_error_that_names_the_property(
    service: str, operation: str, properties: dict[str, Any], message: str
) -> None:
    """H1. botocore alone would let several of these pass, and the emulator too."""
    with pytest.raises(TranslationError) as caught:
        cast_for(service, operation, properties)
    assert message in str(caught.value)


def test_a_rename_into_nothing_is_the_specifications_fault() -> None:
    """H1."""
    with pytest.raises(TranslationError, match="has no member 'Nowhere': the deployer's own specification is wrong"):
        cast_for("lambda", "CreateAlias", {"name": "x"}, renames={"name": "Nowhere.Name"})

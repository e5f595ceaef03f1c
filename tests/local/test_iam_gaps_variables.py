"""Policy variables in the running local cloud: a clinic's boundary is one."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from local.role_sessions import allow, assume, client_as, outcome
from local_cloud.cloud import LocalCloud

OWN, OTHER = "clinic-a", "clinic-b"


@pytest.fixture(scope="module")
def bucket(cloud: LocalCloud) -> str:
    cloud.client("s3").create_bucket(Bucket="iam-gaps-variables")
    return "iam-gaps-variables"


@pytest.fixture
def put(cloud: LocalCloud, bucket: str) -> Callable[..., str]:
    """`put(key, *statements, tags=…)`: what PutObject of that key comes to in such a session."""

    def run(key: str, *statements: Mapping[str, Any], **session: Any) -> str:
        s3 = client_as(cloud, assume(cloud, *statements, **session), "s3")
        return outcome(s3.put_object, Bucket=bucket, Key=key, Body=b"x")

    return run


def objects(rest: str) -> str:
    return f"arn:aws:s3:::iam-gaps-variables/{rest}"


@pytest.mark.parametrize(("clinic", "expected"), [(OWN, "done"), (OTHER, "denied")])
def test_a_variable_in_a_resource_stands_for_the_sessions_tag(
    put: Callable[..., str], clinic: str, expected: str
) -> None:
    """A9 H1. "IAM policy elements: Variables and tags"; stock, such a resource never matches."""
    statement = allow("s3:PutObject", objects("clinics/${aws:PrincipalTag/tenant}/*"))
    assert put(f"clinics/{clinic}/a", statement, tags={"tenant": OWN}) == expected


def test_a_variable_without_value_matches_nothing(put: Callable[..., str]) -> None:
    """A9. "IAM policy elements: Variables and tags": not even the folder whose name is empty."""
    statement = allow("s3:PutObject", objects("clinics/${aws:PrincipalTag/tenant}/*"))
    assert put("clinics//a", statement) == "denied"


def test_an_empty_tag_is_a_value_and_matches_the_folder_without_name(put: Callable[..., str]) -> None:
    """A9. "Passing session tags in AWS STS": a tag's value may be empty, hence the guard in the pool's policies."""
    statement = allow("s3:PutObject", objects("clinics/${aws:PrincipalTag/tenant}/*"))
    assert put("clinics//a", statement, tags={"tenant": ""}) == "done"


def test_a_variable_with_a_default_takes_it(put: Callable[..., str]) -> None:
    """H1. "IAM policy elements: Variables and tags", default values."""
    statement = allow("s3:PutObject", objects("clinics/${aws:PrincipalTag/tenant, 'nobody'}/*"))
    assert (put("clinics/nobody/a", statement), put("clinics/other/a", statement)) == ("done", "denied")


@pytest.mark.parametrize(("key", "expected"), [("literal/*", "done"), ("literal/a", "denied")])
def test_an_escaped_star_is_a_star(put: Callable[..., str], key: str, expected: str) -> None:
    """H1. "IAM policy elements: Variables and tags", characters that are not wildcards."""
    assert put(key, allow("s3:PutObject", objects("literal/${*}"))) == expected


@pytest.mark.parametrize(("clinic", "expected"), [(OWN, "done"), (OTHER, "denied")])
def test_a_variable_in_a_condition_stands_for_the_sessions_tag(
    cloud: LocalCloud, bucket: str, clinic: str, expected: str
) -> None:
    """A9. "Actions, resources, and condition keys for Amazon S3": s3:prefix confines a listing."""
    listing = allow(
        "s3:ListBucket", f"arn:aws:s3:::{bucket}", StringLike={"s3:prefix": "clinics/${aws:PrincipalTag/tenant}/*"}
    )
    s3 = client_as(cloud, assume(cloud, listing, tags={"tenant": OWN}), "s3")
    assert outcome(s3.list_objects_v2, Bucket=bucket, Prefix=f"clinics/{clinic}/") == expected


def test_a_listing_without_prefix_is_denied_where_a_prefix_is_demanded(cloud: LocalCloud, bucket: str) -> None:
    """A9. "IAM JSON policy elements: Condition operators": a key that is not there satisfies no StringLike."""
    listing = allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", StringLike={"s3:prefix": "clinics/*"})
    assert outcome(client_as(cloud, assume(cloud, listing), "s3").list_objects_v2, Bucket=bucket) == "denied"


def test_a_condition_whose_variable_has_no_value_is_not_met(put: Callable[..., str]) -> None:
    """A9. "IAM policy elements: Variables and tags": also a negated one, which would hold for any value."""
    statement = allow("s3:PutObject", objects("*"), StringNotEquals={"aws:PrincipalArn": "${aws:PrincipalTag/tenant}"})
    assert put("anything", statement) == "denied"


def test_a_deny_with_a_variable_denies(put: Callable[..., str]) -> None:
    """H1. "Policy evaluation logic": an explicit deny wins."""
    deny = {**allow("s3:PutObject", objects("clinics/${aws:PrincipalTag/tenant}/*")), "Effect": "Deny"}
    assert put(f"clinics/{OWN}/a", allow("s3:PutObject", objects("*")), deny, tags={"tenant": OWN}) == "denied"


@pytest.mark.parametrize("version", ["2008-10-17", "2012-10-17"])
def test_documents_of_the_older_version_have_no_variables(put: Callable[..., str], version: str) -> None:
    """H1. "IAM JSON policy elements: Version"."""
    statement = allow("s3:PutObject", objects("clinics/${aws:PrincipalTag/tenant}/*"))
    expected = "done" if version == "2012-10-17" else "denied"
    assert put(f"clinics/{OWN}/a", statement, tags={"tenant": OWN}, version=version) == expected


@pytest.mark.parametrize(
    "operation", ["start_message_move_task", "list_message_move_tasks", "cancel_message_move_task"]
)
def test_a_message_move_task_is_authorized_on_its_source_queue(
    cloud: LocalCloud, unique: Callable[[str], str], operation: str
) -> None:
    """C2. "Actions, resources, and condition keys for Amazon SQS"; stock, the resource is * and no grant matches."""
    names = [unique("own"), unique("other")]
    for name in names:
        cloud.client("sqs").create_queue(QueueName=name)
    own, other = (f"arn:aws:sqs:{cloud.region}:{cloud.account_id}:{name}" for name in names)
    action = f"sqs:{''.join(word.capitalize() for word in operation.split('_'))}"
    call = getattr(client_as(cloud, assume(cloud, allow(action, own)), "sqs"), operation)

    def source(arn: str) -> dict[str, str]:
        handle = base64.b64encode(json.dumps({"taskId": "none", "sourceArn": arn}).encode()).decode()
        return {"TaskHandle": handle} if operation.startswith("cancel") else {"SourceArn": arn}

    assert (outcome(call, **source(own)) == "denied", outcome(call, **source(other))) == (False, "denied")


@pytest.mark.parametrize(("stream", "expected"), [(OWN, "done"), (OTHER, "denied")])
def test_log_events_are_authorized_on_their_stream(
    cloud: LocalCloud, unique: Callable[[str], str], stream: str, expected: str
) -> None:
    """A9. "Actions, resources, and condition keys for Amazon CloudWatch Logs"."""
    logs, group = cloud.client("logs"), unique("audit")
    logs.create_log_group(logGroupName=group)
    for name in (OWN, OTHER):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    arn = f"arn:aws:logs:{cloud.region}:{cloud.account_id}:log-group:{group}:log-stream:${{aws:PrincipalTag/tenant}}"
    session = assume(cloud, allow("logs:GetLogEvents", arn), tags={"tenant": OWN})
    read = client_as(cloud, session, "logs").get_log_events
    assert outcome(read, logGroupName=group, logStreamName=stream) == expected

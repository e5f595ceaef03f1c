"""What a person reads when a deployment cannot be made, and that nothing is dropped on the way.

Each test runs the real process; what can be seen without one is in the unit tests of the engine.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local.programs.small import write_program
from local_cloud.cloud import ROOT, LocalCloud
from local_cloud.deploy.client import DeployError, deploy


def failure(cloud: LocalCloud, program: Path) -> DeployError:
    with pytest.raises(DeployError) as caught:
        deploy(cloud.endpoint, program=program)
    return caught.value


def test_a_property_without_place_is_named(cloud: LocalCloud, tmp_path: Path) -> None:
    """H1. Dropping it would deploy a bucket that keeps its old versions for ever."""
    error = failure(cloud, write_program(tmp_path, 'aws.s3.Bucket("files", lifecycle_rules=[{"enabled": True}])'))
    assert str(error).startswith("aws:s3/bucket:Bucket files: property 'lifecycleRules' has no counterpart")
    assert error.resource == "aws:s3/bucket:Bucket files"


def test_a_nested_property_without_place_is_named_with_its_path(cloud: LocalCloud, tmp_path: Path) -> None:
    """H1. The SDK passes on whatever key a plain dictionary holds."""
    body = 'aws.apigatewayv2.Api("api", protocol_type="HTTP", cors_configuration={"allow_origin": ["*"]})'
    error = failure(cloud, write_program(tmp_path, body))
    assert "Api api: property 'corsConfiguration.allow_origin' has no counterpart in Cors" in str(error)


def test_a_provider_function_without_answer_is_named(cloud: LocalCloud, tmp_path: Path) -> None:
    """H1."""
    error = failure(cloud, write_program(tmp_path, 'pulumi.export("ip", aws.get_ip_ranges(services=["s3"]).id)'))
    assert "aws:index/getIpRanges:getIpRanges: the local deployer does not know this provider function" in str(error)


def test_awss_own_error_text_comes_through(cloud: LocalCloud, tmp_path: Path) -> None:
    """H1. As "<type> <name>: <AWS error>"."""
    body = 'aws.sqs.QueuePolicy("policy", queue_url="http://127.0.0.1/000000000000/nowhere", policy="{}")'
    error = failure(cloud, write_program(tmp_path, body))
    assert str(error).startswith("aws:sqs/queuePolicy:QueuePolicy policy: SetQueueAttributes: ")
    assert "NonExistentQueue" in str(error)


FAILING_FUNCTION = """
role = aws.iam.Role("{name}-role", assume_role_policy=json.dumps({{"Version": "2012-10-17", "Statement": [{{
    "Effect": "Allow", "Principal": {{"Service": "lambda.amazonaws.com"}}, "Action": "sts:AssumeRole"}}]}}))
source = "def lambda_handler(event, context):\\n    raise ValueError('migration 3 has a typing error')\\n"
function = aws.lambda_.Function("{name}", role=role.arn, runtime="python3.13", handler="m.lambda_handler",
    code=pulumi.AssetArchive({{"m.py": pulumi.StringAsset(source)}}))
done = aws.lambda_.Invocation("{name}-run", function_name=function.name, input="{{}}")
aws.sqs.Queue("{name}-after", opts=pulumi.ResourceOptions(depends_on=[done]))
"""


def test_a_function_that_fails_at_deployment_fails_the_deployment_with_its_words(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    """C5. A broken migration must not look like a deployed stack."""
    error = failure(cloud, write_program(tmp_path, FAILING_FUNCTION.format(name="broken")))
    assert error.resource == "aws:lambda/invocation:Invocation broken-run"
    assert "ValueError: migration 3 has a typing error" in str(error)


def test_nothing_that_depends_on_a_failure_is_created(cloud: LocalCloud, tmp_path: Path) -> None:
    """C5."""
    created: list[str] = []
    program = write_program(tmp_path, FAILING_FUNCTION.format(name="before"))
    with pytest.raises(DeployError):
        deploy(cloud.endpoint, program=program, on_resource=lambda made: created.append(made.name))
    assert sorted(created) == ["before", "before-role"]


def test_an_exception_of_the_program_comes_through(cloud: LocalCloud, tmp_path: Path) -> None:
    """F1. Settings report their problems this way."""
    error = failure(cloud, write_program(tmp_path, 'raise ValueError("mfa: SOMETIMES is not one of OFF, ON")'))
    assert (str(error), error.resource) == ("ValueError: mfa: SOMETIMES is not one of OFF, ON", None)


def test_an_exception_inside_an_output_comes_through(cloud: LocalCloud, tmp_path: Path) -> None:
    """F1. Even when nothing waits for that output."""
    body = """
    def explode(url):
        raise RuntimeError("cannot make sense of " + url[:4])
    aws.sqs.Queue("exploding").url.apply(explode)
    """
    assert str(failure(cloud, write_program(tmp_path, body))) == "RuntimeError: cannot make sense of http"


def test_a_program_that_exits_is_an_error(cloud: LocalCloud, tmp_path: Path) -> None:
    """F1."""
    assert str(failure(cloud, write_program(tmp_path, "raise SystemExit(3)"))) == "SystemExit: 3"


def test_an_output_nobody_provides_cannot_be_exported(cloud: LocalCloud, tmp_path: Path) -> None:
    """H1. It would read as None otherwise, and vanish."""
    error = failure(cloud, write_program(tmp_path, 'pulumi.export("u", aws.s3.Bucket("exported").website_endpoint)'))
    assert "outputs aws:s3/bucket:Bucket exported.websiteEndpoint" in str(error)


def test_an_output_nobody_provides_cannot_reach_another_resource(cloud: LocalCloud, tmp_path: Path) -> None:
    """H1. Not even inside a text made from it."""
    body = """
    url = pulumi.Output.concat("http://", aws.s3.Bucket("passed-on").website_endpoint)
    aws.ssm.Parameter("site", type="String", value=pulumi.Output.json_dumps({"url": url}))
    """
    error = failure(cloud, write_program(tmp_path, body))
    assert error.resource == "aws:ssm/parameter:Parameter site"
    assert "uses aws:s3/bucket:Bucket passed-on.websiteEndpoint" in str(error)


def test_an_account_that_the_program_does_not_allow_is_refused(cloud: LocalCloud, tmp_path: Path) -> None:
    """F1. The guard of the real provider, with its words."""
    error = failure(cloud, write_program(tmp_path, 'aws.Provider("aws", allowed_account_ids=["111111111111"])'))
    assert str(error) == "pulumi:providers:aws aws: AWS account ID not allowed: 000000000000"


def test_two_resources_of_one_name_are_refused(cloud: LocalCloud, tmp_path: Path) -> None:
    """H1. The mock protocol would let the second replace the first."""
    error = failure(cloud, write_program(tmp_path, 'aws.sqs.Queue("same")\naws.sqs.Queue("same")'))
    assert "aws:sqs/queue:Queue same: duplicate resource URN" in str(error)


@pytest.mark.parametrize(
    ("option", "refusal"),
    [
        ("transforms=[lambda args: None]", "does not run transforms"),
        ("hooks=pulumi.ResourceHookBinding(after_create=[lambda args: None])", "does not run resource hooks"),
        ('import_="http://127.0.0.1/000000000000/old"', "cannot import"),
    ],
)
def test_an_option_that_would_have_no_effect_is_refused(
    cloud: LocalCloud, tmp_path: Path, option: str, refusal: str
) -> None:
    """H1. The mock protocol passes over these without a word."""
    error = failure(cloud, write_program(tmp_path, f'aws.sqs.Queue("q", opts=pulumi.ResourceOptions({option}))'))
    assert str(error) == f"aws:sqs/queue:Queue q: the local deployer {refusal}"


def test_an_existing_resource_cannot_be_looked_up(cloud: LocalCloud, tmp_path: Path) -> None:
    """C7. A made-up state would be worse."""
    error = failure(cloud, write_program(tmp_path, 'aws.sqs.Queue.get("old", "http://127.0.0.1/000000000000/old")'))
    assert str(error) == "aws:sqs/queue:Queue old: the local deployer cannot read a resource that already exists"


def test_a_problem_of_the_configuration_comes_through(cloud: LocalCloud, tmp_path: Path) -> None:
    """F1."""
    error = failure(cloud, write_program(tmp_path, "", stack="config:\n  small:password:\n    secure: v1:abc\n"))
    assert "Pulumi.local.yaml: small:password is encrypted (secure:)" in str(error)


TYPED = "config:\n  number: {type: integer, default: 3}\n  word: {type: string, default: a}\n  other: {type: string}\n"

WRONGLY_TYPED = "config:\n  number: many\n  word: 5\n  other: x\n"


def test_wrong_types_and_what_the_program_minds_come_at_once(cloud: LocalCloud, tmp_path: Path) -> None:
    """F1. One round to mend them all; a key that both mind is told once, in the program's words."""
    body = 'if pulumi.Config().require("other") == "x":\n    raise ValueError("small:number[0]: no; small:other: no")'
    error = failure(cloud, write_program(tmp_path, body, project=TYPED, stack=WRONGLY_TYPED))
    assert str(error).splitlines() == [
        "ValueError: small:number[0]: no; small:other: no",
        "Pulumi.local.yaml: small:word is 5, not of its declared type string",
    ]


def test_a_wrong_type_that_the_program_does_not_mind_deploys_nothing(cloud: LocalCloud, tmp_path: Path) -> None:
    """F1. The Pulumi CLI refuses it, whatever the program makes of it."""
    body = 'aws.sqs.Queue("never", name="never-made")'
    error = failure(cloud, write_program(tmp_path, body, project=TYPED, stack=WRONGLY_TYPED))
    assert [line.split()[1] for line in str(error).splitlines()] == ["small:number", "small:word"]
    assert "never-made" not in str(cloud.client("sqs").list_queues())


def test_what_a_program_prints_does_not_disturb_the_events(cloud: LocalCloud, tmp_path: Path) -> None:
    """H1. Nor what its child processes print."""
    body = """
    import subprocess, sys
    print('{"event": "done"}', flush=True)
    subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
    pulumi.log.warn("be careful")
    pulumi.export("fine", True)
    """
    assert deploy(cloud.endpoint, program=write_program(tmp_path, body)).outputs == {"fine": True}


def test_what_a_program_prints_is_kept_for_the_error(cloud: LocalCloud, tmp_path: Path) -> None:
    """H1."""
    error = failure(cloud, write_program(tmp_path, 'print("reading the plan", flush=True)\nraise ValueError("no")'))
    assert "reading the plan" in error.diagnostics


def test_a_process_that_dies_is_an_error_with_its_code(cloud: LocalCloud, tmp_path: Path) -> None:
    """H1."""
    assert "ended with code 7" in str(failure(cloud, write_program(tmp_path, "import os\nos._exit(7)")))


def test_an_unreachable_cloud_is_an_error_that_names_the_address(tmp_path: Path) -> None:
    """H1."""
    with pytest.raises(DeployError, match=r"http://127\.0\.0\.1:9"):
        deploy("http://127.0.0.1:9", program=write_program(tmp_path, 'aws.sqs.Queue("queue")'))


def test_the_command_ends_with_code_1_and_an_error_as_last_event(cloud: LocalCloud, tmp_path: Path) -> None:
    """H1. Whatever else is under way when a type without specification comes along."""
    body = 'for n in range(8):\n    aws.sqs.Queue(f"queue-{n}")\naws.sfn.Activity("steps")'
    program = write_program(tmp_path, body)
    command = [sys.executable, "-m", "local_cloud.deploy", "--endpoint", cloud.endpoint, "--program", str(program)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    last = json.loads(run.stdout.splitlines()[-1])
    assert (run.returncode, last["event"]) == (1, "error")
    assert last["message"].startswith("aws:sfn/activity:Activity steps: the local deployer does not know this type")
    assert last["resource"] == {"type": "aws:sfn/activity:Activity", "name": "steps"}

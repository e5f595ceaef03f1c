"""The deployment as its caller sees it: configuration in, outputs out, the same every time."""

from pathlib import Path

from local.programs.small import write_program
from local_cloud.cloud import LocalCloud
from local_cloud.deploy.client import deploy

CONFIGURED = """
config = pulumi.Config()
pulumi.export("plain", config.require("plain"))
pulumi.export("number", config.require_int("number"))
pulumi.export("flag", config.require_bool("flag"))
pulumi.export("list", config.require_object("list"))
pulumi.export("hidden", config.require_secret("hidden"))
pulumi.export("nested", {"inside": [pulumi.Output.secret("word")]})
pulumi.export("stack", pulumi.get_stack() + " of " + pulumi.get_project())
"""

DECLARED = """
config:
  plain: {type: string, default: from the project}
  small:number: {type: integer, default: 3}
  flag: {type: boolean, default: true}
  list: {type: array, items: {type: string}, default: [a, b]}
  hidden: {type: string, secret: true}
"""


def test_the_program_reads_its_configuration_as_from_the_real_cli(cloud: LocalCloud, tmp_path: Path) -> None:
    """F1 H1. Defaults, the stack file over them, an override over both."""
    program = write_program(tmp_path, CONFIGURED, project=DECLARED, stack="config:\n  number: 4\n  flag: false\n")
    outputs = deploy(cloud.endpoint, config={"hidden": "h", "small:plain": "mine"}, program=program).outputs
    assert {key: outputs[key] for key in ("plain", "number", "flag", "list")} == {
        "plain": "mine",
        "number": 4,
        "flag": False,
        "list": ["a", "b"],
    }


def test_secret_outputs_arrive_unwrapped(cloud: LocalCloud, tmp_path: Path) -> None:
    """E1. Deep inside other values too."""
    program = write_program(tmp_path, CONFIGURED, project=DECLARED)
    outputs = deploy(cloud.endpoint, config={"hidden": "h"}, program=program).outputs
    assert (outputs["hidden"], outputs["nested"]) == ("h", {"inside": ["word"]})


def test_the_program_knows_its_stack_and_project(cloud: LocalCloud, tmp_path: Path) -> None:
    """F1."""
    program = write_program(tmp_path, CONFIGURED, project=DECLARED)
    assert deploy(cloud.endpoint, config={"hidden": "h"}, program=program).outputs["stack"] == "local of small"


UNNAMED = """
queue = aws.sqs.Queue("jobs")
ordered = aws.sqs.Queue("ordered", fifo_queue=True, content_based_deduplication=True)
key = aws.kms.Key("key")
alias = aws.kms.Alias("key", target_key_id=key.key_id)
role = aws.iam.Role("worker", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
bucket = aws.s3.Bucket("files", bucket_prefix="files-")
pulumi.export("names", [queue.name, ordered.name, alias.name, role.name, bucket.bucket])
pulumi.export("role", role.arn)
"""


def test_two_deployments_of_one_program_give_the_same_result(local_directory: Path, tmp_path: Path) -> None:
    """H1. Names that Pulumi chooses included: no date, no chance in them."""
    program = write_program(tmp_path, UNNAMED)
    outputs = []
    for run in ("first", "second"):
        with LocalCloud.start(local_directory / f"same-{run}") as cloud:
            outputs.append(deploy(cloud.endpoint, program=program).outputs)
    assert outputs[0] == outputs[1]
    assert outputs[0]["names"][0].startswith("jobs-")
    assert outputs[0]["names"][1].endswith(".fifo")
    assert outputs[0]["names"][2].startswith("alias/key-")

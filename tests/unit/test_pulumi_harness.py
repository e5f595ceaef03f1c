"""The harness itself: what it records, and that nothing which fails in a program passes silently."""

from collections.abc import Callable

import pulumi
import pulumi_aws as aws
import pytest

from support.pulumi_harness import UNKNOWN, Archive, SynthError, synth

QUEUE = "aws:sqs/queue:Queue"


class Mailbox(pulumi.ComponentResource):
    """A component as small as can be: one queue, one output."""

    queue_arn: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, faulty: bool = False) -> None:
        super().__init__("medflow:index:Mailbox", name, {}, opts)
        queue = aws.sqs.Queue(f"{name}-queue", opts=pulumi.ResourceOptions(parent=self))
        self.queue_arn = queue.arn.apply(_fail) if faulty else queue.arn
        self.register_outputs({"queue_arn": self.queue_arn, "token": pulumi.Output.secret("hidden")})


def _fail(value: str) -> str:
    raise ZeroDivisionError(value)


def _in_an_apply() -> None:
    aws.sqs.Queue("q").arn.apply(_fail)


def _in_the_middle_of_applies() -> None:
    aws.sqs.Queue("q").arn.apply(_fail).apply(len).apply(str)


def _in_an_input() -> None:
    aws.sqs.Queue("other", name=aws.sqs.Queue("q").arn.apply(_fail))


def _in_a_registered_output() -> None:
    Mailbox("m", faulty=True)


def _in_an_export() -> None:
    pulumi.export("arn", aws.sqs.Queue("q").arn.apply(_fail))


def _in_the_program_itself() -> None:
    aws.sqs.Queue("q")
    _fail("now")


@pytest.mark.parametrize(
    "program",
    [
        _in_an_apply,
        _in_the_middle_of_applies,
        _in_an_input,
        _in_a_registered_output,
        _in_an_export,
        _in_the_program_itself,
    ],
)
def test_a_failure_anywhere_in_a_program_is_raised(program: Callable[[], None]) -> None:
    """I1. Pulumi's own mocks let a failing apply pass when nobody waits for it."""
    with pytest.raises(ZeroDivisionError):
        synth(program)


def test_an_unknown_type_is_refused_by_its_name() -> None:
    """I1. Else a test would read outputs that no provider computes."""
    with pytest.raises(SynthError, match="aws:sfn/activity:Activity"):
        synth(lambda: aws.sfn.Activity("a"))


def test_an_unknown_invoke_is_refused_by_its_name() -> None:
    """I1."""
    with pytest.raises(SynthError, match="aws:sns/getTopic:getTopic"):
        synth(lambda: aws.sns.get_topic(name="t"))


def test_an_unknown_invoke_whose_answer_is_an_output_is_refused_too() -> None:
    """I1."""
    with pytest.raises(SynthError, match="aws:sns/getTopic:getTopic"):
        synth(lambda: aws.sns.get_topic_output(name="t"))


def test_two_resources_of_one_urn_are_refused_as_the_engine_does() -> None:
    """I1."""
    with pytest.raises(SynthError, match="two resources have the URN"):
        synth(lambda: [aws.sqs.Queue("q"), aws.sqs.Queue("q")])


def test_an_error_that_the_program_logs_fails_it_as_the_engine_does() -> None:
    """I1."""
    with pytest.raises(SynthError, match="no queue today"):
        synth(lambda: pulumi.log.error("no queue today"))


def test_a_warning_of_the_program_is_kept() -> None:
    """I1."""
    assert synth(lambda: pulumi.warn("careful")).warnings == ["careful"]


def test_an_output_used_as_text_is_refused() -> None:
    """I1. It would become the text of a Python object, inside of an ARN perhaps."""
    with pytest.raises(Exception, match="__str__ on an Output"):
        synth(lambda: f"{aws.sqs.Queue('q').arn}")


def test_computed_outputs_reach_the_inputs_of_other_resources() -> None:
    """I1."""

    def program() -> None:
        aws.sqs.QueuePolicy("p", queue_url=aws.sqs.Queue("q", name="mail").url, policy="{}")

    url = synth(program).one("aws:sqs/queuePolicy:QueuePolicy").inputs["queueUrl"]
    assert url == "https://sqs.us-east-1.amazonaws.com/123456789012/mail"


def test_region_and_account_are_those_of_the_explicit_provider() -> None:
    """I1. ARNs then agree with what the program itself asks for."""

    def program() -> None:
        provider = aws.Provider("p", region="eu-west-3", allowed_account_ids=["000000000000"])
        aws.sqs.Queue("q", name="mail", opts=pulumi.ResourceOptions(provider=provider))

    queue = synth(program).one(QUEUE)
    assert (queue.outputs["arn"], queue.provider) == ("arn:aws:sqs:eu-west-3:000000000000:mail", "p")


def test_in_a_preview_computed_outputs_are_unknown() -> None:
    """I1."""
    policy = synth(lambda: aws.sqs.Queue("q", policy=aws.sqs.Queue("other").arn), preview=True).one(QUEUE, "q")
    assert policy.inputs["policy"] is UNKNOWN


def test_in_a_preview_applies_on_unknown_values_do_not_run() -> None:
    """I1. A component that needs the value while it is previewed would be caught here."""
    ran: list[str] = []
    synth(lambda: aws.sqs.Queue("q").arn.apply(ran.append), preview=True)
    assert ran == []


def test_secrets_are_unwrapped_and_their_places_kept() -> None:
    """E1. A test reads the value and can still claim that it never leaves the state in plain text."""

    def program() -> None:
        variables: dict[str, pulumi.Input[str]] = {"OPEN": "o", "HIDDEN": pulumi.Output.secret("s")}
        aws.lambda_.Function("f", role="r", environment={"variables": variables})

    function = synth(program).one("aws:lambda/function:Function")
    assert function.inputs["environment"]["variables"] == {"OPEN": "o", "HIDDEN": "s"}
    assert function.secret_paths == {"environment.variables.HIDDEN"}
    assert function.secret_inputs == {"environment"}


def test_an_output_that_the_sdk_declares_secret_stays_secret_on_its_way() -> None:
    """A15. The client secret is one: it must be secret wherever it arrives."""

    def program() -> None:
        client = aws.cognito.UserPoolClient("c", user_pool_id="p", generate_secret=True)
        pulumi.export("secret", client.client_secret)
        pulumi.export("id", client.id)

    graph = synth(program)
    assert (sorted(graph.exports), sorted(graph.secret_exports)) == (["id", "secret"], ["secret"])


def test_an_archive_is_told_by_its_path() -> None:
    """I1."""
    graph = synth(lambda: aws.lambda_.Function("f", role="r", code=pulumi.FileArchive("build/f.zip")))
    assert graph.one("aws:lambda/function:Function").inputs["code"] == Archive(path="build/f.zip")


def test_parents_dependencies_and_options_are_recorded() -> None:
    """I1."""

    def program() -> None:
        first = aws.sqs.Queue("first")
        opts = pulumi.ResourceOptions(
            protect=True,
            depends_on=[first],
            ignore_changes=["tags", "delay_seconds"],
            delete_before_replace=True,
            aliases=[pulumi.Alias(name="before")],
        )
        aws.sqs.Queue("second", kms_master_key_id=aws.kms.Key("key").arn, opts=opts)
        Mailbox("m", opts=pulumi.ResourceOptions(protect=True))

    graph = synth(program)
    second, inner = graph.one(QUEUE, "second"), graph.one(QUEUE, "m-queue")
    assert second.depends_on == {"first", "key"}
    assert second.property_dependencies == {"kmsMasterKeyId": frozenset({"key"})}
    assert second.ignore_changes == ["tags", "delaySeconds"]
    assert (second.protect, second.delete_before_replace, second.parent) == (True, True, None)
    assert second.aliases == [{"name": "before"}]
    assert (inner.parent, inner.protect) == ("m", True)
    assert inner.urn == f"urn:pulumi:dev::medflow::medflow:index:Mailbox${QUEUE}::m-queue"


def test_registered_outputs_of_a_component_are_plain() -> None:
    """I1."""
    mailbox = synth(lambda: Mailbox("m")).component("m")
    assert mailbox.outputs["queue_arn"].startswith("arn:aws:sqs:")
    assert (mailbox.outputs["token"], sorted(mailbox.secret_outputs)) == ("hidden", ["token"])


def test_the_children_of_a_component_are_those_below_it_alone() -> None:
    """I1."""
    graph = synth(lambda: [Mailbox("a"), Mailbox("b")])
    assert [child.name for child in graph.children("a")] == ["a-queue"]


def test_a_wish_that_the_graph_does_not_fulfil_lists_what_there_is() -> None:
    """I1."""
    graph = synth(lambda: [Mailbox("a"), Mailbox("b")])
    with pytest.raises(LookupError, match="found 2; there is: a-queue, b-queue"):
        graph.one(QUEUE)
    with pytest.raises(LookupError, match=r"there is: a \(medflow:index:Mailbox\), b"):
        graph.component("c")


def test_the_policy_of_a_resource_is_parsed() -> None:
    """I1."""

    def program() -> None:
        role = aws.iam.Role("r", assume_role_policy='{"Statement": ["trust"]}')
        aws.iam.RolePolicy("p", role=role.name, policy=pulumi.Output.json_dumps({"Statement": [role.arn]}))

    graph = synth(program)
    assert graph.policy("p")["Statement"][0].startswith("arn:aws:iam::123456789012:role/r-")
    assert graph.policy("r") == graph.assume_role_policy("r") == {"Statement": ["trust"]}


def test_configuration_reaches_the_program_with_and_without_its_namespace() -> None:
    """F1."""

    def program() -> None:
        pulumi.export("own", pulumi.Config().require("size"))
        pulumi.export("other", pulumi.Config("aws").require("region"))

    assert synth(program, config={"size": "3", "aws:region": "x"}).exports == {"own": "3", "other": "x"}


def test_one_run_leaves_nothing_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """I1. Neither configuration, nor resources, nor exports, nor the environment of the test run."""
    monkeypatch.setenv("PULUMI_CONFIG", '{"medflow:size": "from outside"}')

    def program() -> None:
        aws.sqs.Queue("q")
        pulumi.export("size", pulumi.Config().get("size") or "none")
        pulumi.export("stack", pulumi.get_stack())

    first = synth(program, config={"size": "3"}, stack="one")
    second = synth(program, stack="two")
    assert (first.exports["size"], first.exports["stack"]) == ("3", "one")
    assert (second.exports["size"], second.exports["stack"]) == ("none", "two")
    assert len(second.resources) == 1


def test_a_failed_run_leaves_nothing_for_the_next() -> None:
    """I1."""
    with pytest.raises(ZeroDivisionError):
        synth(_in_an_apply)
    assert synth(lambda: aws.sqs.Queue("other")).names(QUEUE) == ["other"]


def test_the_value_of_a_returned_output_is_the_result() -> None:
    """I1. So a pure function that returns an Output is tested without a resource around it."""
    graph = synth(lambda: pulumi.Output.json_dumps({"a": pulumi.Output.from_input(1)}))
    assert (graph.result, graph.exports) == ('{"a": 1}', {})


def test_what_is_looked_up_is_marked_as_read() -> None:
    """I1. An existing resource is no part of what the program creates."""
    graph = synth(lambda: aws.sqs.Queue.get("theirs", "https://sqs/theirs"))
    assert (graph.one(QUEUE).read, graph.one(QUEUE).id) == (True, "https://sqs/theirs")

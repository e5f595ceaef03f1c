"""CustomMessage on the resource graph; what it writes is tested with its handler."""

import pytest

from components._checks import ArgumentsError
from components.custom_message import CustomMessage, CustomMessageArgs, Language
from custom_message.env import LANGUAGES, VARIABLES, parse
from support.component_args import PREFIX, TOPIC
from support.pulumi_harness import Synth, synth

FUNCTION = "aws:lambda/function:Function"
APPLICATION = "https://app.example.com"


def arguments(**changes: object) -> CustomMessageArgs:
    args: CustomMessageArgs = {"name_prefix": PREFIX, "default_language": Language.FRENCH}
    return {**args, **changes}  # type: ignore[typeddict-item]


def make(**changes: object) -> Synth:
    return synth(lambda: CustomMessage("messages", arguments(**changes)))


@pytest.fixture(scope="module")
def graph() -> Synth:
    return make()


def test_it_is_one_function_and_nothing_else(graph: Synth) -> None:
    """A12."""
    assert [child.name for child in graph.children("messages")] == ["messages-function"]


def test_it_may_do_nothing_but_log(graph: Synth) -> None:
    """A12. A message is made of the event and the function's own files."""
    assert [s["Sid"] for s in graph.policy("messages-function-policy")["Statement"]] == ["WriteOwnLogs"]


def test_its_timeout_is_what_cognito_waits(graph: Synth) -> None:
    """A12. Beyond 5 s Cognito asks again, and the user sees an error."""
    assert graph.one(FUNCTION).inputs["timeout"] == 5


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("url", [None, APPLICATION])
def test_its_environment_is_what_the_function_reads(language: Language, url: str | None) -> None:
    """A12. Neither a name that it misses nor one that nobody reads, and no value that it refuses."""
    given = make(default_language=language, **({"application_url": url} if url else {}))
    variables = given.one(FUNCTION).inputs["environment"]["variables"]
    read = parse(variables)
    assert (read.default_language, read.application_url) == (language.value, url or "")
    assert set(variables) == set(VARIABLES)


def test_its_languages_are_those_that_have_texts() -> None:
    """A12."""
    assert {language.value for language in Language} == set(LANGUAGES)


def test_it_does_not_know_the_pool(graph: Synth) -> None:
    """A12. The pool needs this function's ARN: knowing the pool would be a cycle."""
    assert not [key for key in graph.one(FUNCTION).inputs["environment"]["variables"] if "POOL" in key]


def test_its_outputs_are_what_a_pool_asks_of_a_trigger(graph: Synth) -> None:
    """A12 A15."""
    assert graph.component("messages").outputs.keys() == {"function_name", "alias_name", "alias_arn", "role_name"}


def test_alarms_go_to_the_topic() -> None:
    """A12."""
    watched = make(operations={"alarm_topic_arn": TOPIC})
    assert len(watched.all("aws:cloudwatch/metricAlarm:MetricAlarm")) == 3


@pytest.mark.parametrize("url", ["http://app.example.com", "app.example.com", "javascript:alert(1)", "https://a b"])
def test_an_application_that_is_not_reached_over_https_is_refused(url: str) -> None:
    """A12. The link stands in mails that carry a password."""
    with pytest.raises(ArgumentsError, match=r"CustomMessage 'messages': application_url .* must start with https://"):
        make(application_url=url)

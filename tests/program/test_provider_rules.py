"""Every stack's whole program against what the AWS provider would refuse."""

import pytest

from support.programs import STACKS, stack_graph
from support.provider_rules import violations


def test_there_is_a_stack_file_for_each_environment() -> None:
    """F1. The tests below run over what is found; this one says what must be."""
    assert {"dev", "local", "prod", "staging"} <= set(STACKS)


@pytest.mark.parametrize("preview", [False, True], ids=["deployed", "previewed"])
@pytest.mark.parametrize("stack", STACKS)
def test_the_provider_would_refuse_nothing_of_a_stack(stack: str, preview: bool) -> None:
    """F1 I1. Previewed, too: what is unknown then is not judged, and all the rest is."""
    graph = stack_graph(stack, preview=preview)
    assert len(graph.resources) > 50
    assert [str(violation) for violation in violations(graph)] == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_asks_for_the_same_resources_in_its_preview(stack: str) -> None:
    """F1. A resource that depends on a value which a preview does not know would be missing from it."""
    deployed, previewed = stack_graph(stack), stack_graph(stack, preview=True)
    assert {r.urn for r in previewed.resources} == {r.urn for r in deployed.resources}


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_of_a_stack_uses_the_explicit_provider(stack: str) -> None:
    """A16 F1. Only that one is bound to the region, the accounts and the tags; the default one would take any."""
    resources = [r for r in stack_graph(stack).resources if r.custom and not r.type.startswith("pulumi:providers:")]
    assert [f"{r.type} {r.name}" for r in resources if r.provider is None] == []

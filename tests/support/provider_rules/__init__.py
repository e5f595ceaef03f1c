"""Checks a resource graph against what the AWS provider would refuse, without provider or account.

    assert violations(synth_program("prod")) == []

Values that a preview does not know are not judged. Components are not judged: they reach no provider.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from support.provider_rules import checks, traps
from support.provider_rules.facts import Facts, all_facts, argument_class, fields
from support.pulumi_harness import Resource, Synth
from support.wire import UNKNOWN

__all__ = ["UNLISTED", "Violation", "violations"]

UNLISTED: Final = {
    "pulumi:providers:aws": "the provider's own settings, checked by the provider when it starts, are no resource",
}
"""Types that the data does not hold, each with the reason why that is no gap."""


@dataclass(frozen=True)
class Violation:
    """One thing that the provider would refuse."""

    type: str
    name: str
    """Logical name of the resource."""
    path: str
    """Property, list indexes written out; empty for the resource as a whole."""
    kind: str
    """unlisted, unknown, computedOnly, required, a kind of relation or of entry, or the name of a trap."""
    text: str

    def __str__(self) -> str:
        return f"{self.type} {self.name}: {self.path or 'as a whole'}: {self.kind}: {self.text}"


def violations(graph: Synth | Resource) -> list[Violation]:
    """All violations of a graph, or of one resource by itself, in the order of registration."""
    resources = graph.resources if isinstance(graph, Synth) else [graph]
    return [violation for resource in resources if resource.custom for violation in _of(resource, resources)]


def _of(resource: Resource, graph: Sequence[Resource]) -> Iterator[Violation]:
    def found(path: str, kind: str, text: str) -> Violation:
        return Violation(resource.type, resource.name, path, kind, text)

    facts = all_facts().get(resource.type)
    if facts is None:
        if resource.type not in UNLISTED:
            yield found("", "unlisted", "the data on provider constraints does not hold this type")
        return
    if resource.read:
        return
    for path, kind, text in _unknown(resource, facts):
        yield found(path, kind, text)
    for path, entry in facts.properties.items():
        parent, _, key = path.rpartition(".")
        if entry.get("required"):
            for where, parent_object in checks.objects_at(resource.inputs, parent):
                if key not in parent_object:
                    yield found(f"{where}.{key}".lstrip("."), "required", "is missing")
        for where, value in checks.values_at(resource.inputs, path):
            for kind, text in checks.wrong_with_value(entry, value, length_of=facts.length_of):
                yield found(where, kind, text)
    for relation in facts.relations:
        for where, parent_object in checks.objects_at(resource.inputs, relation.parent):
            if text := checks.broken_relation(relation, parent_object):
                yield found(where, relation.kind, text)
    for trap in traps.TRAPS:
        if trap.applies_to(resource.type):
            for path, text in trap.check(resource, graph):
                yield found(path, trap.name, text)


def _unknown(resource: Resource, facts: Facts) -> Iterator[tuple[str, str, str]]:
    """Properties that do not exist: at the top by the data, below it by the SDK's argument classes."""
    for key in resource.inputs:
        if key in facts.computed:
            yield key, "computedOnly", "is computed by the provider and cannot be set"
        elif key not in facts.accepted:
            yield key, "unknown", "is no property of this type"
    top = argument_class(resource.type)
    pending = [("", resource.inputs, top)] if top else []
    while pending:
        where, given, class_ = pending.pop()
        for key, value in given.items():
            path = f"{where}.{key}".lstrip(".")
            if key not in fields(class_):
                if where:
                    yield path, "unknown", f"is no property of {class_.__name__}"
                continue
            nested = fields(class_)[key]
            if nested is None or value is UNKNOWN:
                continue
            for inner, item in [(path, value)] if isinstance(value, dict) else checks.objects_at(value, ""):
                full = inner if isinstance(value, dict) else f"{path}{inner}"
                pending.append((full, dict(item), nested))

"""The whole program of every stack file, run once per test run: the graphs are for reading only."""

import functools
from typing import Final

from support.pulumi_harness import ROOT, Synth, synth_program

STACKS: Final = tuple(sorted(file.name.split(".")[1] for file in ROOT.glob("Pulumi.*.yaml")))
"""Names of the stacks that have a file."""


@functools.cache
def stack_graph(stack: str, *, preview: bool = False) -> Synth:
    """Resource graph of a stack, or of its preview."""
    return synth_program(stack, preview=preview)

"""The platform as a whole: the smoke run by phase, and the time that the prod program's graph takes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Finding, medians

ROOT = Path(__file__).resolve().parent.parent
GRAPH_ROUNDS = 5


def findings(directory: Path) -> Iterator[Finding]:
    """Wall-clock seconds of one smoke run, and of building a graph."""
    command = [sys.executable, "-m", "medflow", "local", "smoke", "--directory", str(directory)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    smoke = json.loads((directory / "smoke.json").read_text())
    phases = smoke["phases"]
    yield Finding("local cloud start + deploy", phases["start"] + phases["deploy"], "s", "<= 8")
    for phase, seconds in phases.items():
        yield Finding(f"smoke: {phase}", seconds, "s")
    yield Finding("smoke: resources", smoke["resources"], "")

    sys.path.insert(0, str(ROOT / "tests"))
    from support.pulumi_harness import synth_program

    built = medians({"prod": lambda: synth_program("prod"), "dev": lambda: synth_program("dev")}, GRAPH_ROUNDS)
    yield Finding("prod program graph", built["prod"], "s")
    yield Finding("prod program graph / dev program graph", built["prod"] / built["dev"], "x")

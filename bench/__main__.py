"""`make bench`: one table, and `.local/bench.json` with the same lines. Exit code 1 when a target does not hold."""

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import enricher, platform, signups
from bench.measure import Finding

LOCAL = Path(__file__).resolve().parent.parent / ".local"


def main() -> int:
    LOCAL.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=LOCAL) as directory:
        found = list(_all(Path(directory)))
    lines = [{**asdict(finding), "holds": finding.holds} for finding in found]
    (LOCAL / "bench.json").write_text(json.dumps(lines, indent=2, ensure_ascii=False) + "\n")
    _print(found)
    return int(any(finding.holds is False for finding in found))


def _all(directory: Path) -> Iterator[Finding]:
    yield from enricher.findings()
    yield from signups.findings(directory / "signups")
    yield from platform.findings(directory / "smoke")


def _print(found: list[Finding]) -> None:
    table = Table("measured", "value", "unit", "target", "holds")
    for finding in found:
        holds = {None: "", True: "yes", False: "NO"}[finding.holds]
        table.add_row(finding.name, f"{finding.value:,.2f}", finding.unit, finding.target, holds)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())

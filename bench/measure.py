"""How everything here is measured: the sides of a comparison in turn, in one run, and their medians compared.

Machines are noisy and differ; a ratio of two sides that suffered the same noise says more than seconds.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table. `target` reads like `<= 2`; empty when the value is for information alone."""

    name: str
    value: float
    unit: str
    target: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the value meets its target; None without one."""
        if not self.target:
            return None
        comparison, limit = self.target.split()
        return self.value <= float(limit) if comparison == "<=" else self.value >= float(limit)


def medians(sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each side, run in turn `rounds` times after one round to warm caches."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, run in sides.items():
            began = time.perf_counter()
            run()
            if number:
                taken[name].append(time.perf_counter() - began)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}

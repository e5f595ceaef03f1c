"""How `medflow local` tells what it does: a live line on a terminal, plain lines anywhere else."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local_cloud.journey import StepResult

PLAIN_WIDTH = 200
"""Columns where there is no terminal to ask: addresses stay on one line."""


class Phase:
    """One thing that takes a while. Say how far it is with `says`, and what came of it with `done` and `ok`."""

    def __init__(self, title: str, show: Callable[[str], None]) -> None:
        self.done = title
        self.ok = True
        self.seconds = 0.0
        self._show = show

    def says(self, text: str) -> None:
        """Replace the live line; nowhere else to be seen."""
        self._show(text)


class Narrator:
    """Writes to one console. Nothing that is printed is taken for markup."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        if not self.console.is_terminal:
            self.console = Console(file=self.console.file, highlight=False, width=PLAIN_WIDTH)
        unicode = self.console.encoding.lower().startswith("utf")
        self._yes, self._no = ("✓", "✗") if unicode else ("ok", "FAILED")

    @contextmanager
    def phase(self, title: str) -> Iterator[Phase]:
        """Tell of one phase; its last line has its time."""
        began = time.monotonic()
        with self._live(title) as show:
            phase = Phase(title, show)
            try:
                yield phase
            except BaseException:
                phase.done, phase.ok = title, False
                raise
            finally:
                phase.seconds = time.monotonic() - began
                self._line(phase.ok, phase.done, phase.seconds)

    def step(self, result: StepResult) -> None:
        """One step of the journey, ticked or crossed with what it saw."""
        self._line(result.ok, result.name, result.seconds, result.detail)

    def say(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style=style), soft_wrap=True)

    def note(self, text: str) -> None:
        self.say(f"note: {text}", "yellow")

    def table(self, title: str, rows: Sequence[tuple[str, str]]) -> None:
        """Two columns without borders that break a copied address."""
        table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None)
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        for key, value in rows:
            table.add_row(Text(key), Text(value))
        self.console.print()
        self.console.print(table)

    @contextmanager
    def _live(self, title: str) -> Iterator[Callable[[str], None]]:
        if self.console.is_terminal:
            with self.console.status(Text(title)) as status:
                yield lambda text: status.update(Text(text))
        else:
            self.say(f"{title} ...")
            yield lambda _text: None

    def _line(self, ok: bool, text: str, seconds: float, detail: str = "") -> None:
        line = Text.assemble(
            (self._yes if ok else self._no, "green" if ok else "bold red"),
            " ",
            text,
            (f"  {_duration(seconds)}", "dim"),
            (f"  {detail}" if detail else "", "dim" if ok else "red"),
        )
        self.console.print(line, soft_wrap=True)


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"

"""What the terminal shows while submissions are graded: a bar, or a line now and then if piped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

EVERY = 5.0  # seconds between two lines of plain text
BEFORE = "graded before"  # a status for submissions that cost this run nothing

Report = Callable[[str], None]  # takes the status of a submission that has been finished


@contextmanager
def progress(console: Console, total: int) -> Iterator[Report]:
    """Show how far ``total`` submissions are, each time that the yielded function is called."""
    counts = Counts(total)
    if not console.is_terminal:
        yield _lines(console, counts)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[state]}"))
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=total, state=counts.text())

        def advance(status: str) -> None:
            counts.add(status)
            bar.update(task, completed=counts.done, state=counts.text())

        yield advance


class Counts:
    """How many are done, how many of them this time and to no avail, and how fast that goes."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.done = self.before = self.failed = 0
        self._clock = clock
        self._start = clock()

    def add(self, status: str) -> None:
        self.done += 1
        self.before += status == BEFORE
        self.failed += status not in ("graded", BEFORE)

    def text(self) -> str:
        """``30 graded before · 12 failed · 31.0/min · 2:40 left``."""
        parts = [f"{self.before} {BEFORE}"] if self.before else []
        parts += [f"{self.failed} failed"] if self.failed else []
        seconds = self._clock() - self._start
        if self.done > self.before and seconds > 0:
            rate = (self.done - self.before) / seconds
            left = round((self.total - self.done) / rate)
            parts += [f"{60 * rate:.1f}/min", f"{left // 60}:{left % 60:02d} left"]
        return " · ".join(parts)


def _lines(console: Console, counts: Counts) -> Report:
    last = [-EVERY]

    def advance(status: str) -> None:
        counts.add(status)
        now = time.monotonic()
        if now - last[0] >= EVERY or counts.done == counts.total:
            last[0] = now
            text = f"{counts.done}/{counts.total} done"
            console.print(" · ".join(filter(None, [text, counts.text()])), highlight=False)

    return advance

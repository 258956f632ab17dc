"""Show how far a batch is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from grader.core.text import plain

EVERY = 5.0  # seconds between two lines of plain text
BEFORE = "graded before"  # a status for submissions that cost this run nothing

Advance = Callable[[str], None]  # takes the status of a submission that has been finished


@contextmanager
def progress(console: Console, total: int) -> Iterator[Advance]:
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


def say(console: Console, line: str) -> None:
    """Print a line that may hold text of strangers."""
    console.print(plain(line), markup=False, highlight=False)


class Counts:
    """Count what is done, by status, and how fast that goes."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.done = self.before = self.refused = self.failed = 0
        self._clock = clock
        self._start = clock()

    def add(self, status: str) -> None:
        """Count one submission that is finished."""
        self.done += 1
        self.before += status == BEFORE
        self.refused += status == "refused"
        self.failed += status == "internal"

    def text(self) -> str:
        """Return a line like ``30 graded before · 12 refused · 31.0/min · 2:40 left``."""
        parts = [f"{self.before} {BEFORE}"] if self.before else []
        parts += [f"{self.refused} refused"] if self.refused else []
        parts += [f"{self.failed} failed"] if self.failed else []
        seconds = self._clock() - self._start
        if self.done > self.before and seconds > 0:
            rate = (self.done - self.before) / seconds
            left = round((self.total - self.done) / rate)
            parts += [f"{60 * rate:.1f}/min", f"{left // 60}:{left % 60:02d} left"]
        return " · ".join(parts)


def _lines(console: Console, counts: Counts) -> Advance:
    last = [-EVERY]

    def advance(status: str) -> None:
        counts.add(status)
        now = time.monotonic()
        if now - last[0] >= EVERY or counts.done == counts.total:
            last[0] = now
            text = f"{counts.done}/{counts.total} done"
            console.print(" · ".join(filter(None, [text, counts.text()])), highlight=False)

    return advance

"""Show how far a batch is, at what rate, and who is being graded.

Rate and time left go by what costs time: what a judge has graded. What was graded before, or is
refused unopened, takes no time and would promise too much. The first few tell nothing yet.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from grader.core.text import plain, shown

EVERY = 5.0  # seconds between two lines of plain text
BEFORE = "graded before"  # a status for submissions that cost this run nothing

KNOWN = 4  # graded submissions, before which a rate would promise anything
RUNNING = 3  # names that are shown of those that are being graded
QUIET = 30.0  # seconds without a line of plain text, after which those are named


class Advance:
    """Take what happens to submissions."""

    def __init__(self, counts: Counts, show: Callable[[], None]) -> None:
        self._counts, self._show = counts, show

    def __call__(self, status: str) -> None:
        """Note the status of a submission that is finished."""
        self._counts.add(status)
        self._show()

    def running(self, names: Sequence[str]) -> None:
        """Note whose submissions are being graded now."""
        self._counts.run(names)
        self._show()


@contextmanager
def progress(console: Console, total: int) -> Iterator[Advance]:
    """Show how far ``total`` submissions are, each time that the yielded object is told."""
    counts = Counts(total)
    if not console.is_terminal:
        yield Advance(counts, _lines(console, counts))
        return
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[state]}", markup=False))
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=total, state=counts.text())

        def show() -> None:
            state = " · ".join(filter(None, [counts.text(), counts.now()]))
            bar.update(task, completed=counts.done, state=state)

        yield Advance(counts, show)


def say(console: Console, line: str) -> None:
    """Print a line that may hold text of strangers."""
    console.print(plain(line), markup=False, highlight=False)


class Counts:
    """Count what is done, by status, and how fast that goes."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.done = self.before = self.refused = self.failed = 0
        self._running: dict[str, float] = {}  # since when
        self._clock = clock
        self._start = clock()

    def add(self, status: str) -> None:
        """Count one submission that is finished."""
        self.done += 1
        self.before += status == BEFORE
        self.refused += status == "refused"
        self.failed += status == "internal"

    def run(self, names: Sequence[str]) -> None:
        """Note whose submissions are being graded now."""
        now = self._clock()
        self._running = {name: self._running.get(name, now) for name in names}

    def text(self) -> str:
        """Return a line like ``30 graded before · 12 refused · 31.0/min · 2:40 left``."""
        parts = [f"{self.before} {BEFORE}"] if self.before else []
        parts += [f"{self.refused} refused"] if self.refused else []
        parts += [f"{self.failed} failed"] if self.failed else []
        seconds, graded = self._clock() - self._start, self.done - self.before - self.refused
        if graded >= KNOWN and seconds > 0:
            left = (self.total - self.done) * seconds / graded
            parts += [f"{60 * graded / seconds:.1f}/min", f"{_minutes(left)} left"]
        return " · ".join(parts)

    def now(self) -> str:
        """Return who is being graded, the longest first, like ``now: Kim (0:42), Lee (0:05)``."""
        now = self._clock()
        longest = sorted(self._running.items(), key=lambda each: each[1])
        names = [f"{shown(name)} ({_minutes(now - since)})" for name, since in longest]
        more = f" and {len(names) - RUNNING} more" if len(names) > RUNNING else ""
        return f"now: {', '.join(names[:RUNNING])}{more}" if names else ""


def _minutes(seconds: float) -> str:
    return f"{round(seconds) // 60}:{round(seconds) % 60:02d}"


def _lines(console: Console, counts: Counts) -> Callable[[], None]:
    """Return what prints a line now and then, with who is being graded if nothing else happens."""
    counted = named = time.monotonic()
    done = 0

    def show() -> None:
        nonlocal counted, named, done
        now, is_new = time.monotonic(), counts.done != done
        if is_new and (now - counted >= EVERY or not done or counts.done == counts.total):
            said = ""
        elif not is_new and now - named >= QUIET:
            said = counts.now()
        else:
            return
        done = counts.done
        counted = named = now
        text = f"{done}/{counts.total} done"
        say(console, " · ".join(filter(None, [text, counts.text(), said])))

    return show

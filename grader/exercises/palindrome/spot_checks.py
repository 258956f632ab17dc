"""Check single steps of a training at moments that nobody can foresee.

A record of the whole would take gigabytes; and what a network does for the judge's own inputs says
nothing about what it is trained by.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from grader.bans.runtime import Blinded, Watcher
from grader.exercises.palindrome.bans import BANNED

WATCHER = Watcher(BANNED)
EARLIEST = (4, 16, 64)  # after each of these a step, before there are twice as many


def drawn_steps() -> frozenset[int]:
    """Draw the numbers of a few steps that nobody can foresee."""
    return frozenset(first + secrets.randbelow(first) for first in EARLIEST)


class SpotChecks:
    """``found`` are the banned layers and operators of the steps that were looked at.

    A step that can't be recorded passes: a progress bar may have started a thread in it.
    """

    def __init__(self) -> None:
        self.found: set[str] = set()
        self._steps = drawn_steps()
        self._look = ExitStack()

    def step(self, number: int) -> None:
        """End a recording that runs; begin one if the step of this number was drawn."""
        self.end()
        if number in self._steps:
            with suppress(Blinded):
                self._look.enter_context(self._looking())

    def end(self) -> None:
        """End a recording that runs; call this after the last step, too."""
        with suppress(Blinded):
            self._look.close()

    @contextmanager
    def _looking(self) -> Iterator[None]:
        with WATCHER.watch() as record:
            yield
        self.found |= {*record.operators, *record.modules}

"""Place marks in a record while student code runs, to notice gaps in it.

Torch can be told not to record for a while. Code that hides operators so must call functions, and
Python reports calls to a profile function: at once while there are few, later at moments that
nobody can foresee. At each the profile function runs an operation of its own, the mark. A mark that
is not in the record tells that other operations are missing, too.

The same reports name Python functions that do a banned layer's work, wherever they were got from.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from types import CodeType, FrameType
from typing import Any

from torch._C._profiler import _RecordFunctionFast

_set_profile, _get_profile = sys.setprofile, sys.getprofile
ALL = 256  # calls that are marked each; then about one in RARER of the marks placed so far
RARER = 16


class Marks:
    """Marks between `begin` and `end`, in this thread.

    Attributes:
        name: What the marks are called in the record.
        placed: Their number so far.

    Args:
        titles: What to record for functions that run, by their code.
    """

    def __init__(self, titles: Mapping[CodeType, str]) -> None:
        self.name, self.placed = secrets.token_hex(8), 0
        self._titles = {id(code): title for code, title in titles.items()}
        self._wait = 1

    def begin(self) -> None:
        """Place the first mark, and listen to calls."""
        self.place()
        self._outer, self._listener = _get_profile(), self._hear
        _set_profile(self._listener)

    def end(self) -> bool:
        """Place the last mark; return whether nobody else has listened meanwhile."""
        undisturbed = _get_profile() is self._listener
        _set_profile(self._outer)
        self.place()
        return undisturbed

    def place(self) -> None:
        """Run an operation that belongs to the record."""
        with _RecordFunctionFast(self.name):
            pass
        self.placed += 1

    def _hear(self, frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and (title := self._titles.get(id(frame.f_code))):
            with _RecordFunctionFast(title):
                pass
        self._wait -= 1
        if not self._wait:
            self.place()
            rarer = self.placed > ALL
            self._wait = 1 + (secrets.randbelow(self.placed // RARER) if rarer else 0)

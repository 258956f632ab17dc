"""Write down which line student code has reached, when the judge asks for it.

The judge ends a worker that is late from outside, when nobody inside can say anything any more. So
it first sends a signal, and Python's faulthandler writes the main thread's stack to a file of the
worker's folder, in C: also while the code hangs in C. Nothing is written before the time is up,
since looking at the stack of code that runs can end the process.
"""

from __future__ import annotations

import faulthandler
from pathlib import Path

from grader.sandbox.timeout_line import FILE, SIGNAL


def write_when_asked(folder: Path) -> None:
    """Let SIGNAL write the stack of this process to a file of ``folder``; not on Windows."""
    if SIGNAL is not None:
        file = open(folder / FILE, "w", encoding="utf-8")  # noqa: SIM115 (faulthandler keeps it)
        faulthandler.register(SIGNAL, file=file, all_threads=False)

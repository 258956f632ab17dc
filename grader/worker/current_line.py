"""Keep which line student code has reached, for the message of a time limit.

The judge ends a worker that is late from outside, when nobody inside can say anything any more. So
while a request runs, Python's faulthandler writes the stack to a file of the worker's folder now
and then, from a thread in C: also while the code hangs in C. The judge reads the last stack.
"""

from __future__ import annotations

import contextlib
import faulthandler
from collections.abc import Iterator
from pathlib import Path

from grader.sandbox.timeout_line import FILE

TIMES = 9.5  # within the time limit, and not at its end, when the judge may be ending the process


@contextlib.contextmanager
def recorded(folder: Path, seconds: float) -> Iterator[None]:
    """Write the stack of this process again and again while the body runs."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # the student's code has no descriptor left
            file = stack.enter_context(open(folder / FILE, "w", encoding="utf-8"))
            faulthandler.dump_traceback_later(seconds / TIMES, repeat=True, file=file)
            stack.callback(faulthandler.cancel_dump_traceback_later)
        yield

"""Limit the processor time and memory that it takes to read one hand-in.

Everything that reads strangers' texts has limits of its own: on sizes, on numbers of things, on
steps. These are the limits for what they overlook, such as a parser or a pattern that takes hours
for a few lines. While such code runs, Python looks at no clock, so the system has to: it sends
SIGXCPU when the time is used up, and refuses memory.
"""

from __future__ import annotations

import contextlib
import math
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from grader.core.errors import UserError

SECONDS = 60  # of processor time; an honest hand-in takes less than one
MEMORY = 2048  # MiB more than the process has before
ADVICE = "hand in your own code only, in files of a usual length."
TOO_LONG = f"Reading it takes too long, more than {SECONDS} s of processor time: {ADVICE}"
TOO_LARGE = f"Reading it takes too much memory, more than {MEMORY:,} MiB: {ADVICE}"


class _TimeIsUp(BaseException):
    """Not an Exception: broad handlers of those must not catch it."""


@contextlib.contextmanager
def limited(*, fatal: bool = False) -> Iterator[None]:
    """Limit the cost of what is inside; on Windows nothing can.

    Args:
        fatal: Let the end of the time end this process by SIGXCPU, whatever it is doing. Otherwise
            it becomes an error as soon as Python gets to run.

    Raises:
        UserError: Time or memory was used up.
    """
    if sys.platform == "win32":
        yield
        return
    import resource

    end = time.process_time() + SECONDS

    def stop(*_: object) -> None:
        # The system counts ticks for this signal: in a long process it may be seconds ahead.
        left = end - time.process_time()
        if left > 0:
            limit(resource.RLIMIT_CPU, resource.getrlimit(resource.RLIMIT_CPU)[0] + math.ceil(left))
            return
        resource.setrlimit(resource.RLIMIT_CPU, before[resource.RLIMIT_CPU])
        raise _TimeIsUp

    def limit(number: int, value: int) -> None:
        limits = [each for each in before[number] if each != resource.RLIM_INFINITY]
        resource.setrlimit(number, (min([value, *limits]), before[number][1]))

    wanted = {resource.RLIMIT_CPU: math.ceil(end)}
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        wanted[resource.RLIMIT_AS] = pages * resource.getpagesize() + MEMORY * 2**20
    before = {number: resource.getrlimit(number) for number in wanted}
    handler = signal.signal(signal.SIGXCPU, signal.SIG_DFL if fatal else stop)
    try:
        for number, value in wanted.items():
            limit(number, value)
        yield
    except _TimeIsUp:
        raise UserError(TOO_LONG) from None
    except MemoryError:
        raise UserError(TOO_LARGE) from None
    finally:
        for number, old in before.items():
            resource.setrlimit(number, old)
        signal.signal(signal.SIGXCPU, handler)

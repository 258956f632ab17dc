"""Ask a worker whose time is up for the line that student code has reached."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from pathlib import Path

FILE = "stack.txt"
SIGNAL: int | None = getattr(signal, "SIGUSR1", None)  # Windows has none, and names no line
LONGEST = 2**16  # bytes that are read
COPY = "submission"  # the folder, beside FILE, that the worker imports from
FRAME = re.compile(r'File "(.+)", line (\d{1,9}) in (\S+)')
SECONDS = 1.0  # in which a worker has got the signal, however busy the machine is


def root_in(folder: str) -> str:
    """Return how paths of the files begin that a worker with this scratch folder runs."""
    return f"{folder}{os.sep}{COPY}{os.sep}"


def line_of(pid: int, folder: str) -> tuple[str, int] | None:
    """Return the file and the line that the process stands in; None if it doesn't tell."""
    if SIGNAL is None:
        return None
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended
        os.kill(pid, SIGNAL)
    until = time.monotonic() + SECONDS
    while (found := innermost(folder)) is None and time.monotonic() < until:
        time.sleep(0.01)
    return found


def innermost(folder: str) -> tuple[str, int] | None:
    """Return the file, relative to the submission, and the line of the student's innermost frame.

    The text may be forged, so it is no more than a place to look at.
    """
    text = ""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with contextlib.suppress(OSError), open(os.open(Path(folder, FILE), flags), "rb") as file:
        text = file.read(LONGEST).decode("ascii", "replace")
    root = root_in(folder)
    for path, line, _ in FRAME.findall(text):
        if path.startswith(root):
            return path.removeprefix(root).replace(os.sep, "/"), int(line)
    return None

"""Read the line that student code had reached when its time was up."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

FILE = "stack.txt"
LONGEST = 2**18  # bytes that are read
COPY = "submission"  # the folder, beside FILE, that the worker imports from
FRAME = re.compile(r'File "(.+)", line (\d{1,9}) in (\S+)')


def root_in(folder: str) -> str:
    """Return how paths of the files begin that a worker with this scratch folder runs."""
    return f"{folder}{os.sep}{COPY}{os.sep}"


def innermost(folder: str) -> tuple[str, int] | None:
    """Return the file, relative to the submission, and the line of the student's innermost frame.

    The last stack may have been cut where the process was ended, or been written while Python was
    between two frames: then the one before it counts. The text may be forged, so it is no more than
    a place to look at.
    """
    text = ""
    with contextlib.suppress(OSError):
        descriptor = os.open(Path(folder, FILE), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with open(descriptor, "rb") as file:
            file.seek(-min(LONGEST, os.fstat(descriptor).st_size), os.SEEK_END)
            text = file.read(LONGEST).decode("ascii", "replace")
    root = root_in(folder)
    for stack in reversed(text.split("Timeout (")):
        main_thread = stack.rpartition("Thread ")[2]
        for path, line, _ in FRAME.findall(main_thread):
            if path.startswith(root):
                return path.removeprefix(root).replace(os.sep, "/"), int(line)
    return None

"""Find the processes below one, and wait for what they should do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

LIMIT = 150.0  # seconds for one batch, on a machine that does other things, too


def wait_for(condition: Any) -> None:
    """Wait until ``condition()`` is true, for LIMIT seconds at most."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children_of(pid: int) -> set[int]:
    """Return all processes below ``pid``."""
    found: set[int] = set()
    todo = [pid]
    while todo:
        for task in Path(f"/proc/{todo.pop()}/task").glob("*/children"):
            children = {int(child) for child in task.read_text().split()} - found
            found |= children
            todo += children
    return found


def line(pid: int) -> bytes:
    """Return the command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False

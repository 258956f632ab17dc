"""Have a document read in a locked process (reading/run.py says how), within limits."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.core.errors import MachineError
from grader.core.tempdirs import Folder
from grader.desk.reading.run import DOCUMENT, RESULT, perform
from grader.sandbox.isolation import Level, Limits, Lock

SECONDS = 30.0  # of real time, for one job
LIMITS = Limits(cpu=20, memory=1536, file=32)  # seconds of processor time, MiB, MiB
MAX_SCRATCH = 256 * 2**20  # bytes that a job may write in all
MAX_RESULT = 16 * 2**20
MAX_PICTURE = 16 * 2**20
MAX_FILES = 1000
PICTURE = re.compile(r"\d{1,4}\.webp")
LOOK = 0.2  # seconds between two looks at a running job
AT_ONCE = max(1, min(4, (os.cpu_count() or 2) - 1))
GAVE_UP = "It takes too long to show, or can't be read safely."


@dataclass
class Outcome:
    """Hold what a job left: its result, pictures by name, and why it failed, if it did."""

    result: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    problem: str = ""


class Jobs:
    """Start locked processes, a few at a time."""

    def __init__(self, level: Level) -> None:
        self._lock = Lock(level, LIMITS)
        # A warm process that has no secrets is forked for each job.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["grader.desk.reading.warm"])
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._is_closed = False

    def close(self) -> None:
        """End the jobs that run, soon, and start no more."""
        self._is_closed = True

    def run(self, kind: str, document: bytes, **options: Any) -> Outcome:
        """Do one job of `run.JOBS` on a document, and wait for it.

        Raises:
            MachineError: The desk was closed meanwhile.
        """
        with self._places:
            folder = Folder("desk")
            try:
                root, scratch = Path(folder.path, "root"), Path(folder.path, "scratch")
                root.mkdir()
                scratch.mkdir()
                (root / DOCUMENT).write_bytes(document)
                ended = self._wait(kind, root, scratch, options)
                return _collected(scratch, ended)
            finally:
                folder.remove()

    def _wait(self, kind: str, root: Path, scratch: Path, options: dict[str, Any]) -> bool:
        """Return whether the job came to its end within its limits."""
        arguments = (kind, str(root), str(scratch), self._lock.as_dict(), options)
        process = self._context.Process(target=perform, args=arguments, daemon=True)
        process.start()
        try:
            end = time.monotonic() + SECONDS
            while process.is_alive() and time.monotonic() < end:
                process.join(LOOK)
                if self._is_closed:
                    raise MachineError("the desk is closing")
                if _size(scratch) > MAX_SCRATCH:
                    break
            return process.exitcode == 0
        finally:
            process.kill()
            process.join()
            process.close()


def _size(folder: Path) -> int:
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # it has just gone
                total += entry.stat(follow_symlinks=False).st_size
    return total


def _collected(scratch: Path, ended: bool) -> Outcome:
    """Take what a job left, whatever it is, if it has a known name and a bounded length."""
    outcome = Outcome(problem="" if ended else GAVE_UP)
    with os.scandir(scratch) as entries:
        for entry in list(entries)[:MAX_FILES]:
            if PICTURE.fullmatch(entry.name):
                outcome.pictures[entry.name] = _taken(entry, MAX_PICTURE)
            elif entry.name == RESULT and ended:
                outcome.result = _decoded(_taken(entry, MAX_RESULT))
    outcome.pictures = {name: data for name, data in outcome.pictures.items() if data}
    outcome.problem = outcome.problem or str(outcome.result.get("problem", ""))[:200]
    return outcome


def _taken(entry: os.DirEntry[str], limit: int) -> bytes:
    """Return the bytes of a plain file; none of anything else, or of one that is too long."""
    if not entry.is_file(follow_symlinks=False) or entry.stat().st_size > limit:
        return b""
    return Path(entry.path).read_bytes()


def _decoded(data: bytes) -> dict[str, Any]:
    try:
        result = json.loads(data)
    except (ValueError, RecursionError):
        return {"problem": GAVE_UP}
    return result if isinstance(result, dict) else {"problem": GAVE_UP}

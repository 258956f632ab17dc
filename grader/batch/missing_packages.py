"""Say at the start which packages the submissions import and this machine lacks.

The sources are parsed in a process of its own, whose time and memory are limited. A hand-in that
takes too much, or that can't be opened, is left out here; its own row will say what is wrong.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Self

from grader.batch.attempts import HandIn
from grader.core.tempdirs import Folder
from grader.core.text import shown
from grader.sandbox.locking import limit_memory
from grader.submission.missing_packages import lacking
from grader.submission.snapshot import open_submission

SECONDS = 10.0  # for one hand-in
MEMORY = 1024  # MiB, beyond what the process has when it starts
LONGEST_ANSWER = 2**20  # bytes
NAMED = (
    20  # packages: one hand-in may import any number of names, the batch's screen is everybody's
)


def remarks(found: Iterable[HandIn]) -> list[str]:
    """Return a sentence for each package, with how many submissions need it; the most needed first.

    Packages beyond the first ``NAMED`` are only counted.
    """
    counts: Counter[str] = Counter()
    with Reader() as reader:
        for hand_in in found:
            try:
                counts.update(reader.lacking(hand_in.choose().read()))
            except Exception:  # noqa: BLE001 (its row says why it can't be read)
                continue
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    said = [
        f"{shown(name)} is not installed, and {_submissions(counts[name])} it. Anaconda's packages "
        "are in the kit's extra: anaconda. Install no other on a student's word."
        for name in ordered[:NAMED]
    ]
    if others := ordered[NAMED:]:
        most = _submissions(counts[others[0]])
        said.append(f"{len(others)} other packages are not installed; {most} the first of them.")
    return said


class Reader:
    """A process that reads one archive after another; a new one after it was ended."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._process: SpawnProcess | None = None
        self._pipe: Connection
        self._folder = Folder("imports")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._folder.remove()

    def lacking(self, archive: bytes) -> set[str]:
        """Return the packages that a ZIP's sources import and this Python lacks.

        Raises:
            OSError: It can't be read within the limits.
        """
        if self._process is None:
            self._start()
        try:
            self._pipe.send_bytes(archive)
            if not self._pipe.poll(self._seconds):
                raise TimeoutError(f"not read within {self._seconds:g} s")
            return set(json.loads(self._pipe.recv_bytes(LONGEST_ANSWER)))
        except (EOFError, OSError) as error:
            self._end()
            raise OSError(f"{error}") from error

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._folder.path), daemon=True
        )
        self._process.start()
        theirs.close()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._process = None


def _serve(pipe: Connection, folder: str) -> None:
    """Answer each archive with a JSON list of names, until the batch hangs up.

    Args:
        pipe: To the batch.
        folder: For temporary files; the batch removes it, however this process ends.
    """
    if sys.platform == "linux":
        limit_memory(MEMORY)
    tempfile.tempdir = folder
    while True:
        try:
            archive = pipe.recv_bytes()
        except EOFError:
            return
        try:
            names = sorted(_lacking(archive, Path(folder, "submission.zip")))
        except Exception:  # noqa: BLE001 (its row says why it can't be read)
            names = []
        pipe.send_bytes(json.dumps(names).encode())


def _lacking(archive: bytes, path: Path) -> set[str]:
    path.write_bytes(archive)
    with open_submission(path) as submission:
        return lacking(submission)


def _submissions(count: int) -> str:
    return "1 submission imports" if count == 1 else f"{count} submissions import"

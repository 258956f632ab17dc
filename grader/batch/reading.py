"""Read hand-ins in a process of its own, whose time and memory are limited.

A hand-in that takes too much ends that process, and the next one gets a new one.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Self

from grader.core.tempdirs import Folder
from grader.sandbox.locking import limit_memory
from grader.submission.snapshot import Submission, open_submission

SECONDS = 10.0  # for one hand-in
START = 120.0  # seconds for the process to import what it needs
MEMORY = 1024  # MiB, beyond what the process has when it starts
LONGEST_ANSWER = 8 * 2**20  # bytes
LONGEST_REASON = 300  # characters

Read = Callable[[Submission], Any]


class Reader:
    """A process that reads one archive after another; a new one after it was ended."""

    def __init__(self, read: Read, seconds: float = SECONDS) -> None:
        """Take what to read of each submission: a function of a module, which returns JSON."""
        self._read = read
        self._seconds = seconds
        self._process: SpawnProcess | None = None
        self._pipe: Connection
        self._folder = Folder("reading")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._folder.remove()

    def read(self, archive: bytes) -> Any:
        """Return what was read of a ZIP.

        Raises:
            OSError: It can't be read within the limits.
        """
        try:
            if self._process is None:
                self._start()
            self._pipe.send_bytes(archive)
            if not self._pipe.poll(self._seconds):
                raise TimeoutError(f"not read within {self._seconds:g} s")
            answer = json.loads(self._pipe.recv_bytes(LONGEST_ANSWER))
        except EOFError as error:
            self._end()
            raise OSError("the process that read it has ended") from error
        except OSError:
            self._end()
            raise
        if "error" in answer:
            raise OSError(answer["error"])
        return answer["value"]

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        arguments = (theirs, self._folder.path, self._read)
        process = context.Process(target=_serve, args=arguments, daemon=True)
        try:
            process.start()
        except BaseException:
            self._pipe.close()
            raise
        finally:
            theirs.close()
        self._process = process
        if not self._pipe.poll(START):
            raise TimeoutError(f"the process that reads has not begun within {START:g} s")
        self._pipe.recv_bytes()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._process = None


def _serve(pipe: Connection, folder: str, read: Read) -> None:
    """Answer each archive with JSON, until the batch hangs up.

    Args:
        pipe: To the batch.
        folder: For temporary files; the batch removes it, however this process ends.
        read: What to read.
    """
    if sys.platform == "linux":
        limit_memory(MEMORY)
    tempfile.tempdir = folder
    path = Path(folder, "submission.zip")
    pipe.send_bytes(b"ready")
    while True:
        try:
            archive = pipe.recv_bytes()
        except EOFError:
            return
        try:
            path.write_bytes(archive)
            with open_submission(path) as submission:
                answer = {"value": read(submission)}
        except Exception as error:  # noqa: BLE001 (of any kind: it is this hand-in's)
            answer = {"error": (str(error) or type(error).__name__)[:LONGEST_REASON]}
        pipe.send_bytes(json.dumps(answer).encode())

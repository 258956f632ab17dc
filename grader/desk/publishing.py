"""Write all reports again, by themselves, a few seconds after a change at the desk.

Theory of operation. Each change at the desk is noted. When nothing was changed for `QUIET` seconds,
or `LATEST` seconds after the first change that no report holds, all reports are written again. A
process of its own writes them, so that no click waits. The lock of the folder keeps it apart from
a batch and from other desks. What can't be written is tried again. When the desk closes, the
reports are written once more if they lack a change.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from grader.batch.store import Store
from grader.batch.write_reports import publish
from grader.core.errors import BusyError, UserError

QUIET = 3.0  # seconds without a change, after which the reports are written
LATEST = 20.0  # seconds after the first change that no report holds
AGAIN = 10.0  # seconds from a failure to the next try
BUSY = "A batch is running; the reports follow when it has ended."
NICENESS = 10  # of the process that writes, so that clicks come first
CONTEXT = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Written:
    """Tell what came out when the reports were written.

    Attributes:
        message: What came out, in a sentence without names.
        problems: What went wrong; these lines may hold names.
        remarks: What is good to know; these lines may hold names.
        is_whole: Whether all reports are there.
        time: When, in seconds since 1970.
    """

    message: str
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    is_whole: bool = False
    time: float = 0.0


class Reports:
    """The reports of a folder of results; its methods may be called from any thread."""

    def __init__(self, write: Callable[[], Written]) -> None:
        """Keep the reports that ``write`` writes; they lack whatever was changed before."""
        self._write = write
        self._noted, self._held = 1, 0  # changes so far, and those that the reports hold
        self._first = self._last = self._retry = time.monotonic()
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._is_stopped = False
        self.latest: Written | None = None

    @property
    def is_current(self) -> bool:
        """Return whether the reports hold all changes."""
        return self._held == self._noted

    def note(self) -> None:
        """Note that something was changed that the reports show."""
        with self._changed:
            self._last = time.monotonic()
            if self.is_current:
                self._first = self._last
            self._noted += 1
            self._changed.notify_all()

    def keep(self) -> None:
        """Write the reports whenever that is due, until `stop`."""
        while True:
            with self._changed:
                while not self._is_stopped and (wait := self._wait()) != 0.0:
                    self._changed.wait(wait)
                if self._is_stopped:
                    return
            self.write()

    def stop(self) -> None:
        """Let `keep` end."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def write(self) -> Written:
        """Write all reports now, with every change that was noted before."""
        with self._writing:
            with self._changed:
                begun = self._noted
                self._first = time.monotonic()
            written = self._write()
            with self._changed:
                self.latest = written
                if written.is_whole:
                    self._held = begun
                else:
                    self._retry = time.monotonic() + AGAIN
            return written

    def finish(self) -> Written:
        """Write the reports if they lack a change, and return what came out last."""
        with self._writing:
            latest = self.latest if self.is_current else None
        return latest or self.write()

    def _wait(self) -> float | None:
        """Return the seconds until the reports are due; None for no end."""
        if self.is_current:
            return None
        due = max(min(self._last + QUIET, self._first + LATEST), self._retry)
        return max(0.0, due - time.monotonic())


def written_apart(folder: Path, options: dict[str, Any]) -> Written:
    """Write all reports in a process of its own, and wait for it.

    Args:
        folder: The folder of results.
        options: Those of `publish`.
    """
    here, there = CONTEXT.Pipe(duplex=False)
    with here:
        process = CONTEXT.Process(target=_perform, args=(there, folder, options), daemon=True)
        try:
            with there:
                process.start()
        except OSError as error:  # no memory, or too many processes
            return _failed(f"no process can be started ({error.strerror})")
        try:
            written: Written = here.recv()
        except (EOFError, OSError):  # it was killed, or its error stands in the terminal
            written = _failed("the process that writes the reports ended before it was done")
        process.join()
    return written


def _failed(why: str) -> Written:
    return Written("The reports are not written.", (why,))


def _perform(answer: Connection, folder: Path, options: dict[str, Any]) -> None:
    """Write all reports, in the process that is there for that."""
    for number in (signal.SIGINT, signal.SIGHUP):  # a terminal sends them to all; the desk ends it
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICENESS)
    try:
        answer.send(_written(Store(folder), options))
    except BusyError:
        answer.send(Written(BUSY))
    except UserError as error:
        answer.send(_failed(str(error)))


def _written(store: Store, options: dict[str, Any]) -> Written:
    """Write all reports here.

    Raises:
        BusyError: A batch is at work in the folder.
        UserError: A table of marks can't be read.
    """
    with store.locked():
        published = publish(store, **options)
    pending = sum(row.pending > 0 for row in published.rows)
    is_whole = not published.failures
    state = "All reports are written" if is_whole else "Some reports can't be written"
    return Written(
        f"{state}; {pending} of {len(published.rows)} students wait for marks.",
        (*published.failures, *published.wrong),
        tuple(published.remarks),
        is_whole,
        time.time(),
    )


def reports_of(folder: Path, options: dict[str, Any]) -> Reports:
    """Return the reports of a folder of results, written with options of `publish`."""
    return Reports(partial(written_apart, folder, options))

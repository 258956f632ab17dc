"""Run one round of checks in a fork of a warm judge, and pass on each result when it is there.

A fork can be ended at any time, so that a newer save wins; nothing of it is left in the process
that watches. The watcher says which checks run first.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import cast

import pytest

from grader.api import run
from grader.core.report import CheckReport
from grader.core.tempdirs import Folder
from grader.session import Grading

SLOW = 1.0  # seconds, from which on a check runs after all others


@dataclass
class Check:
    """Hold what is known of one check."""

    report: CheckReport
    files: list[str]  # of the submission, on which the result depends
    seconds: float

    @property
    def question(self) -> str:
        """Return the question that it belongs to."""
        return self.report["question"]

    @property
    def status(self) -> str:
        """Return how it ended."""
        return self.report["status"]


@dataclass
class Round:
    """A running round: read what it sends, or stop it."""

    pid: int
    results: Connection
    folder: Folder
    tests: list[str] = field(default_factory=list)  # all of them, if empty

    def stop(self) -> None:
        """End it, with its workers."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.results.close()
        self.folder.remove()


def begin(
    submission: Path,
    seed: int,
    arguments: Sequence[str],
    tests: Sequence[str],
    order: Mapping[str, tuple[bool, bool, float]],
) -> Round:
    """Begin a round.

    Args:
        submission: A folder.
        seed: Of all random numbers.
        arguments: Further ones for pytest.
        tests: Node ids of the checks to run; all, if there are none.
        order: Ranks by node id, the lowest of which run first.
    """
    ours, theirs = Pipe(duplex=False)
    folder = Folder("watch")
    pid = os.fork()
    if pid:
        theirs.close()
        return Round(pid, ours, folder, list(tests))
    status = 1
    try:
        os.setpgid(0, 0)
        ours.close()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the watcher's to handle
        tempfile.tempdir = folder.path
        sender = _Sender(theirs, order)
        done = run(submission, seed=seed, arguments=arguments, tests=tests, plugins=[sender])
        theirs.send({"grade": done.report.get("grade"), "text": done.text, "status": done.status})
        status = 0
    except BrokenPipeError:
        status = 0  # nobody waits for it any more
    except BaseException:  # noqa: BLE001 (the process ends here, whatever it was)
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(status)


class _Sender:
    """A plugin of pytest that sends each result as it comes."""

    def __init__(self, pipe: Connection, order: Mapping[str, tuple[bool, bool, float]]) -> None:
        self._pipe, self._order = pipe, order
        self._prepared = 0.0  # seconds that the running check's fixtures took

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        self._grading = cast(Grading, config.pluginmanager.get_plugin("rnn-autograder"))
        items.sort(key=lambda item: self._order.get(item.nodeid, (False, False, 0)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        result = self._grading.results.get(report.nodeid)
        if report.when == "setup":
            self._prepared = report.duration
        if result is None or report.when != "call":
            return
        check = Check(result.metadata(), result.files, self._prepared + result.seconds)
        self._pipe.send((report.nodeid, check))

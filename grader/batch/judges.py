"""The handle to a judge process; `grade` is what a pool calls, on this machine or on another.

Judges stay warm between submissions; there are as many as threads that grade. One that dies costs
nothing but time: its submission goes to a fresh one, once.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from multiprocessing.connection import Pipe

from grader.batch.task import Task, kit_version
from grader.core.errors import UserError
from grader.core.paths import ROOT
from grader.sandbox import isolation

START_SECONDS = 300.0  # a cold disk, and all cores importing torch at once
ATTEMPTS = 2


class JudgeLost(Exception):
    """The judge process ended without a result."""


class Lane:
    """A warm judge process, see judge.py; not to be used any more after `JudgeLost`.

    With ``core``, it and all that it starts keep to that one.
    """

    def __init__(self, core: int | None = None) -> None:
        self.core = core
        self._control, theirs = Pipe()
        start = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
            "from grader.batch.judge import main; main()"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", start, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=os.environ | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
        )
        if core is not None and sys.platform == "linux":
            os.sched_setaffinity(self._process.pid, [core])
        theirs.close()
        self._ready = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def grade(self, task: Task) -> bytes:
        """The JSON report on one submission.

        :raises JudgeLost: the process died.
        :raises UserError: with the task's settings nothing can be graded.
        """
        header = {key: value for key, value in asdict(task).items() if key != "archive"}
        try:
            if not self._ready:
                if not self._control.poll(START_SECONDS):
                    raise JudgeLost
                self._control.recv_bytes()
                self._ready = True
            self._control.send_bytes(json.dumps(header).encode())
            self._control.send_bytes(task.archive)
            answer = self._control.recv_bytes()
        except (EOFError, OSError) as error:
            raise JudgeLost from error
        if answer.startswith(b"!"):
            raise UserError(answer[1:].decode())
        return answer

    def close(self) -> None:
        """End the process, whatever it is doing, and all that it has started; from any thread."""
        # No signal to a judge that works: as an exception it would come anywhere, and get lost.
        control = socket.socket(fileno=os.dup(self._control.fileno()))
        with control, contextlib.suppress(OSError):  # it may be gone
            control.shutdown(socket.SHUT_RDWR)
        if not self._ready:
            self._process.terminate()  # it still imports, and has nothing to tidy up
        self._process.wait()


class Lanes:
    """The lanes of this process: as many as have ever been in use at a time.

    If they are ``spread``, they take turns in the cores. A judge and its worker are never busy both
    at once; left to itself, a system keeps moving them, and two judges now and then share a core
    while the other is idle.
    """

    def __init__(self, spread: bool = False) -> None:
        self._cores = _cores() if spread else [None]
        self._all: set[Lane] = set()
        self._idle: list[Lane] = []
        self._closed = False
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def lane(self) -> Iterator[Lane]:
        """A lane for one submission; a `JudgeLost` in the context ends it.

        :raises JudgeLost: these lanes are closed.
        """
        with self._lock:
            if self._closed:
                raise JudgeLost
            lane = self._idle.pop() if self._idle else self._start()
        try:
            yield lane
        except JudgeLost:
            lane.close()
            with self._lock:
                self._all.discard(lane)
            raise
        finally:
            with self._lock:
                if lane in self._all:
                    self._idle.append(lane)

    def _start(self) -> Lane:
        used = Counter(lane.core for lane in self._all)
        lane = Lane(min(self._cores, key=lambda core: used[core]))
        self._all.add(lane)
        return lane

    def close(self) -> None:
        """End all judges, busy or not, for good."""
        with self._lock:
            self._closed = True
            lanes = list(self._all)
        for lane in lanes:
            lane.close()

    @property
    def closed(self) -> bool:
        return self._closed


def _cores() -> list[int | None]:
    """Those that this process may use, where there is a say in it."""
    return [*os.sched_getaffinity(0)] if sys.platform == "linux" else [None]


_lanes = Lanes()


def close_lanes(*, spread: bool = False) -> None:
    """End all judges of this process; later submissions get new ones, ``spread`` or not."""
    global _lanes
    old, _lanes = _lanes, Lanes(spread)
    old.close()


def grade(task: Task) -> bytes:
    """The JSON report on one submission, whatever happens to the process that makes it.

    :raises UserError: this machine can't grade as the settings demand, or nobody could.
    :raises JudgeLost: `close_lanes` was called meanwhile.
    """
    check(task.kit, task.settings.isolation)
    lanes = _lanes
    for _ in range(ATTEMPTS):
        with contextlib.suppress(JudgeLost), lanes.lane() as lane:
            return lane.grade(task)
    if lanes.closed:
        raise JudgeLost
    return not_judged(f"the judge's process ended {ATTEMPTS} times")


def not_judged(why: str) -> bytes:
    """The report on a submission that no judge came to the end of."""
    message = f"The grader failed ({why}). It is not counted against the student."
    return json.dumps({"batch": {"status": "internal", "message": message}}).encode()


def check(kit: str, level: str) -> None:
    """:raises UserError: this machine has another kit, or isolates less than is demanded."""
    if kit_version() != kit:
        raise UserError(
            "the kit here and the one on the worker differ: install the same version of the kit, "
            "of Python and of the packages in constraints.txt on both"
        )
    if level == "full" and isolation.available() != "full":
        raise UserError(
            f"submissions can't be locked up fully here, for want of "
            f"{', '.join(isolation.missing())}: mend that, or accept the risk with "
            "--isolation limits"
        )

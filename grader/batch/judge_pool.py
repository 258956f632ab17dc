"""Keep judge processes, and pass submissions to them, here or on a worker of a cluster.

Judges stay warm between submissions; there are as many as threads that grade. A judge that dies
costs time only: its submission goes to a fresh one, once.
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

from grader.batch import outcome
from grader.batch.task import Task, kit_version
from grader.core.errors import UserError
from grader.core.paths import ROOT
from grader.sandbox import isolation

START_SECONDS = 300.0  # a cold disk, and all cores importing torch at once
ATTEMPTS = 2


class JudgeLost(Exception):
    """The judge process ended without a result."""


class JudgeProcess:
    """The handle to a warm judge process, see judge.py; useless after `JudgeLost`.

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
        """Return the number of the process."""
        return self._process.pid

    def grade(self, task: Task) -> bytes:
        """Grade one submission and return the JSON report.

        Raises:
            JudgeLost: The process died.
            UserError: With the task's settings nothing can be graded.
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
        """End the process and all that it has started, whatever it does; from any thread."""
        # No signal to a judge that works: as an exception it would come anywhere, and get lost.
        control = socket.socket(fileno=os.dup(self._control.fileno()))
        with control, contextlib.suppress(OSError):  # it may be gone
            control.shutdown(socket.SHUT_RDWR)
        if not self._ready:
            self._process.terminate()  # it still imports, and has nothing to tidy up
        self._process.wait()


class JudgePool:
    """The judges of this process: as many as have ever been in use at a time.

    If they are ``spread``, they take turns in the cores. A judge and its worker are never busy both
    at once. A system left to itself keeps moving them, and two judges now and then share a core
    while the other is idle.
    """

    def __init__(self, spread: bool = False) -> None:
        self._cores = _cores() if spread else [None]
        self._all: set[JudgeProcess] = set()
        self._idle: list[JudgeProcess] = []
        self._closed = False
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def judge(self) -> Iterator[JudgeProcess]:
        """Lend a judge for one submission; a `JudgeLost` in the context ends it.

        Raises:
            JudgeLost: The pool is closed.
        """
        with self._lock:
            if self._closed:
                raise JudgeLost
            judge = self._idle.pop() if self._idle else self._start()
        try:
            yield judge
        except JudgeLost:
            judge.close()
            with self._lock:
                self._all.discard(judge)
            raise
        finally:
            with self._lock:
                if judge in self._all:
                    self._idle.append(judge)

    def _start(self) -> JudgeProcess:
        used = Counter(judge.core for judge in self._all)
        judge = JudgeProcess(min(self._cores, key=lambda core: used[core]))
        self._all.add(judge)
        return judge

    def close(self) -> None:
        """End all judges, busy or not, for good."""
        with self._lock:
            self._closed = True
            judges = list(self._all)
        for judge in judges:
            judge.close()

    @property
    def closed(self) -> bool:
        """Return whether `close` was called."""
        return self._closed


def _cores() -> list[int | None]:
    """Return the cores that this process may use; one None where it can't choose."""
    return [*os.sched_getaffinity(0)] if sys.platform == "linux" else [None]


_pool = JudgePool()


def close_pool(*, spread: bool = False) -> None:
    """End all judges of this process; later submissions get new ones, ``spread`` or not."""
    global _pool
    old, _pool = _pool, JudgePool(spread)
    old.close()


def grade(task: Task) -> bytes:
    """Grade one submission and return the JSON report, whatever happens to its judge process.

    Raises:
        UserError: This machine can't grade as the settings demand, or nobody could.
        JudgeLost: `close_pool` was called meanwhile.
    """
    check(task.kit, task.settings.isolation)
    pool = _pool
    for _ in range(ATTEMPTS):
        with contextlib.suppress(JudgeLost), pool.judge() as judge:
            return judge.grade(task)
    if pool.closed:
        raise JudgeLost
    return outcome.not_judged(f"the judge process ended {ATTEMPTS} times")


def check(kit: str, level: str) -> None:
    """Check that this machine may grade.

    Args:
        kit: The fingerprint of the kit that it should have.
        level: The least isolation that will do.

    Raises:
        UserError: It has another kit, or isolates less.
    """
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

"""Enforce a submission's limits on memory, disk, threads and CPU time, over all its workers.

One worker runs at a time: the others are stopped (by SIGSTOP) until they are asked again. So what
they use stays as it was measured, and only the one that is asked is measured: every LOOK_SECONDS
while it works, and once more when it has answered.

Where the sum exceeds a limit, the idle workers are ended first; a file whose worker was ended is
imported again when a check needs it. If the one that was asked still exceeds it alone, it is ended
as well, and its check fails.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Literal, Protocol

from grader.sandbox import cgroups
from grader.sandbox.cgroups import Cgroup
from grader.sandbox.isolation import Limits
from grader.sandbox.scratch import MOST_ENTRIES
from grader.sandbox.usage import MIB, Usage

LOOK_SECONDS = 0.05  # between two measurements of a worker that works
LIVE = 3  # workers of a submission at a time; tests use one file after another
ANSWERS = 512  # MiB of the judge's memory that all answers of a file may take
FILES = 3  # times the processor time of a file, for all files: one alone can't use up the others'


class WorkerLost(Exception):
    """The worker hung, ended or answered nonsense; it must not be used any more."""

    def __init__(
        self,
        kind: Literal["timeout", "crashed"],
        reason: str,
        frame: tuple[str, int] | None = None,
    ) -> None:
        """Keep what happened; ``frame`` is the file and line of the student's that it stood in."""
        super().__init__(reason)
        self.kind: Literal["timeout", "crashed"] = kind
        self.reason, self.frame = reason, frame


class Exceeded(WorkerLost):
    """The submission used more of something than it may."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__("crashed", reason)
        self.what = what  # "Your code should …"


class Metered(Protocol):
    """A worker, as its account sees it."""

    pid: int
    file: str  # that it has imported
    usage: Usage

    def measure(self) -> None:
        """Measure what the worker has used so far."""

    def close(self) -> None:
        """End the worker."""


class Account:
    """The resources that the workers of one submission use, and may use."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._workers: list[Metered] = []  # the one that was asked last stands last
        self._spent: defaultdict[str, float] = defaultdict(
            float
        )  # seconds of ended workers, by file
        self._received: Counter[str] = Counter()  # bytes, by file
        self._cgroup: Cgroup | None = None  # as long as there are workers

    def admit(self, worker: Metered) -> None:
        """Enter a new worker; end those that have been idle longest if there are too many."""
        for idle in self._workers[: 1 - LIVE]:
            idle.close()
        self._cgroup = self._cgroup or cgroups.make(self.limits)
        self._workers.append(worker)
        if self._cgroup:
            with contextlib.suppress(OSError):  # measurements hold the limits all the same
                self._cgroup.add(worker.pid)

    def use(self, worker: Metered) -> None:
        """Note that ``worker`` is the one that is asked now."""
        self._workers.remove(worker)
        self._workers.append(worker)

    def dismiss(self, worker: Metered) -> None:
        """Remove a worker that ends."""
        self._workers.remove(worker)
        self._spent[worker.file] += worker.usage.cpu
        if self._cgroup and not self._workers:
            self._cgroup.remove()
            self._cgroup = None

    def receive(self, file: str, size: int) -> None:
        """Count an answer that takes ``size`` bytes of the judge's memory.

        Raises:
            Exceeded: All answers of the file together take more than they may.
        """
        self._received[file] += size
        if self._received[file] > ANSWERS * MIB:
            raise Exceeded(
                f"Your code should return at most {ANSWERS} MiB of arrays and text in all.",
                f"{self._received[file] / MIB:.0f} MiB",
            )

    def check(self) -> None:
        """Measure the worker that was asked last, and all that have not come to rest.

        Raises:
            Exceeded: It exceeds a limit even if all other workers are ended.
        """
        for worker in self._workers:
            if worker is self._workers[-1] or not worker.usage.is_stopped:
                worker.measure()
        found = next(self._excesses(), None)
        while found and len(self._workers) > 1:
            self._workers[0].close()
            found = next(self._excesses(), None)
        if found:
            raise found

    def _excesses(self) -> Iterator[Exceeded]:
        limits = self.limits
        if not all(worker.usage.is_measurable for worker in self._workers):
            yield Exceeded(
                "Your code should not end the main thread while others run.",
                "threads without a main thread",
            )
        if not all(worker.usage.is_readable for worker in self._workers):
            yield Exceeded(
                "Your code should create folders that can be read, and few within each other.",
                "folders nested too deeply, or that can't be read",
            )
        disk = self._sum(lambda usage: usage.disk) / MIB
        memory = self._sum(lambda usage: usage.memory) / MIB
        threads = self._sum(lambda usage: usage.threads)
        entries = self._sum(lambda usage: usage.entries)
        for used, most, verb, of_what in (
            (entries, MOST_ENTRIES, "keep", "files and folders"),
            (disk, limits.disk, "keep", "MiB in files"),
            (threads, limits.threads, "run", "threads at a time"),
            (memory, limits.memory, "use", "MiB of memory"),
        ):
            if used > most:
                yield Exceeded(
                    f"Your code should {verb} at most {most} {of_what}.", f"{used:.0f} {of_what}"
                )
        yield from self._excesses_of_time()

    def _excesses_of_time(self) -> Iterator[Exceeded]:
        spent = self._spent.copy()
        for worker in self._workers:
            spent[worker.file] += worker.usage.cpu
        file, most = self._workers[-1].file, self.limits.cpu
        if spent[file] > most:
            yield Exceeded(
                f"Your code should use at most {most} s of processor time.",
                f"{spent[file]:.1f} s in {file}",
            )
        if sum(spent.values()) > FILES * most:
            yield Exceeded(
                f"Your code should use at most {FILES * most} s of processor time in all files.",
                f"{sum(spent.values()):.1f} s",
            )

    def _sum(self, of: Callable[[Usage], float]) -> float:
        return sum(of(worker.usage) for worker in self._workers)

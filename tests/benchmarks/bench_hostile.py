"""Measure what hostile hand-ins cost the honest ones of a course.

    python -m tests.benchmarks.bench_hostile [HONEST [HOSTILE]]

It grades the honest ones alone and then together with the hostile ones, each time with two judges,
and prints wall time (s), the peak memory of the largest process and of all together (MiB), what is
left in the folder for temporary files, and whether the honest results are the same.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.hostile_course import HOSTILE, honest, hostile
from tests.process_tree import children_of
from tests.test_hostile_course import graded, results

EVERY = 0.5  # seconds between two looks at the memory


class Memory(threading.Thread):
    """Watch the resident memory of this process's children until it is stopped."""

    def __init__(self, me: int) -> None:
        super().__init__(daemon=True)
        self.me, self.largest, self.total = me, 0.0, 0.0
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(EVERY):
            sizes = [resident(pid) for pid in children_of(self.me)]
            self.largest = max([self.largest, *sizes])
            self.total = max(self.total, sum(sizes))


def resident(pid: int) -> float:
    """Return the resident memory of a process in MiB; memory shared by n processes counts 1/n."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    (line,) = [line for line in lines if line.startswith("Pss:")]
    return int(line.split()[1]) / 1024


def measured(source: Path, out: Path, scratch: Path) -> None:
    """Grade and print the figures."""
    memory, begun = Memory(os.getpid()), time.monotonic()
    memory.start()
    done = graded(source, out, scratch)
    memory.stopped.set()
    left = [path.name for path in scratch.iterdir()]
    print(
        f"{source.name}: {time.monotonic() - begun:.0f} s, status {done.returncode}, largest "
        f"process {memory.largest:.0f} MiB, all {memory.total:.0f} MiB, left behind: {left or 0}",
        flush=True,
    )
    print(done.stdout.splitlines()[-1], done.stderr, flush=True)


def main(honest_ones: int = 40, hostile_ones: int = 20) -> None:
    """Measure a course of honest hand-ins, and one with hostile ones, too."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        names = honest(place / "alone", honest_ones)
        honest(place / "together", honest_ones)
        hostile(place / "together", HOSTILE[-hostile_ones:])
        for course in ("alone", "together"):
            measured(place / course, place / f"{course}-out", place / f"{course}-tmp")
        same = results(place / "alone-out", names) == results(place / "together-out", names)
        print(f"the results of all {len(names)} honest ones are the same: {same}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

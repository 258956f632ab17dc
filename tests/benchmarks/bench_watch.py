"""Measure how long after a save the checks of each question are there.

    python -m tests.benchmarks.bench_watch [FILE ...]

The reference is watched; each file is saved three times. Checks that take more than a second, such
as trainings, are not waited for. The target: 1.0 s for the checks of one question.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from grader.batch.judge import warm_up
from grader.watch.command import Watched
from tests.conftest import ROOT

FILES = ("vanilla_rnn.py", "lstm.py", "toy_bptt.py", "numpy_rnn.py")
SAVES = 3
LOOK = 0.002  # seconds between two looks for results


def seconds_by_question(watched: Watched, file: str) -> dict[str, float]:
    """Save a file, wait for the round, and return when the quick checks of each question came."""
    old, begun = dict(watched.checks), time.perf_counter()
    watched.save({file})
    waited: dict[str, set[str]] = {}
    for test in watched.round.tests if watched.round else ():
        if test not in watched.slow:
            waited.setdefault(old[test].question, set()).add(test)
    found: dict[str, float] = {}
    while watched.round:
        watched.look()
        for question, tests in waited.items():
            if question not in found and all(watched.checks[t] is not old[t] for t in tests):
                found[question] = time.perf_counter() - begun
        time.sleep(LOOK)
    return found


def main(files: Sequence[str]) -> None:
    """Print the seconds of each question, for each save."""
    with tempfile.TemporaryDirectory() as folder, warm_up():
        place = Path(folder) / "watched"
        shutil.copytree(ROOT / "reference", place)
        watched = Watched(place, 1, [])
        watched.start()
        while watched.round:
            watched.look()
            time.sleep(LOOK)
        for file in files:
            for _ in range(SAVES):
                found = seconds_by_question(watched, file)
                print(f"{file}: " + ", ".join(f"{q} {s:.2f} s" for q, s in found.items()))


if __name__ == "__main__":
    main(sys.argv[1:] or FILES)

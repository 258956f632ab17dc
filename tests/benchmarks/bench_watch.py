"""Measure how long after a save the checks of the question that was mended are there.

    python -m tests.benchmarks.bench_watch [FILE ...]

For each question of a file, a known fault is saved in a copy of the reference, and then the right
file again. The time runs from that second save until the question's quick checks are there. Checks
that take more than a second, such as trainings, are not waited for. The target: 1.0 s.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from grader.batch.judge import warm_up
from grader.release.faults import Fault
from grader.watch.command import Watched
from tests.conftest import ROOT
from tests.test_faults import FAULTS

FILES = ("palindrome/vanilla_rnn.py", "palindrome/lstm.py", "toy_bptt.py", "numpy_rnn.py")
SAVES = 3
LOOK = 0.002  # seconds between two looks for results


def faults_of(file: str) -> dict[str, Fault]:
    """Return a fault for each question that edits of this file alone make wrong."""
    found: dict[str, Fault] = {}
    for fault in FAULTS:
        edited = {edit["file"] for edit in fault.rules.get("edit", [])}
        questions = [*fault.rules["expect"]]
        if edited == {file} and len(questions) == 1 and not fault.name.startswith("legal"):
            found.setdefault(questions[0], fault)
    return dict(sorted(found.items()))


def finish(watched: Watched) -> None:
    """Wait for the end of the round."""
    while watched.round:
        watched.look()
        time.sleep(LOOK)


def seconds_to_answer(watched: Watched, file: str, question: str) -> float:
    """Save a file, and return when all quick checks of the question had come."""
    old, begun = dict(watched.checks), time.perf_counter()
    watched.save({Path(file).name})
    waited = {t for t, c in old.items() if c.question == question and t not in watched.slow}
    found = 0.0
    while watched.round:
        watched.look()
        if not found and all(watched.checks[test] is not old[test] for test in waited):
            found = time.perf_counter() - begun
        time.sleep(LOOK)
    return found


def main(files: Sequence[str]) -> None:
    """Print the seconds of each question, for each save."""
    with tempfile.TemporaryDirectory() as folder, warm_up():
        place = Path(folder) / "watched"
        shutil.copytree(ROOT / "reference", place)
        watched = Watched(place, 1, [])
        watched.start()
        finish(watched)
        for file in files:
            right = (place / file).read_text(encoding="utf-8")
            for question, fault in faults_of(file).items():
                found = []
                for number in range(SAVES):
                    wrong = Path(folder) / f"{question} {number}"
                    fault.build(ROOT, wrong)
                    shutil.copy(wrong / file, place / file)
                    watched.save({Path(file).name})
                    finish(watched)
                    (place / file).write_text(right, encoding="utf-8")
                    found.append(seconds_to_answer(watched, file, question))
                shown = ", ".join(f"{seconds:.2f}" for seconds in found)
                print(f"{file}: {question} {shown} s ({fault.name})", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or FILES)

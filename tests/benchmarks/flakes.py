"""Grade right solutions with many seeds: none may lose a point, and none may depend on the machine.

    python -m tests.benchmarks.flakes seeds [--exercise NAME …] [--jobs N] [--reference]
    python -m tests.benchmarks.flakes machine [--exercise NAME …]

``seeds`` grades the reference, and every fixture of tests/faults that is right (``legal_…``, and
``other_legal_choices``), with seeds 1, 2, …; with --reference, the reference alone. It prints how
many, and each check that did not pass; what a fixture leaves out of an exercise is no such check.
What lost nothing stands in graded_seeds.json, beside this file, and is not graded again: delete a
line there, or give another file with --record.
``machine`` grades the reference with one seed alone, with one thread, with two, and while eight
processes keep the processors busy. It prints whether the reports agree, times aside.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import multiprocessing.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader import api
from tests.benchmarks.grading import REFERENCE, checks_of, grade, is_legal
from tests.benchmarks.losses import ALL
from tests.conftest import ROOT
from tests.test_faults import FAULTS

RECORD = Path(__file__).with_name("graded_seeds.json")
BUSY = 8  # processes


@dataclass(frozen=True)
class Solution:
    """A right solution of an exercise, and what is graded of it."""

    exercise: str
    folder: Path
    arguments: Sequence[str]

    def __str__(self) -> str:
        return f"{self.exercise} {self.folder.name}"


class Record:
    """Keep in a JSON file which seeds were graded, by solution, and the checks that were lost.

    Attributes:
        solutions: The seeds, by solution.
        lost: Checks, by solution and seed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self.solutions = {name: numbers(text) for name, text in kept.get("graded", {}).items()}
        self.lost: dict[str, list[str]] = kept.get("lost", {})

    def lacks(self, solution: Solution, seed: int) -> bool:
        """Return whether this was not graded yet, or lost a check."""
        return (
            seed not in self.solutions.get(str(solution), ()) or f"{solution} {seed}" in self.lost
        )

    def put(self, solution: Solution, seed: int, lost: list[str]) -> None:
        """Keep what a grading found."""
        self.solutions.setdefault(str(solution), set()).add(seed)
        self.lost.pop(f"{solution} {seed}", None)
        if lost:
            self.lost[f"{solution} {seed}"] = lost
        graded = {name: ranges(seeds) for name, seeds in sorted(self.solutions.items())}
        text = json.dumps({"graded": graded, "lost": self.lost}, indent=1)
        self._path.write_text(text + "\n", encoding="utf-8")

    def table(self) -> Iterator[str]:
        """Yield the rows of the table in docs/calibration.md, and each check that was lost."""
        for exercise in ALL:
            own = {name: len(s) for name, s in self.solutions.items() if exercise in name.split()}
            reference = own.pop(f"{exercise} {REFERENCE.name}", 0)
            lost = sum(len(tests) for name, tests in self.lost.items() if exercise in name.split())
            cells = (
                reference,
                len(own),
                min(own.values(), default=0),
                reference + sum(own.values()),
            )
            yield f"| {exercise} | {' | '.join(map(str, cells))} | {lost} |"
        for name, tests in self.lost.items():
            yield f"lost: {name}: {', '.join(tests)}"


def ranges(seeds: Iterable[int]) -> str:
    """Return numbers as text, ``1-3 7``."""
    runs: list[list[int]] = []
    for seed in sorted(seeds):
        if runs and seed == runs[-1][1] + 1:
            runs[-1][1] = seed
        else:
            runs.append([seed, seed])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def numbers(text: str) -> set[int]:
    """Return the numbers that :func:`ranges` wrote."""
    parts = (part.partition("-") for part in text.split())
    return {n for first, _, last in parts for n in range(int(first), int(last or first) + 1)}


def solutions_of(exercise: str, folder: Path) -> list[Solution]:
    """Return the reference and the fixtures of an exercise that are right, built in ``folder``."""
    found = [Solution(exercise, REFERENCE, [])]
    for fixture in FAULTS:
        if fixture.exercise == exercise and is_legal(fixture):
            built = folder / exercise / fixture.name
            fixture.build(ROOT, built)
            found.append(Solution(exercise, built, without_seed(fixture.arguments)))
    return found


def start() -> None:
    """Let a process fork its workers from a warm server as long as it runs."""
    warm = ExitStack()
    warm.enter_context(api.warm())
    multiprocessing.util.Finalize(None, warm.close, exitpriority=0)


def lost_by(solution: Solution, seed: int) -> list[str]:
    """Grade a solution; return its checks that did not pass.

    Raises:
        ValueError: Nothing was graded.
    """
    found = grade(solution.folder, solution.exercise, seed, solution.arguments)
    if not found:
        raise ValueError(f"{solution}, seed {seed}: no check was graded")
    lost = [test for test, check in found.items() if is_lost(check)]
    if solution.folder != REFERENCE:
        lost = [test for test in lost if found[test]["status"] != "not started"]
    return sorted(lost)


def over_seeds(
    record: Record, exercises: Sequence[str], seeds: int, *, jobs: int, alone: bool
) -> None:
    """Grade the solutions of these exercises with seeds 1, 2, …, several at a time.

    Args:
        record: What earlier runs have graded; what this one grades is put there.
        exercises: Whose solutions are graded.
        seeds: How many.
        jobs: How many gradings run at a time.
        alone: Leave the fixtures out: the reference is graded alone.
    """
    with tempfile.TemporaryDirectory() as temporary:
        every = [s for exercise in exercises for s in solutions_of(exercise, Path(temporary))]
        if alone:
            every = [solution for solution in every if solution.folder == REFERENCE]
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(jobs, spawn, initializer=start) as pool:
            begun = {
                pool.submit(lost_by, solution, seed): (solution, seed)
                for seed in range(1, seeds + 1)
                for solution in every
                if record.lacks(solution, seed)
            }
            try:
                for done in as_completed(begun):
                    record.put(*begun[done], done.result())
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


def without_seed(arguments: Sequence[str]) -> list[str]:
    """Return a fixture's arguments without a seed of its own."""
    at = arguments.index("--seed") if "--seed" in arguments else len(arguments)
    return [*arguments[:at], *arguments[at + 2 :]]


def is_lost(check: dict[str, Any]) -> bool:
    """Return whether a check with points did not pass, and no person decides on it."""
    return bool(check["points"]) and check["status"] not in ("passed", "carried", "pending")


def report_of(exercise: str, **environment: str) -> dict[str, Any]:
    """Return the checks of the reference at seed 1, graded by a process of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / "report.json"
        command = [sys.executable, "-m", "pytest", "grader", "-q", "-p", "no:cacheprovider"]
        command += ["--submission", "reference", "--exercise", exercise, "--seed", "1"]
        command += ["--json-report", f"--json-report-file={out}"]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True)
        if not out.exists():
            sys.exit(done.stdout.decode(errors="replace")[-2000:])
        return checks_of(json.loads(out.read_text(encoding="utf-8")))


def spin() -> None:
    """Keep a processor busy."""
    while True:
        pass


@contextmanager
def busy() -> Iterator[None]:
    """Keep the processors busy inside the context."""
    spinning = [multiprocessing.Process(target=spin, daemon=True) for _ in range(BUSY)]
    for process in spinning:
        process.start()
    try:
        yield
    finally:
        for process in spinning:
            process.terminate()
            process.join()


def on_the_machine(exercise: str) -> Iterator[str]:
    """Yield a line for each way to run that gives another report than the first."""
    alone = report_of(exercise)
    for threads in ("1", "2"):
        if report_of(exercise, OMP_NUM_THREADS=threads) != alone:
            yield f"{exercise}: another report with {threads} threads"
    with busy():
        if report_of(exercise) != alone:
            yield f"{exercise}: another report under a load of {BUSY}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.flakes")
    commands = parser.add_subparsers(dest="command", required=True)
    seeding = commands.add_parser("seeds")
    seeding.add_argument("--seeds", type=int, default=200)
    seeding.add_argument("--jobs", type=int, default=1, help="gradings at a time")
    seeding.add_argument("--record", type=Path, default=RECORD, help="what was graded before")
    seeding.add_argument("--reference", action="store_true", help="without the fixtures")
    machine = commands.add_parser("machine")
    for command in (seeding, machine):
        command.add_argument("--exercise", action="append", choices=ALL)
    args = parser.parse_args()
    exercises = args.exercise or ALL
    if args.command == "seeds":
        record = Record(args.record)
        over_seeds(record, exercises, args.seeds, jobs=args.jobs, alone=args.reference)
        print("\n".join(record.table()))
        return int(bool(record.lost))
    lines = [line for exercise in exercises for line in on_the_machine(exercise)]
    print("\n".join(lines) or "no difference")
    return min(len(lines), 1)


if __name__ == "__main__":
    sys.exit(main())

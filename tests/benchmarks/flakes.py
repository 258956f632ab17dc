"""Grade right solutions with many seeds: none may lose a point, and none may depend on the machine.

    python -m tests.benchmarks.flakes seeds OUT.json [--seeds 200] [--exercise NAME …] [--reference]
    python -m tests.benchmarks.flakes machine [--exercise NAME …]

``seeds`` grades the reference, and every fixture of tests/faults that is right (``legal_…``, and
``other_legal_choices``), with seeds 1, 2, …; with --reference, the reference alone. It prints each
check that did not pass; what a fixture leaves out of an exercise is no such check. OUT.json keeps
the results; a second run goes on where the first ended.
``machine`` grades the reference with one seed alone, with one thread, with two, and while eight
processes keep the processors busy. It prints whether the reports agree, times aside.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grader import api
from tests.benchmarks.grading import REFERENCE, Store, checks_of, grade, is_legal
from tests.benchmarks.losses import ALL
from tests.conftest import ROOT
from tests.test_faults import FAULTS

BUSY = 8  # processes


def over_seeds(store: Store, exercise: str, seeds: int, *, alone: bool) -> Iterator[str]:
    """Yield a line for each check of a right solution that did not pass.

    Args:
        store: What earlier runs have found.
        exercise: Whose solutions are graded.
        seeds: How many.
        alone: Leave the fixtures out: the reference is graded alone.
    """
    own = [fault for fault in FAULTS if fault.exercise == exercise and is_legal(fault)]
    fixtures = [] if alone else own
    with tempfile.TemporaryDirectory() as temporary:
        solutions: list[tuple[Path, list[str]]] = [(REFERENCE, [])]
        for fixture in fixtures:
            folder = Path(temporary) / fixture.name
            fixture.build(ROOT, folder)
            solutions.append((folder, without_seed(fixture.arguments)))
        for seed in range(1, seeds + 1):
            for folder, arguments in solutions:
                key = f"{exercise} {folder.name} {seed}"
                if key not in store.found:
                    found = grade(folder, exercise, seed, arguments)
                    lost = [test for test, check in found.items() if is_lost(check)]
                    if folder != REFERENCE:
                        lost = [test for test in lost if found[test]["status"] != "not started"]
                    store.put(key, sorted(lost))
                for test in store.found[key]:
                    yield f"{key}: {test}"


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
    seeding.add_argument("out", type=Path)
    seeding.add_argument("--seeds", type=int, default=200)
    seeding.add_argument("--reference", action="store_true", help="without the fixtures")
    machine = commands.add_parser("machine")
    for command in (seeding, machine):
        command.add_argument("--exercise", action="append", choices=ALL)
    args = parser.parse_args()
    exercises = args.exercise or ALL
    lines: list[str] = []
    if args.command == "machine":
        lines = [line for exercise in exercises for line in on_the_machine(exercise)]
    else:
        store = Store(args.out)
        with api.warm():
            found = (over_seeds(store, e, args.seeds, alone=args.reference) for e in exercises)
            lines = [line for each in found for line in each]
        print(f"{len(store.found)} gradings of right solutions")
    print("\n".join(lines) or "no difference")
    return min(len(lines), 1)


if __name__ == "__main__":
    sys.exit(main())

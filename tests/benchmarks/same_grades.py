"""Grade the reference with and without what makes the kit fast: do all checks agree?

    python -m tests.benchmarks.same_grades OUT.json [--seeds 25] [--exercise NAME …]

Without: student code runs in the judge's process. So there is no warm server and no fork, nothing
is stopped between answers, torch's compiler has no stand-in, and a training is not ended once its
weights decide but runs all its steps. OUT.json keeps the results, and a second run goes on where
the first ended.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grader import api
from grader.core.course import KITS, course
from tests.benchmarks.grading import Store, grade


def exercises() -> list[str]:
    """Return the names of the kit's exercises with tests."""
    return sorted({path.parent.name for path in course().exercises.glob("*/rubric.toml")})


def outcomes(exercise: str, seed: int, *arguments: str) -> dict[str, list[str | float]]:
    """Return the status and the points of each check of the reference."""
    found = grade(KITS.reference, exercise, seed, arguments)
    return {name: [check["status"], check["earned"]] for name, check in found.items()}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.same_grades")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=25)
    parser.add_argument("--exercise", action="append", choices=exercises())
    args = parser.parse_args()
    store, differing = Store(args.out), 0
    with api.warm():
        for seed in range(1, args.seeds + 1):
            for exercise in args.exercise or exercises():
                key = f"{exercise} {seed}"
                if key not in store.found:
                    fast = outcomes(exercise, seed)
                    plain = outcomes(exercise, seed, "--in-process")
                    store.put(key, {"with": fast, "without": plain})
                both = store.found[key]
                for name, outcome in both["with"].items():
                    if both["without"].get(name) != outcome:
                        differing += 1
                        print(f"{key}: {name}: {outcome}, without: {both['without'].get(name)}")
    print(f"{len(store.found)} pairs of gradings, {differing} checks differ")
    return min(differing, 1)


if __name__ == "__main__":
    sys.exit(main())

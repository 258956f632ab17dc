"""Grade solutions with two mistakes at once: are both named, and what do they cost?

    python -m tests.benchmarks.pairs OUT.json [--count 100] [--seed 1] [--exercise NAME …]

Each pair is composed of two faults of tests/faults, both edits of the same file of the reference,
and both named when they are alone. It is graded on its whole exercise, and so is each fault alone.
For a pair it prints the names found (2, 1 or 0), the points that it earned, and those due: what is
left after every check that one of the two faults loses alone. OUT.json keeps all results; a second
run goes on where the first ended.
"""

from __future__ import annotations

import argparse
import random
import sys
from itertools import combinations
from pathlib import Path

from grader import api
from tests.benchmarks.grading import (
    Checks,
    Store,
    edited,
    edits_of,
    faults_of,
    grade_fault,
    grade_files,
    mistakes_of,
)

EXERCISES = ("toy_bptt", "sliding_tbptt", "bptt_gradients", "numpy_rnn", "memory_task")
LOST = ("failed", "error", "blocked", "timeout", "crashed")


def candidates(exercise: str) -> list[tuple[str, str]]:
    """Return the pairs of faults of an exercise whose edits fit together, of one file."""
    edits = {
        name: found for name, fault in faults_of(exercise).items() if (found := edits_of(fault))
    }
    return [
        (one, other)
        for one, other in combinations(edits, 2)
        if {edit["file"] for edit in edits[one]} == {edit["file"] for edit in edits[other]}
        and edited([*edits[one], *edits[other]])
    ]


def checks(store: Store, exercise: str, *faults: str) -> Checks:
    """Return the checks for the reference with these faults, from the store or graded now."""
    key = "+".join([exercise, *faults])
    if key not in store.found:
        known = [faults_of(exercise)[fault] for fault in faults]
        if len(known) == 1:
            store.put(key, grade_fault(known[0], seed=1))
        else:
            files = edited([edit for fault in known for edit in edits_of(fault)])
            store.put(key, grade_files(files or {}, exercise, seed=1))
    found: Checks = store.found[key]
    return found


def measure(store: Store, exercise: str, one: str, other: str) -> int | None:
    """Print a pair's row and return how many of its mistakes are named; None: not for this."""
    alone = [checks(store, exercise, fault) for fault in (one, other)]
    wanted = [mistakes_of(found)[:1] for found in alone]
    if not all(wanted) or wanted[0] == wanted[1]:
        return None
    together = checks(store, exercise, one, other)
    named = [ids[0] in mistakes_of(together, ("failed", "carried")) for ids in wanted]
    lost = {name for found in alone for name, check in found.items() if check["status"] in LOST}
    due = sum(check["points"] for name, check in alone[0].items() if name not in lost)
    earned = sum(check["earned"] for check in together.values())
    missing = [ids[0] for ids, is_named in zip(wanted, named, strict=True) if not is_named]
    print(
        f"{sum(named)}  {earned:5.2f} of {due:5.2f} due  {exercise}: {one} + {other}"
        + (f"   not named: {', '.join(missing)}" if missing else ""),
        flush=True,
    )
    return sum(named)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.pairs")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--exercise", action="append", choices=EXERCISES)
    args = parser.parse_args()
    draw, store = random.Random(args.seed), Store(args.out)
    exercises = args.exercise or EXERCISES
    pools = {exercise: candidates(exercise) for exercise in exercises}
    for pool in pools.values():
        draw.shuffle(pool)
    tally: list[int] = []
    with api.warm():
        while len(tally) < args.count and any(pools.values()):
            exercise = exercises[len(tally) % len(exercises)]
            while pools[exercise]:
                named = measure(store, exercise, *pools[exercise].pop())
                if named is not None:
                    tally.append(named)
                    break
            else:
                exercises = [each for each in exercises if pools[each]]
    print(
        f"{len(tally)} pairs: " + ", ".join(f"{tally.count(n)} with {n} named" for n in (2, 1, 0))
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

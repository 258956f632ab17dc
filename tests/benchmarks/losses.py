"""Measure what each single fault costs, and whether its first hint is right.

    python -m tests.benchmarks.losses OUT.json [--exercise NAME …] [--only-known]

Each fault of tests/faults that edits the reference is graded on its whole exercise. It prints the
twenty largest losses, each with the questions that it is spread over and their points, and then a
row for each fault: whether the hint of the first lost check is right, which is one that the fault's
own file expects ("says"), missing, or another. OUT.json keeps all results, as those of ``pairs``; a
second run goes on where the first ended, and --only-known prints what is there.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

from grader import api
from grader.core.rubric import read_rubric
from grader.release.faults import Fault
from tests.benchmarks.grading import Checks, Store, edits_of, faults_of
from tests.benchmarks.pairs import EXERCISES, LOST, checks

POINTS = {question.id: question.points for question in read_rubric()}
LARGEST = 20


class Row(NamedTuple):
    """Hold what a fault costs: points by question, and how its first hint fares."""

    fault: str
    lost: dict[str, float]
    verdict: str  # right, missing, other, or nothing lost
    hint: str

    @property
    def total(self) -> float:
        """Return all points that are lost."""
        return sum(self.lost.values())


def row(fault: Fault, found: Checks) -> Row:
    """Return what a fault costs, from its checks."""
    lost: defaultdict[str, float] = defaultdict(float)
    for check in found.values():
        if check["status"] in LOST:
            lost[check["question"]] += check["points"] - check["earned"]
    lost = defaultdict(float, {question: points for question, points in lost.items() if points})
    says = [said["text"] for said in fault.rules.get("says", [])]
    first = next((c for c in found.values() if c["status"] in LOST and c["points"]), None)
    if first is None:
        return Row(str(fault), {}, "nothing lost", "")
    hint = first["hint"]
    if not hint:
        verdict = "missing"
    else:
        verdict = "right" if any(text in hint or hint in text for text in says) else "other"
    return Row(str(fault), dict(lost), verdict, hint)


def report(rows: list[Row]) -> None:
    """Print the largest losses, and the table of hints."""
    print(f"The {LARGEST} largest losses of {len(rows)} faults\n")
    print("| fault | lost | spread over |\n|---|---|---|")
    for each in sorted(rows, key=lambda row: -row.total)[:LARGEST]:
        spread = ", ".join(f"{q} {p:g} of {POINTS[q]:g}" for q, p in each.lost.items())
        print(f"| {each.fault} | {each.total:g} | {spread} |")
    verdicts = Counter(each.verdict for each in rows)
    print("\nFirst hints: " + ", ".join(f"{n} {verdict}" for verdict, n in verdicts.items()))
    for each in rows:
        if each.verdict not in ("right", "nothing lost"):
            print(f"| {each.fault} | {each.verdict} | {each.hint} |")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.losses")
    parser.add_argument("out", type=Path)
    parser.add_argument("--exercise", action="append", choices=EXERCISES)
    parser.add_argument("--only-known", action="store_true")
    args = parser.parse_args()
    store, rows = Store(args.out), []
    with api.warm():
        for exercise in args.exercise or EXERCISES:
            for name, fault in faults_of(exercise).items():
                is_known = f"{exercise}+{name}" in store.found
                if edits_of(fault) and (is_known or not args.only_known):
                    rows.append(row(fault, checks(store, exercise, name)))
    report(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())

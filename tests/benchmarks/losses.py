"""Measure what each single fault costs, and whether its first hint is right.

    python -m tests.benchmarks.losses OUT.json [--exercise NAME …] [--selected] [--only-known]

Each fault of tests/faults is graded on its whole exercise (palindrome: on what its file selects).
With --selected each is graded on what its file selects: that is quicker, and enough for hints. It
prints the twenty largest losses, each with the questions that it is spread over and what it would
be if nothing were carried forward; then the other faults that cost several questions; and a row
for each fault whose first hint its own file does not expect ("says"). A first hint is that of the
first check that loses points, or else of the first that gives advice. It is

    right       it contains a text that the fault's file expects
    shown       the text stands beside it: in what was expected, in what came, or where
    silent      there is no hint
    other       there is another hint

OUT.json keeps all results, as those of ``pairs``; a second run goes on where the first ended, and
--only-known prints what is there.
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
from tests.benchmarks.grading import Checks, Store, faults_of, grade_fault
from tests.benchmarks.pairs import EXERCISES, LOST

ALL = (*EXERCISES, "palindrome")
POINTS = {question.id: question.points for question in read_rubric()}
LARGEST = 20
VERDICTS = ("right", "shown", "silent", "other", "nothing lost")


class Row(NamedTuple):
    """Hold what a fault costs: points by question, and how its first hint fares."""

    fault: str
    lost: dict[str, float]
    carried: float  # what it would cost besides
    verdict: str  # of VERDICTS
    hint: str
    says: str  # what else the student is told there

    @property
    def total(self) -> float:
        """Return all points that are lost."""
        return sum(self.lost.values())

    @property
    def before(self) -> float:
        """Return all points that would be lost if no mistake were carried forward."""
        return self.total + self.carried


def row(fault: Fault, found: Checks) -> Row:
    """Return what a fault costs, from its checks."""
    lost: defaultdict[str, float] = defaultdict(float)
    for check in found.values():
        if check["status"] in LOST:
            lost[check["question"]] += check["points"] - check["earned"]
    carried = sum(check["earned"] for check in found.values() if check["status"] == "carried")
    told = [check for check in found.values() if check["says"] and check["status"] != "carried"]
    told.sort(key=lambda check: not (check["status"] in LOST and check["points"]))  # stable
    hint, says = (told[0]["hint"], told[0]["says"]) if told else ("", "")
    expected = [each["text"] for each in fault.rules.get("says", [])]
    if not told:
        verdict = "nothing lost"
    elif any(text in hint or (hint and hint in text) for text in expected):
        verdict = "right"
    elif any(text in says for text in expected):
        verdict = "shown"
    else:
        verdict = "other" if hint else "silent"
    costs = {question: points for question, points in lost.items() if points > 1e-9}
    return Row(str(fault), costs, carried, verdict, hint, says)


def report(rows: list[Row]) -> None:
    """Print the largest losses, and the table of hints."""
    now, before = (sum(points) for points in zip(*((r.total, r.before) for r in rows), strict=True))
    print(f"{len(rows)} faults lose {now:.2f} points; {before:.2f} if nothing were carried\n")
    ranked = sorted(rows, key=lambda row: -row.total)
    several = [each for each in ranked[LARGEST:] if len(each.lost) > 1]
    for title, chosen in (("Largest losses", ranked[:LARGEST]), ("Several questions", several)):
        print(f"{title}\n\n| fault | lost | not carried | spread over |\n|---|---|---|---|")
        for each in chosen:
            spread = ", ".join(f"{q} {p:.3g} of {POINTS[q]:g}" for q, p in each.lost.items())
            print(f"| {each.fault} | {each.total:.3g} | {each.before:.3g} | {spread} |")
        print()
    print("First hints\n\n| exercise | faults | " + " | ".join(VERDICTS) + " |")
    print("|---" * (len(VERDICTS) + 2) + "|")
    for exercise in (*ALL, ""):
        own = [each for each in rows if each.fault.startswith(exercise)]
        verdicts = Counter(each.verdict for each in own)
        counts = " | ".join(str(verdicts[verdict]) for verdict in VERDICTS)
        print(f"| {exercise or 'all'} | {len(own)} | {counts} |")
    for each in rows:
        if each.verdict not in ("right", "nothing lost"):
            print(f"\n{each.fault}: {each.verdict}: {each.hint}\n    beside it: {each.says}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.losses")
    parser.add_argument("out", type=Path)
    parser.add_argument("--exercise", action="append", choices=ALL)
    parser.add_argument("--selected", action="store_true")
    parser.add_argument("--only-known", action="store_true")
    args = parser.parse_args()
    store, rows = Store(args.out), []
    with api.warm():
        for exercise in args.exercise or ALL:
            for name, fault in faults_of(exercise).items():
                key = f"{exercise}+{name}" + " selected" * args.selected
                if key not in store.found and not args.only_known:
                    store.put(key, grade_fault(fault, seed=1, selected=args.selected))
                if key in store.found:
                    rows.append(row(fault, store.found[key]))
    report(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())

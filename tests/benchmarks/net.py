"""A net under large moves: grade many submissions before and after, compare question by question.

    python -m tests.benchmarks.net build FOLDER             write the submissions, once
    python -m tests.benchmarks.net grade FOLDER OUT.json    grade them with this checkout
    python -m tests.benchmarks.net compare BEFORE AFTER     list what differs; status 1 if anything

``build`` writes every faulty and legal submission of the tests, the attacks on bans, and the
reference at two seeds. It is run once, with the older checkout, so that both sides grade the same
files. What is compared are points and statuses; the words of messages may change.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


def build(folder: Path) -> None:
    """Write all submissions below ``folder``, with ``cases.json``: name, seed, arguments."""
    from tests.hostile import test_hostile as hostile
    from tests.test_faults import FAULTS

    cases: list[dict[str, Any]] = []

    def note(name: str, arguments: list[str], seed: int = 1) -> None:
        cases.append({"name": name, "seed": seed, "arguments": arguments})

    for fault in FAULTS:
        name = f"{fault.exercise}/{fault.name}"
        fault.build(ROOT, folder / name)
        note(name, fault.arguments)
    for attack in (attack for attack in hostile.ATTACKS if attack.parent.name == "bans"):
        rules = hostile.read(attack)
        name = f"hostile/{attack.stem}"
        hostile.write(attack, rules, {}, folder / name)
        note(name, hostile.arguments(rules))
    for seed in (1, 2):
        name = f"reference/{seed}"
        shutil.copytree(
            ROOT / "reference", folder / name, ignore=shutil.ignore_patterns("__pycache__")
        )
        note(name, [], seed)
    (folder / "cases.json").write_text(json.dumps(cases, indent=1), encoding="utf-8")


def grade(folder: Path, out: Path, part: str) -> None:
    """Grade every submission and write its questions and tests to ``out``."""
    from grader import api

    cases = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
    number, _, parts = part.partition("/")
    found: dict[str, Any] = {}
    with api.warm():
        for case in cases[int(number) - 1 :: int(parts)]:
            run = api.run(folder / case["name"], seed=case["seed"], arguments=case["arguments"])
            if "grade" not in run.report:
                found[case["name"]] = {"refused": True}
                continue
            found[case["name"]] = {
                "questions": {
                    row["id"]: [row["earned"], row["possible"], row["status"]]
                    for row in run.report["grade"]["questions"]
                },
                "tests": {
                    test["nodeid"].rpartition("/")[2]: test["metadata"]["status"]
                    for test in run.report["tests"]
                    if "metadata" in test
                },
            }
    out.write_text(json.dumps(found, indent=1, sort_keys=True), encoding="utf-8")


def compare(before: Path, after: Path) -> int:
    """Print every submission whose points or statuses differ; return how many there are."""
    old, new = (json.loads(path.read_text(encoding="utf-8")) for path in (before, after))
    differing = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
    for name in differing:
        print(name)
        for kind in ("questions", "tests"):
            one, other = (side.get(name, {}).get(kind, {}) for side in (old, new))
            for key in sorted(one.keys() | other.keys()):
                if one.get(key) != other.get(key):
                    print(f"    {key}: {one.get(key)} → {other.get(key)}")
    print(f"{len(old)} submissions before, {len(new)} after, {len(differing)} differ")
    return len(differing)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.net")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build").add_argument("folder", type=Path)
    grading = commands.add_parser("grade")
    grading.add_argument("folder", type=Path)
    grading.add_argument("out", type=Path)
    grading.add_argument("--part", default="1/1", help="as 1/2 and 2/2, to use two cores")
    comparing = commands.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    args = parser.parse_args()
    if args.command == "build":
        build(args.folder)
    elif args.command == "grade":
        grade(args.folder, args.out, args.part)
    else:
        return min(compare(args.before, args.after), 1)
    return 0


if __name__ == "__main__":
    sys.exit(main())

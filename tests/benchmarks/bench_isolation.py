"""Measure what locking costs: grade the reference with full isolation and with limits, in pairs.

python -m tests.benchmarks.bench_isolation [PAIRS]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

from tests.conftest import ROOT

SELECTED = "test_vanilla_rnn or test_lstm or parameter_count"


def once(level: str) -> tuple[float, float]:
    """Wall and processor seconds of one whole run, its workers included."""
    arguments = ["grader", "--submission", "reference", "--exercise", "palindrome", "-q"]
    options = ["-k", SELECTED, "--seed", "1", "--isolation", level, "-p", "no:cacheprovider"]
    start, before = time.perf_counter(), os.times()
    subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, *options],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    wall, after = time.perf_counter() - start, os.times()
    used = after.children_user + after.children_system
    return wall, used - before.children_user - before.children_system


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    once("full")  # warms the disk's cache
    runs: dict[str, list[tuple[float, float]]] = {"full": [], "limits": []}
    for index in range(pairs):
        for level in ("full", "limits") if index % 2 else ("limits", "full"):
            runs[level].append(once(level))
    for kind, name in enumerate(("wall", "processor")):
        full, limits = ([run[kind] for run in runs[level]] for level in ("full", "limits"))
        more = statistics.median(a - b for a, b in zip(full, limits, strict=True))
        print(
            f"{name:<9} seconds, median of {pairs}: full {statistics.median(full):.3f}, "
            f"limits {statistics.median(limits):.3f}; in pairs {more:+.3f}"
        )


if __name__ == "__main__":
    main()

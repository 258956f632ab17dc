"""What locking costs: the reference graded with full isolation and with limits alone, in pairs.

python -m tests.benchmarks.bench_isolation [PAIRS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from tests.conftest import ROOT

SELECTED = "test_vanilla_rnn or test_lstm or parameter_count"


def once(level: str) -> float:
    """Wall seconds of one whole process."""
    arguments = ["grader", "--submission", "reference", "--exercise", "palindrome", "-q"]
    options = ["-k", SELECTED, "--seed", "1", "--isolation", level, "-p", "no:cacheprovider"]
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, *options],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return time.perf_counter() - start


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    once("full")  # warms the disk's cache
    walls: dict[str, list[float]] = {"full": [], "limits": []}
    for index in range(pairs):
        for level in ("full", "limits") if index % 2 else ("limits", "full"):
            walls[level].append(once(level))
    differences = [a - b for a, b in zip(walls["full"], walls["limits"], strict=True)]
    for level, values in walls.items():
        print(f"{level:<6} median {statistics.median(values):.3f} s of {pairs}")
    print(f"full - limits, in pairs: median {statistics.median(differences):+.3f} s")


if __name__ == "__main__":
    main()

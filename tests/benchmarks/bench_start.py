"""Compare whole runs of ``pytest grader`` with ``import torch``, in pairs.

    python -m tests.benchmarks.bench_start [PAIRS]

The targets: the template at most 2.0 times as long, toy_bptt's reference at most 2.5 times.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from tests.conftest import ROOT

GRADER = ("-m", "pytest", "grader", "-q")
RUNS = {
    "template": (*GRADER, "--submission=student_template"),
    "toy_bptt of the reference": (*GRADER, "--submission=reference", "--exercise=toy_bptt"),
}


def seconds(arguments: Sequence[str]) -> float:
    """Return the wall-clock seconds of a new Python; compiled files are kept, as at a student's."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True)
    return time.perf_counter() - begun


def main(pairs: int) -> None:
    """Print the median of each run, and of its ratio to the import beside it."""
    for name, run in RUNS.items():
        seconds(run)  # compiles
        found = [(seconds(run), seconds(("-c", "import torch"))) for _ in range(pairs)]
        ratios = sorted(one / other for one, other in found)
        print(
            f"{name}: {statistics.median(one for one, _ in found):.2f} s, "
            f"{statistics.median(ratios):.2f} times import torch "
            f"({ratios[0]:.2f} to {ratios[-1]:.2f} in {pairs} pairs)"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)

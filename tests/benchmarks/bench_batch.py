"""Measure what a batch costs: its overhead per submission, its gain from a second core, its memory.

    python -m tests.benchmarks.bench_batch [overhead] [throughput] [memory]

Overhead compares, in turns, a submission graded by a warm judge with an in-process run of the same
checks in this warm process (the target: at most 0.1 s more). Throughput compares judges on two
cores with one (at least 1.8 times). Memory compares the peaks for 200 submissions with those for 20
(within 10 %).
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from grader.api import run, warm
from grader.batch import executors, judge_pool
from grader.batch.task import Settings, Task, kit_version
from tests.conftest import ROOT
from tests.synthetic import SELECT, make, packed, sources

ROUNDS = 7
ARGUMENTS = ("-k", "test_lstm or test_vanilla_rnn", "--exercise=palindrome")
IN_PROCESS = [*ARGUMENTS, "--in-process"]
SETTINGS = Settings(1, ARGUMENTS, "limits")


def overhead() -> None:
    """Print what a submission costs beyond its own computing, and that computing."""
    task = Task("Lee", "Lee.zip", packed(sources("reference")), (), SETTINGS, kit_version())
    torch.set_num_threads(1)
    judged, direct = [], []
    with warm():
        for _ in range(ROUNDS + 1):
            judged.append(timed(lambda: judge_pool.grade(task)))
            direct.append(timed(lambda: run(ROOT / "reference", seed=1, arguments=IN_PROCESS)))
    judge_pool.close_pool()
    extra = [one - other for one, other in zip(judged[1:], direct[1:], strict=True)]
    print(
        f"overhead: judged {statistics.median(judged[1:]):.3f} s, in process "
        f"{statistics.median(direct[1:]):.3f} s; pairs differ by {spread(extra)} s (target 0.1)"
    )


def throughput(size: int = 16) -> None:
    """Print how much faster two judges on two cores are than one on one, judges warm."""
    tasks = [
        (i, Task(f"{i}", f"{i}.zip", packed(sources("reference")), (), SETTINGS, kit_version()))
        for i in range(size)
    ]
    cores = sorted(os.sched_getaffinity(0))[:2]
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS // 2):
        for count in seconds:
            os.sched_setaffinity(0, cores[:count])
            with executors.local_executor(count) as executor:
                list(executors.grade_all(tasks[: 2 * count], *executor))
                took = timed(lambda: list(executors.grade_all(tasks, *executor)))
            seconds[count].append(took)
    ratios = [a / b for a, b in zip(seconds[1], seconds[2], strict=True)]
    print(
        f"throughput: {size / statistics.median(seconds[2]):.2f} a second with two judges, "
        f"{size / statistics.median(seconds[1]):.2f} with one; {spread(ratios)} times (target 1.8)"
    )


def memory() -> None:
    """Print the peaks of the batch's own process and of the largest that it starts."""
    few, many = peaks_of(20), peaks_of(200)
    for who, small, large in zip(
        ("the batch itself", "its largest process"), few, many, strict=True
    ):
        growth = 100 * (large / small - 1)
        print(f"memory: {who} {small:.0f} MiB for 20, {large:.0f} MiB for 200: {growth:+.1f} %")


def peaks_of(size: int) -> tuple[float, float]:
    """MiB. There are always the same processes: a sum of peaks would only add chance to them."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "in"), Path(folder, "out")
        make(source, size)
        options = ["-j", "2", "--seed", "1", "--exercise", "palindrome", "-k", SELECT]
        batch = subprocess.Popen(
            [sys.executable, "-m", "grader", "batch", source, "-o", out, *options],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        own = 0
        while not (gone := os.wait4(batch.pid, os.WNOHANG))[0]:
            status = Path(f"/proc/{batch.pid}/status").read_text()
            own = max([own, *(int(kib) for kib in re.findall(r"VmHWM:\s*(\d+)", status))])
            time.sleep(0.2)
        batch.returncode = os.waitstatus_to_exitcode(gone[1])
    return own / 1024, gone[2].ru_maxrss / 1024  # of all that has been waited for


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    for name in sys.argv[1:] or ["overhead", "throughput", "memory"]:
        {"overhead": overhead, "throughput": throughput, "memory": memory}[name]()

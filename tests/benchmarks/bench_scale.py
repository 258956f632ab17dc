"""Measure how a batch grows: transport through a Dask cluster, the course's page, and the bill.

    python -m tests.benchmarks.bench_scale [transport] [page] [bill] [SIZE …]

Transport sends made-up submissions through a cluster of two workers on this machine and keeps their
results, as a batch does; a function that returns a report of 40 checks stands in for judges. Page
opens the report on 5 000 students in Chromium and scrolls through it. Bill extrapolates from
figures measured now: what 10^3 to 10^6 palindrome submissions take on 2, 16 and 256 cores.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from rich.console import Console

from grader.batch import judge_pool
from grader.batch.command import begin
from grader.batch.grading import grade_missing
from grader.batch.intake import hand_ins
from grader.batch.store import Store
from grader.batch.task import Task
from grader.batch.write_reports import publish
from grader.core.paths import ROOT
from grader.core.rubric import read_rubric
from grader.reports.pages import course_html
from grader.reports.rows import Row, complete, read_row
from tests.benchmarks.bench_intake import report
from tests.courses import people, work

SIZES = (1250, 2500, 5000, 10_000)
STUDENTS = 5000  # on the page
CORES = (2, 16, 256)
CLUSTER = """
from distributed import LocalCluster
cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
print(cluster.scheduler_address, flush=True)
input()
"""
ANSWER: list[bytes] = []
OPENINGS = 3
MOST_PAGE = 50e6  # bytes that a browser still opens well
SCROLL = """async () => {
  const region = document.querySelector(".students"), frames = [];
  const step = Math.max(1, (region.scrollHeight - region.clientHeight) / 120);
  let last = performance.now();
  for (let top = 0; top <= region.scrollHeight; top += step) {
    region.scrollTop = top;
    await new Promise(requestAnimationFrame);
    frames.push(performance.now() - last);
    last = performance.now();
  }
  return frames;
}"""


def graded(task: Task) -> bytes:
    """Return a report, in place of a judge's."""
    del task
    if not ANSWER:
        made = report()
        for test in made["tests"]:
            test["metadata"]["figures"] = []
        ANSWER.append(json.dumps(made).encode())
    return ANSWER[0]


class Usage(NamedTuple):
    """Hold what a process has used: seconds of processor time, and its peak of memory in MiB."""

    cpu: float
    peak: float

    @classmethod
    def of(cls, pid: int | str) -> Usage:
        """Return it for a process that lives."""
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        peak = re.findall(r"VmHWM:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
        cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return cls(cpu, int(peak[0]) / 1024)


@contextlib.contextmanager
def cluster() -> Iterator[tuple[str, int]]:
    """Start a LocalCluster; yield the scheduler's address and its process."""
    process = subprocess.Popen(
        [sys.executable, "-c", CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert process.stdout
    yield process.stdout.readline().strip(), process.pid
    process.communicate("\n")


class Costs(NamedTuple):
    """Hold what a batch costs: seconds for each submission, and the peaks of memory, MiB.

    Attributes:
        sending: From the first submission sent to the last result kept, on the clock.
        scheduler: Processor time of the scheduler.
        client: Processor time of the batch's own process meanwhile.
        reports: All tables and pages.
        page: Bytes of the course's page.
    """

    sending: float
    scheduler: float
    client: float
    reports: float
    page: float
    scheduler_peak: float
    client_peak: float


def transport(sizes: Sequence[int]) -> None:
    """Print a line for each size of a course."""
    print("submissions  total s   milliseconds each: on the clock, CPU of       peak MiB of")
    print("                       sending  scheduler  client  reports      scheduler  client")
    with cluster() as (address, scheduler):
        batch(10, address, scheduler)  # workers import what they need
        for size in sizes:
            found = batch(size, address, scheduler)
            each = [1000 * cost for cost in found[:4]]
            print(
                f"{size:11,}{size * found.sending:9.1f}{each[0]:14.2f}{each[1]:11.2f}{each[2]:8.2f}"
                f"{each[3]:9.2f}{found.scheduler_peak:15.0f}{found.client_peak:8.0f}",
                flush=True,
            )


def batch(size: int, address: str, scheduler: int) -> Costs:
    """Grade a made-up course by way of a scheduler, whose process is given, and write reports."""
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(judge_pool, "grade", graded),
    ):
        return _batch(Path(folder), size, address, scheduler)


def _batch(folder: Path, size: int, address: str, scheduler: int) -> Costs:
    source, store = folder / "in", Store(folder / "out")
    source.mkdir()
    for person in people(size):
        (source / f"{person.name} {person.number}.zip").write_bytes(work(person))
    args = argparse.Namespace(
        scheduler=address, jobs=2, isolation="limits", exercise=[], select="", time_scale=1.0,
        seed=1, again=[], submissions=source,
    )  # fmt: skip
    with hand_ins(source) as (found, _):
        store.create()
        works = begin(store, found, args)
        before, start = (Usage.of(scheduler), Usage.of("self")), time.perf_counter()
        grade_missing(Console(file=io.StringIO()), store, works, args)
        sent, after = time.perf_counter(), (Usage.of(scheduler), Usage.of("self"))
        publish(store)
    written = time.perf_counter()
    scheduling, own = (now.cpu - then.cpu for then, now in zip(before, after, strict=True))
    return Costs(
        sending=(sent - start) / size,
        scheduler=scheduling / size,
        client=own / size,
        reports=(written - sent) / size,
        page=(store.folder / "report.html").stat().st_size / size,
        scheduler_peak=after[0].peak,
        client_peak=Usage.of("self").peak,
    )


def rows_of_course(size: int) -> list[Row]:
    """Return rows of students who answered every question of the kit's exercises."""
    made: list[dict[str, Any]] = [
        {"id": q.id, "title": q.title, "earned": 0.0, "possible": q.points, "status": "failed"}
        for q in read_rubric()
    ]
    rows = []
    for number, person in enumerate(people(size)):
        result: Any = report() | {"tests": []}
        for place, question in enumerate(made):
            part = (number * 7 + place * 3) % 5 / 4
            question |= {"earned": part * question["possible"]}
        result["grade"]["questions"] = made
        rows.append(read_row(person.name, f"{person.login}_{number}", "", result))
    complete(rows, {})
    return rows


def page(students: int = STUDENTS) -> None:
    """Print how fast the report on a large course opens and scrolls."""
    from playwright.sync_api import sync_playwright

    start = time.perf_counter()
    html = course_html(rows_of_course(students))
    took = time.perf_counter() - start
    print(f"page on {students:,}: {len(html) / 1e6:.1f} MB, made in {took:.1f} s")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder, "report.html")
        path.write_text(html, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for _ in range(OPENINGS):
            view = browser.new_page(viewport={"width": 1280, "height": 900})
            start = time.perf_counter()
            view.goto(path.as_uri())
            view.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
            opened = time.perf_counter() - start
            frames = view.evaluate(SCROLL)
            print(
                f"opened and drawn in {opened:.2f} s; scrolled from top to end in {len(frames)} "
                f"frames of {statistics.median(frames):.0f} ms, at most {max(frames):.0f} ms"
            )
            view.close()
        browser.close()


def bill(size: int = SIZES[0]) -> None:
    """Print a table: time, and what limits it, for sizes of courses and numbers of cores."""
    from grader.api import run, warm  # here: workers of transport need no torch

    with warm():  # a submission's whole run, trainings included
        graded_alone = run(ROOT / "reference", seed=1, arguments=["--exercise=palindrome"])
    times = graded_alone.report["times"]
    work = times["start"] + times["student"] + times["judging"]
    with cluster() as (address, scheduler):
        batch(10, address, scheduler)
        cost = batch(size, address, scheduler)
    print(
        f"measured: {work:.1f} s of a core for a submission; for each, scheduler "
        f"{1000 * cost.scheduler:.1f} ms, batch {1000 * cost.client:.1f} ms, reports "
        f"{1000 * cost.reports:.1f} ms, page {cost.page / 1000:.1f} kB"
    )
    print("| submissions | cores | grading | reports | page | breaks first |")
    print("|---|---|---|---|---|---|")
    for exponent in (3, 4, 5, 6):
        for cores in CORES:
            print(bill_row(10**exponent, cores, work, cost))


def bill_row(size: int, cores: int, work: float, cost: Costs) -> str:
    """Return a row of the bill: grading takes as long as the slowest of its parts."""
    parts = {
        "judges": size * work / cores,
        "scheduler": size * cost.scheduler,
        "the batch's own process": size * cost.client,
    }
    reports, page = size * cost.reports, size * cost.page
    limit = max(parts, key=lambda part: parts[part])
    if page > MOST_PAGE:
        limit += f"; a page of {page / 1e6:,.0f} MB"
    return (
        f"| {size:,} | {cores} | {shown(parts[max(parts, key=lambda part: parts[part])])} "
        f"| {shown(reports)} | {page / 1e6:.1f} MB | {limit} |"
    )


def shown(seconds: float) -> str:
    """Return a duration in its largest unit."""
    for name, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {name}"
    return f"{seconds:.0f} s"


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    names = [word for word in sys.argv[1:] if not word.isdecimal()]
    for name in names or ["transport", "page", "bill"]:
        if name == "transport":
            transport(sizes or SIZES)
        else:
            {"page": page, "bill": bill}[name](*sizes[:1])


if __name__ == "__main__":
    from tests.benchmarks import bench_scale  # by its name: workers import `graded` from there

    bench_scale.main()

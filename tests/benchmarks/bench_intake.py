"""Measure all of a batch but the grading: intake, notes on packages, tables, pages, feedback.

    python -m tests.benchmarks.bench_intake [PEOPLE]

Each platform's made-up course is listed and read. Then a batch of Moodle's runs with stubs of judge
processes, whose reports have 40 checks, a quarter of them failed, and a picture of 30 kB. Last, all
hand-ins are compared with each other: each has 100 lines, a fifth of which others have, too.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from grader.__main__ import main
from grader.batch import command, judge_pool, missing_packages, similar
from grader.batch.intake import hand_ins
from grader.batch.store import Store
from grader.batch.task import Task
from tests.courses import COURSES, people
from tests.stub_judges import a_report
from tests.synthetic import packed

CHECKS, PICTURE = 40, 30_000
FAILURE = {
    "what": "The output should match equations (1) to (4).",
    "expected": "0.1234 -0.5678 0.9012",
    "got": "0.4321 -0.8765 0.2109",
    "where": "lstm.py, line 12",
    "hint": "g has a sigmoid where the sheet has a tanh",
    "mistake": "sigmoid_for_tanh",
    "subject_of": [],
    "status": "failed",
    "traceback": "",
    "kit_traceback": "",
    "output": "epoch 1 loss 0.5\n" * 10,
}


def report() -> dict[str, Any]:
    """Return a judge's report of a usual size."""
    made = a_report()
    (test,) = made["tests"]
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(PICTURE)).decode()
    made["tests"] = [
        {
            "nodeid": f"test_{number}",
            "metadata": test["metadata"]
            | {"status": "passed" if number % 4 else "failed"}
            | {"failure": None if number % 4 else FAILURE | {"what": f"{number}: not so"}}
            | {"figures": [] if number else [{"title": "loss", "png": picture}]},
        }
        for number in range(CHECKS)
    ]
    return made


class Clock:
    """Seconds spent in functions, by a name for each."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self.worked: dict[str, float] = {}  # of processor time, in this process

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            with self.measured(name):
                return function(*arguments, **named)

        return run

    @contextlib.contextmanager
    def measured(self, name: str) -> Iterator[None]:
        start, worked = time.perf_counter(), time.process_time()
        yield
        self.spent[name] = self.spent.get(name, 0.0) + time.perf_counter() - start
        self.worked[name] = self.worked.get(name, 0.0) + time.process_time() - worked


def list_and_read(folder: Path, count: int) -> None:
    """Print what it takes to list and read each platform's course."""
    class_list = people(count)
    for name, make in COURSES.items():
        (folder / name).mkdir()
        source = make(folder / name, class_list).source
        clock = Clock()
        with clock.measured("list"), hand_ins(source) as (found, _), clock.measured("read"):
            size = sum(len(one.choose().read()) for one in found)
        spent = clock.spent["list"]  # reading included
        print(
            f"{name:12} {len(found)} people, {size / 1e3:.0f} kB: {spent:.2f} s, "
            f"{clock.worked['list']:.2f} s of processor time"
        )


def batch(folder: Path, count: int) -> None:
    """Print what a batch takes besides its grading."""
    source, sheet = COURSES["moodle"](folder, people(count))
    (folder / "table.csv").write_bytes(sheet or b"")
    clock, made = Clock(), json.dumps(report()).encode()

    class Stub(judge_pool.JudgeProcess):
        def __init__(self, core: int | None = None) -> None:
            self.core = core

        def grade(self, task: Task) -> bytes:
            del task
            return made

        def close(self) -> None:
            pass

    parts = {
        "packages": (missing_packages, "remarks"),
        "judging (stubs), results": (command, "grade_missing"),
        "reports": (command, "publish"),
    }
    options = ["--isolation", "limits", "--worksheet", str(folder / "table.csv"), "--provisional"]
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(judge_pool, "JudgeProcess", Stub))
        for name, (owner, function) in parts.items():
            timed = clock.timed(name, getattr(owner, function))
            stack.enter_context(mock.patch.object(owner, function, timed))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        with clock.measured("all"):
            status = main(["batch", str(source), "-o", str(folder / "out"), *options])
    for name, seconds in clock.spent.items():
        print(f"{name:26} {seconds:6.2f} s, {clock.worked[name]:6.2f} s of processor time")
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"status {status}, peak memory {usage:.0f} MiB")
    for path in sorted((folder / "out").iterdir()):
        files = [path] if path.is_file() else list(path.rglob("*"))
        print(f"{path.name:16} {sum(f.stat().st_size for f in files) / 1e6:7.2f} MB")


def compare(folder: Path, count: int) -> None:
    """Print what it takes to compare all with each other."""
    draw = random.Random(1)

    def expression(depth: int) -> str:
        if not depth:
            return draw.choice(("x", "h", "3", "w", "'name'"))
        inner = [expression(draw.randrange(depth)) for _ in range(2)]
        forms = ("{} + {}", "{} @ {}", "({} - {})", "{}[{}]", "f({}, {})", "{}.sum(dim={})")
        return draw.choice((*forms, "{}.tanh() * {}", "torch.stack([{}, {}])")).format(*inner)

    def line() -> str:
        return f"y = {expression(4)}\n"

    shared = [line() for _ in range(2000)]
    courses = {}
    for number in range(count):
        start = draw.randrange(len(shared) - 20)
        own = [line() for _ in range(80)]
        courses[f"S{number}"] = packed({"lstm.py": "".join(own + shared[start : start + 20])})
    clock = Clock()
    with clock.measured("compare"):
        similar.find(
            Store(folder), [(name, partial(bytes, data)) for name, data in courses.items()]
        )
    found = json.loads((folder / "similar.json").read_text(encoding="utf-8"))["groups"]
    print(
        f"{count} compared: {clock.spent['compare']:.1f} s, {clock.worked['compare']:.1f} s of "
        f"processor time here, {sum(len(group['pairs']) for group in found)} pairs listed"
    )
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {usage:.0f} MiB")


if __name__ == "__main__":
    number = int(sys.argv[1]) if sys.argv[1:] else 400
    with tempfile.TemporaryDirectory() as place:
        list_and_read(Path(place), number)
        (Path(place) / "batch").mkdir()
        batch(Path(place) / "batch", number)
        (Path(place) / "similar").mkdir()
        compare(Path(place) / "similar", number)

"""Run batches with stubs of judge processes: fast, and without any student code."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from grader.__main__ import main
from grader.batch import judge_pool
from grader.batch.judge_pool import JudgeLost
from grader.batch.task import Task


def a_report(**metadata: Any) -> dict[str, Any]:
    """Return a judge's report on question 1.6, and on one for a person."""
    test = {
        "title": "The output is that of the equations",
        "question": "1.6",
        "points": 4.0,
        "earned": 3.0,
        "status": "failed",
        "hint": "g has a sigmoid",
        "mistake": "sigmoid_for_tanh",
        "seed": 1,
        "failure": None,
        "repeat": "",
        **metadata,
    }
    questions = [
        {"id": "1.6", "title": "LSTM", "earned": 3.0, "possible": 4.0, "status": "partly passed"},
        {"id": "1.6-text", "title": "Words", "earned": 0.0, "possible": 1.0, "status": "pending"},
    ]
    return {
        "seed": 1,
        "duration": 1.5,
        "notices": [],
        "grade": {"earned": 3.0, "possible": 4.0, "pending": 1.0, "questions": questions},
        "tests": [{"nodeid": "test", "metadata": test}],
        "batch": {"status": "graded", "message": "", "remarks": []},
    }


class Judges:
    """Stubs of the judge processes; they note what they grade."""

    def __init__(self) -> None:
        self.graded: list[str] = []
        self.tasks: list[Task] = []
        self.lost: dict[str, int] = {}  # how often the judge of a student's submission dies

    def __call__(self, task: Task) -> bytes:
        if self.lost.get(task.student, 0):
            self.lost[task.student] -= 1
            raise JudgeLost
        self.graded.append(task.student)
        self.tasks.append(task)
        return json.dumps(a_report()).encode()


def install(monkeypatch: pytest.MonkeyPatch) -> Judges:
    """Put stubs in the place of judge processes."""
    judges = Judges()

    class Stub(judge_pool.JudgeProcess):
        def __init__(self, core: int | None = None) -> None:
            self.core = core

        def grade(self, task: Task) -> bytes:
            return judges(task)

        def close(self) -> None:
            pass

    monkeypatch.setattr(judge_pool, "JudgeProcess", Stub)
    return judges


def hand_in(folder: Path, *names: str, content: str = "x = 1\n") -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            archive.writestr(zipfile.ZipInfo("lstm.py"), content)
    return folder


def grades(out: Path) -> list[dict[str, str]]:
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def batch(source: Path, out: Path, *options: str) -> int:
    return main(["batch", str(source), "-o", str(out), "--isolation", "limits", *options])


def rows_of(out: Path) -> dict[str, dict[str, str]]:
    """Return the table of grades by student."""
    return {row["student"]: row for row in grades(out)}

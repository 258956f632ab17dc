"""Errors of the machine that grades, and of a judge on it: they refuse nobody and end no batch.

Judge processes are stubs here; tests/test_hostile_course.py grades in earnest.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from grader.__main__ import main
from grader.batch import grading, outcome
from grader.batch import judge as judge_process
from grader.batch.judge_pool import JudgePool
from grader.batch.task import Task
from grader.core.errors import MachineError, UserError, is_machine_error
from grader.core.failures import Failure
from grader.submission import snapshot
from tests.stub_judges import Judges, a_report, batch, grades
from tests.stub_judges import hand_in as add

pytestmark = pytest.mark.grading

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "EIO", "ENOMEM"])
def test_errors_of_the_machine_are_known_wherever_they_come_from(code: str) -> None:
    error = OSError(getattr(errno, code), "no")
    assert is_machine_error(error)
    raised = UserError("the ZIP can't be read")
    raised.__cause__ = error
    assert is_machine_error(raised)
    assert json.loads(outcome.report_of(raised))["batch"]["status"] == "internal"
    assert not is_machine_error(FileNotFoundError())
    assert not is_machine_error(UserError("no ZIP"))


@pytest.mark.parametrize("place", ["_copy", "vet", "entries_of"])
def test_a_full_disk_refuses_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise FULL

    monkeypatch.setattr(snapshot, place, full)
    archive = (add(tmp_path / "in", "Lee") / "Lee.zip").read_bytes()
    header = {"archive_name": "Lee.zip", "remarks": ["a"], "settings": {"seed": 1, "arguments": ()}}
    report = json.loads(judge_process.answer(header, archive, tmp_path))
    assert report["batch"]["status"] == "internal"
    assert "No space left" in report["batch"]["message"]


def test_a_judge_that_can_not_make_a_folder_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    tasks: Iterator[Any] = iter([({}, b""), ({}, b""), None])

    class Control:
        def __init__(self, _: int) -> None:
            pass

        def send_bytes(self, data: bytes) -> None:
            sent.append(data)

    def full(*_: object) -> None:
        raise FULL

    monkeypatch.setattr(judge_process, "Connection", Control)
    monkeypatch.setattr(judge_process, "warm_up", contextlib.nullcontext)
    monkeypatch.setattr(judge_process, "receive", lambda _: next(tasks))
    monkeypatch.setattr(judge_process, "Folder", full)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["judge", "3"])
    judge_process.main()
    assert [json.loads(data)["batch"]["status"] for data in sent[1:]] == ["internal"] * 2


@pytest.mark.parametrize(
    "error", [FULL, MemoryError(), RuntimeError("can't start new thread"), MachineError("no")]
)
def test_a_judge_that_can_not_be_started_ends_no_batch(
    tmp_path: Path, judges: Judges, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    failures = iter([error])
    start = JudgePool._start

    def fail_once(self: JudgePool) -> Any:
        if failure := next(failures, None):
            raise failure
        return start(self)

    monkeypatch.setattr(JudgePool, "_start", fail_once)
    assert batch(add(tmp_path / "in", "Kim", "Lee"), tmp_path / "out", "-j", "1") == 0
    assert sorted(judges.graded) == ["Kim", "Lee"]


def trouble(status: str, said: str = "") -> bytes:
    failure = asdict(Failure("it fails", traceback=said))
    return json.dumps(a_report(status=status, failure=failure)).encode()


@pytest.mark.usefixtures("judges")
@pytest.mark.parametrize(
    ("status", "said"),
    [("timeout", ""), ("crashed", ""), ("internal", ""), ("error", f"OSError: {FULL}")],
)
def test_what_a_busy_machine_may_have_done_is_tried_once_more_alone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: str,
    said: str,
) -> None:
    running: list[str] = []
    seen: list[tuple[str, int]] = []

    def judge(_: Judges, task: Task) -> bytes:
        running.append(task.student)
        first = task.student not in dict(seen)
        seen.append((task.student, len(running)))
        time.sleep(0.02)
        running.remove(task.student)
        if task.student.startswith("Slow"):
            return trouble(status, said) if first else json.dumps(a_report()).encode()
        return json.dumps(a_report()).encode()

    monkeypatch.setattr(Judges, "__call__", judge)
    source = add(tmp_path / "in", "Kim", "Slow 1", "Slow 2", "Slow 3")
    assert batch(source, tmp_path / "out", "-j", "3") == 0
    assert "timed out or crashed: Slow 1, Slow 2, Slow 3\n" in capsys.readouterr().out
    assert [student for student, _ in seen[-3:]] == ["Slow 1", "Slow 2", "Slow 3"]
    assert {number for _, number in seen[-3:]} == {1}
    assert {row["points"] for row in grades(tmp_path / "out")} == {"3"}
    count = len(seen)
    batch(source, tmp_path / "out")
    assert len(seen) == count  # a second try is final


def test_a_timeout_that_stays_one_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judges: Judges
) -> None:
    answers = iter([trouble("timeout"), outcome.not_judged("no memory")])
    monkeypatch.setattr(Judges, "__call__", lambda *_: next(answers))
    assert batch(add(tmp_path / "in", "Slow"), tmp_path / "out") == 0
    assert grades(tmp_path / "out")[0]["status"] == "graded"
    assert judges.graded == []


def test_a_run_that_is_ended_before_the_second_try_makes_it_later(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    judges: Judges,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = add(tmp_path / "in", "Slow")
    with monkeypatch.context() as patch:
        patch.setattr(Judges, "__call__", lambda *_: trouble("timeout"))
        patch.setattr(grading, "say", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert batch(source, tmp_path / "out") == 130
    assert main(["marks", str(tmp_path / "out")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "1 student awaits a second try: run batch again" in said
    (row,) = grades(tmp_path / "out")
    assert (row["points"], row["1.6"]) == ("", "")  # what a timeout cost is no grade yet
    assert "awaits a second try" in row["message"]
    assert batch(source, tmp_path / "out") == 0
    assert judges.graded == ["Slow"]
    assert "second try" not in " ".join(capsys.readouterr().out.split())
    assert grades(tmp_path / "out")[0]["points"] == "3"


def test_messages_of_the_machines_errors_are_short() -> None:
    long = OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), "d/" * 3000)
    for error in (long, ValueError("x" * 9000), UserError("x" * 9000), OSError("x" * 9000)):
        assert len(json.loads(outcome.report_of(error))["batch"]["message"]) < 2200
    assert len(outcome.described(long)) < 150

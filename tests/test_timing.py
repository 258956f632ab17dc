"""Where the seconds of a run go: in the JSON report, in a line of text, on the page of a course."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from grader import in_process, timing
from grader.in_process import InProcess
from grader.reports.pages import course_html
from grader.reports.statistics import course
from grader.timing import Times, line, process_start
from tests.conftest import Grade
from tests.results import REFUSED, a_result, rows_of


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timing, "time", clock)
    return clock


def run_test(times: Times, clock: Clock, seconds: float, question: str = "") -> None:
    """Let a test of a question take these seconds."""
    marker = SimpleNamespace(kwargs={"id": question}) if question else None
    item: Any = SimpleNamespace(get_closest_marker=lambda _: marker)
    protocol = times.pytest_runtest_protocol(item)
    next(protocol)
    clock.now += seconds
    with pytest.raises(StopIteration):
        protocol.send(True)


def test_the_parts_of_a_run_sum_to_the_whole(clock: Clock) -> None:
    times = Times(clock.now)
    clock.now += 2.0
    run_test(times, clock, 3.0, "1.2")
    clock.now += 0.5  # between two tests
    run_test(times, clock, 1.0, "1.2")
    run_test(times, clock, 2.0, "1.6")
    run_test(times, clock, 0.5)  # of no question
    times.spent = lambda: 4.0
    clock.now += 0.25
    found = times.report()
    assert found == {
        "start": 2.0,
        "student": 4.0,
        "judging": 3.0,
        "reports": 0.25,
        "questions": {"1.2": 4.0, "1.6": 2.0},
    }
    assert line(found) == (
        "time: start 2.00 s, student code 4.00 s, judging 3.00 s, reports 0.25 s; "
        "question 1.2 took most: 4.00 s"
    )


def test_a_run_without_tests_is_all_start(clock: Clock) -> None:
    times = Times(clock.now)
    clock.now += 1.0
    found = times.report()
    assert found == {"start": 1, "student": 0, "judging": 0, "reports": 0, "questions": {}}
    assert "took most" not in line(found)


def test_a_process_knows_when_it_started() -> None:
    assert 0 <= time.perf_counter() - process_start() < time.clock_gettime(time.CLOCK_MONOTONIC)
    assert process_start() == pytest.approx(process_start(), abs=0.1)


def test_code_in_this_process_is_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(in_process, "time", clock)

    def handle(*_: object) -> dict[str, Any]:
        clock.now += 2.0
        return {"status": "ok"}

    monkeypatch.setattr("grader.worker.answering.handle", handle)
    backend = InProcess(str(tmp_path))
    backend.request({"id": "1"}, 1.0)
    backend.request({"id": "2"}, 1.0)
    backend.close()
    assert backend.spent == 4.0


def test_a_run_says_how_long_student_code_took(grade: Grade, tmp_path: Path) -> None:
    slow = "import time\ntime.sleep(0.5)\ndef loss(*_):\n    time.sleep(0.2)\n"
    (tmp_path / "toy_bptt.py").write_text(slow)
    begun = time.perf_counter()
    run = grade(tmp_path, "--exercise", "toy_bptt", "-k", "test_full_bptt", "-v")
    whole = time.perf_counter() - begun
    times = run.report["times"]
    parts = times["start"] + times["student"] + times["judging"] + times["reports"]
    assert times["student"] > 0.5
    assert parts < whole
    assert parts == pytest.approx(whole, abs=0.5 + 0.2 * whole)  # pytest ends after the report
    assert list(times["questions"]) == ["T1"]
    assert times["questions"]["T1"] > 0.5
    assert "time: start " in run.text
    assert "question T1 took most" in run.text
    quiet = grade(tmp_path, "--exercise", "toy_bptt", "-k", "test_full_bptt")
    assert "time: start " not in quiet.text


def test_a_course_sums_its_runs() -> None:
    rows = rows_of({"Kim": a_result(), "Lee": a_result(), "Ito": REFUSED})
    found = course(rows).spending
    assert (found.runs, found.start, found.student, found.judging) == (2, 1.0, 3.0, 2.0)
    assert found.reports == 0.5
    assert found.questions == [("1.6", 4.0), ("1.4", 1.0)]
    page = course_html(rows)
    assert "for each of 2" in page
    assert page.index("<td>1.6</td>") < page.index("<td>1.4</td>")
    assert "Where time goes" not in course_html(rows_of({"Ito": REFUSED}))

"""Reports follow the marks: nobody has to ask for it, no click waits, and every end is calm."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from grader.__main__ import parse
from grader.batch.store import Store
from grader.core.errors import UserError
from grader.desk import publishing
from grader.desk.command import _finish, private_page, publishing_options
from grader.desk.publishing import Reports, Written
from tests.desk_client import Client, Process, Q, desk
from tests.desk_course import a_course

WAIT = 30.0  # seconds for reports to follow
POINTS = 1.75
COMMENT = "Half of it."


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return a_course(tmp_path, 4)


@pytest.fixture
def ann(out: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(publishing, "QUIET", 0.1)
    with desk(out) as client:
        yield client


class Writer:
    """Write nothing, and count how often that is asked for."""

    def __init__(self, *outcomes: bool) -> None:
        self.count = 0
        self.free = threading.Event()  # writing waits for it
        self.free.set()
        self._outcomes = list(outcomes)

    def __call__(self) -> Written:
        assert self.free.wait(WAIT)
        self.count += 1
        return Written("", is_whole=self._outcomes.pop(0) if self._outcomes else True)


def kept(writer: Writer) -> tuple[Reports, threading.Thread]:
    """Return reports that are kept in step by a thread."""
    reports = Reports(writer)
    thread = threading.Thread(target=reports.keep, daemon=True)
    thread.start()
    return reports, thread


def end_at_once(*arguments: Any) -> None:
    del arguments
    os.kill(os.getpid(), signal.SIGKILL)


def until_current(reports: Reports) -> None:
    end = time.monotonic() + WAIT
    while not reports.is_current:
        assert time.monotonic() < end
        time.sleep(0.005)


def points_in(out: Path) -> set[str]:
    """Return the points of the question in grades.csv; none while there is no such file."""
    if not (out / "grades.csv").exists():
        return set()
    text = (out / "grades.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return {value for row in rows for name, value in row.items() if name.endswith(Q) and value}


def pages_that_say(out: Path, text: str) -> int:
    return sum(text in path.read_text() for path in (out / "feedback").glob("*.html"))


def test_many_changes_are_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "QUIET", 0.2)
    writer = Writer()
    reports, thread = kept(writer)
    for _ in range(20):
        reports.note()
        time.sleep(0.005)
    until_current(reports)
    reports.stop()
    thread.join()
    assert writer.count == 1


def test_somebody_who_never_pauses_gets_reports_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "LATEST", 0.1)
    writer = Writer()
    reports, thread = kept(writer)
    end = time.monotonic() + WAIT
    while writer.count < 2 and time.monotonic() < end:  # each pause is shorter than QUIET
        reports.note()
        time.sleep(0.01)
    reports.stop()
    thread.join()
    assert writer.count >= 2


def test_a_change_while_reports_are_written_is_written_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publishing, "QUIET", 0.0)
    writer = Writer()
    writer.free.clear()
    reports, thread = kept(writer)
    time.sleep(0.05)  # it is at it
    reports.note()  # returns at once
    writer.free.set()
    until_current(reports)
    reports.stop()
    thread.join()
    assert writer.count == 2


def test_what_can_not_be_written_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "QUIET", 0.0)
    monkeypatch.setattr(publishing, "AGAIN", 0.01)
    writer = Writer(False, False)
    reports, thread = kept(writer)
    until_current(reports)
    reports.stop()
    thread.join()
    assert writer.count == 3


def test_at_the_end_only_what_lacks_is_written() -> None:
    writer = Writer()
    reports = Reports(writer)
    reports.finish()
    reports.finish()
    assert writer.count == 1
    reports.note()
    reports.finish()
    assert writer.count == 2


def test_reports_follow_a_click_by_themselves(ann: Client, out: Path) -> None:
    ann.mark(ann.students()[0], adjustment=POINTS, comment=COMMENT)
    end = time.monotonic() + WAIT
    while not points_in(out) or not pages_that_say(out, COMMENT):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert points_in(out) == {str(POINTS)}
    ann.post("/api/undo", {})
    while points_in(out) or pages_that_say(out, COMMENT):
        assert time.monotonic() < end
        time.sleep(0.05)
    for name in ("grades.xlsx", "results.csv", "report.html", "marking.sqlite.backup"):
        assert (out / name).exists()


def test_a_batch_at_work_is_waited_for_and_told(ann: Client, out: Path) -> None:
    with Store(out).locked():
        ann.mark(ann.students()[0], adjustment=POINTS)  # no click waits
        said = ann.post("/api/reports", {})["message"]
        assert said == "A batch is running; the reports follow when it has ended."
        overview = ann.ask("GET", "/").text
        assert said in overview
        assert "It is tried again" not in overview
        assert not points_in(out)
    assert "All reports are written" in ann.post("/api/reports", {})["message"]
    assert points_in(out) == {str(POINTS)}
    assert "3 of 4" not in said


def test_the_desk_closes_without_an_error_while_a_batch_runs(out: Path) -> None:
    """The batch writes all reports at its end."""
    console = Console(file=io.StringIO(), soft_wrap=True)
    with Store(out).locked():
        assert _finish(console, publishing.reports_of(out, {})) == 0
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert said == "A batch is running; the reports follow when it has ended.\n"


def test_a_process_that_is_killed_is_no_end(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as by a machine without memory."""
    monkeypatch.setattr(publishing, "_perform", end_at_once)
    reports = publishing.reports_of(out, {})
    assert "ended before it was done" in reports.write().problems[0]
    assert not reports.is_current


def test_the_platforms_table_is_filled_as_by_marks(out: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("name,grade\n")
    given = ["review", str(out), "--worksheet", str(table), "--column", "grade=Ocena"]
    options = publishing_options(parse([*given, "--provisional"]))
    assert options["columns"] == {"grade": "Ocena"}
    assert options["provisional"]
    written = publishing._written(Store(out), options)
    assert not written.is_whole
    assert written.problems[0].startswith("table.csv can't be made")  # these are no platform's


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_end_leaves_reports_that_agree_with_the_marks(
    out: Path, number: signal.Signals
) -> None:
    """Ctrl-C, a service manager, a terminal that is closed."""
    one = Process(out)
    key = one.client.students()[0]
    one.client.mark(key, adjustment=POINTS, comment=COMMENT)
    cookie = one.client.cookie
    assert one.close(number) == 0
    assert points_in(out) == {str(POINTS)}
    assert pages_that_say(out, COMMENT) == 1
    again = Process(out, one.client.port)
    again.client.cookie = cookie  # the browser is still logged in
    assert again.client.get(f"/api/answer/{Q}/{key}")["mark"]["points"] == POINTS
    again.kill()


@pytest.mark.slow
def test_after_a_kill_the_next_desk_brings_the_reports_up_to_date(out: Path) -> None:
    one = Process(out)
    one.client.mark(one.client.students()[0], adjustment=POINTS)
    one.kill()
    assert Process(out).close() == 0
    assert points_in(out) == {str(POINTS)}


def test_an_old_run_says_where_it_needs_help(out: Path) -> None:
    """One that was graded before the desk came, and has not noted where the submissions lie."""
    run = json.loads((out / "run.json").read_bytes())
    del run["source"]
    (out / "run.json").write_text(json.dumps(run))
    with pytest.raises(UserError, match="name them, too"):
        Store(out).source()


def test_the_page_that_opens_the_browser_is_private_and_goes_away(out: Path) -> None:
    with private_page(Store(out), "http://127.0.0.1:1/?token=a&b") as path:
        assert path.stat().st_mode & 0o077 == 0
        assert "url=http://127.0.0.1:1/?token=a&amp;b" in path.read_text()
    assert not path.exists()

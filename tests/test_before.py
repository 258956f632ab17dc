"""Say before the first student is graded all that can be known then."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from grader.__main__ import main
from grader.batch import write_reports
from tests.courses import COURSES, people
from tests.importers import names_in
from tests.stub_judges import Judges, batch, hand_in, rows_of

CLASS = people(3)


def refused(
    capsys: pytest.CaptureFixture[str], judges: Judges, source: Path, out: Path, *options: str
) -> str:
    assert batch(source, out, *options) == 2
    assert judges.graded == []
    return capsys.readouterr().err


@pytest.mark.parametrize("place", ["file", "folder"])
def test_a_table_that_may_not_be_written(
    place: str, tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """By what the system says; root may write anywhere."""
    source, sheet = COURSES["moodle"](tmp_path, CLASS)
    (tmp_path / "tables").mkdir()
    table = tmp_path / "tables" / "t.csv"
    table.write_bytes(sheet or b"")
    forbidden = table if place == "file" else table.parent
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != forbidden)
    said = refused(capsys, judges, source, tmp_path / "out", "--worksheet", str(table))
    assert f"{forbidden} may not be written to" in said


def test_a_table_among_the_results(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source = COURSES["moodle"](tmp_path, CLASS).source
    table = tmp_path / "out" / "t.csv"
    said = refused(capsys, judges, source, tmp_path / "out", "--worksheet", str(table))
    assert "move it out of there" in said


def test_a_full_disk(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**20))
    said = refused(capsys, judges, hand_in(tmp_path / "in", "Lee"), tmp_path / "out")
    assert "has 1 MiB free, and 1 students take at least" in said


def test_a_report_that_fails_leaves_the_others(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def fail(*_: object) -> str:
        raise ValueError("ink is out")

    monkeypatch.setattr(write_reports, "course_html", fail)
    out = tmp_path / "out"
    assert batch(COURSES["moodle"](tmp_path, CLASS).source, out) == 1
    assert "error: report.html can't be made: ValueError: ink is out" in capsys.readouterr().out
    assert len(rows_of(out)) == len(judges.graded) == 3
    assert (out / "feedback.zip").exists()
    assert not (out / "report.html").exists()


def test_who_disappears_from_the_download_leaves_no_page(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    batch(COURSES["moodle"](tmp_path, CLASS).source, out)
    pages = {path.name for path in (out / "feedback").iterdir()}
    assert len(pages) == 6
    batch(COURSES["moodle"](tmp_path, CLASS[:2]).source, out)
    said = capsys.readouterr().out
    left = {path.name for path in (out / "feedback").iterdir()}
    assert len(left) == 4
    assert not any(name.startswith(CLASS[2].first) for name in left)
    assert len(names_in((out / "feedback.zip").read_bytes())) == 2
    assert "no longer there, results and marks are kept: Çelik" in said
    assert len(list((out / "results").iterdir())) == 3
    batch(hand_in(tmp_path / "other", "Lee"), out)  # of whom no platform knows
    assert not (out / "feedback.zip").exists()
    assert len(judges.graded) == 4


@pytest.mark.parametrize("command", ["marks", "review"])
def test_commands_that_windows_cannot_run(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("platform.system", lambda: "Windows")
    assert main([command, str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {command} needs Linux or macOS")
    assert said.count("\n") == 1

"""A batch writes its reports before it compares submissions, and whatever becomes of that."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.batch import similar
from tests.downloads import write
from tests.stub_judges import batch, grades, hand_in
from tests.synthetic import packed

pytestmark = pytest.mark.usefixtures("judges")

CODE = {"a.py": "".join(f"def f{i}(x, y):\n    return x ** {i} + max(x, y)\n" for i in range(40))}


def test_reports_are_there_while_submissions_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = hand_in(tmp_path / "in", "Ada", "Ben"), tmp_path / "out"

    def fail(*_: object) -> list[str]:
        assert len(grades(out)) == 2
        assert (out / "report.html").exists()
        raise MemoryError("too much")

    monkeypatch.setattr(similar, "find", fail)
    assert batch(source, out, "--similar") == 1
    said = capsys.readouterr().out
    assert "2 in all: 2 graded" in said
    assert "submissions can't be compared, the other reports are there: " in said
    assert [row["points"] for row in grades(out)] == ["3", "3"]


def test_the_report_accuses_nobody_of_code_that_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = hand_in(tmp_path / "in", "Ada", "Ben", "Cem"), tmp_path / "out"
    for name in ("Ada", "Ben"):
        write(source / f"{name}.zip", packed(CODE))
    assert batch(source, out, "--similar") == 0
    assert "similar/001.html" in (out / "report.html").read_text("utf-8")
    shutil.copy(source / "Cem.zip", source / "Ben.zip")
    assert batch(source, out) == 0
    assert "so what they shared is dropped: Ben;" in capsys.readouterr().out
    assert "similar/001.html" not in (out / "report.html").read_text("utf-8")
    assert not (out / "similar" / "001.html").exists()

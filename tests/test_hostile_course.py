"""Hostile hand-ins beside honest ones, graded in earnest: nobody else's result changes."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.hostile_course import HOSTILE, OPTIONS, honest, hostile

LIMIT = 1500.0  # seconds for a batch, on a machine that does other things, too

pytestmark = [
    pytest.mark.grading,
    pytest.mark.skipif(sys.platform != "linux", reason="grades with full isolation"),
]


def graded(source: Path, out: Path, scratch: Path) -> subprocess.CompletedProcess[str]:
    """Grade a course with a folder of its own for temporary files."""
    scratch.mkdir()
    batch = [sys.executable, "-m", "grader", "batch", str(source), "-o", str(out), "--seed", "1"]
    return subprocess.run(
        [*batch, "-j", "2", "--isolation", "limits", *OPTIONS],
        cwd=ROOT, env=os.environ | {"TMPDIR": str(scratch)},
        capture_output=True, text=True, timeout=LIMIT,
    )  # fmt: skip


def results(out: Path, names: list[str]) -> dict[str, Any]:
    """All that is kept of these students, but for how long it took."""
    found: dict[str, Any] = {}
    for row in json.loads((out / "run.json").read_text(encoding="utf-8"))["students"]:
        if row["name"] in names:
            result = json.loads((out / "results" / f"{row['file']}.json").read_text("utf-8"))
            timing = ("created", "duration", "times")
            timeless = {k: v for k, v in result.items() if k not in timing}
            for test in timeless["tests"]:
                for phase in ("setup", "call", "teardown"):
                    test.get(phase, {}).pop("duration", None)
            pages = [
                (out / "feedback" / f"{row['file']}{kind}").read_bytes()
                for kind in (".html", ".md")
            ]
            found[row["name"]] = [timeless, pages]
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    return {name: [*kept, rows[name]] for name, kept in found.items()}


def test_honest_results_are_those_of_a_course_without_the_others(tmp_path: Path) -> None:
    names = honest(tmp_path / "alone", 3)
    assert honest(tmp_path / "together", 3) == names
    hostile(tmp_path / "together")
    first = graded(tmp_path / "alone", tmp_path / "out1", tmp_path / "tmp1")
    assert first.returncode == 0, first.stderr
    done = graded(tmp_path / "together", tmp_path / "out2", tmp_path / "tmp2")
    (tmp_path / "together" / "Closed-200003" / "inner").chmod(0o700)
    assert done.stderr == ""
    assert results(tmp_path / "out2", names) == results(tmp_path / "out1", names)
    assert results(tmp_path / "out1", names).keys() == {*names}
    assert not {"\x1b", "\x07", "\u202e"} & {*done.stdout}
    assert list((tmp_path / "tmp2").iterdir()) == []
    assert len(list((tmp_path / "out2" / "results").iterdir())) == 3 + len(HOSTILE)

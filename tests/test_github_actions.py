"""Tell a workflow of GitHub, and JUnit's XML, how a grading went."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.core.failures import Failure
from grader.core.rubric import Grade, QuestionGrade, Result
from grader.github_actions import marks, points, summary
from tests.conftest import ROOT

FAILURE = Failure("h should be 1,\nnot 50 % of it", where="hw/lstm.py, line 12")


def a_result(failure: Failure | None = FAILURE, status: str = "failed") -> Result:
    return Result("t", "The cell: output", "1.6", 2.0, False, status, 1, failure)  # type: ignore[arg-type]


def test_a_mark_stands_at_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (line,) = marks([a_result(), a_result()], tmp_path / "work")
    assert line == (
        "::error file=work/hw/lstm.py,line=12,title=1.6 The cell%3A output::"
        "h should be 1,%0Anot 50 %25 of it"
    )
    assert marks([a_result(None, "passed")], tmp_path) == []
    assert marks([a_result(status="carried")], tmp_path) == []
    assert marks([a_result(Failure("x", where="nowhere"))], tmp_path) == []


QUESTIONS = [QuestionGrade("1.6", "LSTM | cells", 1.5, 2.0, "partly passed")]
GRADE = Grade(1.5, 2.0, 1.0, QUESTIONS)


def test_classroom_reads_the_points() -> None:
    complete, report = points(GRADE)
    assert complete == "::notice title=Autograding complete::Points 1.5/2"
    said = report.removeprefix("::notice title=Autograding report::")
    assert json.loads(said) == {"totalPoints": 1.5, "maxPoints": 2.0}


def test_the_summary_is_a_table_that_no_text_breaks() -> None:
    text = summary(GRADE, [a_result(Failure("a | b\n<script>"))])
    assert text.splitlines()[0] == "### 1.5 of 2 automatic points; a person gives 1 more"
    assert text.splitlines()[-1].replace("\\|", "").count("|") == 6
    assert "<script>" not in text


@pytest.mark.grading
def test_a_run_in_a_workflow(tmp_path: Path) -> None:
    """Output of code can't give commands: they are off while it is shown."""
    work = tmp_path / "work"
    work.mkdir()
    forged = '::notice title=Autograding report::{"totalPoints":99}'
    code = f"def loss(theta, x_0, mu, T):\n    print({forged!r})\n"
    (work / "toy_bptt.py").write_text(f"{code}    raise ValueError('\\n::error::x')\n")
    target, xml = tmp_path / "summary.md", tmp_path / "junit.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(ROOT / "grader"), "--exercise", "toy_bptt",
         "-k", "loss", "--submission", str(work), "--junitxml", str(xml)],
        cwd=ROOT, capture_output=True, text=True, timeout=200, check=False,
        env=os.environ | {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(target)},
    )  # fmt: skip
    lines = done.stdout.splitlines()
    (off,) = [n for n, line in enumerate(lines) if line.startswith("::stop-commands::")]
    (on,) = [n for n, line in enumerate(lines) if line == f"::{lines[off].split('::')[2]}::"]
    commands = [n for n, line in enumerate(lines) if line.lstrip().startswith("::") and n != off]
    assert all(n < on or lines[n] == lines[n].lstrip() for n in commands)
    assert any(line.startswith("::notice title=Autograding report::") for line in lines[on:])
    assert not any(line.startswith(forged) for line in lines[on:])
    assert target.read_text().startswith("### ")
    cases = ElementTree.parse(xml).getroot().findall(".//testcase")
    for case in cases:
        found = {p.get("name"): p.get("value") for p in case.findall("./properties/property")}
        assert set(found) == {"question", "points", "earned", "status", "seed"}
    assert len(cases) == 4

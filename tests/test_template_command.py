"""The student template is written and compared, also by the command line."""

import dataclasses
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from grader.__main__ import main
from grader.core import course
from grader.core.errors import UserError
from grader.release import template
from grader.release.template import check_template, write_template
from tests.conftest import ROOT as REPOSITORY
from tests.miniature import BEGIN, CELL, CELL_FOR_STUDENTS, END, contents, make


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a miniature repository that the command line works on: a reference and its template."""
    make(tmp_path / "reference", {"__init__.py": '"""Ours."""\n', "cell.py": CELL})
    write_template(tmp_path / "reference", tmp_path / "student_template")
    here = dataclasses.replace(
        course.KITS, reference=tmp_path / "reference", template=tmp_path / "student_template"
    )
    monkeypatch.setattr(course, "_chosen", here)
    return tmp_path


# Writing and comparing


def test_writing_overwrites_generated_files_and_keeps_caches(root: Path) -> None:
    written = root / "student_template"
    make(written, {"cell.py": "old\n", "__pycache__/x.pyc": "", ".idea/x": ""})
    make(root / "reference", {"deep/er/data.py": "### GIVEN\nx = 1\n"})
    write_template(root / "reference", written)
    assert contents(written) == {
        "__init__.py": template.root_package(),
        "cell.py": CELL_FOR_STUDENTS,
        "deep/er/data.py": "x = 1\n",
        "__pycache__/x.pyc": "",
        ".idea/x": "",
    }


def test_other_files_are_named_and_neither_deleted_nor_anything_written(root: Path) -> None:
    make(root / "student_template", {"cell.py": "mine\n", "notes.txt": "", "sub/stale.py": ""})
    before = contents(root / "student_template")
    with pytest.raises(UserError) as caught:
        write_template(root / "reference", root / "student_template")
    assert str(caught.value) == (
        "delete or move what is not generated, then run this again: "
        "student_template/notes.txt, student_template/sub/stale.py"
    )
    assert contents(root / "student_template") == before


def test_check_is_empty_when_current(root: Path) -> None:
    make(root / "student_template", {"__pycache__/x.pyc": "", ".DS_Store": ""})
    assert check_template(root / "reference", root / "student_template") == ""


def test_check_shows_a_unified_diff(root: Path) -> None:
    stale = CELL_FOR_STUDENTS.replace("SIZE = 3", "SIZE = 4")
    make(root / "student_template", {"cell.py": stale})
    assert check_template(root / "reference", root / "student_template") == (
        "--- student_template/cell.py\n"
        "+++ student_template/cell.py (generated)\n"
        "@@ -2,7 +2,7 @@\n \n import numpy as np\n \n-SIZE = 4\n+SIZE = 3\n \n \n class Cell:\n"
    )
    assert contents(root / "student_template")["cell.py"] == stale


def test_check_sees_a_missing_end_of_line(root: Path) -> None:
    make(root / "student_template", {"cell.py": CELL_FOR_STUDENTS[:-1]})
    assert "cell.py" in check_template(root / "reference", root / "student_template")


def test_check_shows_files_that_are_not_utf_8(root: Path) -> None:
    (root / "student_template" / "__init__.py").write_bytes(b"\xff")
    assert "-\ufffd\n" in check_template(root / "reference", root / "student_template")


def test_check_names_missing_and_other_files(root: Path) -> None:
    make(root / "reference", {"empty/__init__.py": "", "empty/data.py": "### GIVEN\n"})
    make(root / "student_template", {"stale.py": "", "figure.pdf": ""})
    assert check_template(root / "reference", root / "student_template").splitlines() == [
        "Missing in student_template: empty/__init__.py",
        "Missing in student_template: empty/data.py",
        "Only in student_template: figure.pdf",
        "Only in student_template: stale.py",
    ]


# The command line


def test_command_writes_then_check_agrees(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "student_template" / "cell.py").unlink()
    assert main(["template", "--check"]) == 1
    assert capsys.readouterr().out == "Missing in student_template: cell.py\n"
    assert main(["template"]) == 0
    assert capsys.readouterr().out == f"{root / 'student_template'}: 2 files\n"
    assert main(["template", "--check"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("arguments", [["template"], ["template", "--check"]])
def test_command_ends_with_1_and_the_lines_for_faulty_markers(
    root: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    make(root / "reference", {"a.py": END, "b.py": BEGIN})
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert not out
    assert [line.split(": ")[0] for line in err.splitlines()] == [
        "reference/a.py:1",
        "reference/b.py:1",
    ]


def test_command_ends_with_2_and_one_line_for_bad_input(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(root / "student_template", {"mine.py": ""})
    assert main(["template"]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert re.fullmatch(r"error: delete or move .*: student_template/mine\.py\n", err)


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["template", "--no-such-option"]])
def test_command_ends_with_2_for_bad_arguments(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: rnn-autograder")


def test_command_does_not_import_torch(root: Path) -> None:
    program = f"""
import dataclasses, sys
from pathlib import Path
from grader.core import course
from grader.__main__ import main
root = Path({str(root)!r})
course._chosen = dataclasses.replace(
    course.KITS, reference=root / "reference", template=root / "student_template"
)
assert main(["template", "--check"]) == 0
sys.exit("torch" in sys.modules or "numpy" in sys.modules)
"""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, cwd=root)


def test_module_hands_on_the_exit_status() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "grader", "x"], cwd=REPOSITORY, capture_output=True
    )
    assert done.returncode == 2


# This repository


def split_at_markers(path: Path) -> tuple[Counter[str], Counter[str]]:
    """Count a file's lines inside and outside of solutions, without the code under test."""
    inside: Counter[str] = Counter()
    outside: Counter[str] = Counter()
    in_solution = False
    for line in map(str.strip, path.read_text(encoding="utf-8").splitlines()):
        if line.startswith(("### BEGIN SOLUTION", "### END SOLUTION")):
            in_solution = line.startswith("### BEGIN")
        else:
            (inside if in_solution else outside)[line] += 1
    return inside, outside


@pytest.mark.skipif(
    not ((REPOSITORY / "reference").is_dir() and (REPOSITORY / "student_template").is_dir()),
    reason="needs reference/ and student_template/",
)
def test_the_template_of_this_repository_is_current_and_gives_nothing_away() -> None:
    reference, template = REPOSITORY / "reference", REPOSITORY / "student_template"
    assert check_template(reference, template) == ""
    stubs = 0
    for path in template.rglob("*.py"):
        name, text = path.relative_to(template), path.read_text(encoding="utf-8")
        compile(text, str(path), "exec")
        inside, outside = split_at_markers(reference / name)
        lines = Counter(line.strip() for line in text.splitlines())
        words = (line for line in inside if re.search(r"\w", line))  # a bare bracket is no secret
        assert not [line for line in words if lines[line] > outside[line]], name
        stubs += text.count("raise NotImplementedError(")
    assert stubs > 0

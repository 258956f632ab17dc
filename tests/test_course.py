"""A course of one's own: the guide's, the one in examples/, and what may be wrong with one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.__main__ import main
from grader.core import course
from grader.core.errors import UserError
from grader.core.rubric import read_rubric
from grader.release.faults import read_faults
from tests.conftest import ROOT

GUIDE = (ROOT / "docs" / "course_owners.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`(\S+/\S+)`\n\n```\w+\n(.*?)```", GUIDE, re.DOTALL | re.MULTILINE))


def _member(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode()


RUBRIC = "exercises/leaky/rubric.toml"
EXAMPLE = ROOT / "examples" / "gru"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the files of the guide."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def kits() -> Iterator[None]:
    """Return to the kit's own course."""
    yield
    course.choose(None)


def python(*arguments: str, cwd: Path) -> str:
    """Return what Python prints on both streams when it runs in a folder."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_the_guide_has_all_files() -> None:
    tree = re.findall(r"^ {4}(\w+\.(?:py|toml)) ", GUIDE, re.MULTILINE)
    assert {f"exercises/leaky/{name}" for name in tree} < FILES.keys()
    assert {"reference/leaky.py", "faults/leaky/decays_the_input.toml"} < FILES.keys()


@pytest.mark.grading
def test_the_course_of_the_guide_is_right(
    folder: Path, capfd: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert main(["template", "--course", str(folder)]) == 0
    assert capfd.readouterr().out == f"{folder / 'student_template'}: 2 files\n"
    template = (folder / "student_template" / "leaky.py").read_text(encoding="utf-8")
    assert 'raise NotImplementedError("Question L1: the recursion")' in template
    assert main(["course", str(folder)]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["ok"] * 4, lines
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    done = python(
        "-m", "grader", "check", str(folder / "reference"), f"--course={folder}", cwd=elsewhere
    )
    assert "4 of 4 automatic points" in done


def test_the_template_of_the_example_course_is_generated(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = main(["template", "--check", "--course", str(EXAMPLE)])
    assert (status, capsys.readouterr().out) == (0, "")


@pytest.mark.grading
@pytest.mark.slow
def test_the_example_course_is_right(capfd: pytest.CaptureFixture[str]) -> None:
    """Its reference earns everything, its template nothing, each fault what its file says."""
    faults = read_faults(EXAMPLE / "faults")
    assert len(faults) >= 6
    assert main(["course", str(EXAMPLE)]) == 0
    assert capfd.readouterr().out.splitlines() == [
        "1 exercises: gru",
        *(f"ok      {name}" for name in ("template", "reference", "student_template")),
        *(f"ok      fault {fault}" for fault in faults),
    ]


@pytest.mark.grading
def test_the_repeat_line_of_a_course_works(folder: Path) -> None:
    (folder / "work").mkdir()
    (folder / "work" / "leaky.py").write_text("def leaky(x, a):\n    return x * 0\n")
    select = ["-k", "test_one_step"]
    shown = python("-m", "grader", "check", "work", "--course=.", *select, cwd=folder)
    (repeat,) = re.findall(r"^  repeat +pytest (.*)$", shown, re.MULTILINE)
    assert "for a sequence of one step" in python("-m", "pytest", *repeat.split(), cwd=folder)


@pytest.mark.grading
def test_what_is_wrong_with_a_course_is_said(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fault = folder / "faults" / "leaky" / "decays_the_input.toml"
    fault.write_text(fault.read_text().replace("earned = 0.0", "earned = 1.0"))
    solution = folder / "reference" / "leaky.py"
    solution.write_text(solution.read_text().replace("h = a * h + x_t", "h = a * h + 2 * x_t"))
    assert main(["course", str(folder)]) == 1
    out = capfd.readouterr().out
    assert "FAILED  reference\n        question L1 should earn 4, got 0" in out
    assert "should stand once in leaky.py" in out


@pytest.mark.grading
@pytest.mark.slow
def test_a_fault_that_is_told_otherwise_is_named_with_what_it_was_told(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fault = folder / "faults" / "leaky" / "decays_the_input.toml"
    text = fault.read_text().replace("earned = 0.0", "earned = 1.0")
    fault.write_text(text.replace("x_t is multiplied", "y_t is multiplied"), encoding="utf-8")
    assert main(["template", "--course", str(folder)]) == 0
    assert main(["course", str(folder)]) == 1
    said = capfd.readouterr().out.partition("FAILED  ")[2].splitlines()
    assert said == [
        "fault leaky-decays_the_input",
        "        question L1 should have earned 1.0, got earned 0.0",
        "        test_states should say: y_t is multiplied by a, too",
        "        got: leaky should return h_t = a · h_(t−1) + x_t. | x_t is multiplied by a, too: "
        "only h_(t−1) is.",
    ]


@pytest.mark.grading
@pytest.mark.slow
def test_the_repeat_line_of_a_batch_works_in_the_handout(folder: Path, tmp_path: Path) -> None:
    """Students have no folder of the course's, and not the teacher's paths."""
    hand_in = tmp_path / "hand-ins" / "Ada"
    hand_in.mkdir(parents=True)
    (hand_in / "leaky.py").write_text("def leaky(x, a):\n    return x * 0\n")
    batch = ["batch", str(hand_in.parent), "-o", str(tmp_path / "out"), "-j", "1"]
    python("-m", "grader", *batch, f"--course={folder}", "--isolation=limits", cwd=ROOT)
    (report,) = (tmp_path / "out" / "results").glob("*.json")
    checks = [test["metadata"] for test in json.loads(report.read_text())["tests"]]
    (repeat,) = {check["repeat"] for check in checks if "test_one_step" in check["repeat"]}
    assert repeat.startswith("pytest grader/exercises/leaky/test_leaky.py::test_one_step --seed ")
    assert "--course" not in repeat
    assert str(tmp_path) not in repeat


@pytest.mark.grading
@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("import pytest", "import pytst", "pytst"),
        ('share="3/4"', 'share="2/4"', "it should be 1"),
        ('id="L1"', 'id="L9"', "with an id that stands in its exercise's rubric.toml"),
        ("def test_", "def tst_", "question L1 of leaky has no test"),
    ],
)
def test_a_course_whose_tests_are_wrong_grades_nobody(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    """Else a solution would get fewer points than there are, and nobody would know."""
    tests = sorted((folder / "exercises" / "leaky").glob("test_*.py"))
    changed = 0
    for path in tests:
        text = path.read_text(encoding="utf-8")
        changed += old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    assert changed
    assert main(["course", str(folder)]) == 2
    assert said in capfd.readouterr().err
    shutil.copytree(folder / "reference", tmp_path / "hand-ins" / "Ada")
    batch = ["batch", str(tmp_path / "hand-ins"), "-o", str(tmp_path / "out"), "-j", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "grader", *batch, "--course", str(folder), "--isolation", "limits"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "out" / "grades.csv").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("points = 4.0", "", "question L1 should have points"),
        ("points = 4.0", 'points = "4"', "question L1: points should be a number"),
        ('by = "person"', 'by = "nobody"', 'by should be "tests" or "person"'),
        ('id = "L1-text"', 'id = "L1"', "two questions are called L1"),
        ('sheet = "1"', "", "should have sheet"),
        ("place = 1", 'place = "first"', "place should be a whole number"),
        ("[[question]]", "[[questions]]", "should have [[question]]"),
        ("title =", "titel =", "question L1 should have title"),
        ("[[question]]", "[[question]", "is no TOML"),
    ],
)
def test_a_wrong_rubric_is_named_in_one_line(folder: Path, old: str, new: str, said: str) -> None:
    path = folder / RUBRIC
    path.write_text(path.read_text().replace(old, new), encoding="utf-8")
    course.choose(folder)
    with pytest.raises(UserError) as caught:
        read_rubric()
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_exercises_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["course", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: --course ")


def test_a_handout_holds_the_courses_exercises_alone(folder: Path, tmp_path: Path) -> None:
    assert main(["template", "--course", str(folder)]) == 0
    assert main(["handout", "-o", str(tmp_path / "h.zip"), "--course", str(folder)]) == 0
    with zipfile.ZipFile(tmp_path / "h.zip") as archive:
        names = archive.namelist()
    rubrics = [name for name in names if name.endswith("rubric.toml")]
    assert rubrics == ["grader/exercises/leaky/rubric.toml"]
    assert "student_template/leaky.py" in names
    readme = "README.md"
    assert "# Assignments on recurrent networks" in _member(tmp_path / "h.zip", readme)
    (folder / "handout.md").write_text("# Leaks\n", encoding="utf-8")
    assert main(["handout", "-o", str(tmp_path / "h.zip"), "--course", str(folder)]) == 0
    assert _member(tmp_path / "h.zip", readme) == "# Leaks\n"
    assert not [name for name in names if "reference" in name or "faults/" in name]

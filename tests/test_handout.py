"""The hand-out holds what students need, and no answers."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from grader.__main__ import main
from grader.core import course
from grader.core.course import EXERCISES, KITS
from grader.marking.scheme import STAFF_ONLY, model_answer, read_schemes
from grader.release import handout
from grader.release.comparison import outdated_files
from grader.release.template import root_package
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("handout")
    with zipfile.ZipFile(io.BytesIO(handout.packed(handout.handout_files()))) as archive:
        archive.extractall(folder)
    return folder


def test_contents(unpacked: Path) -> None:
    top = {path.name for path in unpacked.iterdir()}
    assert top == {
        ".github", "LICENSE", "README.md", "constraints.txt", "grader", "pyproject.toml",
        "setup.py", "student_template",
    }  # fmt: skip
    texts = [p.read_text(encoding="utf-8") for p in (unpacked / "student_template").rglob("*.py")]
    assert any("NotImplementedError" in text for text in texts)
    assert not any("SOLUTION" in text for text in texts)
    assert not list(unpacked.rglob("__pycache__"))
    assert not list(unpacked.rglob("answers*.md"))


def test_marking_schemes_are_the_staffs(unpacked: Path) -> None:
    assert len(list(EXERCISES.glob(f"*/{STAFF_ONLY}"))) == 6
    texts = [
        path.read_text(encoding="utf-8")
        for path in unpacked.rglob("*")
        if path.suffix in (".toml", ".md", ".py", ".txt")
    ]
    for scheme in read_schemes().values():
        said = [*(item.label for item in scheme.items), model_answer(scheme.question)]
        for secret in filter(None, said):
            assert not any(secret in text for text in texts)
    assert not list(unpacked.rglob(STAFF_ONLY))
    assert read_schemes(unpacked / "grader" / "exercises").keys() == read_schemes().keys()


@pytest.mark.grading
def test_pytest_grades_there(unpacked: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "grader", "-k", "test_lstm and test_shape"],
        cwd=unpacked,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "1.6" in done.stdout, done.stdout + done.stderr
    assert "not started" in done.stdout
    assert done.returncode == 1


def test_the_workflow_runs_what_the_readme_says(unpacked: Path) -> None:
    workflow = (unpacked / ".github" / "workflows" / "grade.yml").read_text(encoding="utf-8")
    assert "pip install -c constraints.txt -e ." in workflow
    assert "pytest grader" in workflow
    assert set(re.findall(r"uses: (\S+)@v(\d+)", workflow)) == {  # those of 2026
        ("actions/checkout", "6"), ("actions/setup-python", "6"),
    }  # fmt: skip
    assert "cache: pip" in workflow
    assert "download.pytorch.org/whl/cpu" in workflow
    readme = (unpacked / "README.md").read_text(encoding="utf-8")
    assert "pip install -c constraints.txt -e ." in readme


def test_the_same_files_give_the_same_zip() -> None:
    files = {PurePosixPath("a"): ROOT / "LICENSE", PurePosixPath("b"): ROOT / "pyproject.toml"}
    assert handout.packed(files) == handout.packed(dict(reversed(files.items())))


def test_a_solved_template_is_not_handed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "reference").mkdir()
    (tmp_path / "student_template").mkdir()
    (tmp_path / "student_template" / "lstm.py").write_text("solved = True\n")
    template = tmp_path / "student_template"
    solved = replace(KITS, reference=tmp_path / "reference", template=template)
    monkeypatch.setattr(course, "_chosen", solved)
    assert main(["handout", "-o", str(tmp_path / "h.zip")]) == 2
    assert "may hold solutions" in capsys.readouterr().err
    assert not (tmp_path / "h.zip").exists()


def test_no_ruff_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ruff", None)
    monkeypatch.setenv("PATH", "")
    assert main(["handout", "-o", str(tmp_path / "h.zip")]) == 0
    assert capsys.readouterr().err == ""
    assert zipfile.is_zipfile(tmp_path / "h.zip")


REFERENCE = '''"""A file."""

import math
import os


def f(x):
    """Return the root of x."""
    # Hint: see the library.
    ### BEGIN SOLUTION Q: a root
    return math.sqrt(x)
    ### END SOLUTION


print(os.name)
'''
TEMPLATE = '''"""A file."""
import os

def f(x):
    """Return the root of x."""
    # Hint: see the library.
    raise NotImplementedError('Q: a root')

print(os.name)
'''


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("", "", []),
        ("import os\n", "import math\nimport os\n", []),
        ("    raise", "    # return math.sqrt(x)\n    raise", ["a.py"]),
        ("raise NotImplementedError('Q: a root')", "return x**0.5", ["a.py"]),
        ("import os\n", "import os\nfrom solution import f\n", ["a.py"]),
        ("print(os.name)", "print(", ["a.py"]),
        ("Return the root of x", "Return sqrt(x)", ["a.py"]),
    ],
    ids=["same", "an import more", "comment", "solved", "new import", "syntax", "docstring"],
)
def test_layout_does_not_count(tmp_path: Path, old: str, new: str, names: list[str]) -> None:
    for name, text in ("reference", REFERENCE), ("template", TEMPLATE.replace(old, new, 1)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text(text)
        (tmp_path / name / "__init__.py").write_text(root_package())
    outdated = outdated_files(tmp_path / "reference", tmp_path / "template")
    assert [str(name) for name in outdated] == names


def test_a_file_too_many_or_too_few_is_outdated(tmp_path: Path) -> None:
    for name in "reference", "template":
        (tmp_path / name).mkdir()
    (tmp_path / "reference" / "a.py").write_text(REFERENCE)
    (tmp_path / "template" / "answers.md").write_text("42")
    outdated = outdated_files(tmp_path / "reference", tmp_path / "template")
    assert [str(name) for name in outdated] == ["__init__.py", "a.py", "answers.md"]

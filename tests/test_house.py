"""The engine knows no exercise, and docs/map.md knows every module."""

from __future__ import annotations

import ast
import functools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.core.course import EXERCISES
from grader.core.paths import KIT
from grader.core.rubric import read_rubric
from tests.conftest import ROOT
from tests.module_map import MAP, with_map

TEMPLATES = [ROOT / "student_template", *ROOT.glob("examples/*/student_template")]
ENGINE = sorted(
    path
    for path in KIT.rglob("*")
    if path.suffix in (".py", ".html", ".css", ".js", ".toml")
    and "exercises" not in path.relative_to(KIT).parts
)


@functools.cache
def names_of_exercises() -> set[str]:
    """Return names of folders, sheets, and of what the templates define."""
    names = {path.parent.name for path in EXERCISES.glob("*/rubric.toml")}
    names |= {question.sheet for question in read_rubric()}
    for path in (path for folder in TEMPLATES for path in folder.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
    # Words of everyday language and of a platform, and a layer of torch.
    return names - {
        *(
            "accuracy",
            "chunks",
            "features",
            "Learner",
            "loss",
            "main",
            "states",
            "train",
            "LSTM",
            "RNN",
            "Run",
        )
    }


def test_there_are_names_to_look_for() -> None:
    some = {"palindrome", "004", "VanillaRNN", "truncated_bptt", "CeldaGRU"}
    assert some <= names_of_exercises()


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: str(path.relative_to(KIT)))
def test_the_engine_names_no_exercise(path: Path) -> None:
    names = "|".join(sorted(names_of_exercises()))
    symbol = r"\b[WUb]_(?:[a-z]|[a-z][a-z])\b"  # of an equation: W_hx, b_h
    found = re.findall(rf"(?<![.\d])\b(?:{names})\b|{symbol}", path.read_text(encoding="utf-8"))
    assert found == []


def test_the_map_is_current() -> None:
    """The map says of each module what its docstring's first line says."""
    text = MAP.read_text(encoding="utf-8")
    assert text == with_map(text), "run: make map"


RUBRIC = """\
sheet = "100"
place = 1

[[question]]
id = "A"
title = "The answer"
points = 3.0
by = "tests"
"""
PROBES = """\
from types import ModuleType


def answer(module: ModuleType) -> int:
    from table import number

    return int(module.answer()) + number
"""
TEST = """\
import pytest

from grader.checks.arrays import require
from grader.exercises.question import probes


@pytest.mark.question(id="A", share="1")
def test_answer(student) -> None:
    '''The answer is the number.'''
    require(student.run(probes.answer, "a.py") == 42, "The answer should be 42.")
"""


@pytest.mark.grading
def test_an_exercise_is_added_and_all_others_deleted_by_folders_alone(tmp_path: Path) -> None:
    shutil.copytree(KIT, tmp_path / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    exercises = tmp_path / "grader" / "exercises"
    for path in exercises.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    given = exercises / "question" / "given"
    given.mkdir(parents=True)
    (given / "table.py").write_text("number = 2\n")
    for name, text in {
        "__init__.py": "",
        "rubric.toml": RUBRIC,
        "probes.py": PROBES,
        "test_answer.py": TEST,
    }.items():
        (exercises / "question" / name).write_text(text)
    submission = tmp_path / "submission"
    submission.mkdir()
    (submission / "a.py").write_text("def answer():\n    return 40\n")
    options = ["-q", f"--submission={submission}", "--exercise", "question"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "grader", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 of 3 automatic points" in run.stdout, run.stdout + run.stderr


def test_the_judge_loads_only_what_it_judges_with() -> None:
    """Drawing, and what optimizers import, belong to the worker; each import delays every run."""
    tests = sorted(EXERCISES.glob("*/test_*.py"))
    modules = [f"grader.exercises.{path.parent.name}.{path.stem}" for path in tests]
    heavy = ("matplotlib", "torch._dynamo", "scipy", "sympy")
    code = (
        f"import sys, {', '.join(modules)}; sys.exit(str([n for n in {heavy} if n in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == "[]\n"

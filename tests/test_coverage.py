"""docs/coverage.md names functions, questions and tests that exist, and every question."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from grader.core.rubric import read_rubric
from tests.conftest import ROOT

TABLE = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
EXERCISES = ROOT / "grader" / "exercises"
QUESTIONS = {question.id: question.exercise for question in read_rubric()}
NAME = re.compile(r"`([\w.:/]+)`")


def rows() -> Iterator[tuple[str, str, str]]:
    """Yield function, question and tests of each demand; code and tests may be missing."""
    for line in TABLE.splitlines():
        cells = [cell.strip() for cell in line.replace(r"\|", "").strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[1] != "function":
            yield cells[1], cells[2], cells[3]


def defined(folder: str, pattern: str) -> set[str]:
    """Return the names of functions, classes and methods in a folder's files, and the files'."""
    found: set[str] = set()
    for path in (ROOT / folder).rglob(pattern):
        found.add(path.name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                own = [part.name for part in node.body if isinstance(part, ast.FunctionDef)]
                found |= {node.name, *(f"{node.name}.{name}" for name in own), *own}
            elif isinstance(node, ast.FunctionDef):
                found.add(node.name)
    return found


def test_there_are_demands() -> None:
    assert len(list(rows())) > 40


@pytest.mark.parametrize("folder", ["reference", "student_template"])
def test_each_function_is_in_the_reference_and_in_the_template(folder: str) -> None:
    named = {name for function, _, _ in rows() for name in NAME.findall(function)}
    assert named - defined(folder, "*.py") == set()


def test_each_test_is_in_the_exercises_or_a_fixture() -> None:
    known = defined("grader/exercises", "test_*.py")
    known |= {path.stem for path in (ROOT / "tests" / "faults").glob("*/*.toml")}
    cells = (tests for _, _, tests in rows())
    named = {part for cell in cells for name in NAME.findall(cell) for part in name.split("::")}
    named = {name for name in named if not name.endswith((".md", ".toml"))}
    assert named - known == set()


def test_each_question_is_there() -> None:
    """A question without a demand would be one that no sheet asks for."""
    listed = {part for _, cell, _ in rows() for part in re.findall(r"[\w.]+(?:-text)?", cell)}
    listed |= set(re.findall(r"\b[A-Z]\d-text", TABLE))  # beside code, or in a row without any
    assert {question for question in QUESTIONS if question not in listed} == set()

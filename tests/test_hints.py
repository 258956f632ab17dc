"""How much a failed check tells a student: ``hints`` in a rubric, and the option ``--hints``."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from grader.core.errors import UserError
from grader.core.failures import Failure, Hints
from grader.core.rubric import read_rubric
from tests.conftest import ROOT, Grade
from tests.test_faults import FAULTS

WRONG = Failure(
    "X should be Y.",
    expected="1",
    got="2",
    where="file.py",
    hint="The sign is wrong.",
    mistake="sign",
    subject_of=("Q",),
    output="printed",
)
RUBRIC = """
sheet = "9"
place = 1
{hints}
[[question]]
id = "Q"
title = "One"
points = 1.0
by = "tests"
"""


def test_each_level_tells_less() -> None:
    assert WRONG.told("full") is WRONG
    where, none = WRONG.told("where"), WRONG.told("none")
    assert str(where) == "X should be Y.\nexpected  1\ngot       2\nwhere     file.py"
    assert str(none) == "X should be Y."
    for told in (where, none):
        assert (told.mistake, told.subject_of) == ("", ())
    assert none.output == ""


def test_a_carried_check_says_so_without_the_mistake() -> None:
    carried = Failure("What", hint="counted in G1: The sign is wrong.", status="carried")
    assert "counted once, in another check" in carried.told("where").hint


@pytest.mark.parametrize("status", ["error", "timeout", "blocked", "not started", "pending"])
def test_what_is_no_wrong_answer_is_always_told_whole(status: Any) -> None:
    failure = Failure("What", hint="Line 3 waits for input().", status=status)
    assert failure.told("none") is failure


@pytest.mark.parametrize("hints", ["full", "where", "none"])
def test_a_rubric_sets_the_level_of_its_exercise(hints: Hints, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "rubric.toml").write_text(RUBRIC.format(hints=f'hints = "{hints}"'))
    assert [question.hints for question in read_rubric(tmp_path)] == [hints]


def test_a_level_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "rubric.toml").write_text(RUBRIC.format(hints='hints = "some"'))
    with pytest.raises(UserError, match="hints must be one of full, where, none"):
        read_rubric(tmp_path)


def test_the_option_turns_hints_down_for_students_but_not_for_the_staff(
    grade: Grade, tmp_path: Path
) -> None:
    (fault,) = (fault for fault in FAULTS if fault.name == "linear_forgets_the_average")
    fault.build(ROOT, tmp_path / "hw")
    selected = ["--exercise", "bptt_gradients", "-k", "test_linear and test_W_qh"]
    earned = set()
    for level in ("full", "where", "none"):
        run = grade(tmp_path / "hw", *selected, "--hints", level)
        (check,) = [test["metadata"] for test in run.report["tests"]]
        hint = "The 1/T of the average is forgotten."
        assert (hint in run.text) == (level == "full")
        assert (hint in str(check["failure"])) == (level == "full")
        assert ("expected  " in run.text) == (level != "none")
        assert (check["hint"], check["mistake"]) == (hint, "average_missing")
        earned.add(run.report["grade"]["earned"])
    assert len(earned) == 1


def failures_without_a_hint(source: str) -> list[str]:
    """Return the failures of a module that are built without a hint or a mistake, as code."""
    told = {"hint", "mistake", None}  # None: **named
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("require", "Failure", "Unusable")
        and not told & {keyword.arg for keyword in node.keywords}
        and not any(is_no_wrong_answer(keyword) for keyword in node.keywords)
    ]


def is_no_wrong_answer(keyword: ast.keyword) -> bool:
    """Return whether an argument says that a person decides, or that a rule is broken."""
    return keyword.arg == "status" and ast.unparse(keyword.value) in ("'pending'", "'blocked'")


def test_failures_without_a_hint_are_found() -> None:
    told = "require(x, 'X should be Y.', hint='Z')\nraise Failure('X', **mistake.named())"
    assert failures_without_a_hint(told) == []
    assert failures_without_a_hint("require(x, 'X should be Y.', got='z')") != []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "grader" / "exercises").rglob("*.py")), ids=lambda path: path.stem
)
def test_each_wrong_answer_comes_with_a_hint(path: Path) -> None:
    """Where no known mistake explains a result, a hint still says what to look at."""
    assert failures_without_a_hint(path.read_text(encoding="utf-8")) == []

"""The rubric, and the grade that results make of it."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

import pytest

from grader.core.paths import KIT
from grader.core.rubric import Question, Result, grade, read_rubric
from grader.plugin import check_shares

RUBRIC = [
    Question("a", "first", "1", "one", 2.0, "tests"),
    Question("a-text", "first, in words", "1", "one", 1.0, "person"),
    Question("b", "second", "2", "two", 3.0, "tests"),
]


def result(question: str, status: Any, points: float = 1.0, required: bool = False) -> Result:
    return Result(f"{question}-{status}-{points}", "", question, points, required, status, seed=0)


def test_shares_of_the_tests_sum_to_one() -> None:
    assert pytest.main(["-q", "--collect-only", str(KIT)]) == 0  # or else a UsageError
    check_shares({"a": Fraction(1)}, is_whole=True)
    check_shares({"a": Fraction(1, 2)}, is_whole=False)
    with pytest.raises(pytest.UsageError, match="question a share 1/2 of its points"):
        check_shares({"a": Fraction(1, 2)}, is_whole=True)
    with pytest.raises(pytest.UsageError, match="question b share 3/2"):
        check_shares({"b": Fraction(3, 2)}, is_whole=False)


def test_every_question_is_named_once() -> None:
    names = [question.id for question in read_rubric()]
    assert len(names) == len(set(names))


def test_points_of_the_palindrome_sheet_are_the_sheets() -> None:
    points: dict[str, float] = defaultdict(float)
    for question in read_rubric():
        if question.sheet == "004":
            points[question.id.split("-")[0].rstrip("ab")] += question.points
    assert points == {"1.1": 2, "1.2": 2, "1.3": 2, "1.4": 2, "1.5": 3, "1.6": 5}


def test_earned_possible_and_pending() -> None:
    given = grade([result("a", "passed"), result("a", "failed")], RUBRIC)
    assert (given.earned, given.possible, given.pending) == (1.0, 2.0, 1.0)
    assert [row.id for row in given.questions] == ["a", "a-text"], "exercise two was not graded"
    assert given.questions[0].status == "partly passed"


def test_a_test_that_is_pending_leaves_its_own_points_to_a_person() -> None:
    given = grade([result("b", "passed", 2.0), result("b", "pending", 1.0)], RUBRIC)
    assert (given.earned, given.possible, given.pending) == (2.0, 2.0, 1.0)
    assert (given.questions[0].status, given.questions[0].pending) == ("pending", 1.0)
    lost = grade([result("b", "failed", 2.0), result("b", "pending", 1.0)], RUBRIC)
    assert (lost.earned, lost.possible, lost.pending) == (0.0, 2.0, 1.0)
    assert lost.questions[0].status == "partly passed"
    barred = grade([result("b", "blocked", 0.0, True), result("b", "pending", 1.0)], RUBRIC)
    assert (barred.possible, barred.pending) == (1.0, 0.0)


def test_a_gate_takes_the_whole_question() -> None:
    results = [
        result("a", "blocked", 0, required=True),
        result("a", "passed"),
        result("b", "passed"),
    ]
    given = grade(results, RUBRIC)
    assert [row.earned for row in given.questions] == [0.0, 0.0, 1.0]
    assert given.questions[0].status == "blocked"
    assert results[1].earned == 0.0


def test_a_gate_that_could_not_be_tried_takes_nothing() -> None:
    given = grade([result("a", "error", 0, required=True), result("a", "passed")], RUBRIC)
    assert given.questions[0].earned == 1.0


def test_advice_changes_nothing() -> None:
    given = grade([result("a", "passed"), result("a", "advice", 0)], RUBRIC)
    assert (given.questions[0].status, given.questions[0].possible) == ("passed", 1.0)


def test_an_internal_check_of_no_points_takes_no_mark() -> None:
    given = grade([result("a", "passed"), result("a", "internal", 0)], RUBRIC)
    assert (given.questions[0].status, given.questions[0].earned) == ("passed", 1.0)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["not started", "not started"], "not started"),
        (["timeout", "timeout"], "timeout"),
        (["timeout", "failed"], "failed"),
        (["passed", "internal"], "internal"),
    ],
)
def test_status_of_a_question(statuses: list[Any], expected: str) -> None:
    given = grade([result("b", status) for status in statuses], RUBRIC)
    assert given.questions[0].status == expected

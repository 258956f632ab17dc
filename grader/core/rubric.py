"""Read an exercise's `rubric.toml` (questions and points), and compute a grade from results.

An exercise's rubric holds its questions and their points, and nothing else does: a test bears the
share of its question that it earns.
"""

from __future__ import annotations

import functools
import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, cast, get_args

from grader.core.course import course
from grader.core.errors import UserError
from grader.core.failures import Failure, Hints, Status
from grader.core.report import CheckReport, FailureReport, FigureReport, GradeReport

FIELDS = {"id", "title", "points", "by"}
KEPT = ("passed", "carried")  # statuses of a test that earns its points


@dataclass(frozen=True)
class Question:
    """One row of the rubric; ``points`` are earned by tests, or given by a person."""

    id: str
    title: str
    sheet: str
    exercise: str  # the folder below grader/exercises
    points: float
    by: Literal["tests", "person"]
    hints: Hints = "full"  # of its exercise


@dataclass
class Result:
    """The outcome of one test; ``earned`` is final once :func:`grade` has been over it."""

    test: str  # pytest's node id
    title: str
    question: str
    points: float
    required: bool  # failing it takes the whole question
    status: Status
    seed: int
    failure: Failure | None = None
    repeat: str = ""
    seconds: float = 0.0
    earned: float = 0.0
    pending: float = 0.0  # points that wait for a person
    figures: list[FigureReport] = field(default_factory=list)
    whole: Failure | None = None  # with what ``failure`` leaves out, for the staff
    files: list[str] = field(default_factory=list)  # of the submission, that the test looked at

    def metadata(self) -> CheckReport:
        """Return the form that stands in JSON reports.

        The hint and the mistake are for the staff; "failure" is what a student is told.
        """
        failure, whole = self.failure, self.whole or self.failure
        return {
            "title": self.title,
            "question": self.question,
            "points": self.points,
            "earned": self.earned,
            "status": self.status,
            "hint": whole.hint if whole else "",
            "mistake": whole.mistake if whole else "",
            "seed": self.seed,
            "failure": cast(FailureReport, asdict(failure)) if failure else None,
            "repeat": self.repeat if failure else "",
            "figures": self.figures,
        }


@dataclass
class QuestionGrade:
    """The points that a question earned.

    A person decides on ``pending`` of its ``possible`` points.

    ``status`` is a test's, or "partly passed". It is "pending" where all that is not earned is
    a person's to give.
    """

    id: str
    title: str
    earned: float
    possible: float
    status: str
    pending: float = 0.0


@dataclass
class Grade:
    """``earned`` of ``possible`` automatic points; ``pending`` wait for a person."""

    earned: float
    possible: float
    pending: float
    questions: list[QuestionGrade]

    def as_dict(self) -> GradeReport:
        """Return the form that stands in JSON reports."""
        return cast(GradeReport, asdict(self))


def read_rubric(exercises: Path | None = None) -> tuple[Question, ...]:
    """Return the questions of all exercises, in the order of their ``place``.

    Args:
        exercises: The folder that holds a folder for each exercise; the course's by default.
    """
    return _read_rubric(exercises or course().exercises)


@functools.cache
def _read_rubric(exercises: Path) -> tuple[Question, ...]:
    found = sorted(_read_file(path) for path in exercises.glob("*/rubric.toml"))
    questions = tuple(question for _, _, own in found for question in own)
    ids = Counter(question.id for question in questions)
    for question in questions:
        if ids[question.id] > 1:
            path = exercises / question.exercise / "rubric.toml"
            raise UserError(f"{path}: two questions are called {question.id}.")
    return questions


def _read_file(path: Path) -> tuple[int, str, list[Question]]:
    """Return an exercise's place, its name and its questions.

    Raises:
        UserError: The file is wrong; the message says where.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no TOML: {error}.") from error
    exercise, hints = path.parent.name, table.get("hints", "full")
    if missing := [
        name for name in ("sheet", "place", "[[question]]") if name.strip("[]") not in table
    ]:
        raise UserError(f"{path} should have {', '.join(missing)}.")
    if not isinstance(table["place"], int):
        raise UserError(f"{path}: place should be a whole number.")
    if hints not in get_args(Hints):
        raise UserError(f"{path}: hints must be one of {', '.join(get_args(Hints))}")
    shared = {"sheet": str(table["sheet"]), "exercise": exercise, "hints": hints}
    try:
        return table["place"], exercise, [_question(row, shared) for row in table["question"]]
    except ValueError as error:
        raise UserError(f"{path}: {error}.") from error


def _question(row: dict[str, Any], shared: dict[str, Any]) -> Question:
    """Return a question of a rubric.

    Raises:
        ValueError: A field is missing, unknown or of the wrong kind.
    """
    name = f"question {row.get('id', '(without id)')}"
    if missing := FIELDS - row.keys():
        raise ValueError(f"{name} should have {', '.join(sorted(missing))}")
    if unknown := row.keys() - FIELDS:
        raise ValueError(f"{name} has an unknown field: {', '.join(sorted(unknown))}")
    points = row["points"]
    if (
        isinstance(points, bool)
        or not isinstance(points, int | float)
        or not 0 <= points < math.inf
    ):
        raise ValueError(f"{name}: points should be a number, at least 0")
    if row["by"] not in ("tests", "person"):
        raise ValueError(f'{name}: by should be "tests" or "person"')
    return Question(**shared, **{**row, "id": str(row["id"]), "points": float(points)})


def points_of(question: Question, share: str) -> float:
    """Return the points that a share of a question is worth; ``share`` is like ``1/6``."""
    return float(round(Fraction(str(question.points)) * Fraction(share), 6))


def grade(results: Sequence[Result], rubric: Iterable[Question]) -> Grade:
    """Grade these results, over the exercises that they come from.

    A required test (a ban) takes all points of its question when it is blocked, and leaves to a
    person those that the others would earn when it is pending. Another test that is pending
    leaves its own points to a person. Points of tests that were not selected are neither earned
    nor possible.
    """
    rows = []
    rubric = list(rubric)
    seen = {result.question for result in results}
    exercises = {question.exercise for question in rubric if question.id in seen}
    for question in rubric:
        own = [result for result in results if result.question == question.id]
        if question.by == "person" and question.exercise in exercises:
            points = question.points
            rows.append(QuestionGrade(question.id, question.title, 0.0, points, "pending", points))
        elif own:
            rows.append(_grade_question(question, own))
    return Grade(
        earned=_sum(row.earned for row in rows),
        possible=_sum(row.possible - row.pending for row in rows),
        pending=_sum(row.pending for row in rows),
        questions=rows,
    )


def _grade_question(question: Question, results: list[Result]) -> QuestionGrade:
    barred = any(result.required and result.status == "blocked" for result in results)
    held = any(result.required and result.status == "pending" for result in results)
    for result in results:
        is_right = result.status in KEPT and not barred
        waits = result.status == "pending" and not barred
        result.earned = result.points if is_right and not held else 0.0
        result.pending = result.points if waits or (is_right and held) else 0.0
    earned = _sum(result.earned for result in results)
    pending = _sum(result.pending for result in results)
    possible = _sum(result.points for result in results)
    lost = {r.status for r in results if r.points or r.required} - {"passed", "pending"}
    status: str
    if barred:
        status = "blocked"
    elif not lost:
        status = "pending" if pending else "passed"
    elif lost == {"carried"}:
        status = "pending" if pending else "carried"
    elif "internal" in lost:
        status = "internal"
    elif earned > 0 or pending > 0:
        status = "partly passed"
    else:
        status = lost.pop() if len(lost) == 1 else "failed"
    return QuestionGrade(question.id, question.title, earned, possible, status, pending)


def _sum(points: Iterable[float]) -> float:
    return round(sum(points), 6)  # points are decimal fractions; 0.1 + 0.2 should be 0.3

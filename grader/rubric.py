"""The rubric (``exercises/rubric.toml``) and the grade that results make of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from grader.failures import Failure, Status

RUBRIC = Path(__file__).parent / "exercises" / "rubric.toml"


@dataclass(frozen=True)
class Question:
    """One row of the rubric; ``points`` are earned by tests, or given by a person."""

    id: str
    title: str
    sheet: str
    exercise: str  # the folder below grader/exercises
    points: float
    by: Literal["tests", "person"]


@dataclass
class Result:
    """What one test found; ``earned`` is final once :func:`grade` has been over it."""

    test: str  # pytest's node id
    title: str
    question: str
    points: float
    gate: bool
    status: Status
    seed: int
    failure: Failure | None = None
    repeat: str = ""
    seconds: float = 0.0
    earned: float = 0.0
    figures: list[dict[str, str]] = field(default_factory=list)  # title, png (base64)

    def metadata(self) -> dict[str, Any]:
        """The form that stands in JSON reports."""
        failure = self.failure
        return {
            "title": self.title,
            "question": self.question,
            "points": self.points,
            "earned": self.earned,
            "status": self.status,
            "hint": failure.hint if failure else "",
            "seed": self.seed,
            "failure": asdict(failure) if failure else None,
            "repeat": self.repeat if failure else "",
            "figures": self.figures,
        }


@dataclass
class QuestionGrade:
    id: str
    title: str
    earned: float
    possible: float
    status: str  # a test's status, or "partly passed", or "pending" (a person's to give)


@dataclass
class Grade:
    """``earned`` of ``possible`` automatic points; ``pending`` wait for a person."""

    earned: float
    possible: float
    pending: float
    questions: list[QuestionGrade]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def read_rubric(path: Path = RUBRIC) -> list[Question]:
    """All questions, in the order of the file."""
    with path.open("rb") as file:
        return [Question(**row) for row in tomllib.load(file)["question"]]


def grade(results: Sequence[Result], rubric: Iterable[Question]) -> Grade:
    """The grade of these results, over the exercises that they come from.

    A question's gate (its ban) takes all of its points when it fails. Points of tests that were
    not selected are neither earned nor possible.
    """
    rows = []
    rubric = list(rubric)
    seen = {result.question for result in results}
    exercises = {question.exercise for question in rubric if question.id in seen}
    for question in rubric:
        own = [result for result in results if result.question == question.id]
        if question.by == "person" and question.exercise in exercises:
            rows.append(QuestionGrade(question.id, question.title, 0.0, question.points, "pending"))
        elif own:
            rows.append(_grade_question(question, own))
    automatic = [row for row in rows if row.status != "pending"]
    return Grade(
        earned=_sum(row.earned for row in automatic),
        possible=_sum(row.possible for row in automatic),
        pending=_sum(row.possible for row in rows if row.status == "pending"),
        questions=rows,
    )


def _grade_question(question: Question, results: list[Result]) -> QuestionGrade:
    barred = any(result.gate and result.status == "blocked" for result in results)
    for result in results:
        result.earned = result.points if result.status == "passed" and not barred else 0.0
    earned = _sum(result.earned for result in results)
    possible = _sum(result.points for result in results)
    lost = {r.status for r in results if r.points or r.gate or r.status == "internal"} - {"passed"}
    status: str
    if barred:
        status = "blocked"
    elif not lost:
        status = "passed"
    elif "internal" in lost:
        status = "internal"
    elif earned > 0:
        status = "partly passed"
    else:
        status = lost.pop() if len(lost) == 1 else "failed"
    return QuestionGrade(question.id, question.title, earned, possible, status)


def _sum(points: Iterable[float]) -> float:
    return round(sum(points), 6)  # points are decimal fractions; 0.1 + 0.2 should be 0.3

"""Define the types of the JSON report, field by field.

``api.run`` makes it, batches store it, and all other reports are made from it.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from grader.core.failures import Status

RowStatus = Literal["graded", "refused", "internal"]


class FigureReport(TypedDict):
    """A picture that student code drew."""

    title: str
    png: str  # base64


class FailureReport(TypedDict):
    """A `Failure` as data."""

    what: str
    expected: str
    got: str
    where: str
    hint: str
    mistake: str
    subject_of: list[str]
    status: Status
    traceback: str
    kit_traceback: str  # for the staff alone
    output: str


class CheckReport(TypedDict):
    """A test of an exercise, as its ``metadata``."""

    title: str
    question: str
    points: float
    earned: float
    status: Status
    hint: str
    mistake: str  # the id of the mistake that explains the numbers, or ""
    seed: int
    failure: FailureReport | None
    repeat: str
    figures: list[FigureReport]


class TestReport(TypedDict):
    """A test of pytest-json-report; only tests of exercises have metadata."""

    nodeid: str
    metadata: NotRequired[CheckReport]


class QuestionReport(TypedDict):
    """The points that a question earned; ``status`` is a test's, "partly passed" or "pending"."""

    id: str
    title: str
    earned: float
    possible: float
    status: str
    pending: NotRequired[float]  # of ``possible``, for a person to give


class GradeReport(TypedDict):
    """``earned`` of ``possible`` automatic points; ``pending`` wait for a person."""

    earned: float
    possible: float
    pending: float
    questions: list[QuestionReport]


class BatchReport(TypedDict):
    """The part that a batch adds: how it went as a whole, and for whom."""

    status: RowStatus
    message: str
    remarks: NotRequired[list[str]]
    student: NotRequired[str]
    key: NotRequired[str]  # of everything that the result depends on
    provisional: NotRequired[bool]  # to be tried once more, alone


class TimesReport(TypedDict):
    """Where the seconds of a run went, see timing.py; ``questions`` are those of their checks."""

    start: float
    student: float
    judging: float
    reports: float
    questions: dict[str, float]


class Report(TypedDict, total=False):
    """The report on a submission; one that was refused holds ``batch`` alone."""

    seed: int
    duration: float  # seconds
    times: TimesReport
    isolation: str
    notices: list[str]
    grade: GradeReport
    tests: list[TestReport]
    batch: BatchReport


def checks_of(report: Report) -> list[CheckReport]:
    """Return what the tests of exercises found, in their order."""
    return [test["metadata"] for test in report.get("tests", []) if "metadata" in test]

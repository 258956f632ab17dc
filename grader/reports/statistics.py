"""Compute the numbers of the report on the course."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from grader.reports.rows import Mark, Row, questions_of

BINS = 10
LISTED = 10  # slowest runs, most frequent mistakes


@dataclass
class Bin:
    """One bar of the distribution."""

    label: str  # 80–90 %
    count: int


@dataclass
class QuestionStatistics:
    """How one question went; ``mean`` is a fraction of its points, None if it has none."""

    id: str
    title: str
    mean: float | None
    full: int
    partly: int
    none: int
    undecided: int
    lost: list[Row]  # those who did not get all of its points


@dataclass
class Misconception:
    """A mistake of the kit's lists, by its id, and the rows of those who make it."""

    question: str
    id: str
    hint: str
    rows: list[Row]


@dataclass
class Spending:
    """Where the time of a course went, in seconds summed over its submissions.

    ``questions`` are those that cost most, with the seconds of their checks.
    """

    runs: int
    start: float
    student: float
    judging: float
    reports: float
    questions: list[tuple[str, float]]


@dataclass
class Course:
    """All that the report on the course shows."""

    rows: Sequence[Row]
    statuses: dict[str, int]
    mean: float | None  # of the fractions of points decided so far
    median: float | None
    bins: list[Bin]
    questions: list[QuestionStatistics]
    misconceptions: list[Misconception]
    slowest: list[Row]
    spending: Spending
    suspicious: list[Row]
    refused: list[Row]
    decided: list[Row]  # those for whom a person has changed more than to give marks
    pending: int  # students with questions that wait for a person
    isolation: list[str]  # levels other than full with which submissions were graded


def course(rows: Sequence[Row]) -> Course:
    """Compute the numbers from rows that have the same questions.

    Args:
        rows: One a student.
    """
    scores = [score for row in rows if (score := fraction(row)) is not None]
    statuses = {name: sum(row.status == name for row in rows) for name in STATUSES}
    by_time = sorted(rows, key=lambda row: -row.seconds)
    return Course(
        rows=rows,
        statuses=statuses,
        mean=statistics.fmean(scores) if scores else None,
        median=statistics.median(scores) if scores else None,
        bins=_bins(scores),
        questions=_questions(rows),
        misconceptions=_misconceptions(rows),
        slowest=[row for row in by_time[:LISTED] if row.seconds],
        spending=_spending(rows),
        suspicious=sorted(filter(_urgency, rows), key=lambda row: (-_urgency(row), row.student)),
        refused=[row for row in rows if row.status == "refused"],
        decided=[row for row in rows if _is_changed(row)],
        pending=sum(row.pending > 0 for row in rows),
        isolation=sorted({row.isolation for row in rows} - {"", "full"}),
    )


STATUSES = ("graded", "refused", "internal")
# What a person should look at, the least urgent first.
URGENCY = ("timeout", "crashed", "blocked", "doubt", "internal")


def _urgency(row: Row) -> int:
    """Return how soon a person should look at a hand-in; 0 if there is nothing to see."""
    signs = {*row.incidents, "doubt" if row.doubt else "", row.status}
    return max((URGENCY.index(sign) + 1 for sign in signs & {*URGENCY}), default=0)


def fraction(row: Row) -> float | None:
    """Return the share of the decided points that is earned; None if nothing is decided."""
    decided = sum(m.possible - m.waiting for m in row.marks if m.earned is not None)
    if row.status != "graded" or not decided or row.earned is None:
        return None
    return row.earned / decided


def _is_changed(row: Row) -> bool:
    """Return whether a person has changed points of a student, or is asked to."""
    changed = any(mark.override or mark.excuse or mark.requests for mark in row.marks)
    return changed or bool(row.extras)


def _bins(scores: list[float]) -> list[Bin]:
    """Count scores in ten equal parts of 0 to 100 %; the last holds both of its ends."""
    counts = [0] * BINS
    for score in scores:
        counts[min(int(score * BINS + 1e-9), BINS - 1)] += 1
    width = 100 // BINS
    return [Bin(f"{width * i}–{width * (i + 1)} %", count) for i, count in enumerate(counts)]


def _questions(rows: Sequence[Row]) -> list[QuestionStatistics]:
    found = []
    for place, question in enumerate(questions_of(rows)):
        graded = [row for row in rows if row.status == "graded"]
        marks = [row.marks[place] for row in graded]
        marks = [mark for mark in marks if not mark.excuse]
        earned = [m.earned for m in marks if m.earned is not None and not m.waiting]
        full = sum(points >= question.possible - 1e-9 for points in earned)
        none = sum(points <= 0 < question.possible for points in earned)
        found.append(
            QuestionStatistics(
                question.id,
                question.title,
                statistics.fmean(earned) / question.possible
                if earned and question.possible
                else None,
                full,
                len(earned) - full - none,
                none,
                len(marks) - len(earned),
                [r for r in graded if _lost(r.marks[place])],
            )
        )
    return found


def _spending(rows: Sequence[Row]) -> Spending:
    runs = [row.times for row in rows if row.times]
    questions: defaultdict[str, float] = defaultdict(float)
    for run in runs:
        for question, seconds in run["questions"].items():
            questions[question] += seconds
    return Spending(
        len(runs),
        sum(run["start"] for run in runs),
        sum(run["student"] for run in runs),
        sum(run["judging"] for run in runs),
        sum(run["reports"] for run in runs),
        sorted(questions.items(), key=lambda item: -item[1])[:LISTED],
    )


def _lost(mark: Mark) -> bool:
    """Return whether a mark that is decided is less than the question's points."""
    return mark.earned is not None and not mark.waiting and mark.earned < mark.possible - 1e-9


def _misconceptions(rows: Sequence[Row]) -> list[Misconception]:
    """Return the most frequent first; a text that a student's code may have made never counts."""
    people: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    hints: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        for key in dict.fromkeys((found.question, found.mistake) for found in row.mistakes):
            people[key].append(row)
        for found in row.mistakes:
            hints[found.question, found.mistake][found.hint] += 1
    ranked = sorted(people, key=lambda key: (-len(people[key]), key))[:LISTED]
    return [
        Misconception(
            *key, min(hints[key], key=lambda hint: (-hints[key][hint], hint)), people[key]
        )
        for key in ranked
    ]

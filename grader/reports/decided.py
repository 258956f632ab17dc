"""Enter what people have decided in the rows: marks, overrides, excuses, bonus and penalties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from grader.core.text import shown
from grader.marking.data import Adjustment, Excuse, HandedIn, Override, Part, Request
from grader.marking.decisions import Decisions
from grader.marking.late import LateRule, seconds_of
from grader.marking.store import MarkingStore
from grader.reports.rows import Given, Row, complete
from grader.reports.tables import points

S = TypeVar("S", Override, Excuse, Adjustment, HandedIn, Request)


def decide(rows: Sequence[Row], marking: MarkingStore, rule: LateRule | None) -> list[str]:
    """Give every row the same questions, and all that people have decided.

    Args:
        rows: The rows of all results, as `complete` leaves them.
        marking: What people have decided.
        rule: What a late hand-in costs; None if nothing.

    Returns:
        What a person should look at.
    """
    complete(rows, given_in(marking, rows))
    remarks = marking.problems()
    overrides = _by_student(marking.overrides)
    excuses, requests = _by_student(marking.excuses), _by_student(marking.requests)
    adjustments, times = _by_student(marking.adjustments), _by_student(marking.times)
    for row in rows:
        for mark in row.marks:
            own = requests.get(row.student, [])
            mark.requests = tuple(one for one in own if one.question == mark.id)
        if row.is_held:
            continue
        remarks += _override(row, overrides.get(row.student, []))
        _excuse(row, excuses.get(row.student, []))
        said = next(iter(times.get(row.student, [])), None)
        row.extras = _by_hand(adjustments.get(row.student, []))
        row.extras += _late(row, rule, said) if rule else []
        is_untimed = seconds_of(row.submitted) is None and (said is None or said.at is None)
        if rule and row.late and is_untimed:
            remarks.append(
                f"{shown(row.student)} is late, says the platform, but not how late: enter the "
                "time at the desk, or take points there"
            )
    return remarks


def given_in(marking: MarkingStore, rows: Sequence[Row]) -> dict[tuple[str, str], Given]:
    """Return the points, items and comments of all marks, also of students who have left."""
    most = {(row.student, mark.id): mark.open for row in rows for mark in row.marks if mark.open}
    items = marking.items.all()
    given = {}
    for mark in marking.marks.all():
        key = (mark.student, mark.question)
        known = items.get(mark.question, [])
        parts = tuple(marking.marks.parts(mark, known))
        scored = marking.marks.points(mark, most.get(key), known)
        if scored is not None or mark.comment:
            given[key] = Given(scored, mark.comment, parts if scored is not None else ())
    return given


def _by_student(kept: Decisions[S]) -> dict[str, list[S]]:
    """Return all decisions of a kind, by student."""
    found: dict[str, list[S]] = {}
    for decision in kept.all():
        found.setdefault(decision.student, []).append(decision)
    return found


def _override(row: Row, overrides: Sequence[Override]) -> list[str]:
    """Enter points in place of the tests'; remark where the tests have changed their minds."""
    given = {override.question: override for override in overrides}
    remarks = []
    for mark in row.marks:
        if override := given.get(mark.id):
            if override.instead_of != mark.earned:
                remarks.append(
                    f"{shown(row.student)}, {mark.id}: {points(override.points)} points are given "
                    f"in place of {_said(override.instead_of)}, but it is {_said(mark.earned)} now"
                )
            mark.replace(override)
    return remarks


def _excuse(row: Row, excuses: Sequence[Excuse]) -> None:
    reasons = {excuse.question: excuse.reason for excuse in excuses}
    for mark in row.marks:
        if reason := reasons.get(mark.id) or reasons.get(""):
            mark.let_off(reason)


def _by_hand(adjustments: Sequence[Adjustment]) -> list[Part]:
    """Return bonus and penalties as a student reads them."""
    return [
        Part(f"{'Bonus' if one.points >= 0 else 'Penalty'}: {one.reason}", one.points)
        for one in adjustments
    ]


def _late(row: Row, rule: LateRule, said: HandedIn | None) -> list[Part]:
    """Return the penalty for a late hand-in, if there is one."""
    earned = sum(mark.earned for mark in row.marks if mark.earned is not None)
    late = rule.penalty(seconds_of(row.submitted), said, earned, row.possible)
    if late and said and said.reason:
        late = late._replace(label=f"{late.label}. {said.reason}")
    return [late] if late else []


def _said(earned: float | None) -> str:
    return "nothing that is known" if earned is None else points(earned)

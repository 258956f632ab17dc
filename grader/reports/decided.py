"""Enter what people have decided in the rows: marks, overrides, excuses, bonus and penalties."""

from __future__ import annotations

from collections.abc import Sequence

from grader.core.text import shown
from grader.marking.data import Part
from grader.marking.late import LateRule, seconds_of
from grader.marking.store import MarkingStore
from grader.reports.rows import Given, Row, complete
from grader.reports.tables import points


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
    for row in rows:
        remarks += _changed(row, marking)
    for row in rows:
        row.extras = [] if row.doubt else _extras(row, marking, rule)
        if rule and row.late and not row.doubt and _is_untimed(row, marking):
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


def _changed(row: Row, marking: MarkingStore) -> list[str]:
    """Enter overrides, excuses and requests; remark where the tests have changed their minds."""
    overrides = {one.question: one for one in marking.overrides.all(student=row.student)}
    excuses = {one.question: one.reason for one in marking.excuses.all(student=row.student)}
    requests = marking.requests.all(student=row.student)
    remarks = []
    for mark in row.marks:
        mark.requests = tuple(one for one in requests if one.question == mark.id)
        if row.doubt:
            continue
        if override := overrides.get(mark.id):
            if override.instead_of != mark.earned:
                remarks.append(
                    f"{shown(row.student)}, {mark.id}: {points(override.points)} points are given "
                    f"in place of {_said(override.instead_of)}, but it is {_said(mark.earned)} now"
                )
            mark.replace(override)
        reason = excuses.get(mark.id) or excuses.get("")
        if reason:
            mark.let_off(reason)
    return remarks


def _extras(row: Row, marking: MarkingStore, rule: LateRule | None) -> list[Part]:
    """Return bonus and penalties by hand, and the penalty for a late hand-in."""
    extras = [
        Part(f"{'Bonus' if one.points >= 0 else 'Penalty'}: {one.reason}", one.points)
        for one in marking.adjustments.all(student=row.student)
    ]
    if rule:
        said = marking.times.get(row.student)
        earned = sum(mark.earned for mark in row.marks if mark.earned is not None)
        late = rule.penalty(seconds_of(row.submitted), said, earned, row.possible)
        if late and said and said.reason:
            late = late._replace(label=f"{late.label}. {said.reason}")
        extras += [late] if late else []
    return extras


def _is_untimed(row: Row, marking: MarkingStore) -> bool:
    """Return whether neither the platform nor a person says when a hand-in came."""
    said = marking.times.get(row.student)
    return seconds_of(row.submitted) is None and (said is None or said.at is None)


def _said(earned: float | None) -> str:
    return "nothing that is known" if earned is None else points(earned)

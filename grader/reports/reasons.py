"""Say to a student why a question has its points: what a person gave, took, changed or excused."""

from __future__ import annotations

from grader.core.language import translated
from grader.marking.data import Override
from grader.reports.rows import Mark


def reasons(mark: Mark) -> list[str]:
    """Return a line for each thing that a person has decided on a question."""
    if mark.excuse:
        return [translated("does not count: {reason}", reason=mark.excuse)]
    lines = [
        f"{signed(part.points)} {part.label or translated('adjustment')}" for part in mark.parts
    ]
    if mark.comment:
        lines.append(mark.comment)
    if override := mark.override:
        lines.append(_changed(override))
    for request in mark.requests:
        note = f": {request.note}" if request.note else ""
        lines.append(f"{translated('asked to be graded again')}, {translated(request.state)}{note}")
    return lines


def _changed(override: Override) -> str:
    """Return what a person gave in place of all other points, and why."""
    points, reason = f"{override.points:.6g}", override.reason
    if override.instead_of is None:
        return translated(
            "{points} points, changed by a person: {reason}", points=points, reason=reason
        )
    return translated(
        "{points} points instead of {before}, changed by a person: {reason}",
        points=points,
        before=f"{override.instead_of:.6g}",
        reason=reason,
    )


def signed(value: float) -> str:
    """Return points with their sign."""
    return f"{value:+.6g}".replace("-", "−") if value else "0"

"""Say to a student why a question has its points: what a person gave, took, changed or excused."""

from __future__ import annotations

from grader.reports.rows import Mark


def reasons(mark: Mark) -> list[str]:
    """Return a line for each thing that a person has decided on a question."""
    if mark.excuse:
        return [f"does not count: {mark.excuse}"]
    lines = [f"{signed(part.points)} {part.label or 'adjustment'}" for part in mark.parts]
    if mark.comment:
        lines.append(mark.comment)
    if override := mark.override:
        before = "" if override.instead_of is None else f" instead of {override.instead_of:.6g}"
        lines.append(
            f"{override.points:.6g} points{before}, changed by a person: {override.reason}"
        )
    for request in mark.requests:
        note = f": {request.note}" if request.note else ""
        lines.append(f"asked to be graded again, {request.state}{note}")
    return lines


def signed(value: float) -> str:
    """Return points with their sign."""
    return f"{value:+.6g}".replace("-", "−") if value else "0"

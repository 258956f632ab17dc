"""What a run shows at its end: a short block per failure, then the table of points."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import cast

import pytest

from grader.core.failures import Failure
from grader.core.rubric import Grade, Result

# A letter for the progress line, and a colour.
MARKS = {
    "passed": (".", "green"),
    "failed": ("F", "red"),
    "not started": ("-", "yellow"),
    "error": ("E", "red"),
    "timeout": ("T", "red"),
    "crashed": ("C", "red"),
    "blocked": ("B", "red"),
    "pending": ("?", "cyan"),
    "internal": ("I", "purple"),
    "advice": ("a", "yellow"),
}
COLORS = {status: color for status, (_, color) in MARKS.items()} | {
    "partly passed": "yellow",
}


def summarize(
    out: pytest.TerminalReporter, grade: Grade, results: Sequence[Result], notices: Sequence[str]
) -> None:
    """Write everything that the reader of this run should see."""
    for notice in notices:
        out.write_line(f"note: {notice}")
    alike: dict[tuple[str, str, str], list[Result]] = {}
    for result in results:
        if result.failure is not None and result.status != "not started":
            key = (result.question, str(result.failure), result.failure.traceback)
            alike.setdefault(key, []).append(result)
    for same in alike.values():
        _write_block(out, max(same, key=lambda result: result.points), len(same) - 1)
    _write_table(out, grade, results)


def _write_block(out: pytest.TerminalReporter, result: Result, others: int) -> None:
    """One failure; ``others`` checks of the same question stopped for the same reason."""
    failure = cast(Failure, result.failure)
    out.write_line("")
    out.write(f"{result.status.upper()}  ", bold=True, **{COLORS[result.status]: True})
    out.write_line(f"{result.question}  {result.title}", bold=True)
    lines = [failure.what, *failure.details()]
    if others:
        lines.append(f"{'also':<9} {others} more of this question's checks stop at this")
    for line in [*lines, f"{'repeat':<9} {result.repeat}"]:
        out.write_line(textwrap.indent(line, "  "))
    if failure.traceback:
        out.write_line(textwrap.indent(failure.traceback.rstrip(), "  | "))
    if failure.output.strip():
        out.write_line("  your code printed:")
        out.write_line(textwrap.indent(failure.output.rstrip(), "  > "))


def _write_table(out: pytest.TerminalReporter, grade: Grade, results: Sequence[Result]) -> None:
    reasons: dict[str, str] = {}
    for result in results:
        if result.status == "not started" and result.failure:
            reasons.setdefault(result.question, result.failure.what)
    width = max(len(row.title) for row in grade.questions)
    identity = max(len("question"), *(len(row.id) for row in grade.questions))
    out.write_line("")
    out.write_line(
        f"{'question':<{identity}}  {'title':<{width}}  {'points':>11}  status", bold=True
    )
    for row in grade.questions:
        is_open = row.pending and row.pending == row.possible
        points = "    –" if is_open else f"{row.earned:5.2f}"
        out.write(f"{row.id:<{identity}}  {row.title:<{width}}  {points} / {row.possible:<4g} ")
        out.write(row.status, **{COLORS[row.status]: True})
        if 0 < row.pending < row.possible:
            out.write(f", {row.pending:g} for a person to give", cyan=True)
        if row.status == "not started" and row.id in reasons:
            out.write(f": {reasons[row.id]}")
        out.write_line("")
    out.write_line("")
    total = f"{grade.earned:g} of {grade.possible:g} automatic points"
    if grade.pending:
        total += f"; {grade.pending:g} more are given by a person"
    out.write_line(total, bold=True)

"""grades.csv: a row a student, a column a question; safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from grader.reports.rows import Row, questions_of

# What a spreadsheet takes for a formula, in any of its ways to begin one.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(text: str) -> str:
    """``text`` for a spreadsheet: one that would be run as a formula is marked as text."""
    return f"'{text}" if text.startswith(FORMULA) else text


def points(value: float | None) -> str:
    """Points with as many digits as they need, empty where nobody can say."""
    return "" if value is None else f"{value:.6g}"


def grades_csv(rows: Sequence[Row]) -> str:
    """The table; nothing in it depends on when, where or in which order things were graded.

    It begins with a byte order mark, without which Excel garbles names.
    """
    questions = questions_of(rows)
    header = ["student", "status", "points", "of", "pending"]
    table = [header + [cell(question.id) for question in questions] + ["message"]]
    for row in rows:
        message = row.message if row.status != "graded" else _incidents(row)
        earned = {mark.id: points(mark.earned) for mark in row.marks}
        table.append(
            [
                cell(row.student),
                row.status,
                points(row.earned),
                points(row.possible),
                points(row.pending),
                *(earned[question.id] for question in questions),
                cell(" ".join(message.split())),
            ]
        )
    return "\ufeff" + csv_text(table)


def csv_text(table: Sequence[Sequence[str]]) -> str:
    """A table as CSV, with the line ends of RFC 4180."""
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue()


def _incidents(row: Row) -> str:
    return ", ".join(f"{number} × {status}" for status, number in row.incidents.items())

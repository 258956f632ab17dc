"""Write CSV tables, `grades.csv` among them, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from grader.core.text import plain
from grader.reports.rows import Row, questions_of

# What a spreadsheet takes for a formula, in any of its ways to begin one.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


# Where a cell begins for any spreadsheet, also for one that separates in another way.
BEGIN = r"(?:^|(?<=[;\t\r\n]))([ \"']*)"
SIGN = rf"(?=[{re.escape(''.join(FORMULA))}])"


def cell(text: str) -> str:
    """Return text for a spreadsheet: an apostrophe before each sign of a formula.

    No two texts give the same cell, and `uncell` returns the text.
    """
    return re.sub(BEGIN + SIGN, r"\1'", plain(text))


def uncell(text: str) -> str:
    """Return the text of a cell, without the apostrophes that `cell` has put there."""
    return re.sub(f"{BEGIN}'{SIGN}", r"\1", text)


def points(value: float | None) -> str:
    """Return points with as many digits as they need, empty where nobody can say."""
    return "" if value is None else f"{value:.6g}"


def grades_csv(rows: Sequence[Row]) -> str:
    """Return the table of grades.

    Nothing in it depends on when, where or in which order things were graded. It begins with a byte
    order mark, without which Excel garbles names.
    """
    questions = questions_of(rows)
    header = ["student", "status", "points", "of", "pending"]
    table = [header + [question.id for question in questions] + ["message"]]
    for row in rows:
        message = row.message if row.status != "graded" else _incidents(row)
        message = "; ".join(filter(None, (message, row.doubt)))
        earned = {mark.id: points(mark.earned) for mark in row.marks}
        table.append(
            [
                row.student,
                row.status,
                points(row.earned),
                points(row.possible),
                points(row.pending),
                *(earned[question.id] for question in questions),
                " ".join(message.split()),
            ]
        )
    return "\ufeff" + csv_text(table)


def csv_text(table: Sequence[Sequence[str]]) -> str:
    """Return a table as CSV, with the line ends of RFC 4180.

    Every cell is quoted, so that no other separator of a spreadsheet can split the first, and
    marked where it would split others.
    """
    text = io.StringIO()
    lines = ([cell(text) for text in line] for line in table)
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(lines)
    return text.getvalue()


def _incidents(row: Row) -> str:
    return ", ".join(f"{number} × {status}" for status, number in row.incidents.items())

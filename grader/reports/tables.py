"""Write CSV tables, `grades.csv` and `results.csv`, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from grader.core.report import CheckReport
from grader.core.text import plain
from grader.reports.reasons import reasons, signed
from grader.reports.rows import Mark, Row, questions_of

GRADES = ("student", "status", "points", "of", "pending", "extra")
RESULTS = ["student", "question", "check", "status", "points", "earned", "mistake"]

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
    table: list[list[str | float | None]] = [
        [*GRADES, *(question.id for question in questions), "message"]
    ]
    for row in rows:
        numbers = (row.earned, row.possible, row.pending, row.extra, *earned(row, questions))
        table.append([row.student, row.status, *numbers, message(row)])
    return "\ufeff" + csv_text(table)


def earned(row: Row, questions: Iterable[Mark]) -> list[float | None]:
    """Return the points that a student has for each of the questions."""
    found = {mark.id: mark.earned for mark in row.marks}
    return [found[question.id] for question in questions]


def message(row: Row) -> str:
    """Return in one line why a student was not graded, or what a person should look at."""
    text = row.message if row.status != "graded" else _incidents(row)
    awaited = "awaits a second try: run batch again" if row.awaits_try else ""
    changed = [
        f"{mark.id}: {'; '.join(reasons(mark))}"
        for mark in row.marks
        if mark.override or mark.excuse
    ]
    extras = [f"{signed(part.points)} {part.label}" for part in row.extras]
    return " ".join("; ".join(filter(None, (text, row.doubt, awaited, *changed, *extras))).split())


def results_csv(results: Iterable[tuple[Row, Iterable[CheckReport]]]) -> str:
    """Return a long table: a line for each check of each student, and for each person's mark."""
    table = [RESULTS]
    for row, checks in results:
        lines = []
        for check in checks:
            what = [check["question"], check["title"], check["status"]]
            numbers = [points(check["points"]), points(check["earned"])]
            lines.append([*what, *numbers, check["mistake"]])
        for mark in row.marks:
            if mark.by_person:
                given = (
                    None if mark.waiting or mark.excuse else (mark.earned or 0.0) - mark.by_tests
                )
                lines.append([mark.id, "", mark.status, points(mark.open), points(given), ""])
        table += [[row.student, *line] for line in lines or [["", "", row.status, "", "", ""]]]
    return "\ufeff" + csv_text(table)


def csv_text(table: Sequence[Sequence[str | float | None]]) -> str:
    """Return a table as CSV, with the line ends of RFC 4180.

    Every cell is quoted, so that no other separator of a spreadsheet can split the first, and a
    text is marked where it would split others. Numbers are written as such.
    """
    text = io.StringIO()
    lines = ([points(c) if not isinstance(c, str) else cell(c) for c in line] for line in table)
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(lines)
    return text.getvalue()


def _incidents(row: Row) -> str:
    return ", ".join(f"{number} × {status}" for status, number in row.incidents.items())

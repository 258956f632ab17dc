"""Write `grades.xlsx`: all grades, and a sheet for each exercise."""

from __future__ import annotations

from collections.abc import Sequence

from grader.core.rubric import read_rubric
from grader.reports.rows import Mark, Row, questions_of
from grader.reports.tables import GRADES, earned, message
from grader.reports.workbooks import Column, Sheet, Value, write_workbook


def grades_xlsx(rows: Sequence[Row]) -> bytes:
    """Return the table of grades as a workbook; its second row holds the maximum of each column."""
    questions = questions_of(rows)
    sheets = [_overview(rows, questions)]
    exercises = {question.id: question.exercise for question in read_rubric()}
    parts: dict[str, list[Mark]] = {}
    for question in questions:
        parts.setdefault(exercises[question.id], []).append(question)
    if len(parts) > 1:
        sheets += [_part(name, rows, own) for name, own in parts.items()]
    return write_workbook(sheets)


def _overview(rows: Sequence[Row], questions: Sequence[Mark]) -> Sheet:
    names = [Column(name, 10) for name in GRADES[1:]]
    columns = [Column("student", 32), *names, *_columns(questions), Column("message", 60)]
    most = [question.possible for question in questions]
    table: list[list[Value]] = [["maximum", "", sum(most), sum(most), None, None, *most, ""]]
    for row in rows:
        numbers = [row.earned, row.possible, row.pending, row.extra, *earned(row, questions)]
        table.append([row.student, row.status, *numbers, message(row)])
    return Sheet("grades", columns, table, notes=1)


def _part(name: str, rows: Sequence[Row], questions: Sequence[Mark]) -> Sheet:
    """Return the sheet of one exercise."""
    columns = [Column("student", 32), Column("points", 10), *_columns(questions)]
    most = [question.possible for question in questions]
    table: list[list[Value]] = [["maximum", sum(most), *most]]
    for row in rows:
        own = earned(row, questions)
        known = [points for points in own if points is not None]
        table.append([row.student, round(sum(known), 6) if known else None, *own])
    return Sheet(name, columns, table, notes=1)


def _columns(questions: Sequence[Mark]) -> list[Column]:
    return [Column(question.id, 10) for question in questions]

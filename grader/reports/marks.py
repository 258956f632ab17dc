"""marks.csv: the points and comments that a person gives for written questions."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Mapping, Sequence

from grader.core.errors import UserError
from grader.reports.rows import Given, Row, questions_of
from grader.reports.tables import cell, csv_text, points

HEADER = ["student", "question", "points", "comment"]
SHOWN = 10  # errors at a time

Marks = dict[tuple[str, str], Given]  # by student and question


def marks_csv(rows: Sequence[Row], given: Mapping[tuple[str, str], Given]) -> str:
    """The table to fill in, with what has been given already."""
    table = [HEADER]
    for row in rows:
        for mark in row.marks:
            if mark.by_person:
                mine = given.get((row.student, mark.id), Given(None))
                earned = points(mine.points)
                table.append([row.student, mark.id, earned, mine.comment])
    return "\ufeff" + csv_text(table)


def read_marks(text: str, rows: Sequence[Row]) -> Marks:
    """What a person gave.

    :raises UserError: with a line for every row that has a wrong name, question or number.
    """
    text = text.removeprefix("\ufeff")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","  # Excel's, in half of Europe
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines = [(reader.line_num, line) for line in reader if any(line)]
    if not lines or [name.strip() for name in lines[0][1]] != HEADER:
        raise UserError(f"marks.csv: the first row must be {','.join(HEADER)}.")
    given: Marks = {}
    errors: list[str] = []
    for number, line in lines[1:]:
        try:
            key, value = _read_line(line, rows)
            if key in given:
                raise ValueError(f"{key[0]} has a row for question {key[1]} already")
            given[key] = value
        except ValueError as error:
            errors.append(f"marks.csv, row {number}: {error}")
    if errors:
        more = [f"and {len(errors) - SHOWN} more"] if len(errors) > SHOWN else []
        raise UserError("\n".join(errors[:SHOWN] + more))
    return given


def decode_marks(data: bytes) -> str:
    return data.decode()


def _read_line(line: list[str], rows: Sequence[Row]) -> tuple[tuple[str, str], Given]:
    """:raises ValueError: the row is wrong; the message says how."""
    if len(line) != len(HEADER):
        raise ValueError(f"it has {len(line)} cells, not {len(HEADER)}")
    student, question, number, comment = (text.strip() for text in line)
    row = next((row for row in rows if student in (row.student, cell(row.student))), None)
    if row is None:
        raise ValueError(f"there is no student {student}{_similar(student, rows)}")
    mark = next((mark for mark in row.marks if question in (mark.id, cell(mark.id))), None)
    if mark is None or not mark.by_person:
        written = ", ".join(mark.id for mark in questions_of(rows) if mark.by_person)
        raise ValueError(f"{question} is no written question; these are: {written or 'none'}")
    earned = _number(number)
    if earned is not None and not 0 <= earned <= mark.possible:
        raise ValueError(f"{number} points for {question}, which has {mark.possible:g}")
    if comment.startswith("'") and cell(comment[1:]) == comment:
        comment = comment[1:]
    return (row.student, mark.id), Given(earned, comment)


def _number(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"{text} is no number of points") from None


def _similar(student: str, rows: Sequence[Row]) -> str:
    """A name that may have been meant."""
    near = difflib.get_close_matches(student, [row.student for row in rows], n=1)
    return f" (is it {near[0]}?)" if near else ""

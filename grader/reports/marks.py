"""Write and read `marks.csv` and `marks.xlsx`: points and comments of a person.

They are read however a spreadsheet saves them: see table_files.py and mangled.py.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from grader.core.errors import UserError
from grader.core.rubric import read_rubric
from grader.core.text import shown
from grader.reports.mangled import Known, is_mangled, number
from grader.reports.rows import Given, Mark, Row, questions_of
from grader.reports.table_files import Line, read_table
from grader.reports.tables import FORMULA, cell, csv_text, points, uncell
from grader.reports.workbooks import Column, Sheet, write_workbook

HEADER = ["student", "question", "points", "comment"]
FOR_READERS = ["title", "of"]  # columns of the workbook that say what the question is
QUESTION = "Q"  # before a question's id, so that no spreadsheet takes it for a number or date
COLUMNS = (
    Column("student", 32),
    Column("question", 11),
    Column("title", 36),
    Column("of", 6),
    Column("points", 8, is_input=True, maximum=3),
    Column("comment", 70, is_input=True),
)

T = TypeVar("T")
Marks = dict[tuple[str, str], Given]  # by student and question


class MarksFile(NamedTuple):
    """The marks that could be read, and a line for each row that is wrong."""

    given: Marks
    errors: list[str]


class Entry(NamedTuple):
    """A row of the table: a mark of this run, or one that is kept for another."""

    student: str
    question: str  # its id
    mark: Mark | None
    given: Given


def entries(rows: Sequence[Row], given: Mapping[tuple[str, str], Given]) -> Iterator[Entry]:
    """Yield what a person has to give or has given: of this run first, then of others."""
    own = {(row.student, mark.id): mark for row in rows for mark in row.marks if mark.by_person}
    for key, mark in own.items():
        yield Entry(*key, mark, given.get(key, Given(None)))
    for key, kept in given.items():
        if key not in own:
            yield Entry(*key, None, kept)


def marks_csv(rows: Sequence[Row], given: Mapping[tuple[str, str], Given]) -> str:
    """Return the table to fill in, with what has been given already."""
    table = [HEADER]
    for entry in entries(rows, given):
        mine = entry.given
        question = f"{QUESTION}{entry.question}"
        table.append([as_text(entry.student), question, points(mine.points), mine.comment])
    return "\ufeff" + csv_text(table)


def as_text(student: str) -> str:
    """Return a name with an apostrophe before what a spreadsheet takes for a number or a date.

    No two names become equal by that.
    """
    name = student.lstrip(" \"'")
    marks = student[: len(student) - len(name)]
    return f"{marks}'{name}" if is_mangled(name) and not name.startswith(FORMULA) else student


def marks_xlsx(rows: Sequence[Row], given: Mapping[tuple[str, str], Given]) -> bytes:
    """Return the same table as a workbook, with a sheet for each exercise.

    Raises:
        UserError: A comment is too long for it.
    """
    exercises = {question.id: question.exercise for question in read_rubric()}
    titles = {question.id: question.title for question in read_rubric()}
    tables: dict[str, list[list[str | float | None]]] = {}
    for entry in entries(rows, given):
        question = entry.question
        table = tables.setdefault(exercises.get(question, "others"), [])
        table.append(
            [
                entry.student,
                f"{QUESTION}{question}",
                entry.mark.title if entry.mark else titles.get(question, ""),
                entry.mark.open if entry.mark else None,
                entry.given.points,
                entry.given.comment,
            ]
        )
    return write_workbook(
        [Sheet(name, COLUMNS, table, fixed=2) for name, table in (tables or {"marks": []}).items()]
    )


def read_marks(
    data: bytes, rows: Sequence[Row], left: Collection[str] = (), name: str = "marks.csv"
) -> MarksFile:
    """Read what a person gave; a row with a wrong name, question or number costs that row alone.

    Args:
        data: The file, CSV or XLSX.
        rows: The students of this run.
        left: Students of earlier runs, whose marks are kept as they are.
        name: What the file is called, in messages.

    Raises:
        UserError: This is no table of marks.
    """
    # A spreadsheet may have dropped the apostrophe that keeps a name from being a formula.
    students = Known(rows, lambda row: cell(as_text(row.student)), lambda row: row.student)
    absent = Known(left, lambda student: cell(as_text(student)), str)
    found: dict[tuple[str, str], dict[Given, list[str]]] = {}  # with the places of each
    errors: list[str] = []
    try:
        lines = read_table(data, HEADER, FOR_READERS, lambda text: sum(n in text for n in students))
    except UserError as error:
        raise UserError(f"{name}: {error}") from error
    for line in lines:
        try:
            if line.wrong:
                raise ValueError(line.wrong)
            key, value = _read_kept(line, students, absent) or _read_line(line, students, rows)
            found.setdefault(key, {}).setdefault(value, []).append(line.place)
        except ValueError as error:
            if line.wrong or any(line.cells[2:]):  # else nobody has given anything there
                errors.append(f"{name}, {line.place}: {error}")
    for (student, question), values in found.items():
        if len(values) > 1:
            places = ", ".join(place for each in values.values() for place in each)
            errors.append(
                f"{name}, {places}: they differ, but all are for {shown(student)}, question "
                f"{question}, so none of them counts; did a spreadsheet change a name?"
            )
    given = {key: next(iter(values)) for key, values in found.items() if len(values) == 1}
    return MarksFile(given, errors)


def _read_kept(
    line: Line, students: Known[Row], absent: Known[str]
) -> tuple[tuple[str, str], Given] | None:
    """Read a row that is kept for another run: of somebody who has left, or of another exercise.

    Returns:
        None for a row of this run.

    Raises:
        ValueError: Its number is wrong.
    """
    student, question, number, comment, *_ = line.cells
    id = question.removeprefix(QUESTION)
    row = _one(students, student)
    if row and (_question(question, row) or all(known.id != id for known in read_rubric())):
        return None
    kept = row.student if row else _one(absent, student)
    if kept is None:
        return None
    earned = _points(number)
    if earned is not None and not 0 <= earned < math.inf:
        raise ValueError(f"{number} points for {shown(id)}")
    return (kept, id), Given(earned, uncell(comment))


def _read_line(
    line: Line, students: Known[Row], rows: Sequence[Row]
) -> tuple[tuple[str, str], Given]:
    """Read one row.

    Raises:
        ValueError: It is wrong; the message says how.
    """
    if len(line.cells) != len(HEADER):
        raise ValueError(f"it has {len(line.cells)} cells, not {len(HEADER)}")
    student, question, number, comment = line.cells
    row = _one(students, student)
    if row is None:
        raise ValueError(f"there is no student {shown(student)}{_similar(student, rows)}")
    mark = _question(question, row)
    if mark is None or not mark.by_person:
        written = ", ".join(mark.id for mark in questions_of(rows) if mark.by_person)
        raise ValueError(
            f"{shown(question)} is no written question; these are: {written or 'none'}"
        )
    earned = _points(number)
    if earned is not None and not 0 <= earned <= mark.open:
        raise ValueError(f"{number} points for {mark.id}, which has {mark.open:g}")
    return (row.student, mark.id), Given(earned, uncell(comment))


def _one(known: Known[T], cell: str) -> T | None:
    """Return the one that a cell names, or None.

    Raises:
        ValueError: A spreadsheet may have made the cell of several.
    """
    found = known.find(cell)
    if len(found) > 1:
        raise ValueError(f"{shown(cell)} can be more than one name: put the right one there")
    return found[0] if found else None


def _question(text: str, row: Row) -> Mark | None:
    """Return the question that a cell names, with or without `QUESTION`, or as a date."""
    marks = Known(row.marks, lambda mark: f"{QUESTION}{mark.id}", lambda mark: mark.id)
    return _one(marks, text.removeprefix("'").replace(",", "."))


def _points(text: str) -> float | None:
    """Return the points that a cell gives; None for an empty one.

    Raises:
        ValueError: It is no number.
    """
    if not text:
        return None
    found = number(text)
    if found is None:
        raise ValueError(f"{shown(text)} is no number of points")
    return found


def _similar(student: str, rows: Sequence[Row]) -> str:
    """Return a name that may have been meant, as a question."""
    near = difflib.get_close_matches(student[:100], [row.student for row in rows], n=1)
    return f" (is it {near[0]}?)" if near else ""

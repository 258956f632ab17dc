"""Write and read `marks.csv`: points and comments of a person for written questions.

It is read however a spreadsheet saves it: in another encoding, with another separator, with empty
columns, each row as one cell, and with numbers that were taken for dates.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from grader.core.errors import UserError
from grader.core.rubric import read_rubric
from grader.core.text import shown
from grader.reports.rows import Given, Mark, Row, questions_of
from grader.reports.tables import cell, csv_text, points, uncell

HEADER = ["student", "question", "points", "comment"]
LONGEST_CELL = 2**24  # characters; the csv module's own limit is 2**17
QUESTION = "Q"  # before a question's id, so that no spreadsheet takes it for a number or date
# A month's first letters in languages of spreadsheets: 1.5 may have become "01. Mai" or "1-May".
MONTHS = (
    "jan ene gen", "feb fév fev", "mär mar", "apr avr abr", "mai may mag maj", "jun jui giu",
    "jul lug", "aug aoû ago", "sep set", "okt oct out ott", "nov", "dez dec déc dic",
)  # fmt: skip
DATE = re.compile(r"(?P<day>\d{1,2})[. -]+(?P<month>[^\W\d_]{3,})\.?(?:[. -]*\d{2,4})?")

Marks = dict[tuple[str, str], Given]  # by student and question
Line = tuple[int, list[str]]  # a row's number and cells
T = TypeVar("T")


class MarksFile(NamedTuple):
    """The marks that could be read, and a line for each row that is wrong."""

    given: Marks
    errors: list[str]


def marks_csv(rows: Sequence[Row], given: Mapping[tuple[str, str], Given]) -> str:
    """Return the table to fill in, with what has been given already."""
    table = [HEADER]
    for row in rows:
        for mark in row.marks:
            if mark.by_person:
                mine = given.get((row.student, mark.id), Given(None))
                question = f"{QUESTION}{mark.id}"
                table.append([row.student, question, points(mine.points), mine.comment])
    present = {(row.student, mark.id) for row in rows for mark in row.marks if mark.by_person}
    for (student, question), kept in given.items():  # of other runs
        if (student, question) not in present:
            table.append([student, f"{QUESTION}{question}", points(kept.points), kept.comment])
    return "\ufeff" + csv_text(table)


def read_marks(data: bytes, rows: Sequence[Row], left: Collection[str] = ()) -> MarksFile:
    """Read what a person gave; a row with a wrong name, question or number costs that row alone.

    Args:
        data: The file.
        rows: The students of this run.
        left: Students of earlier runs, whose marks are kept as they are.

    Raises:
        UserError: This is no table of marks.
    """
    students = _by_cell(rows, lambda row: row.student)
    absent = _by_cell(left, str)
    given: Marks = {}
    errors: list[str] = []
    for number, line in _lines(_decoded(data, students)):
        try:
            key, value = _read_kept(line, students, absent) or _read_line(line, students, rows)
            if given.get(key, value) != value:
                raise ValueError(f"{key[0]} has a row for question {key[1]} already")
            given[key] = value
        except ValueError as error:
            if any(line[2:]):  # else nobody has given anything there
                errors.append(f"marks.csv, row {number}: {error}")
    return MarksFile(given, errors)


def _by_cell(things: Iterable[T], name: Callable[[T], str]) -> dict[str, T]:
    """Return things by the cells of their names, and by the names where none else has that cell.

    A spreadsheet may have dropped an apostrophe.
    """
    things = list(things)
    found = {_folded(cell(name(thing))): thing for thing in things}
    for thing in things:
        found.setdefault(_folded(name(thing)), thing)
    return found


def _decoded(data: bytes, students: Mapping[str, Row]) -> str:
    """Return the text; of encodings that fit, the one in which most students are found."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        texts = [data.decode(encoding, errors="replace") for encoding in ("cp1252", "mac_roman")]
        return max(texts, key=lambda text: sum(name in _folded(text) for name in students))


def _lines(text: str) -> Iterator[Line]:
    """Yield the rows below the header.

    Raises:
        UserError: There is no header, with any separator.
    """
    csv.field_size_limit(LONGEST_CELL)
    for delimiter in (",", ";", "\t"):
        try:
            lines = list(_parsed(text, delimiter))
        except csv.Error as error:
            raise UserError(f"marks.csv can't be read: {error}.") from error
        if lines and [name.casefold() for name in lines[0][1]] == HEADER:
            yield from lines[1:]
            return
    raise UserError(f"marks.csv: the first row must be {','.join(HEADER)}.")


def _parsed(text: str, delimiter: str) -> Iterator[Line]:
    """Yield rows of as many cells as the header has, and more only where they are not empty."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for line in reader:
        # A file that a spreadsheet opened with another separator has one cell in each row.
        cells = next(csv.reader(line)) if len(line) == 1 and line[0] else line
        cells = [text.strip() for text in cells]
        while len(cells) > len(HEADER) and not cells[-1]:
            cells.pop()
        if any(cells):
            yield reader.line_num, cells + [""] * (len(HEADER) - len(cells))


def _read_kept(
    line: list[str], students: Mapping[str, Row], absent: Mapping[str, str]
) -> tuple[tuple[str, str], Given] | None:
    """Read a row that is kept for another run: of somebody who has left, or of another exercise.

    Returns:
        None for a row of this run.

    Raises:
        ValueError: Its number is wrong.
    """
    student, question, number, comment, *_ = line
    name, id = _folded(student), question.removeprefix(QUESTION)
    row = students.get(name)
    if row and (_question(question, row) or all(known.id != id for known in read_rubric())):
        return None
    kept = row.student if row else absent.get(name)
    if kept is None:
        return None
    earned = _number(number)
    if earned is not None and not 0 <= earned < math.inf:
        raise ValueError(f"{number} points for {shown(id)}")
    return (kept, id), Given(earned, uncell(comment))


def _read_line(
    line: list[str], students: Mapping[str, Row], rows: Sequence[Row]
) -> tuple[tuple[str, str], Given]:
    """Read one row.

    Raises:
        ValueError: It is wrong; the message says how.
    """
    if len(line) != len(HEADER):
        raise ValueError(f"it has {len(line)} cells, not {len(HEADER)}")
    student, question, number, comment = line
    row = students.get(_folded(student))
    if row is None:
        raise ValueError(f"there is no student {shown(student)}{_similar(student, rows)}")
    mark = _question(question, row)
    if mark is None or not mark.by_person:
        written = ", ".join(mark.id for mark in questions_of(rows) if mark.by_person)
        raise ValueError(
            f"{shown(question)} is no written question; these are: {written or 'none'}"
        )
    earned = _number(number)
    if earned is not None and not 0 <= earned <= mark.open:
        raise ValueError(f"{number} points for {mark.id}, which has {mark.open:g}")
    return (row.student, mark.id), Given(earned, uncell(comment))


def _question(text: str, row: Row) -> Mark | None:
    """Return the question that a cell names, with or without `QUESTION`, or as a date."""
    names = {text, text.removeprefix(QUESTION), text.removeprefix("'"), _undated(text)}
    return next((mark for mark in row.marks if mark.id in names), None)


def _number(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(_undated(text).replace(",", "."))
    except ValueError:
        raise ValueError(f"{shown(text)} is no number of points") from None


def _undated(text: str) -> str:
    """Return the number that a spreadsheet took for a day and a month; other text as it is."""
    date = DATE.fullmatch(text)
    if date:
        for number, names in enumerate(MONTHS, start=1):
            if date["month"][:3].casefold() in names.split():
                return f"{int(date['day'])}.{number}"
    return text


def _folded(name: str) -> str:
    """Return a name in the one form in which names are compared."""
    return unicodedata.normalize("NFC", name).strip()


def _similar(student: str, rows: Sequence[Row]) -> str:
    """Return a name that may have been meant, as a question."""
    near = difflib.get_close_matches(student[:100], [row.student for row in rows], n=1)
    return f" (is it {near[0]}?)" if near else ""

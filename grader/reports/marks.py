"""Write and read `marks.csv`: points and comments of a person for written questions.

It is read however a spreadsheet saves it: in another encoding, with another separator, with empty
columns, each row as one cell, and with numbers that were taken for dates.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence

from grader.core.errors import UserError
from grader.core.text import shown
from grader.reports.rows import Given, Mark, Row, questions_of
from grader.reports.tables import cell, csv_text, points

HEADER = ["student", "question", "points", "comment"]
SHOWN = 10  # errors at a time
QUESTION = "Q"  # before a question's id, so that no spreadsheet takes it for a number or date
# A month's first letters in languages of spreadsheets: 1.5 may have become "01. Mai" or "1-May".
MONTHS = (
    "jan ene gen", "feb fév fev", "mär mar", "apr avr abr", "mai may mag maj", "jun jui giu",
    "jul lug", "aug aoû ago", "sep set", "okt oct out ott", "nov", "dez dec déc dic",
)  # fmt: skip
DATE = re.compile(r"(?P<day>\d{1,2})[. -]+(?P<month>[^\W\d_]{3,})\.?(?:[. -]*\d{2,4})?")

Marks = dict[tuple[str, str], Given]  # by student and question
Line = tuple[int, list[str]]  # a row's number and cells


def marks_csv(rows: Sequence[Row], given: Mapping[tuple[str, str], Given]) -> str:
    """Return the table to fill in, with what has been given already."""
    table = [HEADER]
    for row in rows:
        for mark in row.marks:
            if mark.by_person:
                mine = given.get((row.student, mark.id), Given(None))
                question = f"{QUESTION}{mark.id}"
                table.append([row.student, question, points(mine.points), mine.comment])
    present = {row.student for row in rows}
    for (student, question), kept in given.items():  # of people who have left
        if student not in present:
            table.append([student, f"{QUESTION}{question}", points(kept.points), kept.comment])
    return "\ufeff" + csv_text(table)


def read_marks(data: bytes, rows: Sequence[Row], left: Collection[str] = ()) -> Marks:
    """Read what a person gave.

    Args:
        data: The file.
        rows: The students of this run.
        left: Students of earlier runs, whose marks are kept as they are.

    Raises:
        UserError: A name, question or number is wrong, with a line for each such row.
    """
    students = {_folded(form): row for row in rows for form in (row.student, cell(row.student))}
    given: Marks = {}
    errors: list[str] = []
    for number, line in _lines(_decoded(data, students)):
        try:
            key, value = _read_left(line, left) or _read_line(line, students, rows)
            if key in given:
                raise ValueError(f"{key[0]} has a row for question {key[1]} already")
            given[key] = value
        except ValueError as error:
            errors.append(f"marks.csv, row {number}: {error}")
    if errors:
        more = [f"and {len(errors) - SHOWN} more"] if len(errors) > SHOWN else []
        raise UserError("\n".join(errors[:SHOWN] + more))
    return given


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


def _read_left(line: list[str], left: Collection[str]) -> tuple[tuple[str, str], Given] | None:
    """Read the row of somebody who has left; None if it is another's."""
    student, question, number, comment, *_ = line
    names = {_folded(form): name for name in left for form in (name, cell(name))}
    if _folded(student) not in names:
        return None
    key = names[_folded(student)], question.removeprefix(QUESTION)
    return key, Given(_number(number), comment)


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
    if comment.startswith("'") and cell(comment[1:]) == comment:
        comment = comment[1:]
    return (row.student, mark.id), Given(earned, comment)


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

"""Fill in a platform's table of grades, which a `Gradebook` describes.

A line is a student's if it bears an id of theirs. Of several columns that could take the grades, a
person has to choose one: nothing is guessed.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from grader.core.errors import UserError
from grader.core.text import shown
from grader.reports.rows import Row
from grader.reports.sheets import (
    Filled,
    Line,
    Table,
    decode,
    encode,
    grade_of,
    left_because,
    other_grade,
    scaled_comment,
    scaling,
    stale_remark,
)

Lookup = dict[tuple[str, str], list[int]]  # kind of id and value: the lines that bear it


def _always(*_: object) -> bool:
    return True


@dataclass(frozen=True)
class Gradebook:
    """A kind of table.

    Attributes:
        title: What messages call it.
        people: For each kind of id the columns that, joined by blanks, hold it.
        grade: The header of a column that takes grades; its group "maximum" are the points.
        maximum: Returns the points of the column at a place, where its header doesn't say them.
        is_taken: Tells whether the platform takes grades in the column at a place.
        is_person: Tells whether a line is a student's.
        comment: The header of the column for comments, if there is one.
        form: What else is written beside a comment: texts by their headers.
        several: Whether each id of a row is another person's, all of one group.
        needs: How a person gets the table that is meant.
    """

    title: str
    people: Mapping[str, tuple[str, ...]]
    grade: re.Pattern[str]
    maximum: Callable[[Table, int, Line], str] | None = None
    is_taken: Callable[[Table, int], bool] = _always
    is_person: Callable[[Line], bool] = _always
    comment: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    several: bool = False
    needs: str = ""


def fill_gradebook(
    kind: Gradebook,
    sheet: bytes,
    rows: Sequence[Row],
    comments: Mapping[str, str],
    columns: Mapping[str, str],
    *,
    provisional: bool = False,
) -> Filled:
    """Enter grades on the table's scale, and remark on the students whose lines stay as they were.

    Args:
        kind: What table it is.
        sheet: The table as the platform wrote it.
        rows: The students.
        comments: HTML by the platform's folders, for a table that has a column for comments.
        columns: The name of the column for grades, as "grade", if several could be meant.
        provisional: Whether to enter points so far where a person has yet to give some.

    Raises:
        UserError: This is no such table, or a person has to name the column.
    """
    text, encoding = decode(sheet)
    table = Table(text)
    place = _grade_column(kind, table, columns.get("grade", ""))
    claimants, unseen = _claimants(kind, table, rows)
    left: defaultdict[str, list[str]] = defaultdict(list)
    scales: dict[str, None] = {}
    stale: list[str] = []
    for number, line in enumerate(table.lines[1:], start=1):
        if not kind.is_person(line) or not any(cell.plain for cell in line):
            continue
        maximum = _maximum(kind, table, place, line)
        if why := left_because(claimants[number], provisional=provisional):
            left[why].append(name := _named(kind, table, line))
            new_grade = partial(grade_of, maximum=maximum)
            if other := other_grade(table.get(line, place), claimants[number], new_grade):
                stale.append(f"{name}{other}")
            continue
        (row,) = claimants[number]
        scales.setdefault(scaling(row, maximum))
        table.set(line, place, grade_of(row, maximum))
        if kind.comment and kind.comment in table.header and row.folder in comments:
            comment = scaled_comment(comments[row.folder], row, maximum)
            for header, content in {kind.comment: comment, **kind.form}.items():
                if header in table.header:
                    table.set(line, table.header.index(header), content)
    remarks = [f"{kind.title}: {said}" for said in scales if said]
    remarks += [
        f"{kind.title}, left as it was, {why}: {', '.join(who)}" for why, who in left.items()
    ]
    remarks += stale_remark(kind.title, stale)
    if unseen:
        remarks.append(f"not in {kind.title}: {', '.join(sorted(unseen))}")
    filled, encoded = encode(str(table), encoding)
    return Filled(filled, remarks + encoded, _folders(rows))


def _folders(rows: Sequence[Row]) -> dict[str, Row]:
    return {row.folder: row for row in rows if row.folder and not row.is_held}


def _grade_column(kind: Gradebook, table: Table, wanted: str) -> int:
    """Return the place of the column that takes the grades.

    Raises:
        UserError: There is none, or a person has to choose one.
    """
    if not any(_has(table, names) for names in kind.people.values()):
        known = ", ".join(" and ".join(names) for names in kind.people.values())
        raise UserError(
            f"this is not {kind.title}, which has a column {known}; its columns are "
            f"{', '.join(map(shown, table.header[:8])) or 'none'}: {kind.needs}."
        )
    if wanted:
        if wanted not in table.header:
            near = difflib.get_close_matches(wanted, table.header, n=1)
            hint = f" (is it {shown(near[0])}?)" if near else ""
            raise UserError(f"{kind.title} has no column {shown(wanted)}{hint}.")
        return table.header.index(wanted)
    fitting = [
        place
        for place, header in enumerate(table.header)
        if kind.grade.fullmatch(header) and kind.is_taken(table, place)
    ]
    if len(fitting) != 1:
        names = ", ".join(repr(table.header[place]) for place in fitting) or "none"
        raise UserError(
            f"which column of {kind.title} takes the grades? It could be {names}. Say it like "
            f"--column grade='NAME', or {kind.needs}."
        )
    return fitting[0]


def _maximum(kind: Gradebook, table: Table, place: int, line: Line) -> str:
    """Return the points that the table gives a column."""
    if kind.maximum:
        return kind.maximum(table, place, line)
    match = kind.grade.fullmatch(table.header[place])
    return (match.groupdict().get("maximum") or "") if match else ""


def _has(table: Table, names: Sequence[str]) -> bool:
    return all(name in table.header for name in names)


def _claimants(
    kind: Gradebook, table: Table, rows: Sequence[Row]
) -> tuple[defaultdict[int, list[Row]], set[str]]:
    """Return whose each line is, by its number, and the students that no line is of."""
    lookup: Lookup = defaultdict(list)
    for number, line in enumerate(table.lines[1:], start=1):
        for name, headers in kind.people.items():
            if kind.is_person(line) and _has(table, headers):
                lookup[name, _id_in(table, line, headers)].append(number)
    found: defaultdict[int, list[Row]] = defaultdict(list)
    unseen = set()
    for row in rows:
        lines = _lines_of(kind, lookup, row)
        for number in lines:
            found[number].append(row)
        if not lines:
            unseen.add(row.student)
    return found, unseen


def _lines_of(kind: Gradebook, lookup: Lookup, row: Row) -> list[int]:
    """Return the lines of a row: of the first id that one bears, or of each member of a group."""
    lines: list[int] = []
    for name, value in row.ids:
        bearing = lookup.get((name, _folded(value)), [])
        if len(bearing) == 1 and bearing[0] not in lines:  # else two people are called so
            lines.append(bearing[0])
        if lines and not kind.several:
            break
    return lines


def _id_in(table: Table, line: Line, headers: Sequence[str]) -> str:
    return _folded(" ".join(table.cell(line, header).strip() for header in headers))


def _folded(value: str) -> str:
    """Return an id in the one form in which ids are compared."""
    return " ".join(unicodedata.normalize("NFC", value).casefold().removeprefix("#").split())


def _named(kind: Gradebook, table: Table, line: Line) -> str:
    """Return what a message calls the student of a line."""
    for headers in [("Student",), ("First Name", "Last Name"), ("Name",), *kind.people.values()]:
        if _has(table, headers):
            name = " ".join(table.cell(line, header).strip() for header in headers).strip()
            if name:
                return shown(name)
    return shown(line[0].plain)

"""Edit a platform's table as text: what is not changed stays as the platform wrote it.

Of each row only the grade and the comment change. Every other byte stays, whatever language,
encoding, separator or order of columns the platform uses.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from grader.core.errors import UserError
from grader.core.text import shown
from grader.reports.rows import Row

SINGLE_BYTE = ("cp1252", "mac_roman")  # of Windows and of the Mac; the first of equals counts
HALF_CENT = 0.005  # grades have two decimals
ACCENTED = frozenset("äöüÄÖÜßáàâãåæçéèêëíìîïñóòôõøúùûœ")


@dataclass
class Filled:
    """A table with grades; ``folders`` are the platform's, each with whose feedback it gets."""

    sheet: bytes
    remarks: list[str]
    folders: dict[str, Row]


class Field:
    """A cell as it stands in the file, and what ends it: a delimiter, a line end or nothing."""

    def __init__(self, raw: str, end: str) -> None:
        self.raw, self.end = raw, end

    @property
    def plain(self) -> str:
        """Return the text without quotes."""
        raw = self.raw
        return raw[1:-1].replace('""', '"') if raw.startswith('"') and len(raw) > 1 else raw


Line = list[Field]


class Table:
    """CSV whose untouched cells stay as they are, quotes and line ends included."""

    def __init__(self, text: str) -> None:
        self.delimiter = max(",;\t", key=text.partition("\n")[0].count)
        self.lines = list(self._parse(text))
        first = self.lines[0] if self.lines else []
        self.header = [field.plain.strip("\ufeff ") for field in first]

    def get(self, line: Line, place: int) -> str:
        """Return a cell's text; empty where the line is shorter."""
        return line[place].plain if 0 <= place < len(line) else ""

    def cell(self, line: Line, column: str) -> str:
        """Return a cell's text by the name of its column; empty where there is no such column."""
        return self.get(line, self.header.index(column)) if column in self.header else ""

    def set(self, line: Line, place: int, text: str) -> None:
        """Change a cell, with quotes where it needs some; a line that is shorter is filled up."""
        while place >= len(line):
            line.append(Field("", line[-1].end))
            line[-2].end = self.delimiter
        quoted = text.replace('"', '""')
        special = any(sign in text for sign in f'{self.delimiter}"\r\n ')
        line[place].raw = f'"{quoted}"' if special else text

    def __str__(self) -> str:
        return "".join(field.raw + field.end for line in self.lines for field in line)

    def _parse(self, text: str) -> Iterator[Line]:
        pattern = rf'("(?:[^"]|"")*"|[^{self.delimiter}\r\n]*)({self.delimiter}|\r\n|\r|\n|\Z)'
        line: Line = []
        for match in re.finditer(pattern, text):
            if match.start() == len(text) and not line:
                return  # behind the last line end
            line.append(Field(match[1], match[2]))
            if match[2] != self.delimiter:
                yield line
                line = []


def left_because(claimants: Sequence[Row], *, provisional: bool) -> str:
    """Return why no grade is entered for a line; an empty text if one is.

    Args:
        claimants: The rows that claim to be the line's.
        provisional: Whether to enter points so far where a person has yet to give some.
    """
    if not claimants:
        return "no submission"
    if len(claimants) > 1 or claimants[0].doubt:
        return "several hand-ins claim to be theirs, see those to look at"
    (row,) = claimants
    if row.awaits_try:
        return "awaits a second try: run batch again"
    if row.earned is None or row.undecided:
        return "the grader failed"
    if not row.possible:
        return "excused from all questions"
    if row.pending and not provisional:
        return "waits for marks (--provisional enters the points so far)"
    return ""


def grade_of(row: Row, maximum: str, *, capped: bool = False) -> str:
    """Return points on the table's scale and in its way to write numbers.

    Args:
        row: The student.
        maximum: The maximum grade in the table; empty if it has none.
        capped: Whether the platform refuses more than the maximum.
    """
    value, most = row.earned or 0.0, _number(maximum)
    if most is not None and row.possible:
        value *= most / row.possible
        value = min(value, most) if capped else value
    text = f"{value:.2f}"
    return text.replace(".", ",") if "," in maximum else text


def other_grade(text: str, claimants: Sequence[Row], grade: Callable[[Row], str]) -> str:
    """Return how the grade in a table differs from that of now; an empty text if it doesn't.

    Args:
        text: The cell of a line that is left as it was.
        claimants: The rows that claim to be the line's.
        grade: Returns a row's grade as it would be entered.
    """
    if len(claimants) != 1 or not text.strip():
        return ""
    (row,) = claimants
    now = "" if row.earned is None else grade(row)
    there, new = text.strip().replace(",", "."), now.replace(",", ".")
    try:
        return "" if new and abs(float(there) - float(new)) < HALF_CENT else _changed(text, now)
    except ValueError:  # it is no number, so no grade of ours
        return ""


def _changed(text: str, now: str) -> str:
    return f" ({text.strip()} there, {f'{now} so far' if now else 'open'} now)"


def stale_remark(table: str, others: Sequence[str]) -> list[str]:
    """Return a remark on lines that are left with another grade than that of now."""
    if not others:
        return []
    return [f"{table} still holds grades that differ from those of now: {', '.join(others)}"]


def scaling(row: Row, maximum: str) -> str:
    """Return how points became the table's grade; an empty text where they are the same."""
    most = _number(maximum)
    if most is None or abs(most - row.possible) < 1e-9:
        return ""
    return f"The grade is scaled: {row.possible:.6g} points are {most:.6g} there."


def scaled_comment(comment: str, row: Row, maximum: str) -> str:
    """Return a comment in HTML that tells the student how points became the grade."""
    said = scaling(row, maximum)
    return f"{comment} <p>{said}</p>" if said else comment


def _number(maximum: str) -> float | None:
    """Return a table's maximum grade; None where it has none.

    Raises:
        UserError: It is no number.
    """
    if not maximum:
        return None
    try:
        return float(maximum.replace(",", "."))
    except ValueError as error:
        raise UserError(f"the worksheet's maximum grade {shown(maximum)} is no number") from error


def decode(sheet: bytes) -> tuple[str, str]:
    """Return the text, byte order mark included, and the encoding that gives the same bytes.

    Raises:
        UserError: It is in no encoding that is known here.
    """
    marked = (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")
    first = [encoding for mark, encoding in marked if sheet.startswith(mark)]
    found = [(text, name) for name in first or ["utf-8"] if (text := _text(sheet, name))]
    found = found or [(text, name) for name in SINGLE_BYTE if (text := _text(sheet, name))]
    if not found and sheet:
        raise UserError("the worksheet is in an unknown encoding: save it as UTF-8.")
    return max(found, key=lambda each: letters_in(each[0]), default=("", "utf-8"))


def _text(sheet: bytes, encoding: str) -> str:
    try:
        return sheet.decode(encoding)
    except UnicodeDecodeError:
        return ""


def letters_in(text: str) -> int:
    """Return how many letters of Western languages a text has, besides those of ASCII."""
    return sum(map(ACCENTED.__contains__, text))


def encode(text: str, encoding: str) -> tuple[bytes, list[str]]:
    """Return the table's bytes; as UTF-8, with a remark, where the old encoding lacks signs."""
    try:
        return text.encode(encoding), []
    except UnicodeEncodeError as error:
        sign = text[error.start]
        return text.encode("utf-8-sig"), [
            f"the worksheet is UTF-8 now, because {encoding} has no {shown(sign)}."
        ]

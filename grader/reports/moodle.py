"""Moodle's grading worksheet, filled in place, and its ZIP of feedback files.

The worksheet is edited as text: of each row only the grade and the comment change, and every other
byte stays what Moodle wrote, whatever language, encoding or order of columns it uses.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from grader.errors import UserError
from grader.reports.rows import Row

# Moodle names its columns in the user's language; its own import goes by these names, too.
COLUMNS = {
    "identifier": ("Identifier", "ID"),
    "grade": ("Grade", "Bewertung"),
    "maximum": ("Maximum Grade", "Maximum grade", "Bestwertung"),
    "scale": ("Scale", "Skala"),
    "changeable": ("Grade can be changed", "Bewertung kann geändert werden"),
    "comment": ("Feedback comments", "Feedback als Kommentar"),
}
NO = ("No", "Nein")
EARLIEST = (1980, 1, 1, 0, 0, 0)  # a date for all files, so that equal feedback is an equal ZIP


def feedback_zip(pages: Mapping[str, Path]) -> bytes:
    """Feedback pages in the folders that Moodle's download had, for "upload feedback files"."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, page in sorted(pages.items()):
            entry = zipfile.ZipInfo(f"{folder}/feedback.html", EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, page.read_bytes())
    return buffer.getvalue()


def fill_worksheet(
    sheet: bytes, rows: Sequence[Row], comments: Mapping[str, str]
) -> tuple[bytes, list[str]]:
    """The worksheet with grades and comments, and remarks on the rows that were left as they are.

    Points are scaled where the maximum grade is another than the points of the questions.

    :param comments: HTML, by Moodle's folder.
    :raises UserError: this is no grading worksheet, or one that grades by a scale.
    """
    text, encoding = _decode(sheet)
    table = Table(text)
    by_participant = {number: row for row in rows if (number := participant(row.folder))}
    unseen = dict(by_participant)
    left: dict[str, list[str]] = {}
    for line in table.lines[1:]:
        found = re.search(r"\d+$", table.get(line, "identifier").strip())
        name = line[1].plain if len(line) > 1 else line[0].plain
        row = by_participant.get(found[0]) if found else None
        if row is None:
            left.setdefault("no submission", []).append(name)
            continue
        unseen.pop(participant(row.folder), None)
        if table.get(line, "changeable") in NO:
            left.setdefault("the grade is locked", []).append(name)
        elif row.earned is None:
            left.setdefault("the grader failed", []).append(name)
        else:
            table.set(line, "grade", _grade(row, table.get(line, "maximum")))
            table.set(line, "comment", comments[row.folder])
    remarks = [f"worksheet, left as it was, {why}: {', '.join(who)}" for why, who in left.items()]
    if unseen:
        names = ", ".join(row.student for row in unseen.values())
        remarks.append(f"not in the worksheet: {names}")
    return str(table).encode(encoding), remarks


def participant(folder: str) -> str:
    """The participant's number in a name of Moodle's; empty if it has none."""
    found = re.search(r"_(\d+)_assignsubmission_", folder)
    return found[1] if found else ""


def _grade(row: Row, maximum: str) -> str:
    """Points on the worksheet's scale and in its way to write numbers."""
    value = row.earned or 0.0
    if maximum and row.possible:
        value *= float(maximum.replace(",", ".")) / row.possible
    text = f"{value:.2f}"
    return text.replace(".", ",") if "," in maximum else text


class Field:
    """A cell as it stands in the file, and what ends it: a delimiter, a line end or nothing."""

    def __init__(self, raw: str, end: str) -> None:
        self.raw, self.end = raw, end

    @property
    def plain(self) -> str:
        raw = self.raw
        return raw[1:-1].replace('""', '"') if raw.startswith('"') and len(raw) > 1 else raw


class Table:
    """CSV whose untouched cells stay as they are, quotes and line ends included."""

    def __init__(self, text: str) -> None:
        self._delimiter = max(",;\t", key=text.partition("\n")[0].count)
        self.lines = list(self._parse(text))
        header = [field.plain.strip("\ufeff ") for field in self.lines[0]] if self.lines else []
        self._places = {
            column: header.index(name)
            for column, names in COLUMNS.items()
            for name in names
            if name in header
        }
        self._check(header)

    def _check(self, header: list[str]) -> None:
        if "scale" in self._places:
            raise UserError("the worksheet grades by a scale of words: set it to points in Moodle.")
        for column in ("identifier", "grade", "comment"):
            if column not in self._places:
                names = " or ".join(COLUMNS[column])
                raise UserError(
                    f"the worksheet has no column {names}, only {', '.join(header) or 'nothing'}: "
                    "download the grading worksheet with Moodle in English or German, with "
                    "feedback comments switched on."
                )

    def get(self, line: list[Field], column: str) -> str:
        """A cell's text; empty where there is no such column."""
        place = self._places.get(column, len(line))
        return line[place].plain if place < len(line) else ""

    def set(self, line: list[Field], column: str, text: str) -> None:
        quoted = text.replace('"', '""')
        special = any(sign in text for sign in f'{self._delimiter}"\r\n ')
        line[self._places[column]].raw = f'"{quoted}"' if special else text

    def __str__(self) -> str:
        return "".join(field.raw + field.end for line in self.lines for field in line)

    def _parse(self, text: str) -> Iterator[list[Field]]:
        pattern = rf'("(?:[^"]|"")*"|[^{self._delimiter}\r\n]*)({self._delimiter}|\r\n|\r|\n|\Z)'
        line: list[Field] = []
        for match in re.finditer(pattern, text):
            if match.start() == len(text) and not line:
                return  # behind the last line end
            line.append(Field(match[1], match[2]))
            if match[2] != self._delimiter:
                yield line
                line = []


def _decode(sheet: bytes) -> tuple[str, str]:
    """The text, byte order mark included, and the encoding that gives the same bytes again."""
    if sheet.startswith(codecs.BOM_UTF16_LE):
        return sheet.decode("utf-16-le"), "utf-16-le"
    for encoding in ("utf-8", "cp1252"):
        try:
            return sheet.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise UserError("the worksheet is in an unknown encoding: save it as UTF-8.")

"""Fill in Moodle's grading worksheet, and pack its ZIP of feedback files.

The worksheet is edited as text: of each row only the grade and the comment change, and every other
byte stays what Moodle wrote, whatever language, encoding or order of columns it uses.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from grader.core.errors import UserError
from grader.core.text import shown
from grader.core.zips import Member, zipped
from grader.reports.rows import Row

# Moodle names its columns in the user's language; its own import goes by these names, too. They
# are, in this order, English, German, French, Spanish, Italian, Dutch, Portuguese and Swedish ones
# of mod_assign's language packs; some packs have changed theirs.
COLUMNS = {
    "identifier": (
        "Identifier", "ID", "Identifiant", "Identificador", "Identificativo", "Identificatie",
        "Número de identificação",
    ),
    "grade": (
        "Grade", "Bewertung", "Note", "Calificación", "Valutazione", "Cijfer", "Nota", "Avaliação",
        "Betyg",
    ),
    "maximum": (
        "Maximum Grade", "Bestwertung", "Note maximale", "Calificación máxima",
        "Valutazione massima", "Maximaal cijfer", "Nota máxima", "Maximalt betyg",
    ),
    "scale": ("Scale", "Skala", "Barème", "Escala", "Scala", "Schaal"),
    "changeable": (
        "Grade can be changed", "Bewertung kann geändert werden", "La note peut être modifiée",
        "La calificación puede ser cambiada", "La calificación puede cambiarse",
        "La valutazione può essere cambiata", "Het cijfer kan gewijzigd worden",
        "A nota pode ser alterada.", "Nota pode ser alterada", "Betyg kan ändras",
    ),
    "comment": (
        "Feedback comments", "Feedback als Kommentar", "Feedback par commentaires",
        "Comentarios de retroalimentación", "Commenti", "Feedback", "Comentários de feedback",
    ),
}  # fmt: skip
NEEDED = ("identifier", "grade", "maximum", "comment")
NO = ("no", "nein", "non", "nee", "não", "nej")


@dataclass
class Filled:
    """A worksheet with grades; ``folders`` are Moodle's, each with whose feedback it gets."""

    sheet: bytes
    remarks: list[str]
    folders: dict[str, Row]


def feedback_zip(pages: Mapping[str, Path]) -> bytes:
    """Pack feedback pages in the folders of Moodle's download, for "upload feedback files"."""
    return zipped(
        Member(f"{folder}/feedback.html", page.read_bytes) for folder, page in pages.items()
    )


def fill_worksheet(
    sheet: bytes,
    rows: Sequence[Row],
    comments: Mapping[str, str],
    columns: Mapping[str, str] = MappingProxyType({}),
    *,
    provisional: bool = False,
) -> Filled:
    """Enter grades on the worksheet's scale, and remark on the rows that are left as they are.

    Args:
        sheet: The worksheet as Moodle wrote it.
        rows: The students.
        comments: HTML, by Moodle's folder.
        columns: Names of columns (keys of `COLUMNS`), for a language that is not known here.
        provisional: Whether to enter points so far where a person has yet to give some.

    Raises:
        UserError: This is no grading worksheet, or one that grades by a scale.
    """
    text, encoding = _decode(sheet)
    owners = Owners(table := Table(text, columns), rows)
    unseen = {row.student for row in rows}
    left: dict[str, list[str]] = {}
    certain = [row for row in rows if row.folder and not row.doubt]
    folders = {} if owners.teams else {row.folder: row for row in certain}
    for line in table.lines[1:]:
        claimants = owners.of(line)
        unseen -= {claimant.student for claimant in claimants}
        row = claimants[0] if len(claimants) == 1 else None
        if row is not None and not row.doubt:
            folders[owners.folder(row, line)] = row  # in a team, one a member
        if why := _left_because(claimants, table.get(line, "changeable"), provisional):
            left.setdefault(why, []).append(line[1].plain if len(line) > 1 else line[0].plain)
        elif row is not None:
            table.set(line, "grade", _grade(row, table.get(line, "maximum")))
            table.set(line, "comment", comments[row.folder])
    remarks = [f"worksheet, left as it was, {why}: {', '.join(who)}" for why, who in left.items()]
    if unseen:
        remarks.append(f"not in the worksheet: {', '.join(sorted(unseen))}")
    filled, encoded = _encode(str(table), encoding)
    return Filled(filled, remarks + encoded, folders)


def _left_because(claimants: Sequence[Row], changeable: str, provisional: bool) -> str:
    """Return why no grade is entered; an empty text if one is."""
    if not claimants:
        return "no submission"
    if changeable.casefold() in NO:
        return "the grade is locked"
    if len(claimants) > 1 or claimants[0].doubt:
        return "several hand-ins claim to be theirs, see those to look at"
    (row,) = claimants
    if row.earned is None or row.undecided:
        return "the grader failed"
    if row.pending and not provisional:
        return "waits for marks (--provisional enters the points so far)"
    return ""


class Owners:
    """Find the submission by which a line of the worksheet is graded.

    Moodle's folders bear the number of a participant, or, since version 5, that of a team. Then it
    is the name that counts, which stands in a column of its own in the line of each member.
    """

    def __init__(self, table: Table, rows: Sequence[Row]) -> None:
        self._table = table
        numbers = ((number, row) for row in rows for number in _numbers_of(row.folder))
        self._by_number = _grouped(numbers)
        self._by_name = _grouped((_folded(_name_of(row.folder)), row) for row in rows)
        pairs = [(self._numbered(line), self._named(line)) for line in table.lines[1:]]
        named = [(one, other) for one, other in pairs if len(other) == 1]
        self.teams = 2 * sum(other[0] in one for one, other in named) < len(named)

    def of(self, line: list[Field]) -> list[Row]:
        """Return the rows that claim to be the line's submission."""
        return self._named(line) if self.teams else self._numbered(line)

    def folder(self, row: Row, line: list[Field]) -> str:
        """Return the folder in which Moodle looks for this line's feedback."""
        if not self.teams:
            return row.folder
        number = self._number(line)
        return re.sub(r"(?:_\d+)?(?=_assignsubmission_)", f"_{number}", row.folder, count=1)

    def _numbered(self, line: list[Field]) -> list[Row]:
        return self._by_number.get(_number(self._number(line)), [])

    def _named(self, line: list[Field]) -> list[Row]:
        named = sorted({_folded(field.plain) for field in line} & self._by_name.keys())
        return [row for name in named for row in self._by_name[name]]

    def _number(self, line: list[Field]) -> str:
        found = re.search(r"\d+$", self._table.get(line, "identifier").strip())
        return found[0] if found else ""


def _grouped(named: Iterable[tuple[str, Row]]) -> dict[str, list[Row]]:
    """Return rows by the names or numbers that they bear."""
    found: dict[str, list[Row]] = {}
    for name, row in named:
        if name:
            found.setdefault(name, []).append(row)
    return found


def _numbers_of(folder: str) -> set[str]:
    """Return all that may be the participant's number; Moodle's folders have one."""
    return {_number(found) for found in re.findall(r"_(\d+)(?=_assignsubmission_)", folder)}


def _number(digits: str) -> str:
    """Return a number in the one way in which numbers are compared."""
    return unicodedata.normalize("NFKC", digits).lstrip("0")


def _name_of(folder: str) -> str:
    found = re.match(r"(.+?)(?:_\d+)?_assignsubmission_", folder)
    return found[1] if found else ""


def _folded(name: str) -> str:
    """Return a name as Moodle writes it in names of folders, in one normal form."""
    return unicodedata.normalize("NFC", name).replace("_", " ").strip()


def _grade(row: Row, maximum: str) -> str:
    """Return points on the worksheet's scale and in its way to write numbers."""
    value = row.earned or 0.0
    if maximum and row.possible:
        try:
            value *= float(maximum.replace(",", ".")) / row.possible
        except ValueError as error:
            raise UserError(
                f"the worksheet's maximum grade {shown(maximum)} is no number"
            ) from error
    text = f"{value:.2f}"
    return text.replace(".", ",") if "," in maximum else text


class Field:
    """A cell as it stands in the file, and what ends it: a delimiter, a line end or nothing."""

    def __init__(self, raw: str, end: str) -> None:
        self.raw, self.end = raw, end

    @property
    def plain(self) -> str:
        """Return the text without quotes."""
        raw = self.raw
        return raw[1:-1].replace('""', '"') if raw.startswith('"') and len(raw) > 1 else raw


class Table:
    """CSV whose untouched cells stay as they are, quotes and line ends included."""

    def __init__(self, text: str, columns: Mapping[str, str]) -> None:
        self._delimiter = max(",;\t", key=text.partition("\n")[0].count)
        self.lines = list(self._parse(text))
        header = [field.plain.strip("\ufeff ") for field in self.lines[0]] if self.lines else []
        known = COLUMNS | {column: (name,) for column, name in columns.items()}
        self._places = {
            column: header.index(name)
            for column, names in known.items()
            for name in reversed(header)  # of namesakes the first counts
            if name.casefold() in map(str.casefold, names)
        }
        self._check(header)

    def _check(self, header: list[str]) -> None:
        if "scale" in self._places:
            raise UserError("the worksheet grades by a scale of words: set it to points in Moodle.")
        missing = [column for column in NEEDED if column not in self._places]
        if missing:
            raise UserError(
                f"no column of the worksheet is known as its {' or '.join(missing)}; they are "
                f"{', '.join(map(repr, header)) or 'none'}. Say which it is, like --column "
                f"{missing[0]}='NAME'; if it lacks comments, switch them on in Moodle first."
            )

    def get(self, line: list[Field], column: str) -> str:
        """Return a cell's text; empty where there is no such column."""
        place = self._places.get(column, len(line))
        return line[place].plain if place < len(line) else ""

    def set(self, line: list[Field], column: str, text: str) -> None:
        """Change a cell, with quotes where it needs some."""
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
    """Return the text, byte order mark included, and the encoding that gives the same bytes."""
    marked = (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")
    first = [encoding for mark, encoding in marked if sheet.startswith(mark)]
    for encoding in first or ["utf-8", "cp1252"]:
        try:
            return sheet.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise UserError("the worksheet is in an unknown encoding: save it as UTF-8.")


def _encode(text: str, encoding: str) -> tuple[bytes, list[str]]:
    """Return the worksheet's bytes; as UTF-8, with a remark, where the old encoding lacks signs."""
    try:
        return text.encode(encoding), []
    except UnicodeEncodeError as error:
        sign = text[error.start]
        return text.encode("utf-8-sig"), [
            f"the worksheet is UTF-8 now, because {encoding} has no {shown(sign)}."
        ]

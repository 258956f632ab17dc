"""Fill in Moodle's grading worksheet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from grader.core.errors import UserError
from grader.reports.rows import Row
from grader.reports.sheets import (
    Filled,
    Line,
    Table,
    decode,
    encode,
    grade_of,
    left_because,
    scaled_comment,
    scaling,
)

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
    text, encoding = decode(sheet)
    owners = Owners(table := Worksheet(text, columns), rows)
    unseen = {row.student for row in rows}
    left: dict[str, list[str]] = {}
    scales: dict[str, None] = {}
    certain = [row for row in rows if row.folder and not row.doubt]
    folders = {} if owners.teams else {row.folder: row for row in certain}
    for line in table.lines[1:]:
        claimants = owners.of(line)
        unseen -= {claimant.student for claimant in claimants}
        row = claimants[0] if len(claimants) == 1 else None
        if row is not None and not row.doubt:
            folders[owners.folder(row, line)] = row  # in a team, one a member
        if why := _left_because(claimants, table.known(line, "changeable"), provisional):
            left.setdefault(why, []).append(line[1].plain if len(line) > 1 else line[0].plain)
        elif row is not None:
            maximum = table.known(line, "maximum")
            scales.setdefault(scaling(row, maximum))
            comment = scaled_comment(comments[row.folder], row, maximum)
            table.set(line, table.places["grade"], grade_of(row, maximum, capped=True))
            table.set(line, table.places["comment"], comment)
    remarks = _remarks(rows, left, scales, unseen)
    filled, encoded = encode(str(table), encoding)
    return Filled(filled, remarks + encoded, folders)


def _remarks(
    rows: Sequence[Row],
    left: Mapping[str, Sequence[str]],
    scales: Iterable[str],
    unseen: Iterable[str],
) -> list[str]:
    """Return what to say of a worksheet that is filled in.

    Args:
        rows: The students.
        left: Whose lines were left as they were, by the reason.
        scales: How points became grades.
        unseen: Students who are not in it.
    """
    remarks = [f"worksheet, left as it was, {why}: {', '.join(who)}" for why, who in left.items()]
    remarks += [f"worksheet: {said}" for said in scales if said]
    if above := [row.student for row in rows if row.possible and (row.earned or 0) > row.possible]:
        remarks.append(
            f"worksheet: Moodle takes no more than the maximum, so {', '.join(above)} have that"
        )
    if absent := sorted(unseen):
        remarks.append(f"not in the worksheet: {', '.join(absent)}")
    return remarks


def _left_because(claimants: Sequence[Row], changeable: str, provisional: bool) -> str:
    """Return why no grade is entered; an empty text if one is."""
    if claimants and changeable.casefold() in NO:
        return "the grade is locked"
    return left_because(claimants, provisional=provisional)


class Worksheet(Table):
    """A grading worksheet, whose columns are known by their names in several languages."""

    def __init__(self, text: str, columns: Mapping[str, str]) -> None:
        super().__init__(text)
        known = COLUMNS | {column: (name,) for column, name in columns.items()}
        self.places = {
            column: self.header.index(name)
            for column, names in known.items()
            for name in reversed(self.header)  # of namesakes the first counts
            if name.casefold() in map(str.casefold, names)
        }
        if "scale" in self.places:
            raise UserError("the worksheet grades by a scale of words: set it to points in Moodle.")
        missing = [column for column in NEEDED if column not in self.places]
        if missing:
            raise UserError(
                f"no column of the worksheet is known as its {' or '.join(missing)}; they are "
                f"{', '.join(map(repr, self.header)) or 'none'}. Say which it is, like --column "
                f"{missing[0]}='NAME'; if it lacks comments, switch them on in Moodle first."
            )

    def known(self, line: Line, column: str) -> str:
        """Return a cell's text by a key of `COLUMNS`; empty where there is no such column."""
        return self.get(line, self.places.get(column, len(line)))


class Owners:
    """Find the submission by which a line of the worksheet is graded.

    Moodle's folders bear the number of a participant, or, since version 5, that of a team. Then it
    is the name that counts, which stands in a column of its own in the line of each member.
    """

    def __init__(self, table: Worksheet, rows: Sequence[Row]) -> None:
        self._table = table
        numbers = ((number, row) for row in rows for number in _numbers_of(row.folder))
        self._by_number = _grouped(numbers)
        self._by_name = _grouped((_folded(_name_of(row.folder)), row) for row in rows)
        pairs = [(self._numbered(line), self._named(line)) for line in table.lines[1:]]
        named = [(one, other) for one, other in pairs if len(other) == 1]
        self.teams = 2 * sum(other[0] in one for one, other in named) < len(named)

    def of(self, line: Line) -> list[Row]:
        """Return the rows that claim to be the line's submission."""
        return self._named(line) if self.teams else self._numbered(line)

    def folder(self, row: Row, line: Line) -> str:
        """Return the folder in which Moodle looks for this line's feedback."""
        if not self.teams:
            return row.folder
        number = self._number(line)
        return re.sub(r"(?:_\d+)?(?=_assignsubmission_)", f"_{number}", row.folder, count=1)

    def _numbered(self, line: Line) -> list[Row]:
        return self._by_number.get(_number(self._number(line)), [])

    def _named(self, line: Line) -> list[Row]:
        named = sorted({_folded(field.plain) for field in line} & self._by_name.keys())
        return [row for name in named for row in self._by_name[name]]

    def _number(self, line: Line) -> str:
        found = re.search(r"\d+$", self._table.known(line, "identifier").strip())
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

"""Read Moodle's grading worksheet: its columns in several languages, and whose each line is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from grader.core.errors import UserError
from grader.core.text import shown
from grader.reports.rows import Row
from grader.reports.sheets import Line, Table

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
    "group": ("Group", "Gruppe", "Groupe", "Grupo", "Gruppo", "Groep", "Grupp"),
    "status": ("Status", "Statut", "Estado", "Estatus", "Stato"),
}  # fmt: skip
NEEDED = ("identifier", "grade", "maximum", "comment")
NO = ("no", "nein", "non", "nee", "não", "nej")
# The first word of a status that says that nothing was handed in, as "No submission".
NOTHING = (
    "no", "nothing", "keine", "nicht", "nichts", "aucun", "aucune", "pas", "rien", "sin", "nada",
    "nessun", "nessuna", "geen", "niets", "não", "nenhum", "nenhuma", "ingen", "inget",
)  # fmt: skip
# A folder's name: what the user or team is called, the number, and the end that Moodle adds.
FOLDER = re.compile(
    r"(?P<name>.+?)(?:_(?P<number>\d+))?(?P<end>_assignsubmission_[a-z]+_?)", re.DOTALL
)


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
        needed = dict.fromkeys((*NEEDED, *columns))
        missing = [column for column in needed if column not in self.places]
        if missing:
            raise UserError(
                f"no column of the worksheet is known as its {' or '.join(missing)}; they are "
                f"{', '.join(map(repr, self.header)) or 'none'}. Say which it is, like --column "
                f"{missing[0]}='NAME'; if it lacks comments, switch them on in Moodle first."
            )

    def known(self, line: Line, column: str) -> str:
        """Return a cell's text by a key of `COLUMNS`; empty where there is no such column."""
        return self.get(line, self.places.get(column, len(line)))

    def is_locked(self, line: Line) -> bool:
        """Return whether the grade of a line can't be changed."""
        return self.known(line, "changeable").casefold() in NO

    def says_nothing(self, line: Line) -> bool:
        """Return whether the status of a line is that nothing was handed in."""
        first, *_ = self.known(line, "status").split() or [""]
        return first.casefold() in NOTHING


class Owners:
    """Find the submission by which a line of the worksheet is graded.

    Moodle's folders bear the number of a participant, or, since version 5, that of a team. Then the
    team's name counts, which stands in the column of groups in the line of each member.
    """

    def __init__(self, table: Worksheet, rows: Sequence[Row]) -> None:
        """Find out whose numbers the folders bear.

        Raises:
            UserError: They are those of teams, and a person has to say which column has the groups.
        """
        self._table = table
        matches = [(FOLDER.fullmatch(row.folder), row) for row in rows]
        found = [(match, row) for match, row in matches if match]
        self._by_number = _grouped((_number(match["number"] or ""), row) for match, row in found)
        self._by_name = _grouped((_folded(match["name"]), row) for match, row in found)
        columns = self._columns_of_names()
        self._groups = columns[0] if columns else -1
        kept = None if "group" in table.places else 1  # the lines tell nothing of other columns
        named, numbered = self._explained(self._named), self._explained(self._numbered)
        self.teams = named[:kept] > numbered[:kept]
        if self.teams and len(columns) > 1:
            names = " or ".join(repr(table.header[place]) for place in columns)
            raise UserError(
                f"the column of groups can be {names}: say which it is, like --column group='NAME'."
            )

    def of(self, line: Line) -> list[Row]:
        """Return the rows that claim to be the line's submission."""
        return self._named(line) if self.teams else self._numbered(line)

    def folder(self, row: Row, line: Line) -> str:
        """Return the folder in which Moodle looks for this line's feedback."""
        match = FOLDER.fullmatch(row.folder)
        if not self.teams or match is None:
            return row.folder
        return f"{match['name']}_{self._number(line)}{match['end']}"

    def remark(self) -> str:
        """Say which teams are called like another cell; an empty text if none is."""
        if not self.teams:
            return ""
        alike = {
            cell
            for line in self._table.lines[1:]
            for cell in (_folded(field.plain) for field in line)
            if cell in self._by_name and cell != self._group(line)
        }
        names = ", ".join(map(shown, sorted(alike)))
        column = shown(self._table.header[self._groups])
        said = f"only the column {column} tells who is in a group, though cells elsewhere are like"
        return f"{said} a group's name: {names}" if alike else ""

    def _columns_of_names(self) -> list[int]:
        """Return the column of groups, or those that hold most names of folders if none is known.

        The right one holds every name, and others only those that somebody chose to be alike.
        """
        if "group" in self._table.places:
            return [self._table.places["group"]]
        places = set(range(len(self._table.header))) - set(self._table.places.values())
        cells = {
            place: {_folded(self._table.get(line, place)) for line in self._table.lines[1:]}
            for place in sorted(places)
        }
        counts = {place: len(found & self._by_name.keys()) for place, found in cells.items()}
        most = max(counts.values(), default=0)
        return [place for place, count in counts.items() if count == most > 0]

    def _explained(self, find: Callable[[Line], list[Row]]) -> tuple[int, int]:
        """Return how many hand-ins, and how many lines, find one another."""
        found = [find(line) for line in self._table.lines[1:]]
        return len({row.student for rows in found for row in rows}), sum(map(bool, found))

    def _numbered(self, line: Line) -> list[Row]:
        return self._by_number.get(_number(self._number(line)), [])

    def _named(self, line: Line) -> list[Row]:
        return self._by_name.get(self._group(line), [])

    def _group(self, line: Line) -> str:
        return _folded(self._table.get(line, self._groups))

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


def _number(digits: str) -> str:
    """Return a number in the one way in which numbers are compared."""
    return unicodedata.normalize("NFKC", digits).lstrip("0")


def _folded(name: str) -> str:
    """Return a name as Moodle writes it in names of folders, in one normal form."""
    return unicodedata.normalize("NFC", name).replace("_", " ").strip()

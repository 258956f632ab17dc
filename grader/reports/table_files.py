"""Read a table from a file as spreadsheets save it: CSV of any encoding and separator, or XLSX.

Its columns are found by their names, in any order; empty rows and columns don't count. A title may
stand above them, as Numbers writes one.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from grader.core.errors import UserError
from grader.core.text import shown
from grader.reports.sheets import SINGLE_BYTE, letters_in

LONGEST_CELL = 2**24  # characters; the csv module's own limit is 2**17
XLSX = b"PK\x03\x04"
SEPARATORS = ",;\t|"
TITLES = 5  # rows in which the header is sought
OTHERS = (*SINGLE_BYTE, "cp1250", "cp1251", "cp1253", "cp1254", "gbk", "cp932")  # than Unicode's


class Line(NamedTuple):
    """A row that is not empty, and where it stands, for messages.

    ``wrong`` says what can't be read of it.
    """

    place: str
    cells: list[str]
    wrong: str = ""


def read_table(
    data: bytes,
    columns: Sequence[str],
    optional: Sequence[str] = (),
    familiar: Callable[[str], int] = lambda _: 0,
) -> list[Line]:
    """Read the rows below the header: cells in the order of ``columns``.

    Texts that stand under no column's name follow behind.

    Args:
        data: The file.
        columns: The names of those that are needed.
        optional: The names of others, which are left out.
        familiar: How much of a text is known, to tell an encoding from another.

    Raises:
        UserError: There is no header, or it has other columns; the message lacks the file's name.
    """
    if data.startswith(XLSX):
        from grader.reports.workbooks import read_workbook  # here: it imports openpyxl

        tables = list(read_workbook(data))
    else:
        tables = [_csv_rows(_decoded(data, familiar), columns)]
    found = [_below_header(rows, columns, optional) for rows in tables]
    lines = [line for table in found if table is not None for line in table]
    if all(table is None for table in found):
        raise UserError(f"the first row must be {','.join(columns)}.")
    return lines


def _below_header(
    rows: Iterable[Line], columns: Sequence[str], optional: Sequence[str]
) -> list[Line] | None:
    """Return the lines of a table; None if none of its first rows is the header."""
    rows = iter(rows)
    header = _header_in(rows, columns)
    if header is None:
        return None
    for name in header:
        if name and name not in (*columns, *optional):
            raise UserError(
                f"the column {shown(name)} has no meaning and would be lost: remove it."
            )
    places = [header.index(name) for name in columns]
    named = {place for place, name in enumerate(header) if name}
    lines = []
    for row in rows:
        cells = row.cells + [""] * (len(header) - len(row.cells))
        others = [text for i, text in enumerate(cells) if text and i not in named]
        lines.append(row._replace(cells=[cells[place] for place in places] + others))
    return lines


def _header_in(rows: Iterator[Line], columns: Sequence[str]) -> list[str] | None:
    """Return the names of all columns, and leave in ``rows`` what follows; None if they lack."""
    for row in itertools.islice(rows, TITLES):
        names = [name.strip().casefold() for name in row.cells]
        if set(columns).issubset(names):
            return names
    return None


def _decoded(data: bytes, familiar: Callable[[str], int]) -> str:
    """Return the text; of encodings that fit, the one in which most is known."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if data[1:2] == b"\0" or data[:1] == b"\0":  # UTF-16 without its mark: an ASCII sign first
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        texts = [data.decode(encoding, errors="replace") for encoding in OTHERS]
        return max(texts, key=lambda text: (familiar(text), letters_in(text)))


def _csv_rows(text: str, columns: Sequence[str]) -> list[Line]:
    """Return the rows, with the separator for which the columns are in the header.

    Raises:
        UserError: It is no CSV.
    """
    csv.field_size_limit(LONGEST_CELL)
    first, _, rest = text.partition("\n")
    if first.strip().strip('"').lower().startswith("sep="):  # a line for Excel alone
        text = rest
    try:
        for delimiter in SEPARATORS:
            if _header_in(_split(text, delimiter), columns):
                return list(_split(text, delimiter))
        return []
    except csv.Error as error:
        raise UserError(f"it can't be read: {error}.") from error


def _split(text: str, delimiter: str) -> Iterator[Line]:
    """Yield the rows that are not empty."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for line in reader:
        # A file that a spreadsheet opened with another separator has one cell in each row.
        filled = list(itertools.dropwhile(lambda text: not text.strip(), line[::-1]))[::-1]
        alone = len(filled) == 1 and "," in filled[0]
        cells = [text.strip() for text in (next(csv.reader(filled)) if alone else line)]
        if any(cells):
            yield Line(f"row {reader.line_num}", cells)

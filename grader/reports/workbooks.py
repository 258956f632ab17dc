"""Write and read XLSX workbooks, in which no text can become a formula, a number or a date."""

from __future__ import annotations

import contextlib
import datetime
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from grader.core.errors import UserError
from grader.core.text import plain
from grader.core.zips import Member, zipped
from grader.reports.table_files import Line

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

LONGEST_CELL = 32_767  # characters that a cell can hold
LARGEST = 256 * 2**20  # bytes of an unpacked workbook
TEXT = "@"  # the number format of text, also of what is typed later
PROPERTIES = "docProps/core.xml"
NOT_XML = re.compile("[\ufffe\uffff]")
# OOXML can write a character by its number, like _x000D_. What only looks so begins with _x005F_.
ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
ESCAPED = re.compile("_x005F_(?=x[0-9A-Fa-f]{4}_)")  # as openpyxl leaves it in some cells
MARGIN = 3  # characters, for the button of a filter
WRAPPED = 40  # characters: in a wider column, lines are broken
LINE, MOST_LINES = 15, 20  # a line's height in points, and the highest row
HEADER, INPUT, NOTE = "FFE8EBFB", "FFFDF6DD", "FFF3F4F7"  # colours

Value = str | float | None


@dataclass(frozen=True)
class Column:
    """A column: its name, its width in characters, and whether a person fills it in.

    ``maximum`` is the place of the column that holds the largest number allowed in this one.
    """

    name: str
    width: int = 12
    is_input: bool = False
    maximum: int | None = None


@dataclass(frozen=True)
class Sheet:
    """A table of a workbook; ``notes`` are the first of its rows, such as the maxima of columns.

    ``fixed`` is how many columns stay in sight.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    fixed: int = 1
    notes: int = 0


def write_workbook(sheets: Sequence[Sheet]) -> bytes:
    """Return a workbook; equal sheets give equal bytes.

    Raises:
        UserError: A text is longer than a cell can hold.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for sheet in sheets:
        _fill(book.create_sheet(sheet.name), sheet)
    data = io.BytesIO()
    book.save(data)
    with zipfile.ZipFile(data) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    moment = re.compile(rb"(<dcterms:\w+[^>]*>)[^<]*")  # when it was made
    members[PROPERTIES] = moment.sub(rb"\g<1>1980-01-01T00:00:00Z", members[PROPERTIES])
    return zipped(Member(name, partial(members.__getitem__, name)) for name in members)


def _fill(target: Worksheet, sheet: Sheet) -> None:
    """Write the cells of a sheet, text as text."""
    from openpyxl.styles import Alignment, Font, PatternFill

    fills = {colour: PatternFill("solid", colour) for colour in (HEADER, INPUT, NOTE)}
    top, right = Alignment(vertical="top"), Alignment(horizontal="right")
    wrapped = Alignment(horizontal="left", vertical="top", wrap_text=True, indent=1)
    bold = Font(bold=True)
    for place, column in enumerate(sheet.columns, start=1):
        header = target.cell(1, place)
        _put(header, column.name)
        header.font, header.fill = bold, fills[HEADER]
        if column.maximum is not None or any(_is_number(row[place - 1]) for row in sheet.rows):
            header.alignment = right
        elif column.width > WRAPPED:
            header.alignment = wrapped
    for number, row in enumerate(sheet.rows):
        for place, (column, value) in enumerate(zip(sheet.columns, row, strict=True), start=1):
            cell = target.cell(number + 2, place)
            _put(cell, value)
            cell.alignment = wrapped if column.width > WRAPPED else top
            lines = _lines(value, column) if isinstance(value, str) else 1
            if lines > (target.row_dimensions[number + 2].height or LINE) / LINE:
                target.row_dimensions[number + 2].height = LINE * lines
            if column.is_input:
                cell.fill = fills[INPUT]
                if column.maximum is None:
                    cell.number_format = TEXT
            elif number < sheet.notes:
                cell.fill = fills[NOTE]
    _arrange(target, sheet)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float)


def _lines(text: str, column: Column) -> int:
    """Return how many lines a text takes in a column, about."""
    if column.width <= WRAPPED:
        return 1
    return min(sum(1 + len(line) // column.width for line in text.split("\n")), MOST_LINES)


def _arrange(target: Worksheet, sheet: Sheet) -> None:
    """Keep header and names in sight, on screen and on paper; add filters and limits."""
    from openpyxl.utils import get_column_letter

    first, last = 2 + sheet.notes, 1 + max(len(sheet.rows), 1 + sheet.notes)
    target.freeze_panes = f"{get_column_letter(sheet.fixed + 1)}{first}"
    target.auto_filter.ref = f"A{first - 1}:{get_column_letter(len(sheet.columns))}{last}"
    target.page_setup.orientation = "landscape"
    target.page_setup.fitToHeight = 0  # as many pages as it takes
    target.sheet_properties.pageSetUpPr.fitToPage = True
    target.print_title_rows = "1:1"
    for place, column in enumerate(sheet.columns, start=1):
        letter = get_column_letter(place)
        target.column_dimensions[letter].width = _width(sheet, place - 1)
        if column.maximum is not None:
            _limit(target, letter, column, first, last)


def _width(sheet: Sheet, place: int) -> int:
    """Return the width of a column: no more than its texts take, so that more fits on a page."""
    column = sheet.columns[place]
    texts = [column.name, *(str(row[place]) for row in sheet.rows if row[place] is not None)]
    longest = max(len(line) for text in texts for line in text.split("\n"))
    return column.width if column.is_input else min(column.width, longest + MARGIN)


def _put(cell: Cell, value: Value) -> None:
    """Write a value; a text keeps its signs, whatever it begins with.

    Raises:
        UserError: It is too long.
    """
    if not isinstance(value, str):
        cell.value = value
        return
    text = ESCAPE.sub("_x005F_", NOT_XML.sub("\ufffd", plain(value)))
    if len(text) > LONGEST_CELL:
        raise UserError(
            f"a text of {len(text):,} characters is longer than a cell of a workbook can hold."
        )
    if text:
        cell.value = text
        cell.data_type = "s"
        cell.number_format = TEXT
        cell.quotePrefix = True  # also when somebody edits it


def _limit(target: Worksheet, letter: str, column: Column, first: int, last: int) -> None:
    """Let a column take numbers from 0 to those of another column only."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    assert column.maximum is not None
    highest = f"${get_column_letter(column.maximum + 1)}{first}"
    rule = DataValidation(
        type="decimal",
        operator="between",
        formula1="0",
        formula2=f"IF(ISNUMBER({highest}),{highest},1E9)",
        allow_blank=True,
        showErrorMessage=True,
        errorTitle=column.name,
        error="The points should be a number from 0 to the question's maximum.",
    )
    target.add_data_validation(rule)
    rule.add(f"{letter}{first}:{letter}{last}")


def read_workbook(data: bytes) -> Iterator[list[Line]]:
    """Yield the rows that are not empty, sheet by sheet, with the values of formulas.

    Raises:
        UserError: It can't be read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                raise UserError(f"it unpacks to more than {LARGEST // 2**20} MiB.")
        tables = list(_tables(data))
    except UserError:
        raise
    except Exception as error:  # of any kind: openpyxl lets those of its parts through
        said = " ".join(str(error).split())[:200]
        raise UserError(
            f"it can't be read as a workbook ({type(error).__name__}: {said})."
        ) from error
    yield from tables


def _tables(data: bytes) -> Iterator[list[Line]]:
    from openpyxl import load_workbook

    with (
        contextlib.closing(load_workbook(io.BytesIO(data), read_only=True)) as formulas,
        contextlib.closing(load_workbook(io.BytesIO(data), read_only=True, data_only=True)) as book,
    ):
        for sheet, written in zip(book.worksheets, formulas.worksheets, strict=True):
            rows = zip(sheet.iter_rows(), written.iter_rows(), strict=True)
            lines = (_line(sheet.title, *row) for row in rows)
            yield [line for line in lines if any(line.cells) or line.wrong]


def _line(sheet: str, row: Sequence[Any], written: Sequence[Any]) -> Line:
    """Return a row; ``written`` has formulas in place of their values."""
    cells, wrong = [_text(cell) for cell in row], ""
    numbers = [cell.row for cell in written if cell.value is not None]
    for cell, formula in zip(row, written, strict=True):
        if cell.data_type == "e" or (cell.value is None and formula.value is not None):
            wrong = f"{formula.coordinate} is a formula without a value: put a text or number there"
    return Line(f"{sheet}, row {numbers[0] if numbers else 0}", cells, wrong)


def _text(cell: Any) -> str:
    """Return a cell as text: numbers with the digits that they need, dates as ISO has them."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime.datetime | datetime.date):
        has_day = "d" in re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", cell.number_format).lower()
        return f"{value:%Y-%m-%d}" if has_day else f"{value:%Y-%m}"
    if isinstance(value, float):
        return f"{value:.15g}"
    return plain(ESCAPED.sub("_", str(value)).replace("_x000D_\n", "\n")).strip()

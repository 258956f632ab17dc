"""Workbooks: what is text stays text, whoever wrote it; marks.xlsx is read back."""

from __future__ import annotations

import datetime
import io
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from grader.core.errors import UserError
from grader.core.text import plain
from grader.reports.grades_workbook import grades_xlsx
from grader.reports.marks import MarksFile, marks_xlsx, read_marks
from grader.reports.rows import Given
from grader.reports.workbooks import LONGEST_CELL, Column, Sheet, read_workbook, write_workbook
from tests.results import REFUSED, a_result, rows_of

NAMES = ["Zoë Müller", "=Lee", "0123456", "12e4", "1-2", "_x0041_da", "+49 89", "@me", "a\tb"]
GIVEN = {
    ("Zoë Müller", "1.4"): Given(0.5, "∂L/∂W ≠ 0\nzweite Zeile"),
    ("=Lee", "1.4"): Given(2.0, "=HYPERLINK(1)"),
    ("0123456", "1.4"): Given(None, "-x"),
    ("1-2", "1.4"): Given(0.0),
}
ROWS = rows_of({name: a_result() for name in NAMES})
BLANK = {(name, "1.4"): Given(None) for name in NAMES}


def marks_book(given: dict[tuple[str, str], Given] = GIVEN) -> Any:  # the sheet of marks
    book = load_workbook(io.BytesIO(marks_xlsx(ROWS, given)))
    return book, book.worksheets[0]


def read(book: Workbook) -> MarksFile:
    data = io.BytesIO()
    book.save(data)
    return read_marks(data.getvalue(), ROWS, name="marks.xlsx")


def test_marks_are_read_back() -> None:
    assert read_marks(marks_xlsx(ROWS, GIVEN), ROWS) == (BLANK | GIVEN, [])
    assert marks_xlsx(ROWS, GIVEN) == marks_xlsx(ROWS, GIVEN)


def test_no_text_is_a_formula_and_ids_are_text() -> None:
    _, sheet = marks_book()
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    for cell in cells:
        if isinstance(cell.value, str):
            assert cell.quotePrefix
            assert cell.number_format == "@"
    assert sheet["A4"].value == "0123456"


def test_the_points_have_limits_and_the_header_stays() -> None:
    _, sheet = marks_book()
    assert sheet.title == "palindrome"
    assert sheet.freeze_panes == "C2"
    (rule,) = sheet.data_validations.dataValidation
    assert (str(rule.sqref), rule.type, rule.formula1) == ("E2:E10", "decimal", "0")
    assert "$D2" in rule.formula2
    assert sheet["D2"].value == 2.0


def test_edits_count() -> None:
    book, sheet = marks_book()
    sheet["E3"], sheet["F3"] = 1, "now fewer"
    sheet["E5"] = datetime.datetime(2026, 5, 1)  # 1.5 in German
    sheet["E5"].number_format = "dd. mmm"
    sheet["E6"] = datetime.datetime(1975, 1, 1)  # 1.75 in German
    sheet["E6"].number_format = "mmm yy"
    sheet["A4"], sheet["A4"].number_format = 123456, "General"  # a zero less
    sheet["B7"] = "1.4"
    sheet["E7"] = "1,25"
    sheet["I12"] = " "
    given, errors = read(book)
    assert errors == []
    changed = {key[0]: value for key, value in given.items() if value != (BLANK | GIVEN)[key]}
    assert changed == {
        "=Lee": Given(1.0, "now fewer"),
        "12e4": Given(1.5),
        "1-2": Given(1.75),
        "_x0041_da": Given(1.25),
    }


@pytest.mark.parametrize(
    ("cell", "value", "message"),
    [
        ("E2", "=1+1", "row 2: E2 is a formula without a value"),
        ("E2", 3, "row 2: 3 points for 1.4, which has 2"),
        ("A2", "Nobody", "row 2: there is no student Nobody"),
        ("B2", "Q9", "row 2: Q9 is no written question"),
        ("G2", "more", "row 2: it has 5 cells"),
    ],
)
def test_a_wrong_row_costs_that_row_alone(cell: str, value: object, message: str) -> None:
    book, sheet = marks_book()
    sheet[cell] = value
    given, (error,) = read(book)
    assert error.startswith(f"marks.xlsx, palindrome, {message}")
    assert given["=Lee", "1.4"] == GIVEN["=Lee", "1.4"]


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_workbook_is_one_line(data: bytes) -> None:
    with pytest.raises(UserError, match=r"marks\.xlsx: it can't be read as a workbook"):
        read_marks(data, ROWS, name="marks.xlsx")


def test_other_sheets_are_left_alone_and_bombs_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    book, _ = marks_book()
    book.create_sheet("notes")["A1"] = "mine"
    assert read(book) == (BLANK | GIVEN, [])
    monkeypatch.setattr("grader.reports.workbooks.LARGEST", 2**10)
    with pytest.raises(UserError, match="unpacks to more than"):
        read(book)


def test_a_text_longer_than_a_cell_is_refused() -> None:
    with pytest.raises(UserError, match="longer than a cell"):
        marks_xlsx(ROWS, {("=Lee", "1.4"): Given(1.0, "x" * (LONGEST_CELL + 1))})


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_any_text_survives(texts: list[str]) -> None:
    data = write_workbook([Sheet("s", [Column("t")], [[text] for text in texts])])
    (lines,) = read_workbook(data)
    expected = [plain(text).strip() for text in texts if plain(text).strip()]
    replaced = [text.translate({0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}) for text in expected]
    assert [line.cells for line in lines[1:]] == [[text] for text in replaced]


def test_grades_have_maxima_and_numbers() -> None:
    rows = rows_of({"007": a_result(), "=Lee": REFUSED})
    sheet = load_workbook(io.BytesIO(grades_xlsx(rows))).worksheets[0]
    header, *table = [[cell.value for cell in row] for row in sheet.iter_rows()]
    most, kim, lee = (dict(zip(header, line, strict=True)) for line in table)
    assert (most["student"], most["1.4"], most["1.6"]) == ("maximum", 2, 4)
    assert (kim["student"], kim["points"], kim["1.4"], kim["1.6"]) == ("007", 2, None, 2)
    assert (lee["student"], lee["status"]) == ("=Lee", "refused")
    assert sheet["A4"].data_type == "s"
    assert sheet.freeze_panes == "B3"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="there is no LibreOffice")
def test_libreoffice_reads_and_writes_the_same_marks(tmp_path: Path) -> None:
    (tmp_path / "marks.xlsx").write_bytes(marks_xlsx(ROWS, GIVEN))
    for kind, folder in (("xlsx", "book"), ("csv:Text - txt - csv (StarCalc):59,34,76", "table")):
        command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"]
        place = ["--outdir", str(tmp_path / folder), str(tmp_path / "marks.xlsx")]
        subprocess.run([*command, "--convert-to", kind, *place], check=True, capture_output=True)
    book = (tmp_path / "book" / "marks.xlsx").read_bytes()
    assert read_marks(book, ROWS) == (BLANK | GIVEN, [])
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    table = (tmp_path / "table" / "marks.csv").read_bytes()
    assert read_marks(table, ROWS) == (BLANK | GIVEN, [])

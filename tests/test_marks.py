"""Marks that a person gives: read however a spreadsheet saves them, or refused in one line."""

from __future__ import annotations

import contextlib
import csv
import io
import unicodedata
from collections.abc import Callable

import pytest

from grader.core.errors import UserError
from grader.reports.marks import marks_csv, read_marks
from grader.reports.rows import Given
from tests.results import a_result, rows_of, table


def test_a_persons_marks() -> None:
    results = {"Kim": a_result(), "=Lee": a_result()}
    blank = marks_csv(rows_of(results), {})
    assert [(line["student"], line["question"], line["points"]) for line in table(blank)] == [
        ("Kim", "Q1.4", ""),
        ("'=Lee", "Q1.4", ""),
    ]
    filled = blank.replace('''"'=Lee","Q1.4","",""''', '''"'=Lee","Q1.4","1.5","-good"''')
    given, _ = read_marks(filled.encode(), rows_of(results))
    assert given["=Lee", "1.4"] == Given(1.5, "-good")
    kim, lee = rows_of(results, given)
    assert (lee.earned, lee.pending, kim.pending) == (3.5, 0, 2)
    assert lee.marks[0].comment == "-good"
    again = marks_csv([kim, lee], given)
    assert read_marks(again.encode(), [kim, lee]) == (given, [])


GIVEN = {
    ("Zoë Müller", "1.4"): Given(1.5, "schön; gut"),
    ("Kim", "1.4"): Given(0.5),
    ("=Lee", "1.4"): Given(None),
}


def saved(separator: str, *, number: str = "1.5", question: str = "Q1.4", extra: str = "") -> str:
    """marks.csv as a spreadsheet saves it."""
    lines = [
        ["student", "question", "points", "comment"],
        ["Zoë Müller", question, number, '"schön; gut"'],
        ["Kim", question, "0.5", ""],
        ["'=Lee", question, "", ""],
    ]
    return "".join(separator.join(line) + extra + "\r\n" for line in lines)


@pytest.mark.parametrize(
    "data",
    [
        saved(",").encode(),
        saved(";").encode("cp1252"),
        saved(";", number="1,5").encode("mac_roman"),
        saved(";").replace("\r\n", "\r").encode("mac_roman"),
        saved("\t").encode("utf-16"),
        b"\xfe\xff" + saved("\t").encode("utf-16-be"),
        saved("\t").encode("utf-8-sig"),
        saved(",", extra=",,").encode(),
        saved(";", extra=";;;").encode("utf-8-sig"),
        saved(",").replace(",\r\n", "\r\n").encode(),  # a comment's cell that is not even there
        unicodedata.normalize("NFD", saved(",")).replace("scho\u0308n", "schön").encode(),
        saved(",", question="1.4").encode(),
        saved(";", question="01. Apr", number="01. Mai").encode("utf-8-sig"),
        saved(",", question="1-Apr", number="1-May").encode(),
        saved(",", question="01.Avr", number="1 mai 2026").encode(),
        saved(",").replace("student", "Student").replace("'=Lee", "=Lee").encode(),
        "".join(
            f'"{line.replace(chr(34), chr(34) * 2)}"\r\n' for line in saved(",").splitlines()
        ).encode("utf-8-sig"),  # opened with another separator, and saved
    ],
)
def test_marks_are_read_however_a_spreadsheet_saves_them(data: bytes) -> None:
    rows = rows_of({name: a_result() for name in ("Zoë Müller", "Kim", "=Lee")})
    assert read_marks(data, rows) == (GIVEN, [])


@pytest.mark.parametrize("data", [b"\0", b"\xff\xfe\0", b"\x81\x8d", b'"', b"a" * 200_000])
def test_what_is_no_table_of_marks_is_one_line(data: bytes) -> None:
    for content in (data, saved(",").encode() + data):
        with contextlib.suppress(UserError):
            read_marks(content, rows_of({"Zoë Müller": a_result()}))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Kin,1.4,1,", "row 3: there is no student Kin (is it Kim?)"),
        ("Kim,1.6,1,", "row 3: 1.6 is no written question; these are: 1.4"),
        ("Kim,9,1,", "row 3: 9 is no written question"),
        ("Kim,1.4,2.5,", "row 3: 2.5 points for 1.4, which has 2"),
        ("Kim,1.4,-1,", "row 3: -1 points for 1.4"),
        ("Kim,1.4,nan,", "row 3: nan points for 1.4"),
        ("Kim,1.4,two,", "row 3: two is no number"),
        ("Kim,1.4,1,a,b", "row 3: it has 5 cells"),
    ],
)
def test_wrong_marks_name_the_row(line: str, message: str) -> None:
    rows = rows_of({"Kim": a_result(), "Lee": a_result()})
    text = f"student,question,points,comment\nLee,1.4,1,\n{line}\n"
    given, (error,) = read_marks(text.encode(), rows)
    assert message in error
    assert given == {("Lee", "1.4"): Given(1.0)}  # it costs that row alone


def test_marks_without_a_header() -> None:
    with pytest.raises(UserError, match="the first row must be"):
        read_marks(b"Kim,1.4,1,\n", rows_of({"Kim": a_result()}))


def test_of_rows_that_contradict_each_other_none_counts() -> None:
    rows = rows_of({"Kim": a_result(), "Lee": a_result()})
    text = "student,question,points,comment\nLee,1.4,1,\nKim,1.4,2,\nLee,1.4,2,\nKim,1.4,2,\n"
    given, (error,) = read_marks(text.encode(), rows)
    assert given == {("Kim", "1.4"): Given(2.0)}
    assert "row 2, row 4: they differ, but all are for Lee, question 1.4, so none" in error


def as_numbers(cell: str) -> str:
    """Return what a spreadsheet keeps of a cell: of digits alone, their value."""
    return str(int(cell)) if cell.isdigit() else cell


def without_apostrophe(cell: str) -> str:
    return cell.removeprefix("'")


NUMBERS = ("0123456", "123456", "00123456")


@pytest.mark.parametrize(
    ("names", "change", "counts"),
    [
        (NUMBERS, as_numbers, True),
        (NUMBERS, lambda cell: as_numbers(without_apostrophe(cell)), False),
        (("'0123456", "0123456"), as_numbers, True),
        (("1.50", "1.5", "May-12", "2026-05"), as_numbers, True),
        (("'=x", "=x"), as_numbers, True),
        (("'=x", "=x"), without_apostrophe, False),
    ],
)
def test_no_student_gets_the_marks_of_another_by_a_spreadsheets_change(
    names: tuple[str, ...], change: Callable[[str], str], counts: bool
) -> None:
    rows = rows_of({name: a_result() for name in names})
    header, *lines = csv.reader(io.StringIO(marks_csv(rows, {}).removeprefix("\ufeff")))
    assert len({line[0] for line in lines}) == len(names)
    out = io.StringIO()
    csv.writer(out).writerows(
        [header, *([change(line[0]), line[1], i / 8, ""] for i, line in enumerate(lines))]
    )
    given, errors = read_marks(out.getvalue().encode(), rows)
    assert given == (
        {(name, "1.4"): Given(i / 8) for i, name in enumerate(names)} if counts else {}
    )
    assert bool(errors) != counts

"""Marks survive every encoding, separator and line end in which a spreadsheet saves them."""

from __future__ import annotations

import contextlib
import csv
import io
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.batch.marks_files import merged
from grader.core.errors import UserError
from grader.reports.mangled import Known, number
from grader.reports.marks import MarksFile, marks_csv, read_marks
from grader.reports.rows import Given
from tests.results import a_result, rows_of

LETTERS = "abcxyzÄÖÜäöüßéèñç"
WORDS = st.text(alphabet=LETTERS + " ,;'\"=-+", max_size=12).map(str.strip)
NAMES = st.text(alphabet=LETTERS + "=- ", min_size=3, max_size=12).map(str.strip).filter(len)


@settings(deadline=None, max_examples=150)
@given(
    marks=st.dictionaries(
        NAMES,
        st.tuples(st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, 1.75, 2.0]), WORDS),
        min_size=1,
        max_size=5,
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "mac_roman"]),
    separator=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    comma=st.booleans(),
    empty=st.integers(0, 3),
    decomposed=st.booleans(),
)
def test_round_trip(
    marks: dict[str, tuple[float | None, str]], encoding: str, separator: str, end: str,
    comma: bool, empty: int, decomposed: bool,
) -> None:  # fmt: skip
    rows = rows_of({name: a_result() for name in marks})
    given = {(name, "1.4"): Given(*value) for name, value in marks.items()}
    text = marks_csv(rows, given).removeprefix("\ufeff")
    table = list(csv.reader(io.StringIO(text, newline="")))
    if comma:
        table = [[*line[:2], line[2].replace(".", ","), line[3]] for line in table]
    if decomposed and encoding.startswith("utf"):
        table = [[unicodedata.normalize("NFD", line[0]), *line[1:]] for line in table]
    table = [[], [""] * empty, *([*line, *[""] * empty] for line in table), [""] * 9]
    saved = io.StringIO()
    csv.writer(saved, delimiter=separator, lineterminator=end).writerows(table)
    read = read_marks(saved.getvalue().encode(encoding), rows)
    assert read.errors == []
    if encoding in ("cp1252", "mac_roman") and all(name.isascii() for name in marks):
        assert {k: v.points for k, v in read.given.items()} == {
            k: v.points for k, v in given.items()
        }  # nothing tells the encoding of the comments for certain
    else:
        assert read.given == given


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_one_line(data: bytes) -> None:
    rows = rows_of({"Kim": a_result()})
    for content in (data, b"student,question,points,comment\nKim,Q1.4,1,\n" + data):
        with contextlib.suppress(UserError):
            assert not [line for line in read_marks(content, rows).errors if "\n" in line]


@pytest.mark.parametrize(
    ("cell", "points"),
    [
        ("1,5", 1.5), ("1.5", 1.5), ("01. Mai", 1.5), ("1. Mai 2026", 1.5), ("01.05.2026", 1.5),
        ("2026-05-01", 1.5), ("1-May", 1.5), ("Jan 75", 1.75), ("Jan. 25", 1.25),
        ("Jan 1975", 1.75),
        ("Mai 00", 5.0), ("02. Mrz", 2.3), ("1975-01", 1.75), ("5/1/2026", None), ("Jan 05", None),
        ("one", None), ("32. Foo", None), ("x" * 10**6, None),
    ],
)  # fmt: skip
def test_numbers_that_became_dates(cell: str, points: float | None) -> None:
    assert number(cell) == points


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("123456", ["0123456"]),
        ("1,23457E+11", ["123456789012"]),
        ("1.20E+05", ["12e4"]),
        ("02. Jan", ["1-2"]),  # month and day, in English
        ("2-Jan", ["1-2"]),
        ("01. Feb", ["1-2"]),
        ("1200", []),
        ("1,2E+03", ["1234"]),
        ("Zoë", ["Zoe\u0308"]),
        ("1E+20", []),
    ],
)
def test_names_that_became_dates_or_numbers(cell: str, name: list[str]) -> None:
    names = ["0123456", "123456789012", "12e4", "1-2", "1234", "Zoe\u0308"]
    assert Known(names, str).find(cell) == name


def test_what_can_be_two_names_is_neither() -> None:
    rows = rows_of({"0123456": a_result(), "00123456": a_result()})
    text = b"student,question,points,comment\n123456,Q1.4,1,\n"
    given, (error,) = read_marks(text, rows)
    assert "123456 can be more than one name: put the right one there" in error
    assert given == {}


def test_columns_are_found_by_name() -> None:
    rows = rows_of({"Kim": a_result()})
    text = "sep=;\ncomment;of;points;title;Question;student\nfine;2;1,5;Words;Q1.4;Kim\n"
    assert read_marks(text.encode(), rows) == ({("Kim", "1.4"): Given(1.5, "fine")}, [])
    with pytest.raises(UserError, match="column grader has no meaning and would be lost"):
        read_marks(b"student,question,points,comment,grader\n", rows)


KEY = ("Kim", "1.4")


@pytest.mark.parametrize(
    ("before", "table", "book", "after"),
    [
        (None, 1.0, None, 1.0),
        (None, None, 2.0, 2.0),
        (1.0, 1.0, 2.0, 2.0),
        (1.0, None, 1.0, None),  # taken back
        (1.0, 2.0, 2.0, 2.0),
    ],
)
def test_what_was_changed_since_counts(
    before: float | None, table: float | None, book: float | None, after: float | None
) -> None:
    files = {
        name: MarksFile({KEY: Given(points)}, [])
        for name, points in (("marks.csv", table), ("marks.xlsx", book))
    }
    assert merged({KEY: Given(before)}, files) == ({KEY: Given(after)}, [])


def test_two_changes_that_differ_are_an_error() -> None:
    files = {
        "marks.csv": MarksFile({KEY: Given(1.0)}, []),
        "marks.xlsx": MarksFile({KEY: Given(2.0)}, ["other"]),
    }
    said = "marks.csv and marks.xlsx differ on Kim, question 1.4: make them agree"
    assert merged({}, files) == ({}, ["other", said])


STUDENTS = (
    "Anna Müller_101",
    "Bo d'Arc-Lee_102",
    "Łukasz Żak_103",
    "Иван Петров_104",
    "李 小龙_105",
)


def marked(change: dict[str, str], header: str = "student,question,points,comment") -> str:
    lines = [f'"{change.get(name, name)}",Q1.4,1.5,' for name in STUDENTS]
    return "\n".join([header, *lines, ""])


@pytest.mark.parametrize(
    "data",
    [
        marked({"Anna Müller_101": "anna  müller_101"}).encode(),
        marked({"Anna Müller_101": "Anna\u00a0Müller_101"}).encode(),
        marked({"Bo d'Arc-Lee_102": "Bo d’Arc–Lee_102"}).encode(),
        marked({}).encode("cp1251", "replace"),
        marked({}).encode("gbk", "replace"),
        marked({}).encode("cp1250", "replace"),
        marked({}).encode("mac_roman", "replace"),
        ("Table 1\n\n" + marked({})).encode(),
        marked({}).replace(",", "|").encode("utf-16"),
        marked({}).replace("Q1.4", "q1,4").replace(",q1,4,", ',"q1,4",').encode(),
    ],
    ids=["typed", "blank", "bent", "russian", "chinese", "polish", "mac", "title", "bar", "lower"],
)  # fmt: skip
def test_what_only_one_name_fits_is_read(data: bytes) -> None:
    rows = rows_of({name: a_result() for name in STUDENTS})
    given, errors = read_marks(data, rows)
    assert errors == []
    assert {student: mark.points for (student, _), mark in given.items()} == dict.fromkeys(
        STUDENTS, 1.5
    )


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("M?ller", []),  # two have a sign there
        ("anna", []),  # two are written so, but for capitals
        ("ANNA", ["ANNA"]),
        ("?nna", []),  # a plain letter is never lost
    ],
)
def test_what_two_names_fit_is_neither(cell: str, names: list[str]) -> None:
    known = Known(["Müller", "Möller", "Anna", "ANNA"], str)
    found = known.find(cell)
    assert found == names or (not names and len(found) != 1)

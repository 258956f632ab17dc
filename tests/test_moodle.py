"""The round trip through Moodle: its worksheet filled in place, its folders of feedback."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.reports.moodle import feedback_zip, fill_worksheet
from grader.reports.rows import Mark, Row

ENGLISH = (
    'Identifier,"Full name",Status,Grade,"Maximum Grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
    '"Participant 101","Anna Müller","Submitted for grading - ",,16.00,Yes,'
    '"Friday, 20 November 2026, 9:01 PM",-,\n'
    '"Participant 102","Ben ""B"" Lee","Submitted for grading - ",3.00,16.00,No,"x, y",-,old\n'
    '"Participant 103","Cem Öz","No submission - ",,16.00,Yes,-,-,""\n'
)
GERMAN = (
    "\ufeffID;Vollständiger Name;E-Mail-Adresse;Status;Gruppe;Bewertung;Bestwertung;"
    "Bewertung kann geändert werden;Zuletzt geändert (Abgabe);Zuletzt geändert (Bewertung);"
    "Feedback als Kommentar\r\n"
    "Teilnehmer/in101;Anna Müller;a@b.de;Zur Bewertung abgegeben;A;;100,00;Ja;"
    "Freitag, 20. November 2026, 21:01;-;\r\n"
    "Teilnehmer/in102;Ben Lee;b@b.de;Zur Bewertung abgegeben;A;5,00;100,00;Nein;-;-;alt\r\n"
)


def a_row(number: int, earned: float | None = 12.0, status: str = "graded") -> Row:
    marks = [Mark("1.6", "LSTM", 16.0, False, earned, "passed")]
    folder = f"Name_{number}_assignsubmission_file"
    return Row(f"Name_{number}", f"Name_{number}", folder, status, "", 1.0, marks)


ROWS = [a_row(101), a_row(102), a_row(104)]
COMMENTS = {row.folder: '<p class="a">well done, really</p>' for row in ROWS}


def test_english() -> None:
    filled, remarks = fill_worksheet(ENGLISH.encode(), ROWS, COMMENTS)
    before = ENGLISH.splitlines(keepends=True)
    after = filled.decode().splitlines(keepends=True)
    assert [after[0], *after[2:]] == [before[0], *before[2:]]  # byte for byte
    expected = before[1].replace(",,16.00", ",12.00,16.00").removesuffix("\n")
    assert after[1] == expected + '"<p class=""a"">well done, really</p>"\n'
    assert any("locked" in remark and 'Ben "B" Lee' in remark for remark in remarks)
    assert any("no submission" in remark and "Cem Öz" in remark for remark in remarks)
    assert any("not in the worksheet: Name_104" in remark for remark in remarks)


def test_german() -> None:
    filled, remarks = fill_worksheet(GERMAN.encode(), ROWS[:2], COMMENTS)
    assert filled.startswith("\ufeffID;".encode())
    lines = filled.decode("utf-8-sig").splitlines()
    rows = list(csv.DictReader(lines, delimiter=";"))
    assert rows[0]["Bewertung"] == "75,00"  # 12 of 16, on the scale of the worksheet
    assert rows[0]["Feedback als Kommentar"] == COMMENTS[ROWS[0].folder]
    assert filled.decode().split("\r\n")[2:] == GERMAN.split("\r\n")[2:]
    assert "locked" in remarks[0]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16-le"])
def test_the_encoding_stays(encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    sheet = (mark + ENGLISH).encode(encoding)
    filled, _ = fill_worksheet(sheet, ROWS, COMMENTS)
    assert "Anna Müller" in filled.decode(encoding)
    assert filled[:2] == sheet[:2]


def test_without_rows_of_ours_nothing_changes() -> None:
    for sheet in (ENGLISH, GERMAN, ENGLISH.rstrip("\n")):
        assert fill_worksheet(sheet.encode(), [], {})[0] == sheet.encode()


def test_where_the_grader_failed_no_grade_is_entered() -> None:
    row = a_row(101, earned=None, status="internal")
    filled, remarks = fill_worksheet(ENGLISH.encode(), [row], {row.folder: ""})
    assert filled == ENGLISH.encode()
    assert any("the grader failed: Anna Müller" in remark for remark in remarks)


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ("", "no column"),
        ("a,b\n1,2\n", "no column Identifier"),
        (ENGLISH.replace("Feedback comments", "Notes"), "no column Feedback comments"),
        (ENGLISH.replace("Maximum Grade", "Scale"), "scale of words"),
    ],
)
def test_what_is_no_worksheet(sheet: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        fill_worksheet(sheet.encode(), ROWS, COMMENTS)


def test_feedback_goes_back_to_the_downloaded_folders(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("for Anna")
    data = feedback_zip({"Anna Müller_101_assignsubmission_file": tmp_path / "a.html"})
    archive = zipfile.ZipFile(io.BytesIO(data))
    name = "Anna Müller_101_assignsubmission_file/feedback.html"
    assert archive.namelist() == [name]
    assert archive.read(name) == b"for Anna"
    assert data == feedback_zip({"Anna Müller_101_assignsubmission_file": tmp_path / "a.html"})

"""The round trip through Moodle: its worksheet filled in place, its folders of feedback."""

from __future__ import annotations

import csv
from typing import Any, Literal

import pytest

from grader.core.errors import UserError
from grader.reports.moodle import fill_worksheet
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

Status = Literal["graded", "refused", "internal"]


def a_row(number: int, earned: float | None = 12.0, status: Status = "graded") -> Row:
    marks = [Mark("1.6", "LSTM", 16.0, False, earned, "passed")]
    folder = f"Name_{number}_assignsubmission_file"
    return Row(f"Name_{number}", f"Name_{number}", folder, status, "", 1.0, marks)


def filling(*arguments: Any) -> tuple[bytes, list[str], dict[str, Row]]:
    filled = fill_worksheet(*arguments)
    return filled.sheet, filled.remarks, filled.folders


ROWS = [a_row(101), a_row(102), a_row(104)]
COMMENTS = {row.folder: '<p class="a">well done, really</p>' for row in ROWS}


def test_english() -> None:
    filled, remarks, _ = filling(ENGLISH.encode(), ROWS, COMMENTS)
    before = ENGLISH.splitlines(keepends=True)
    after = filled.decode().splitlines(keepends=True)
    assert [after[0], *after[2:]] == [before[0], *before[2:]]  # byte for byte
    expected = before[1].replace(",,16.00", ",12.00,16.00").removesuffix("\n")
    assert after[1] == expected + '"<p class=""a"">well done, really</p>"\n'
    assert any("locked" in remark and 'Ben "B" Lee' in remark for remark in remarks)
    assert any("no submission" in remark and "Cem Öz" in remark for remark in remarks)
    assert any("not in the worksheet: Name_104" in remark for remark in remarks)


def test_german() -> None:
    filled, remarks, _ = filling(GERMAN.encode(), ROWS[:2], COMMENTS)
    assert filled.startswith("\ufeffID;".encode())
    lines = filled.decode("utf-8-sig").splitlines()
    rows = list(csv.DictReader(lines, delimiter=";"))
    assert rows[0]["Bewertung"] == "75,00"  # 12 of 16, on the scale of the worksheet
    scaled = "<p>The grade is scaled: 16 points are 100 there.</p>"
    assert rows[0]["Feedback als Kommentar"] == f"{COMMENTS[ROWS[0].folder]} {scaled}"
    assert filled.decode().split("\r\n")[2:] == GERMAN.split("\r\n")[2:]
    assert any("locked" in remark for remark in remarks)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "mac_roman", "utf-16-le"])
def test_the_encoding_stays(encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    sheet = (mark + ENGLISH).encode(encoding)
    filled, *_ = filling(sheet, ROWS, COMMENTS)
    assert "Anna Müller" in filled.decode(encoding)
    assert filled[:2] == sheet[:2]


@pytest.mark.parametrize(("comment", "encoding"), [("∂L/∂W ≠ 0", "utf-8-sig"), ("ö", "cp1252")])
def test_a_sign_that_the_encoding_lacks_makes_it_utf8(comment: str, encoding: str) -> None:
    comments = dict.fromkeys(COMMENTS, comment)
    filled, remarks, _ = filling(ENGLISH.encode("cp1252"), ROWS, comments)
    assert comment in filled.decode(encoding)
    assert "Anna Müller" in filled.decode(encoding)
    assert any("UTF-8 now" in remark for remark in remarks) == (encoding == "utf-8-sig")
    assert fill_worksheet(filled, ROWS, comments).sheet == filled


def test_pending_points_are_no_grade_unless_that_is_wanted() -> None:
    row = a_row(101)
    row.marks.append(Mark("1.4", "Words", 4.0, True, None, "pending", open=4.0, waiting=4.0))
    filled, remarks, _ = filling(ENGLISH.encode(), [row], COMMENTS)
    assert filled == ENGLISH.encode()
    assert any("waits for marks" in remark and "Anna" in remark for remark in remarks)
    filled = fill_worksheet(ENGLISH.encode(), [row], COMMENTS, provisional=True).sheet
    assert b",9.60,16.00" in filled


def test_a_question_on_which_the_grader_failed_is_no_zero() -> None:
    row = a_row(101)
    row.marks.append(Mark("1.7", "GRU", 4.0, False, None, "internal"))
    filled, remarks, _ = filling(ENGLISH.encode(), [row], COMMENTS)
    assert filled == ENGLISH.encode()
    assert any("the grader failed" in remark for remark in remarks)


def test_nobody_gets_the_grade_of_a_namesake() -> None:
    one, other = a_row(101, 1.0), a_row(101, 16.0)
    filled, remarks, _ = filling(ENGLISH.encode(), [one, other], COMMENTS)
    assert filled == ENGLISH.encode()
    assert any("several hand-ins claim to be theirs" in r and "Anna" in r for r in remarks)
    assert not any("no submission" in remark and "Anna" in remark for remark in remarks)


@pytest.mark.parametrize("provisional", [False, True])
def test_a_disputed_row_enters_no_grade_and_gets_no_feedback(provisional: bool) -> None:
    row = a_row(101)
    row.doubt = "several hand-ins claim to be this student's"
    filled = fill_worksheet(ENGLISH.encode(), [row], COMMENTS, provisional=provisional)
    assert filled.sheet == ENGLISH.encode()
    assert filled.folders == {}
    assert any("claim to be theirs" in remark and "Anna" in remark for remark in filled.remarks)


@pytest.mark.parametrize("number", ["0101", "１０１"])
def test_a_number_is_the_same_however_it_is_written(number: str) -> None:
    one, other = a_row(101), a_row(101)
    other.folder, other.student = f"Eve_{number}_assignsubmission_file", "Eve"
    comments = {row.folder: "x" for row in (one, other)}
    filled, remarks, _ = filling(ENGLISH.encode(), [one, other], comments)
    assert filled == ENGLISH.encode()
    assert any("claim to be theirs" in remark and "Anna" in remark for remark in remarks)


def test_without_rows_of_ours_nothing_changes() -> None:
    for sheet in (ENGLISH, GERMAN, ENGLISH.rstrip("\n")):
        assert fill_worksheet(sheet.encode(), [], {}).sheet == sheet.encode()


def test_where_the_grader_failed_no_grade_is_entered() -> None:
    row = a_row(101, earned=None, status="internal")
    filled, remarks, _ = filling(ENGLISH.encode(), [row], {row.folder: ""})
    assert filled == ENGLISH.encode()
    assert any("the grader failed: Anna Müller" in remark for remark in remarks)


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ("", "identifier or grade or maximum or comment; they are none"),
        ("a,b\n1,2\n", "they are 'a', 'b'"),
        (ENGLISH.replace("Feedback comments", "Notes"), "--column comment='NAME'; if it lacks"),
        (ENGLISH.replace("Maximum Grade", "Scale"), "scale of words"),
    ],
)
def test_what_is_no_worksheet(sheet: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        fill_worksheet(sheet.encode(), ROWS, COMMENTS)


# In each: identifier, name, status, grade, maximum, whether it can change, two dates, comment; no.
LANGUAGES = {
    "fr": "Identifiant,Nom,Statut,Note,Note maximale,La note peut être modifiée,a,b,"
    "Feedback par commentaires;Non",
    "es": "Identificador,Nombre,Estado,Calificación,Calificación máxima,"
    "La calificación puede ser cambiada,a,b,Comentarios de retroalimentación;No",
    "it": "Identificativo,Nome,Stato,Valutazione,Valutazione massima,"
    "La valutazione può essere cambiata,a,b,Commenti;No",
    "nl": "Identificatie,Naam,Status,Cijfer,Maximaal cijfer,Het cijfer kan gewijzigd worden,a,b,"
    "Feedback;Nee",
    "pt": "Número de identificação,Nome,Estado,Nota,Nota Máxima,A nota pode ser alterada.,a,b,"
    "Comentários de feedback;Não",
    "pt_br": "Identificador,Nome,Status,Nota,Nota máxima,Nota pode ser alterada,a,b,"
    "Comentários de feedback;Não",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_languages(language: str) -> None:
    header, no = LANGUAGES[language].split(";")
    sheet = f'{header}\nX101,A,-,,"16,00",?,-,-,\nX102,B,-,,"16,00",{no},-,-,\n'
    filled, remarks, _ = filling(sheet.encode(), ROWS[:2], COMMENTS)
    lines = list(csv.reader(filled.decode().splitlines()))
    assert (lines[1][3], lines[1][8]) == ("12,00", COMMENTS[ROWS[0].folder])
    assert lines[2][3] == ""
    assert "locked" in remarks[0]


def test_a_language_that_is_not_known_can_be_said() -> None:
    sheet = "Identyfikator,Imię,Ocena,Maksimum,Komentarz\nUczestnik 101,A,,16,\n"
    with pytest.raises(UserError, match="known as its identifier or grade or maximum or comment"):
        fill_worksheet(sheet.encode(), ROWS, COMMENTS)
    columns = {"identifier": "Identyfikator", "grade": "Ocena", "maximum": "Maksimum"}
    filled, *_ = filling(sheet.encode(), ROWS, COMMENTS, columns | {"comment": "Komentarz"})
    assert next(csv.reader(filled.decode().splitlines()[1:]))[2] == "12.00"


def test_the_order_of_the_columns_does_not_matter() -> None:
    sheet = "Feedback comments,Maximum grade,Grade,Full name,Identifier\n,16,,A,Participant 101\n"
    filled, *_ = filling(sheet.encode(), ROWS[:1], {ROWS[0].folder: "fine"})
    assert filled.decode().splitlines()[1] == "fine,16,12.00,A,Participant 101"


def test_blind_marking() -> None:
    row = a_row(101)
    row.folder = "Teilnehmerin_101_assignsubmission_file_"
    header = GERMAN.splitlines()[0].replace("Vollständiger Name;E-Mail-Adresse;", "")
    sheet = f"{header}\nTeilnehmer/in101;-;A;;16,00;Ja;-;-;\n"
    filled, _, folders = filling(sheet.encode(), [row], {row.folder: "gut"})
    assert filled.decode().splitlines()[1] == "Teilnehmer/in101;-;A;12,00;16,00;Ja;-;-;gut"
    assert folders == {row.folder: row}


def test_a_line_that_holds_another_grade_than_now_is_named() -> None:
    row = a_row(101)
    row.marks.append(Mark("1.4", "Words", 4.0, True, None, "pending", open=4.0, waiting=4.0))
    first = fill_worksheet(ENGLISH.encode(), [row], COMMENTS, provisional=True).sheet
    assert not any("differ" in remark for remark in fill_worksheet(first, [row], COMMENTS).remarks)
    row.marks[0].earned = 10.0
    filled = fill_worksheet(first, [row], COMMENTS)
    assert filled.sheet == first
    said = "worksheet still holds grades that differ from those of now: "
    assert f"{said}Anna Müller (9.60 there, 8.00 so far now)" in filled.remarks


def test_a_row_that_awaits_a_second_try_gets_no_grade_and_no_feedback() -> None:
    row = a_row(101)
    row.awaits_try = True
    filled = fill_worksheet(ENGLISH.encode(), [row], COMMENTS, provisional=True)
    assert filled.sheet == ENGLISH.encode()
    assert filled.folders == {}
    assert any("awaits a second try: run batch again: Anna" in said for said in filled.remarks)

"""A team's grade goes to its members' lines of Moodle's worksheet, and to no other line."""

from __future__ import annotations

import csv

import pytest

from grader.core.errors import UserError
from grader.reports.moodle import fill_worksheet
from grader.reports.rows import Mark, Row
from grader.reports.sheets import Filled


def a_row(number: int, earned: float = 12.0, name: str = "Name") -> Row:
    marks = [Mark("1.6", "LSTM", 16.0, False, earned, "passed")]
    folder = f"{name}_{number}_assignsubmission_file"
    return Row(folder, folder, folder, "graded", "", 1.0, marks)


def filling(
    sheet: str, rows: list[Row], columns: dict[str, str] | None = None
) -> tuple[list[str], Filled]:
    """Return the grades that the worksheet has then, and all else."""
    filled = fill_worksheet(sheet.encode(), rows, {row.folder: "x" for row in rows}, columns or {})
    lines = list(csv.DictReader(filled.sheet.decode().splitlines()))
    return [line.get("Grade", "") for line in lines], filled


TEAMS = (
    "Identifier,Full name,Status,Group,Grade,Maximum grade,Feedback comments\n"
    "Participant 101,Anna,-,Team A,,16,\n"
    "Participant 102,Ben,-,Team B,,16,\n"
    "Participant 103,Cem,-,Team A,,16,\n"
    "Participant 104,Dao,-,Team C,,16,\n"
)


def test_each_member_of_a_team_gets_its_grade() -> None:
    """As Moodle 5 names folders: by the number of the team, here one that a student has, too."""
    rows = [a_row(102, name="Team A"), a_row(104, 8.0, "Team B")]
    grades, filled = filling(TEAMS, rows)
    assert grades == ["12.00", "8.00", "12.00", ""]
    assert filled.remarks == ["worksheet, left as it was, no submission: Dao"]
    assert {name: row.student for name, row in filled.folders.items()} == {
        "Team A_101_assignsubmission_file": rows[0].student,
        "Team B_102_assignsubmission_file": rows[1].student,
        "Team A_103_assignsubmission_file": rows[0].student,
    }


def test_before_that_each_member_has_a_folder() -> None:
    names = ("Team A-Anna", "Team B-Ben", "Team A-Cem")
    rows = [a_row(101 + i, 8.0 + 4 * i % 8, name) for i, name in enumerate(names)]
    for row in rows:
        row.folder += "_"
    grades, filled = filling(TEAMS, rows)
    assert grades == ["8.00", "12.00", "8.00", ""]
    assert list(filled.folders) == [row.folder for row in rows]


def test_namesakes_are_told_apart_by_their_numbers() -> None:
    rows = [a_row(101, name="Anna"), a_row(102, 8.0, "Anna")]
    grades, _ = filling(TEAMS.replace("Ben", "Anna"), rows)
    assert grades == ["12.00", "8.00", "", ""]


COURSE = (
    "Identifier,Full name,Status,{group},Grade,Maximum grade,Grade can be changed,"
    "Feedback comments\n"
    "Participant 101,Anna,Submitted for grading - ,Team A,,16.00,Yes,\n"
    "Participant 102,Ben,Submitted for grading - ,{name},,16.00,Yes,\n"
    "Participant 103,{mal},No submission,,,16.00,Yes,\n"
    "Participant 104,Dao,No submission - ,,,16.00,Yes,\n"
)


@pytest.mark.parametrize("group", ["Group", "Zespół"])
@pytest.mark.parametrize(
    "name", ["No submission", "Yes", "16.00", "Submitted for grading - ", "Anna", "Participant 104"]
)
def test_only_the_column_of_groups_tells_who_is_in_a_team(name: str, group: str) -> None:
    sheet = COURSE.format(name=name, mal="Mal", group=group)
    rows = [a_row(1, 16.0, "Team A"), a_row(2, 4.0, name)]
    grades, filled = filling(sheet, rows)
    assert grades == ["16.00", "4.00", "", ""]
    assert len(filled.folders) == 2
    alike = f"though cells elsewhere are like a group's name: {name.strip(' ')}"
    assert any(alike in remark for remark in filled.remarks)


def test_who_is_called_like_a_team_is_not_in_it() -> None:
    sheet = COURSE.format(name="Team B", mal="Team A", group="Group")
    grades, filled = filling(sheet, [a_row(1, 16.0, "Team A"), a_row(2, 4.0, "Team B")])
    assert grades == ["16.00", "4.00", "", ""]
    assert [row.student for row in filled.folders.values()] == [
        "Team A_1_assignsubmission_file", "Team B_2_assignsubmission_file"
    ]  # fmt: skip


def test_a_student_called_like_a_group_gets_nobody_else_a_grade() -> None:
    """In a course that hands in one by one, whatever groups it has besides."""
    rows = [a_row(101, 16.0, "Anna"), a_row(102, 4.0, "Team A")]
    grades, filled = filling(TEAMS.replace("Ben", "Team A"), rows)
    assert grades == ["16.00", "4.00", "", ""]
    assert list(filled.folders) == [row.folder for row in rows]


@pytest.mark.parametrize("status", ["No submission", "Keine Abgabe - ", "Nenhum envio"])
def test_who_handed_in_nothing_by_the_worksheet_gets_no_grade_of_a_team(status: str) -> None:
    grades, filled = filling(
        TEAMS.replace("Cem,-", f"Cem,{status}"), [a_row(1, name="Team A"), a_row(2, name="Team B")]
    )
    assert grades == ["12.00", "12.00", "", ""]
    assert len(filled.folders) == 2
    assert any("handed in nothing" in said and "Cem" in said for said in filled.remarks)


def test_where_any_of_two_columns_can_be_that_of_groups_a_person_says_which() -> None:
    sheet = COURSE.format(name="", mal="Team A", group="Zespół")
    rows = [a_row(1, 16.0, "Team A")]
    with pytest.raises(UserError, match="'Full name' or 'Zespół': say which it is, like --column"):
        filling(sheet, rows)
    assert filling(sheet, rows, {"group": "Zespół"})[0] == ["16.00", "", "", ""]
    with pytest.raises(UserError, match="known as its group"):
        filling(sheet, rows, {"group": "Gruppo"})


@pytest.mark.parametrize("name", ["Bob_104_assignsubmission_file", "Bob_104"])
def test_only_the_number_that_moodle_writes_counts(name: str) -> None:
    """Some versions keep the underscores that a student puts into the name of a profile."""
    rows = [a_row(101, 16.0, "Anna"), a_row(102, 4.0, name)]
    grades, _ = filling(TEAMS, rows)
    assert grades == ["16.00", "4.00", "", ""]

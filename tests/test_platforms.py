"""Platforms' downloads are recognised, and their grades and feedback find their way back."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from grader.batch.intake import described, hand_ins
from grader.core.errors import UserError
from tests import stub_judges
from tests.courses import COURSES, MAXIMUM, Person, people
from tests.downloads import download, found_in, write
from tests.importers import BY_LOGIN, FEEDBACK, GRADES, names_in
from tests.stub_judges import Judges, batch, rows_of

CLASS = people()
LATE = sum(p.is_late for p in CLASS)
TWICE = sum(p.comes_twice for p in CLASS)
SAID = {
    "moodle": "Moodle download: 30 people",
    "canvas": f"Canvas download: 30 people, {LATE} late",
    "blackboard": f"Blackboard download: 30 people, {TWICE} with several attempts",
    "brightspace": f"Brightspace download: 30 people, {TWICE} with several attempts",
    "ilias": f"ILIAS download: 30 people, {LATE} late",
    "gradescope": "Gradescope download: 30 people",
    "github": "GitHub Classroom download: 30 people",
    "folders": "folder: 30 people",
}


def key_of(platform: str, person: Person) -> str:
    return person.login if platform in BY_LOGIN else str(person.number)


@pytest.mark.parametrize("platform", COURSES)
def test_a_course_goes_round(
    platform: str, tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thirty people: one row each, and everything arrives by the importer's own rules."""
    source, sheet = COURSES[platform](tmp_path, CLASS)
    options = []
    if sheet is not None:
        (tmp_path / "table").write_bytes(sheet)
        options = ["--worksheet", str(tmp_path / "table"), "--provisional"]
    assert batch(source, tmp_path / "out", *options) == 0
    assert SAID[platform] in capsys.readouterr().out
    assert len(rows_of(tmp_path / "out")) == len(judges.graded) == 30
    keys = sorted(key_of(platform, person) for person in CLASS)
    if platform in GRADES:
        arrived = GRADES[platform]((tmp_path / "table").read_bytes())
        assert arrived == dict.fromkeys(keys, 3.0 / 5.0 * MAXIMUM)
    archive = tmp_path / "out" / "feedback.zip"
    assert archive.exists() == (platform in FEEDBACK)
    if platform in FEEDBACK:
        assert sorted(FEEDBACK[platform](names_in(archive.read_bytes()), CLASS)) == keys


@pytest.mark.usefixtures("judges")
def test_a_provisional_grade_that_is_stale_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, sheet = COURSES["canvas"](tmp_path, people(2))
    table, out = tmp_path / "table", tmp_path / "out"
    table.write_bytes(sheet or b"")
    options = ["--worksheet", str(table)]
    assert batch(source, out, *options, "--provisional") == 0
    before = table.read_bytes()
    less = stub_judges.a_report()
    less["grade"]["questions"][0]["earned"] = 2.0
    monkeypatch.setattr(stub_judges, "a_report", lambda: less)
    assert batch(source, out, *options, "--again", "müllerada") == 0
    assert table.read_bytes() == before
    said = [line for line in capsys.readouterr().out.splitlines() if "differ from" in line]
    assert len(said) == 1
    assert said[0].endswith("differ from those of now: Müller, Ada (12.00 there, 8.00 so far now)")


@pytest.mark.parametrize("platform", COURSES)
def test_the_newest_attempt_is_what_counts(platform: str, tmp_path: Path) -> None:
    with hand_ins(COURSES[platform](tmp_path, CLASS).source) as (found, _):
        for hand_in in found:
            archive = hand_in.choose()
            code = zipfile.ZipFile(io.BytesIO(archive.read())).read("lstm.py").decode()
            assert ", 1" not in code
            twice = any("Of 2 attempts the newest counts" in said for said in archive.remarks)
            assert twice == (len({p.part.attempt for p in hand_in.pieces}) > 1)


@pytest.mark.usefixtures("judges")
@pytest.mark.parametrize(
    ("platform", "submitted", "late"),
    [
        ("moodle", None, None),
        ("canvas", None, True),
        ("blackboard", "2026-05-02T10:00:00", None),
        ("brightspace", "2026-05-02T11:26:00", None),
        ("ilias", None, True),
        ("gradescope", "2026-05-02T10:00:00+00:00", None),
        ("github", None, None),
        ("folders", None, None),
    ],
)
def test_times_and_marks_of_lateness_become_data(
    platform: str, submitted: str | None, late: bool | None, tmp_path: Path
) -> None:
    person = next(p for p in CLASS if p.is_late)
    source = COURSES[platform](tmp_path, [person, CLASS[2]]).source
    batch(source, tmp_path / "out")
    rows = json.loads((tmp_path / "out" / "run.json").read_text())["students"]
    assert {row["submitted"] for row in rows} == {submitted}
    assert sorted(str(row["late"]) for row in rows) == sorted(
        [str(late), str(None if late is None else False)]
    )


# What is recognised, and what is asked


@pytest.mark.parametrize("platform", ["canvas", "blackboard", "brightspace"])
def test_a_name_that_does_not_fit_is_asked_about(platform: str, tmp_path: Path) -> None:
    source, _ = COURSES[platform](tmp_path, CLASS[:4])
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr("by mail.zip", b"x")
    with pytest.raises(UserError, match=rf"but not by mail\.zip: .* --platform {platform} or"):
        found_in(source)
    for wanted, rows in ((platform, 5), ("folders", 0)):
        with hand_ins(source, wanted) as (found, _):
            assert len(found) == rows or wanted == "folders"
            assert "by mail" in {one.student for one in found}


def test_a_stranger_among_plain_folders_changes_nothing(tmp_path: Path) -> None:
    names = ["Lee-123456.zip", "Kim-123457.zip", "HW_x_attempt_2030-01-01-00-00-00_y.zip"]
    for name in names:
        write(tmp_path / name)
    with hand_ins(tmp_path) as (found, _):
        assert described(found) == "folder: 3 people"


def test_insisting_on_a_platform_whose_names_are_not_there(tmp_path: Path) -> None:
    write(tmp_path / "Lee-123456.zip")
    with (
        pytest.raises(UserError, match=r"as Canvas gives them \(like smithanna_4023_99810_lstm"),
        hand_ins(tmp_path, "canvas"),
    ):
        pass


def test_ilias_names_are_everybodys_unless_its_folder_is_around(tmp_path: Path) -> None:
    files = {f"Lee_{first}_x_10{n}/work.zip": b"x" for n, first in enumerate(("Bo", "Anna"))}
    with hand_ins(download(tmp_path / "all.zip", files)) as (found, _):
        assert described(found) == "folder: 2 people"
    with hand_ins(tmp_path / "all.zip", "ilias") as (found, _):
        assert described(found) == "ILIAS download: 2 people, 0 late"


def test_clones_are_found_a_level_further_down(tmp_path: Path) -> None:
    COURSES["github"](tmp_path / "all", CLASS[:3])
    with hand_ins(tmp_path / "all") as (found, _):
        assert described(found) == "GitHub Classroom download: 3 people"
        assert {one.student for one in found} == {p.login for p in CLASS[:3]}


def test_repositories_without_git_one_level_too_high_are_named(tmp_path: Path) -> None:
    for name in ("hw1-anna", "hw1-bo"):
        write(tmp_path / "hw1-submissions" / name / "lstm.py")
    with pytest.raises(UserError, match="a level further down, in hw1-submissions"):
        found_in(tmp_path)


# Whose a name is, the platform's own part says


def test_a_file_that_names_another_user_stays_its_own_students(tmp_path: Path) -> None:
    files = {
        "eve_7_55_ada_8_56_x.zip": b"eve",
        "ada_8_57_x.zip": b"ada",
        "dee_9_58_a_1_assignsubmission_file_x.zip": b"dee",
    }
    found = found_in(download(tmp_path / "all.zip", files))
    assert {name: one.choose().read() for name, one in found.items()} == {
        "ada": b"ada", "eve": b"eve", "dee": b"dee"
    }  # fmt: skip
    files = {
        "HW_eve_attempt_2026-01-01-00-00-00_HW_ada_attempt_2030-01-01-00-00-00_x.zip": b"eve",
        "HW_ada_attempt_2026-01-01-00-00-00_x.zip": b"ada",
    }
    found = found_in(download(tmp_path / "other.zip", files))
    assert {name: one.choose().read() for name, one in found.items()} == {
        "ada": b"ada", "eve": b"eve"
    }  # fmt: skip


def test_of_canvas_files_the_one_that_was_uploaded_last_counts(tmp_path: Path) -> None:
    files = {
        "lee_7_998_work-1.zip": b"old", "lee_7_1001_work.zip": b"new",
        "kim_8_1003_lstm-1.py": b"new", "kim_8_999_lstm.py": b"old",
    }  # fmt: skip
    found = found_in(download(tmp_path / "all.zip", files))
    assert found["lee"].choose().read() == b"new"
    with zipfile.ZipFile(io.BytesIO(found["kim"].choose().read())) as archive:
        assert archive.read("lstm.py") == b"new"


def test_one_number_under_two_names_waits_for_a_person(tmp_path: Path) -> None:
    """A name may hold what looks like another's number: Canvas's own importer is deceived, too."""
    files = {"x_8_9_eve_7_55_x.zip": b"eve", "ada_8_57_x.zip": b"ada"}
    with hand_ins(download(tmp_path / "all.zip", files)) as (found, _):
        assert len(found) == 2
        assert all(one.doubt for one in found)


def test_output_of_students_makes_no_submitter(tmp_path: Path) -> None:
    """Output of code stands in Gradescope's list, deeper than the fields of a record."""
    with hand_ins(COURSES["gradescope"](tmp_path, CLASS[:3]).source) as (found, _):
        assert {one.student for one in found} == {p.name for p in CLASS[:3]}


def test_attempts_whose_dates_nobody_understands_are_asked_about(tmp_path: Path) -> None:
    names = [f"7-1 - Ada - {day} mai 2026 1026" for day in ("2", "3")]
    source = download(tmp_path / "all.zip", {f"{name}/lstm.py": b"x" for name in names})
    with pytest.raises(UserError, match="Which of 2 attempts is the newest"):
        found_in(source)["Ada"].choose()


@pytest.mark.usefixtures("judges")
def test_two_logins_that_end_alike_get_a_line_each(tmp_path: Path) -> None:
    logins = ["a_smith", "b_smith", "smith"]
    names = [f"HW_1_{login}_attempt_2026-01-01-00-00-00_x.zip" for login in logins]
    source = download(tmp_path / "all.zip", dict.fromkeys(names, b"PK"))
    title = "HW 1 [Total Pts: 5 Score] |7"
    rows = "".join(f"\r\n{login}\t" for login in logins)
    (tmp_path / "t.xls").write_bytes(f"\ufeffUsername\t{title}{rows}".encode("utf-16-le"))
    assert (
        batch(source, tmp_path / "out", "--worksheet", str(tmp_path / "t.xls"), "--provisional")
        == 0
    )
    text = (tmp_path / "t.xls").read_bytes().decode("utf-16")
    assert text == f"Username\t{title}" + "".join(f"\r\n{login}\t3.00" for login in logins)


# Tables


def test_which_of_several_columns_is_asked(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source, sheet = COURSES["canvas"](tmp_path, CLASS[:3])
    assert sheet
    (tmp_path / "t.csv").write_bytes(sheet.replace(b"10 (read only)", b"10"))
    options = ["--worksheet", str(tmp_path / "t.csv")]
    assert batch(source, tmp_path / "out", *options) == 2
    said = capsys.readouterr().err
    assert "It could be 'HW 2 (771)', 'HW 3 (772)'. Say it like --column grade='NAME'" in said
    assert judges.graded == []
    assert batch(source, tmp_path / "out", *options, "--column", "grade=HW (772)") == 2
    assert "(is it HW 3 (772)?)" in capsys.readouterr().err
    options += ["--provisional", "--column", "grade=HW 2 (771)"]
    assert batch(source, tmp_path / "out", *options) == 0
    assert ",6.00,," in (tmp_path / "t.csv").read_text()


@pytest.mark.parametrize("platform", ["canvas", "blackboard", "gradescope", "ilias", "folders"])
def test_another_platforms_table_is_refused_at_once(
    platform: str, tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source = COURSES[platform](tmp_path, CLASS[:3]).source
    sheet = COURSES["moodle"](tmp_path, CLASS[:3]).table
    assert sheet
    (tmp_path / "t.csv").write_bytes(sheet)
    assert batch(source, tmp_path / "out", "--worksheet", str(tmp_path / "t.csv")) == 2
    assert "table" in capsys.readouterr().err or platform not in ("ilias", "folders")
    assert judges.graded == []
    assert (tmp_path / "t.csv").read_bytes() == sheet


@pytest.mark.usefixtures("judges")
def test_two_people_of_one_name_get_no_grade_by_it(tmp_path: Path) -> None:
    twins = [CLASS[1], CLASS[1]._replace(number=4999, login="other")]
    source, sheet = COURSES["brightspace"](tmp_path, twins)
    assert sheet
    (tmp_path / "t.csv").write_bytes(sheet)
    assert batch(source, tmp_path / "out", "--worksheet", str(tmp_path / "t.csv")) == 0
    assert (tmp_path / "t.csv").read_bytes() == sheet

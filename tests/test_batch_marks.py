"""A batch with a person's marks and Moodle's worksheet: both are filled in and kept.

Judge processes are stubs here; tests/test_batch_runs.py has the real ones.
"""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import pytest

from grader.__main__ import main
from tests.downloads import files_in
from tests.stub_judges import Judges, a_report, batch, grades, hand_in


def moodle_course(folder: Path) -> Path:
    source = folder / "course-hw1-77.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for name in ("Anna Müller_101", "Ben Lee_102"):
            inner = hand_in(folder / "made", name) / f"{name}.zip"
            archive.write(inner, f"{name}_assignsubmission_file/lstm-1234567.zip")
    return source


@pytest.mark.usefixtures("judges")
@pytest.mark.parametrize(
    ("header", "participant", "expected"),
    [
        (
            "Identifier,Full name,Status,Grade,Maximum Grade,Grade can be changed,"
            "Last modified (submission),Last modified (grade),Feedback comments",
            "Participant ",
            "3.00",
        ),
        (
            "ID,Vollständiger Name,Status,Bewertung,Bestwertung,Bewertung kann geändert werden,"
            "Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),Feedback als Kommentar",
            "Teilnehmer/in",
            "3.00",
        ),
    ],
)
def test_moodle_round_trip(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    header: str,
    participant: str,
    expected: str,
) -> None:
    source, out, sheet = moodle_course(tmp_path), tmp_path / "out", tmp_path / "sheet.csv"
    rows = [f"{participant}{number},Name,-,,5.00,{{}},-,-," for number in (101, 102)]
    changeable = "Ja" if "Bewertung" in header else "Yes"
    sheet.write_text("\n".join([header, *rows]).format(changeable, changeable), encoding="utf-8")
    assert batch(source, out, "--worksheet", str(sheet)) == 0
    assert "--provisional" in capsys.readouterr().out  # marks are yet to be given
    assert batch(source, out, "--worksheet", str(sheet), "--provisional") == 0
    filled = list(csv.reader(sheet.read_text(encoding="utf-8").splitlines()))
    assert [line[3] for line in filled[1:]] == [expected, expected]
    assert "3 of 5 points" in filled[1][-1]
    with zipfile.ZipFile(out / "feedback.zip") as archive:
        assert archive.namelist() == [
            "Anna Müller_101_assignsubmission_file/feedback.html",
            "Ben Lee_102_assignsubmission_file/feedback.html",
        ]
        page = archive.read("Anna Müller_101_assignsubmission_file/feedback.html").decode()
    assert "Feedback for Anna Müller_101" in page
    marked = (out / "feedback" / "Ben Lee_102.html").read_text(encoding="utf-8")
    marks_and_again(out, sheet)
    assert (out / "feedback" / "Ben Lee_102.html").read_text(encoding="utf-8") != marked


def marks_and_again(out: Path, sheet: Path) -> None:
    """Mark a written question as a person; sheet and reports follow."""
    assert main(["marks", str(out)]) == 0
    marks = (out / "marks.csv").read_text(encoding="utf-8")
    blank = '"Ben Lee_102","Q1.6-text","","'
    assert blank in marks
    marks = marks.replace(blank, '"Ben Lee_102","1.6-text","0.5","well argued')
    (out / "marks.csv").write_text(marks, encoding="utf-8")
    assert main(["marks", str(out), "--worksheet", str(sheet)]) == 0
    filled = list(csv.reader(sheet.read_text(encoding="utf-8").splitlines()))
    assert [line[3] for line in filled[1:]] == ["3.00", "3.50"]
    assert "well argued" in (out / "feedback" / "Ben Lee_102.md").read_text(encoding="utf-8")
    assert '"Ben Lee_102","Q1.6-text","0.5","well argued"' in (out / "marks.csv").read_text("utf-8")


def test_marks_of_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["marks", str(tmp_path)]) == 2
    assert "is no folder of results" in capsys.readouterr().err


def test_wrong_marks_are_an_error_and_change_nothing(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    batch(hand_in(tmp_path / "in", "Lee"), out)
    before = (out / "grades.csv").read_bytes()
    wrong = "student,question,points,comment\nLee,1.6-text,9,\n"
    (out / "marks.csv").write_text(wrong, encoding="utf-8")
    assert main(["marks", str(out)]) == 1
    assert "error: marks.csv, row 2: 9 points" in capsys.readouterr().out
    assert (out / "grades.csv").read_bytes() == before
    assert (out / "marks.csv").read_text(encoding="utf-8") == wrong
    (out / "marks.csv").write_text("Lee,1.6-text,9\n", encoding="utf-8")
    assert main(["marks", str(out)]) == 2  # that is no table of marks
    assert judges.graded == ["Lee"]


@pytest.mark.usefixtures("judges")
def test_several_zips_of_one_student_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = hand_in(tmp_path / "in", "Kim")
    hand_in(source / "Lee-12345", "new", "old")
    batch(source, tmp_path / "out")
    said = capsys.readouterr().out
    assert "Lee-12345: Of several archives the newest counts" in said
    assert "to look at" not in said


def test_marks_and_results_of_who_has_left_are_kept(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = hand_in(tmp_path / "in", "Kim", "Lee"), tmp_path / "out"
    batch(source, out)
    wrong = "student,question,points,comment\nKim,Q1.6-text,0.5,fine\nLee,Q1.6-text,1,\n"
    (out / "marks.csv").write_text(wrong, encoding="utf-8")
    (source / "Kim.zip").rename(tmp_path / "Kim.zip")
    assert batch(source, out) == 0
    assert "no longer there, results and marks are kept: Kim" in capsys.readouterr().out
    assert {path.stem for path in (out / "feedback").iterdir()} == {"Lee"}
    assert main(["marks", str(out)]) == 0
    assert '"Kim","Q1.6-text","0.5","fine"' in (out / "marks.csv").read_text("utf-8")
    (tmp_path / "Kim.zip").rename(source / "Kim.zip")
    assert batch(source, out) == 0
    assert [row["1.6-text"] for row in grades(out)] == ["0.5", "1"]
    assert sorted(judges.graded) == ["Kim", "Lee"]  # nobody twice


def test_wrong_marks_are_known_before_an_evening_of_grading(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = hand_in(tmp_path / "in", "Lee"), tmp_path / "out"
    batch(source, out)
    capsys.readouterr()
    right = "student,question,points,comment\nLee,Q1.6-text,0.5,\n"
    (out / "marks.csv").write_text(right.replace("0.5", "9"), encoding="utf-8")
    assert batch(source, out, "--again", "Lee") == 1
    said = capsys.readouterr().out
    assert said.splitlines()[1].startswith("error: marks.csv, row 2: 9 points")  # and at the end
    assert said.count("error: marks.csv") == 2
    assert judges.graded == ["Lee"] * 2
    # Marks of a run that has no results yet say nothing wrong.
    (out / "marks.csv").write_text(right, encoding="utf-8")
    (out / "results" / "Lee.json").unlink()
    assert batch(source, out) == 0
    assert judges.graded == ["Lee"] * 3
    assert [row["1.6-text"] for row in grades(out)] == ["0.5"]


CLASHING = ["=Eve-3", "'=Eve-3", "''=Eve-3", "a;=1", "a;'=1", " =1", "'", "'a", '"=1', "x;;=1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_that_nobody_edited_are_a_fixed_point(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    odd = ["Bad\u202e-4", "Bad\u200e-4", "Bad\ufffd-4", "Ada-1000001", "ada-1000001\u00a0", "-1"]
    files_in(source, *(f"{name}/lstm.py" for name in [*CLASHING, *odd]))
    batch(source, out)
    names = [row["student"] for row in grades(out)]
    assert len(names) == len(set(names)) == len([*CLASHING, *odd])
    assert main(["marks", str(out)]) == 0
    first = (out / "marks.csv").read_bytes()
    (out / "marks.csv").write_bytes(first.decode("utf-8-sig").encode(encoding))
    judges.graded.clear()
    assert batch(source, out) == 0
    assert main(["marks", str(out)]) == 0
    assert (out / "marks.csv").read_bytes() == first
    assert judges.graded == []
    assert "error" not in capsys.readouterr().out


def test_marks_of_another_exercise_are_kept_and_block_nothing(
    tmp_path: Path, judges: Judges, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = hand_in(tmp_path / "in", "Lee"), tmp_path / "out"
    batch(source, out)
    header = "student,question,points,comment\n"
    (out / "marks.csv").write_text(f"{header}Lee,Q1.6-text,1,=good\n", encoding="utf-8")
    main(["marks", str(out)])
    kept = (out / "marks.csv").read_bytes()
    with monkeypatch.context() as patch:
        report = a_report(question="G1")
        report["grade"]["questions"] = [report["grade"]["questions"][0] | {"id": "G1"}]
        patch.setattr(Judges, "__call__", lambda *_: json.dumps(report).encode())
        assert batch(source, out, "--exercise", "bptt_gradients") == 0
        assert main(["marks", str(out)]) == 0
    assert (out / "marks.csv").read_bytes() == kept
    assert judges.graded == ["Lee"]


def test_a_wrong_row_of_marks_costs_that_row_alone(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = hand_in(tmp_path / "in", "Kim", "Lee"), tmp_path / "out"
    batch(source, out)
    wrong = "student,question,points,comment\nKim,Q1.6-text,9,keep me\nLee,Q1.6-text,1,\n"
    (out / "marks.csv").write_text(wrong, encoding="utf-8")
    hand_in(source, "Ito")
    assert batch(source, out) == 1
    assert judges.graded[-1] == "Ito"
    assert [row["points"] for row in grades(out)] == ["3", "3", "4"]
    assert main(["marks", str(out)]) == 1
    assert "error: marks.csv, row 2: 9 points for 1.6-text, which has 1." in capsys.readouterr().out
    assert (out / "marks.csv").read_text(encoding="utf-8") == wrong


@pytest.mark.usefixtures("judges")
@pytest.mark.parametrize("name", ["marks.ods", "marks (1).csv", "marks.numbers", "marks.XLS"])
def test_marks_under_another_name_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    source, out = moodle_course(tmp_path), tmp_path / "out"
    batch(source, out)
    main(["marks", str(out)])
    assert "is not read" not in capsys.readouterr().out
    (out / name).write_bytes(b"x")
    assert main(["marks", str(out)]) == 0
    assert f"{name} is not read: save it as marks.xlsx or marks.csv" in capsys.readouterr().out

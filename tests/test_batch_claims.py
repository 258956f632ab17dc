"""Test whose a hand-in is: nobody's result is replaced, and a person decides where names agree."""

from __future__ import annotations

import csv
import json
import os
import sys
import time
import zipfile
from pathlib import Path

import pytest

from grader.__main__ import main
from grader.batch.intake import hand_ins
from tests.downloads import download, found_in, write, zip_with
from tests.stub_judges import Judges, batch, grades, rows_of
from tests.stub_judges import hand_in as add

pytestmark = pytest.mark.grading


# Whose it is

ALIKE = {
    "Meier-123456.zip": [
        "Meier-123456 (1).zip", "Meier-123456_final.zip", "Meier-123456 - Kopie.zip",
        "Copy of Meier-123456.zip", "Meier-123456.zip.zip", "Meier-123456.rar",
        "meier-123456.zip", "Meier-123456..zip", "Meier-123456 .zip", "Meier-123456\u00a0.zip",
        " Meier-123456.zip", "Meyer-123456.zip", "Kim-99999_Meier-123456.zip",
        "Meier-0123456.zip", "Meier-１２３４５６.zip", "Мeier-123456.zip", "Mei\u200ber-123456.zip",
        "\u3164Meier-123456.zip", "𝓜eier-123456.zip", "Meier-l23456.zip",
    ],
    "Ann Lee.zip": [
        "ann lee.zip", "AnnLee.zip", "Ann.Lee.zip", "Ann_Lee (2).zip", "Ann\u00a0Lee.zip",
        "Ann Lee.7z", "Ann Lee.py", "Аnn Lее.zip", "Ann\u2060 Lee.zip", "Ａnn Lee.zip",
        "ANN LEE - Copy (3).zip", "Ann Lee kopie.zip",
    ],
    "Dan O’Neal.zip": ["Dan O'Neal.zip", "Dan_O`Neal.zip"],
    "Neil.zip": ["NeiI.zip", "Nei1.zip"],
    "Jürgen.zip": ["Ju\u0308rgen.zip", "JÜRGEN.zip", "Jürgen\u034f.zip"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "other"), [(name, other) for name in ALIKE for other in ALIKE[name]]
)
def test_names_that_agree_but_for_what_people_overlook_are_two_rows_in_dispute(
    tmp_path: Path, name: str, other: str
) -> None:
    for one in (name, other, "Somebody Else.zip"):
        write(tmp_path / one, one.encode())
    with hand_ins(tmp_path) as (found, _):
        disputed = [one for one in found if one.doubt]
        read = {one.files()[0].read().decode() for one in disputed}
    assert (len(found), len(disputed), read) == (3, 2, {name, other})
    first, second = (one.doubt.partition(" is one of 2 hand-ins that claim") for one in disputed)
    assert first[0] != second[0]
    assert first[2] == second[2]
    assert "run the same command again" in disputed[0].doubt


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Meier-123456", "Meier-123457"),
        ("Anna_1_assignsubmission_file", "Anna_2_assignsubmission_file"),  # namesakes
        ("Elia", "Ella"),
        ("Anna D’Amico", "Anna D_Amico"),
        ("Muller", "Müller"),
        ("Group 1", "Group 11"),
        ("की", "का"),
        ("+", "-"),
        ("HW 3_smith_attempt_2025-05-05-10-00-00", "HW 3_smith_attempt_2025-05-06-11-00-00"),
        ("smithanna_4023_99810", "smithanna_4023_99811"),
        ("Ada_456_assignsubmission_file", "Bob_456_assignsubmission_file_7_assignsubmission_file"),
        ("Ada_456_assignsubmission_file", "Ada_456_assignsubmission_file_7_assignsubmission_file"),
    ],
)
def test_other_names_are_in_no_dispute(tmp_path: Path, name: str, other: str) -> None:
    for one in (name, other):
        write(tmp_path / one / "a.zip", one.encode())
    found = found_in(tmp_path)
    assert len(found) == 2
    assert [hand_in.doubt for hand_in in found.values()] == ["", ""]


def test_a_name_with_the_numbers_of_many_is_in_doubt_by_itself(tmp_path: Path) -> None:
    numbers = range(100_001, 100_026)
    crowd = "_".join(f"a-{number}" for number in numbers)
    for name in (crowd, *(f"Honest-{number}" for number in numbers)):
        write(tmp_path / f"{name}.zip")
    with hand_ins(tmp_path) as (found, _):
        (doubt,) = [one.doubt for one in found if one.doubt]
        assert len(found) == 26
    assert "has the numbers of 25 students, and a team has at most 4: rename it" in doubt


def test_a_team_of_four_claims_the_number_of_each_member(tmp_path: Path) -> None:
    team = "_".join(f"a-{number}" for number in range(100_001, 100_005))
    for name in (team, "Honest-100004", "Honest-100005"):
        write(tmp_path / f"{name}.zip")
    doubts = {name for name, one in found_in(tmp_path).items() if one.doubt}
    assert doubts == {team, "Honest-100004"}


def test_a_file_and_a_folder_of_one_name_are_two_rows(tmp_path: Path) -> None:
    write(tmp_path / "Lee.zip", b"packed")
    write(tmp_path / "Lee" / "Lee.zip", b"unpacked")
    found = found_in(tmp_path)
    assert len(found) == 1  # of names, which the store makes unique
    with hand_ins(tmp_path) as (both, _):
        assert sorted(one.choose().read() for one in both) == [b"packed", b"unpacked"]
        assert all("Lee, Lee.zip" in one.doubt for one in both)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
@pytest.mark.parametrize("suffix", ["", "_7_assignsubmission_file_"])
def test_one_name_in_two_encodings_is_two_rows(tmp_path: Path, suffix: str) -> None:
    for raw in (b"J\xfcrgen", "Jürgen".encode(), b"Kim"):
        end = suffix.replace("7", "8") if raw == b"Kim" else suffix
        place = os.fsdecode(bytes(tmp_path / "all") + b"/" + raw + end.encode())
        write(Path(place) / "a.zip", raw)
    with hand_ins(tmp_path / "all") as (found, _):
        assert len({one.identity for one in found}) == 3
        read = [one.choose().read() for one in found if one.doubt]
    assert sorted(read) == [b"J\xc3\xbcrgen", b"J\xfcrgen"]


@pytest.mark.usefixtures("judges")
@pytest.mark.parametrize("together", [False, True])
def test_a_person_decides_by_renaming_or_by_one_folder(tmp_path: Path, together: bool) -> None:
    ada, other = "Ada-1000001", "Ada-1000001 (1)"
    source, out = add(tmp_path / "in", ada, other, "Kim"), tmp_path / "out"
    batch(source, out)
    if together:
        (source / ada).mkdir()
        for name in (ada, other):
            (source / f"{name}.zip").rename(source / ada / f"{name}.zip")
    else:
        (source / f"{other}.zip").rename(source / "Mal-2000002.zip")
    assert batch(source, out) == 0
    names = [ada, "Kim"] if together else [ada, "Kim", "Mal-2000002"]
    assert [(row["student"], row["points"]) for row in grades(out)] == [(n, "3") for n in names]


def test_names_of_files_in_the_flat_variant_suspend_nobody(tmp_path: Path) -> None:
    names = [f"Mal_9{FILE}{name}" for name in (f"Ada_101{FILE}x.zip", "Ada-1000001.zip")]
    source = zip_with(tmp_path / "all.zip", *names, f"Ada_101{FILE}Ada-1000001.zip")
    found = found_in(source)
    assert {name: (len(one.pieces), one.doubt) for name, one in found.items()} == {
        "Ada_101": (1, ""), "Mal_9": (2, "")
    }  # fmt: skip


def test_results_of_an_earlier_version_keep_their_names(tmp_path: Path, judges: Judges) -> None:
    source, out = add(tmp_path / "in", "Ada-1000001 (1)", "Kim"), tmp_path / "out"
    batch(source, out)
    manifest = json.loads((out / "run.json").read_text(encoding="utf-8"))
    del manifest["owners"]
    manifest["names"] = {names[0]: names for names in manifest["names"].values()}
    (out / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert batch(source, out) == 0
    assert [row["student"] for row in grades(out)] == ["Ada-1000001", "Kim"]
    assert len(judges.graded) == 2


FILE = "_assignsubmission_file_"


@pytest.mark.parametrize(
    "other",
    [
        f"Eve_101{FILE}/a.zip",  # the number is another's
        f"Eve_201{FILE}Ada_101{FILE}/a.zip",
        f"Ada_0101{FILE}/a.zip",
        f"Ada_１０１{FILE}/a.zip",
        f"./Ada_101{FILE}/a.zip",  # another spelling of the same folder
        f"Ada_101{FILE}//a.zip",
        f"Ada_101{FILE}\\a.zip",
        f"Ada_101{FILE} 2/a.zip",
        f"Ada_101{FILE}a.zip",  # as in the flat variant
        "Ada_101_assignsubmission_file/a.zip",  # as another version of Moodle writes it
        "Ada_101/a.zip",
        f"Ada_101{FILE}\0/a.zip",
    ],
)
def test_nothing_joins_the_folder_of_a_download(tmp_path: Path, other: str) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in (f"Ada_101{FILE}/ada.zip", other, f"Ben_102{FILE}/ben.zip"):
            info = zipfile.ZipInfo("x")
            info.filename = info.orig_filename = name
            archive.writestr(info, name.encode())
    with hand_ins(tmp_path / "all.zip") as (found, _):
        (ada,) = [one for one in found if one.identity == "moodle:Ada_101_/"]
        assert ada.choose().name == "ada.zip"
        assert len(ada.pieces) == 1
        assert sorted(bool(one.doubt) for one in found) == [False, True, True]
        assert not next(one for one in found if "Ben" in one.student).doubt


def test_a_download_that_spells_all_names_alike_is_in_no_doubt(tmp_path: Path) -> None:
    files = {f"./Ada_101{FILE}/{name}": b"x" for name in ("a.zip", "b.zip")}
    files["./Ada_101_assignsubmission_onlinetext_/onlinetext.html"] = b"x"
    (ada,) = found_in(download(tmp_path / "all.zip", files)).values()
    assert (ada.student, ada.doubt, ada.online) == ("Ada_101", "", True)


def test_twenty_thousand_that_claim_the_same_are_settled_quickly(tmp_path: Path) -> None:
    names = [f"A-1{n % 90 + 10}1234_B{n}-1234567/a.zip" for n in range(20_000)]
    source = download(tmp_path / "all.zip", dict.fromkeys(names, b""))
    begun = time.monotonic()
    found = found_in(source)
    assert time.monotonic() - begun < 20
    assert sum(bool(one.doubt) for one in found.values()) >= 20000
    assert max(len(one.doubt) for one in found.values()) < 1000


# A batch with disputes


@pytest.mark.parametrize("rest", [" (1)", " - Kopie", "_final", " Mallory", "-2", ".v2"])
def test_hand_ins_that_claim_one_student_wait_for_a_person(
    tmp_path: Path, judges: Judges, rest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mallory = f"Lovelace-1234567{rest}"
    source, out = add(tmp_path / "in", "Lovelace-1234567", mallory, "Kim"), tmp_path / "out"
    assert batch(source, out) == 0
    assert judges.graded == ["Kim", "Lovelace-1234567", mallory]
    rows = rows_of(out)
    for name in ("Lovelace-1234567", mallory):
        assert (rows[name]["points"], rows[name]["1.6"], rows[name]["pending"]) == ("", "", "5")
        assert f"Lovelace-1234567.zip, {mallory}.zip" in sorted_names(rows[name]["message"])
    assert (rows["Kim"]["points"], rows["Kim"]["message"]) == ("3", "")
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "claim to be one student" in report[report.index("Needs a look first") :]
    said = capsys.readouterr().out
    assert said.count("to look at: ") == 2
    page = (out / "feedback" / "Lovelace-1234567.md").read_text(encoding="utf-8")
    assert "**– of 5 points** so far; 5 are still" in page
    (source / f"{mallory}.zip").rename(tmp_path / "decided.zip")  # as the line says
    assert batch(source, out) == 0
    assert len(judges.graded) == 3  # nothing is graded again
    assert (rows_of(out)["Lovelace-1234567"]["points"], len(rows_of(out))) == ("3", 2)


def sorted_names(message: str) -> str:
    """Return the names that a dispute lists, in order."""
    names = message.partition(": ")[2].partition(". Keep")[0]
    return ", ".join(sorted(names.split(", "), key=len))


def test_marks_and_points_stay_with_their_owner_when_others_claim_his_name(
    tmp_path: Path, judges: Judges
) -> None:
    carl = "Carl_Wrong-1000003"
    source, out = add(tmp_path / "in", carl), tmp_path / "out"
    batch(source, out)
    main(["marks", str(out)])
    marks = (out / "marks.csv").read_text("utf-8")
    marks = marks.replace('"Q1.6-text","",""', '"Q1.6-text","1","his"')
    (out / "marks.csv").write_text(marks, "utf-8")
    kept = (out / "results" / f"{carl}.json").read_bytes()
    others = [f"{carl} (1)", f"{carl}_Zed-9", f"{carl}_{carl}", f"Aa {carl}"]
    os.utime(add(source, *others) / f"{carl}.zip", (1, 1))
    judges.graded.clear()
    assert batch(source, out) == 0
    assert sorted(judges.graded) == sorted(others)
    assert (out / "results" / f"{carl}.json").read_bytes() == kept
    assert {row["points"] for row in grades(out)} == {""}
    for other in others:
        (source / f"{other}.zip").unlink()
    assert batch(source, out) == 0
    (row,) = grades(out)
    assert (row["student"], row["points"], row["1.6-text"]) == (carl, "4", "1")


@pytest.mark.usefixtures("judges")
def test_a_hand_in_that_replaces_another_of_its_name_keeps_row_and_marks(tmp_path: Path) -> None:
    source, out = add(tmp_path / "in", "Lee"), tmp_path / "out"
    batch(source, out)
    header = "student,question,points,comment\n"
    (out / "marks.csv").write_text(f"{header}Lee,Q1.6-text,1,\n", encoding="utf-8")
    (source / "Lee").mkdir()
    (source / "Lee.zip").rename(source / "Lee" / "work.zip")  # somebody has unpacked it
    assert batch(source, out) == 0
    assert [(row["student"], row["points"]) for row in grades(out)] == [("Lee", "4")]


def test_a_dispute_in_a_download_reaches_no_worksheet_and_no_feedback(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    end = "_assignsubmission_file_"
    places = (f"Ada_101{end}", f"Eve_0101{end}", f"Ben_103{end}")
    source = zip_with(tmp_path / "all.zip", *(f"{place}/lstm.py" for place in places))
    sheet, out = tmp_path / "sheet.csv", tmp_path / "out"
    lines = [f"Participant {number},{name},,5,\n" for number, name in
             ((101, "Ada"), (202, "Eve"), (103, "Ben"), (104, "Cem"))]  # fmt: skip
    sheet.write_text(
        "Identifier,Full name,Grade,Maximum grade,Feedback comments\n" + "".join(lines)
    )
    assert batch(source, out, "--worksheet", str(sheet), "--provisional") == 0
    filled = list(csv.reader(sheet.read_text().splitlines()))[1:]
    assert [line[2] for line in filled] == ["", "", "3.00", ""]
    said = capsys.readouterr().out
    assert "left as it was, several hand-ins claim to be theirs, see those to look at: Ada" in said
    assert "left as it was, no submission: Eve, Cem" in said
    with zipfile.ZipFile(out / "feedback.zip") as archive:
        assert archive.namelist() == [f"Ben_103{end}/feedback.html"]
    assert len(judges.graded) == 3

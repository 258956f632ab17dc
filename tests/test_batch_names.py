"""A batch with any names: each hand-in gets a row, and nobody another's result.

Judge processes are stubs here; tests/test_hostile_course.py grades in earnest.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from grader.batch.attempts import natural
from tests.downloads import zip_with
from tests.stub_judges import Judges, batch, grades, rows_of
from tests.stub_judges import hand_in as add

pytestmark = pytest.mark.grading


def test_a_name_that_is_no_utf8_gets_a_row(tmp_path: Path, judges: Judges) -> None:
    source = add(tmp_path / "in", "Good Student")
    good = source / "Good Student.zip"
    Path(os.fsdecode(bytes(source) + b"/J\xfcrgen M\xfcller.zip")).write_bytes(good.read_bytes())
    folder = Path(os.fsdecode(bytes(source) + b"/Zo\xeb"))
    folder.mkdir()
    Path(os.fsdecode(bytes(folder) + b"/l\xf6sung.py")).write_text("x = 1")
    assert batch(source, tmp_path / "out") == 0
    assert sorted(judges.graded) == ["Good Student", "Jürgen Müller", "Zoë"]
    assert rows_of(tmp_path / "out").keys() == {*judges.graded}


@pytest.mark.parametrize("number", ["1" * 5000, "0" * 5000 + "7", "٣" * 5000])
def test_a_name_of_thousands_of_digits_gets_a_row(
    tmp_path: Path, judges: Judges, number: str
) -> None:
    folder = "Ben_9_assignsubmission_file"
    source = zip_with(
        tmp_path / "all.zip",
        *(f"{folder}/a{n}.zip" for n in ("1", number)),
        "Anna_8_assignsubmission_file/lstm.py",
    )
    assert batch(source, tmp_path / "out") == 0
    assert sorted(judges.graded) == ["Anna_8", "Ben_9"]


def test_numbers_in_names_are_compared_as_numbers() -> None:
    names = ["a" + "9" * 5000, "a10", "a2b", "a02", "a1", "a"]
    assert sorted(names, key=natural, reverse=True) == names


@pytest.mark.parametrize(
    "name",
    ["", ".", "./", "//", "\\", "..", "a/..", "/etc/x.py", "C:\\x.py", "\0.zip", "a\0b/x.py", " ",
     "\n/x.py", "x" * 60_000 + ".zip", " " * 60_000 + "x.zip", "_1" * 20_000 + "/x.py",
     "\u0316\u0301" * 15_000 + ".zip", "(1" * 20_000 + ".zip", "a-1" * 20_000 + ".zip"],
)  # fmt: skip
def test_any_name_in_a_download_ends_no_batch(tmp_path: Path, judges: Judges, name: str) -> None:
    source = zip_with(tmp_path / "all.zip", name, "Anna_8_assignsubmission_file/lstm.py")
    begun = time.monotonic()
    assert batch(source, tmp_path / "out") in (0, 1)
    assert time.monotonic() - begun < 10
    assert "Anna_8" in judges.graded
    for row in grades(tmp_path / "out"):
        assert row["student"].isprintable()
        assert len(row["student"]) <= 201


@pytest.mark.parametrize("last", ["Anna D_Amico-a7a947c3", "Anna D_Amico-2", "Anna D_Amico"])
def test_no_name_leads_to_somebody_elses_result(tmp_path: Path, judges: Judges, last: str) -> None:
    source = add(tmp_path / "in", "Anna D’Amico", last)
    assert batch(source, tmp_path / "out", "-j", "2") == 0
    kept = [json.loads(path.read_text()) for path in (tmp_path / "out/results").iterdir()]
    assert sorted(result["batch"]["student"] for result in kept) == sorted(judges.graded)
    assert len(kept) == len(list((tmp_path / "out" / "feedback").glob("*.html"))) == 2


def test_names_stay_when_others_join_so_that_nothing_is_graded_twice(
    tmp_path: Path, judges: Judges
) -> None:
    source, out = add(tmp_path / "in", "Anna D’Amico"), tmp_path / "out"
    batch(source, out)
    before = {path.name: path.read_bytes() for path in (out / "results").iterdir()}
    add(source, "Anna D_Amico")  # comes first in the alphabet
    judges.graded.clear()
    batch(source, out)
    assert judges.graded == ["Anna D_Amico"]
    after = {path.name: path.read_bytes() for path in (out / "results").iterdir()}
    assert after.items() > before.items()


@pytest.mark.parametrize("rest", ["x Mallory", "8", "Mallory", "é"])
def test_no_longer_word_or_number_is_taken_for_a_student(
    tmp_path: Path, judges: Judges, rest: str
) -> None:
    source = add(tmp_path / "in", "Lovelace-1234567", f"Lovelace-1234567{rest}")
    os.utime(source / "Lovelace-1234567.zip", (1, 1))
    batch(source, tmp_path / "out")
    assert judges.graded == ["Lovelace-1234567", f"Lovelace-1234567{rest}"]


def test_one_persons_files_are_in_no_doubt(tmp_path: Path, judges: Judges) -> None:
    source = zip_with(
        tmp_path / "all.zip",
        "Anna_1_assignsubmission_file_a.zip",
        "Anna_1_assignsubmission_file_b.zip",
        "Ben_2_assignsubmission_file/a.zip",
        "Ben_2_assignsubmission_file/b.zip",
    )
    batch(source, tmp_path / "out")
    assert judges.graded == ["Anna_1", "Ben_2"]
    assert [row["message"] for row in grades(tmp_path / "out")] == ["", ""]

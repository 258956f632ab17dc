"""Results under pseudonyms hold no name, and keep the points."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from grader.__main__ import main
from grader.batch.export import Scrubber
from grader.reports.rows import Row
from tests.courses import COURSES, people
from tests.stub_judges import Judges, a_report, batch, rows_of

CLASS = people(6)


def exported(out: Path, target: Path) -> dict[str, str]:
    assert main(["export", str(out), "-o", str(target)]) == 0
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_no_name_number_or_login_leaves_the_house(
    tmp_path: Path, judges: Judges, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = COURSES["canvas"](tmp_path, CLASS).source

    def telling(student: str) -> dict[str, object]:
        said = f"File /home/{student}/lstm.py, from 4003_40039_work.zip by {student.upper()}!"
        figure = {"title": "loss", "png": "iVBORw0KGgo="}
        return a_report(hint=said, figures=[figure], failure=None)

    monkeypatch.setattr(
        Judges, "__call__", lambda _, task: json.dumps(telling(task.student)).encode()
    )
    out = tmp_path / "out"
    assert batch(source, out) == 0
    files = exported(out, tmp_path / "research.zip")
    everything = "\n".join([*files, *files.values()]).casefold()
    for person in CLASS:
        letters = "".join(filter(str.isalnum, f"{person.last}{person.first}".lower()))
        assert letters not in everything
        assert str(person.number) not in everything
    assert "png" not in everything
    assert sorted(files) == [
        "README.txt",
        "grades.csv",
        *(f"results/P00{n}.json" for n in range(1, 7)),
    ]
    rows = list(csv.DictReader(io.StringIO(files["grades.csv"].removeprefix("\ufeff"), newline="")))
    assert [row["points"] for row in rows] == [row["points"] for row in rows_of(out).values()]
    assert judges


def test_pseudonyms_stay_and_tell_nothing_of_the_order(tmp_path: Path, judges: Judges) -> None:
    source, out = COURSES["folders"](tmp_path, people(12)).source, tmp_path / "out"
    batch(source, out)
    first = exported(out, tmp_path / "a.zip")
    assert exported(out, tmp_path / "a.zip") == first
    lines = (out / "pseudonyms.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    numbers = [line.rsplit(",", 1)[1] for line in lines]
    assert sorted(numbers) != numbers  # by names; a right order has a chance of 1 in 12!
    assert len(judges.graded) == 12


def test_a_word_that_is_part_of_another_stays() -> None:
    row = Row("Lee_101", "Lee_101", "Lee_101_assignsubmission_file", "graded", "", 0.0)
    hide = Scrubber([row], {"Lee_101": "P007"})
    assert hide.text("Lee_101: sleeve, LEE, lee-101.zip 2101 file") == (
        "P007: sleeve, P007, P007-P007.zip 2101 file"
    )


def test_a_name_of_two_is_nobodys() -> None:
    rows = [Row(f"Lee_10{n}", "", "", "graded", "", 0.0) for n in (1, 2)]
    hide = Scrubber(rows, {"Lee_101": "P1", "Lee_102": "P2"})
    assert hide.text("Lee_102, Lee") == "P2, P"


def test_what_is_no_folder_of_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path), "-o", str(tmp_path / "a.zip")]) == 2
    assert "is no folder of results" in capsys.readouterr().err

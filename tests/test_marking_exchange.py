"""A table of marks and the desk may both be used, and neither overwrites the other."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from grader.__main__ import main
from grader.batch.participant import Participant
from grader.batch.store import Store, write
from grader.marking.data import Mark
from grader.marking.store import FILE, MarkingStore
from tests.results import a_result


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a folder of results of Kim and Lee, for whom question 1.4 is to be marked."""
    store = Store(tmp_path / "out")
    store.create()
    people = [Participant("Kim", "kim"), Participant("Lee", "lee")]
    students = [person.__dict__ for person in people]
    write(store.folder / "run.json", json.dumps({"seed": 1, "students": students}))
    for person in people:
        store.save(person, "key", json.dumps(a_result()).encode())
    assert main(["marks", str(store.folder)]) == 0
    return store.folder


def table(out: Path) -> dict[str, tuple[str, str]]:
    """Return points and comments of 1.4 in marks.csv."""
    text = (out / "marks.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return {row["student"]: (row["points"], row["comment"]) for row in rows}


def fill(out: Path, student: str, points: str, comment: str = "") -> None:
    """Write one row of marks.csv as a person would."""
    rows = table(out) | {student: (points, comment)}
    lines = [["student", "question", "points", "comment"]]
    lines += [[name, "Q1.4", *row] for name, row in rows.items()]
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    (out / "marks.csv").write_text(text.getvalue(), encoding="utf-8")


def at_the_desk(out: Path, student: str, *items: str, comment: str = "") -> None:
    with MarkingStore(out / FILE) as store:
        version = store.marks.get(student, "1.4").version
        store.marks.save(Mark(student, "1.4", items, comment=comment, version=version), "Ann")


def grade(out: Path, student: str) -> str:
    text = (out / "grades.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return next(row["1.4"] for row in rows if row["student"] == student)


def test_the_table_is_taken_in_and_the_desk_written_out(out: Path) -> None:
    fill(out, "Kim", "1.25", "nice")
    at_the_desk(out, "Lee", "momentum", comment="and?")
    assert main(["marks", str(out)]) == 0
    assert table(out) == {"Kim": ("1.25", "nice"), "Lee": ("0.75", "and?")}
    assert (grade(out, "Kim"), grade(out, "Lee")) == ("1.25", "0.75")
    with MarkingStore(out / FILE) as store:
        mark = store.marks.get("Kim", "1.4")
        assert (mark.items, mark.adjustment, mark.author) == ((), 1.25, "table of marks")


def test_points_of_a_table_keep_the_items_of_the_desk(out: Path) -> None:
    at_the_desk(out, "Kim", "momentum", comment="and?")
    assert main(["marks", str(out)]) == 0
    fill(out, "Kim", "1", "more")
    assert main(["marks", str(out)]) == 0
    with MarkingStore(out / FILE) as store:
        mark = store.marks.get("Kim", "1.4")
        assert (mark.items, mark.adjustment, mark.comment) == (("momentum",), 0.25, "more")
    fill(out, "Kim", "")
    assert main(["marks", str(out)]) == 0
    assert grade(out, "Kim") == ""  # taken back: pending, not zero
    with MarkingStore(out / FILE) as store:
        assert not store.marks.get("Kim", "1.4").decided


def test_an_old_table_does_not_undo_the_desk(out: Path) -> None:
    fill(out, "Kim", "1")
    assert main(["marks", str(out)]) == 0
    at_the_desk(out, "Kim", "momentum", "adaptive")
    fill(out, "Lee", "2")  # Kim's row still says 1, as it was written
    assert main(["marks", str(out)]) == 0
    assert (grade(out, "Kim"), grade(out, "Lee")) == ("1.5", "2")


def test_where_both_were_changed_the_desk_counts_and_the_row_is_named(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at_the_desk(out, "Kim", "momentum")
    fill(out, "Kim", "2", "good")
    fill(out, "Lee", "1")
    before = (out / "marks.csv").read_bytes()
    assert main(["marks", str(out)]) == 1
    said = capsys.readouterr().out
    assert (
        "Kim, question 1.4: the table says 2 (good), but Ann has given 0.75 at the desk since"
        in said
    )
    assert (grade(out, "Kim"), grade(out, "Lee")) == ("0.75", "1")
    assert (out / "marks.csv").read_bytes() == before  # nothing in it is lost
    at_the_desk(out, "Lee", "adaptive")  # whose row has been taken in
    fill(out, "Kim", "0.75")
    assert main(["marks", str(out)]) == 0
    assert table(out) == {"Kim": ("0.75", ""), "Lee": ("0.75", "")}


def test_the_same_on_both_sides_is_no_conflict(out: Path) -> None:
    at_the_desk(out, "Kim", "momentum")
    fill(out, "Kim", "0.75")
    assert main(["marks", str(out)]) == 0
    with MarkingStore(out / FILE) as store:
        assert store.marks.get("Kim", "1.4").items == ("momentum",)


def test_a_table_from_before_the_desk_is_taken_in_whole(out: Path) -> None:
    for name in (FILE, f"{FILE}.backup"):
        (out / name).unlink()
    (out / "marks.json").unlink()
    fill(out, "Kim", "1", "from before")
    assert main(["marks", str(out)]) == 0
    assert table(out)["Kim"] == ("1", "from before")

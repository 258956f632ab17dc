"""A batch is refused, interrupted, or meets a full disk: no result is lost or mixed up.

Judge processes are stubs here; tests/test_batch_runs.py has the real ones.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from grader.__main__ import main
from grader.batch import judge_pool, store
from grader.batch.store import Store
from grader.batch.task import kit_version
from grader.core.errors import UserError
from tests.downloads import download
from tests.stub_judges import Judges, batch, grades, hand_in


def test_broken_ones_get_a_row(tmp_path: Path, judges: Judges) -> None:
    source = hand_in(tmp_path / "in", "Lee")
    (source / "Kim").mkdir()
    assert batch(source, tmp_path / "out") == 0
    rows = {row["student"]: row for row in grades(tmp_path / "out")}
    assert rows["Kim"]["status"] == "refused"
    assert (rows["Kim"]["1.6"], rows["Kim"]["of"]) == ("0", rows["Lee"]["of"])
    assert "Nothing was handed in" in rows["Kim"]["message"]
    assert judges.graded == ["Lee"]


def test_interrupted_keeps_what_is_finished(
    tmp_path: Path, judges: Judges, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = hand_in(tmp_path / "in", "Ito", "Kim", "Lee")
    save = Store.save

    def save_and_stop(self: Store, *arguments: Any, **options: Any) -> str:
        save(self, *arguments, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Store, "save", save_and_stop)
        assert batch(source, tmp_path / "out", "-j", "1") == 130
    finished = {path.stem for path in (tmp_path / "out" / "results").iterdir()}
    assert len(finished) == 1
    judges.graded.clear()
    assert batch(source, tmp_path / "out", "-j", "1") == 0
    assert {*judges.graded} == {"Ito", "Kim", "Lee"} - finished


def test_batch_refuses_without_full_isolation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("grader.sandbox.isolation.missing", lambda: ("Landlock",))
    source = hand_in(tmp_path / "in", "Lee")
    assert main(["batch", str(source), "-o", str(tmp_path / "out")]) == 2
    assert "for want of Landlock" in capsys.readouterr().err


def test_another_kit_is_an_error() -> None:
    with pytest.raises(UserError, match="same version of the kit"):
        judge_pool.check("another", "limits")
    judge_pool.check(kit_version(), "limits")


def test_no_strangers_folder_is_written_to(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source = hand_in(tmp_path / "in", "Lee")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").touch()
    assert batch(source, tmp_path / "home") == 2
    assert "holds other things" in capsys.readouterr().err
    assert judges.graded == []


def test_results_are_not_written_among_the_submissions(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source = hand_in(tmp_path / "in", "Lee")
    for out in (source, source / "out", tmp_path / "x" / ".." / "in" / "out"):
        assert batch(source, out) == 2
        assert "lies within" in capsys.readouterr().err
    assert [path.name for path in source.iterdir()] == ["Lee.zip"]
    assert judges.graded == []


def test_two_runs_at_a_time_do_not_mix(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = hand_in(tmp_path / "in", "Lee"), tmp_path / "out"
    out.mkdir()
    with Store(out).locked():
        assert batch(source, out) == 2
        assert "another run is at work in" in capsys.readouterr().err
    assert judges.graded == []
    assert batch(source, out) == 0
    with Store(out).locked():
        assert main(["marks", str(out)]) == 2


@pytest.mark.usefixtures("judges")
def test_a_disk_that_stays_full_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = hand_in(tmp_path / "in", "Lee", "Kim")
    fsync = os.fsync

    def full(file: int) -> None:
        if list(tmp_path.rglob("Lee.json.partial")):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(file)

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        assert batch(source, tmp_path / "out") == 1
    said = capsys.readouterr().out
    assert said.count("No space left on device") == 1
    assert "error: 1 results can't be written" in said
    assert not list(tmp_path.rglob("*.partial"))
    # The reports hold what could be graded, and the next run grades what was not kept.
    assert [row["points"] for row in grades(tmp_path / "out")] == ["3", "3"]
    assert {path.name for path in (tmp_path / "out" / "results").iterdir()} == {"Kim.json"}
    assert batch(source, tmp_path / "out") == 0


@pytest.mark.usefixtures("judges")
def test_a_disk_that_is_full_for_a_while_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judges: Judges
) -> None:
    source = hand_in(tmp_path / "in", "Ito", "Kim", "Lee")
    replace_file = store.replace_file
    failures = iter([True, True])

    def full_twice(path: Path, data: bytes, *, lasting: bool = True) -> None:
        if path.parent.name == "results" and next(failures, False):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace_file(path, data, lasting=lasting)

    monkeypatch.setattr(store, "replace_file", full_twice)
    assert batch(source, tmp_path / "out") == 0
    assert len(list((tmp_path / "out" / "results").iterdir())) == 3
    assert sorted(judges.graded) == ["Ito", "Kim", "Lee"]  # nobody twice


def test_a_run_that_had_just_begun_does_not_make_its_folder_a_strangers(
    tmp_path: Path, judges: Judges
) -> None:
    assert batch(hand_in(tmp_path / "in", "Lee"), tmp_path / "out", "--again", "Kim") == 2
    assert (tmp_path / "out" / "run.lock").exists()
    assert batch(tmp_path / "in", tmp_path / "out") == 0
    assert judges.graded == ["Lee"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("none.csv", "none.csv can't be read: No such file"), ("all.zip", "is known as its")],
)
def test_a_wrong_worksheet_is_noticed_before_an_evening_of_grading(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    source = download(tmp_path / "all.zip", {"Lee_1_assignsubmission_file/a.zip": b"PK"})
    assert batch(source, tmp_path / "out", "--worksheet", str(tmp_path / name)) == 2
    assert message in capsys.readouterr().err
    assert judges.graded == []


@pytest.mark.parametrize(
    "options",
    [
        ["-j", "0"], ["-j", "two"], ["--seed", "-1"], ["--time-scale", "0"],
        ["--time-scale", "nan"], ["--column", "grade"], ["--column", "colour=Grade"],
    ],
)  # fmt: skip
def test_numbers_that_make_no_sense(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        batch(hand_in(tmp_path / "in", "Lee"), tmp_path / "out", *options)
    assert end.value.code == 2
    assert "must be" in capsys.readouterr().err

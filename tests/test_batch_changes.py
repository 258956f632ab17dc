"""Change hand-ins while a batch runs: that is nobody's fault, and no link is followed."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.batch import executors, grading
from grader.batch.intake import hand_ins
from grader.batch.progress import say
from grader.batch.task import Task
from grader.core.errors import ChangedError
from tests.downloads import files_in, zip_with
from tests.stub_judges import Judges, a_report, batch, rows_of
from tests.stub_judges import hand_in as add

pytestmark = pytest.mark.grading


def removed(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def linked(path: Path, to: Path) -> None:
    removed(path)
    path.symlink_to(to)


def piped(path: Path) -> None:
    removed(path)
    os.mkfifo(path)


def copied(path: Path, other: Path) -> None:
    removed(path)
    (shutil.copytree if other.is_dir() else shutil.copy)(other, path)


def turned(path: Path) -> None:
    removed(path)
    path.mkdir()


def moved(path: Path) -> None:
    removed(path)
    path.with_name("Bob").rename(path)


CHANGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "ZIP removed": ("Zed.zip", removed),
    "ZIP cut off": ("Zed.zip", lambda path: os.truncate(path, 50)),
    "ZIP replaced": ("Zed.zip", lambda path: copied(path, path.with_name("Ada.zip"))),
    "ZIP linked": ("Zed.zip", lambda path: linked(path, path.with_name("Ada.zip"))),
    "ZIP linked to a device": ("Zed.zip", lambda path: linked(path, Path("/dev/zero"))),
    "ZIP turned into a pipe": ("Zed.zip", piped),
    "ZIP turned into a folder": ("Zed.zip", turned),
    "folder removed": ("Zed", removed),
    "folder linked": ("Zed", lambda path: linked(path, path.with_name("Bob"))),
    "folder replaced": ("Zed", lambda path: copied(path, path.with_name("Bob"))),
    "folder turned into a pipe": ("Zed", piped),
    "folder moved over": ("Zed", moved),
    "file removed": ("Zed", lambda path: removed(path / "lstm.py")),
    "file added": ("Zed", lambda path: (path / "x.py").touch()),
    "file edited": ("Zed", lambda path: (path / "lstm.py").write_text("other = 1")),
    "file linked": ("Zed", lambda path: linked(path / "lstm.py", path.with_name("Ada.zip"))),
    "file turned into a pipe": ("Zed", lambda path: piped(path / "lstm.py")),
    "inner folder linked": ("Zed", lambda path: linked(path / "in", path.with_name("Bob"))),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.usefixtures("judges")
def test_what_changes_while_the_batch_runs_is_nobodys_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    source, out = add(tmp_path / "in", "Ada"), tmp_path / "out"
    files_in(source, "Bob/lstm.py", "Bob/in/a.py")
    place, make = CHANGES[change]
    if place == "Zed":
        files_in(source, "Zed/lstm.py", "Zed/in/b.py")
    else:
        add(source, "Zed", content="x = 2\n")
    tries = []

    def judge(_: Judges, task: Task) -> bytes:
        if task.student == "Ada":
            make(source / place)
        tries.append(task.student)
        return json.dumps(a_report()).encode()

    with monkeypatch.context() as patch:
        patch.setattr(executors, "grade_all", one_by_one(judge))
        assert batch(source, out, "-j", "1") == 1
    row = rows_of(out)["Zed"]
    assert (row["status"], row["points"]) == ("internal", "")
    assert re.match(r"(Zed|lstm)\S* (was removed|has changed) while the batch ran", row["message"])
    assert row["message"].endswith("not counted against the student.")
    assert tries in (["Ada", "Bob"], ["Ada"])


def one_by_one(judge: Any) -> Any:
    """Return what grades tasks strictly in their order."""

    def grade_all(tasks: Any, *_: object) -> Iterator[Any]:
        for label, task in tasks:
            yield label, task, judge(None, task)

    return grade_all


def test_what_is_there_again_at_the_end_is_graded_then(
    tmp_path: Path, judges: Judges, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = add(tmp_path / "in", "Ada", "Zed"), tmp_path / "out"

    def move(_: Judges, task: Task) -> bytes:
        judges.graded.append(task.student)
        if task.student == "Ada":
            (source / "Zed.zip").rename(tmp_path / "Zed.zip")
        return json.dumps(a_report()).encode()

    def put_back(console: Any, line: str) -> None:
        if line.startswith("graded once more"):
            (tmp_path / "Zed.zip").rename(source / "Zed.zip")
        say(console, line)

    monkeypatch.setattr(executors, "grade_all", one_by_one(move))
    monkeypatch.setattr(grading, "say", put_back)
    assert batch(source, out, "-j", "1") == 0
    assert judges.graded == ["Ada", "Zed"]


def test_a_download_that_is_cut_off_while_the_batch_runs_refuses_nobody(tmp_path: Path) -> None:
    source = zip_with(tmp_path / "all.zip", "Ada/a.zip", "Zed/a.zip")
    with hand_ins(source) as ((_, zed), _):
        os.truncate(source, 20)
        with pytest.raises(ChangedError):
            zed.choose().read()


def test_a_tree_too_deep_to_enter_is_refused_in_a_short_line(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source, here = add(tmp_path / "in", "Ada"), Path.cwd()
    (source / "Deep").mkdir()
    try:
        os.chdir(source / "Deep")
        for _ in range(600):  # longer than any path may be
            os.mkdir("d" * 9)
            os.chdir("d" * 9)
        Path("lstm.py").touch()
    finally:
        os.chdir(here)
    assert batch(source, tmp_path / "out") == 0
    assert judges.graded == ["Ada"]
    row = rows_of(tmp_path / "out")["Deep"]
    assert (row["status"], row["message"]) == (
        "refused", "Deep has more than 100 folders in folders: leave some out."
    )  # fmt: skip
    assert max(map(len, capsys.readouterr().out.splitlines())) < 200
    shutil.rmtree(source / "Deep", ignore_errors=True)


def test_a_source_that_is_moved_away_is_still_the_one_that_is_graded(
    tmp_path: Path, judges: Judges, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = add(tmp_path / "in", "Ada", "Zed"), tmp_path / "out"
    before = (source / "Zed.zip").read_bytes()

    def judge(_: Judges, task: Task) -> bytes:
        judges.tasks.append(task)
        if task.student == "Ada":
            source.rename(tmp_path / "elsewhere")
            add(source, "Zed", content="other = 1\n")
        return json.dumps(a_report()).encode()

    monkeypatch.setattr(executors, "grade_all", one_by_one(judge))
    assert batch(source, out, "-j", "1") == 0
    assert judges.tasks[1].archive == before

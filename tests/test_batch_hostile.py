"""A batch lists, opens and prints hostile things: each hand-in gets a row, and none does harm.

Judge processes are stubs here; tests/test_hostile_course.py grades in earnest.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.batch import write_reports
from grader.batch.attempts import HandIn
from grader.batch.intake import hand_ins
from grader.batch.listing import items_in, read_file
from grader.batch.read_results import read_rows
from grader.batch.store import Store
from grader.core.errors import ChangedError, UserError
from tests.downloads import files_in
from tests.stub_judges import Judges, a_report, batch, rows_of
from tests.stub_judges import hand_in as add

pytestmark = pytest.mark.grading

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# What lies there


@pytest.mark.skipif(sys.platform == "win32", reason="there are none")
def test_what_is_no_plain_file_is_not_waited_for(tmp_path: Path, judges: Judges) -> None:
    source = add(tmp_path / "in", "Lee")
    os.mkfifo(source / "Kim.zip")
    (source / "Ito").mkdir()
    os.mkfifo(source / "Ito" / "lstm.py")
    assert batch(source, tmp_path / "out") == 0
    assert judges.graded == ["Lee"]
    assert "no plain file" in rows_of(tmp_path / "out")["Kim"]["message"]


@pytest.mark.parametrize("others", [[], ["Lee"]])
def test_a_file_larger_than_the_disk_is_not_read(
    tmp_path: Path, judges: Judges, others: list[str]
) -> None:
    source = add(tmp_path / "in", *others)
    with (source / "Kim.zip").open("wb") as file:
        file.truncate(2**40)
    assert batch(source, tmp_path / "out") == 0
    assert judges.graded == others
    assert "larger than 200 MiB" in rows_of(tmp_path / "out")["Kim"]["message"]


def test_a_file_that_grows_while_it_is_read_is_nobodys_fault(tmp_path: Path) -> None:
    place = tmp_path / "Kim.zip"
    place.write_bytes(b"PK")
    with items_in(tmp_path) as ((item,), _):
        (file,) = item.files()
        place.write_bytes(b"PK" * 10**6)
        with pytest.raises(ChangedError, match=r"Kim\.zip has changed while the batch ran"):
            read_file(file)


@contextlib.contextmanager
def ordinary_user() -> Iterator[None]:
    """Meanwhile be somebody for whom modes of folders count."""
    user = os.geteuid()
    if not user:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.skipif(sys.platform == "win32", reason="no modes")
def test_a_folder_that_can_not_be_entered_is_that_hand_ins_problem() -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are root's alone
        source = Path(name)
        source.chmod(0o755)
        for student in ("Closed", "Good", "Secret"):
            (source / student / "inner").mkdir(parents=True)
            (source / student / "lstm.py").write_text("x = 1")
        (source / "Secret" / "lstm.py").chmod(0)
        (source / "Closed" / "inner").chmod(0)
        with ordinary_user(), hand_ins(source) as (found, _):
            closed, good, secret = found
            assert good.choose().read()
            for one, place in ((closed, "Closed/inner"), (secret, "lstm.py")):
                with pytest.raises(UserError, match=rf"^{place} can't be read \(Permission denied"):
                    one.choose().read()
        (source / "Closed" / "inner").chmod(0o700)


@pytest.mark.parametrize("error", [FULL, MemoryError(), ValueError("odd"), RecursionError()])
def test_whatever_goes_wrong_while_one_is_listed_is_that_ones_row(
    tmp_path: Path,
    judges: Judges,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    choose, tries = HandIn.choose, []

    def broken(self: HandIn) -> Any:
        if self.student == "Kim":
            tries.append(self)
            raise error
        return choose(self)

    monkeypatch.setattr(HandIn, "choose", broken)
    assert batch(add(tmp_path / "in", "Ito", "Kim", "Lee"), tmp_path / "out") == 1
    assert judges.graded == ["Ito", "Lee"]
    row = rows_of(tmp_path / "out")["Kim"]
    assert (row["status"], row["points"]) == ("internal", "")
    assert len(tries) == 3  # for its packages, for its grade, and once more at the end
    assert capsys.readouterr().out.count("error: 1 could not be judged") == 1


# Reports


@pytest.mark.parametrize(
    "name", ["x;=cmd|' calc'!A0;y", "a\t=1", 'a",=1+1,"b', "a|=1", "=1+1", " =1+1", "@x"]
)
def test_no_separator_splits_a_cell_and_no_cell_is_a_formula(
    tmp_path: Path, judges: Judges, name: str
) -> None:
    source = add(tmp_path / "in", name, "Lee")
    (source / f"{name}.rar").write_bytes(b"")
    batch(source, tmp_path / "out")
    text = (tmp_path / "out" / "grades.csv").read_text(encoding="utf-8-sig")
    for line in csv.reader(text.splitlines()):
        assert not any(cell.lstrip().startswith(("=", "+", "@")) for cell in line)
    for part in re.split("[;\t\n]", text):  # as other spreadsheets separate
        assert part.lstrip(' "')[:1] not in ("=", "+", "-", "@"), part
    assert "Lee" in judges.graded


def test_no_escape_sequence_reaches_the_terminal(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source = add(tmp_path / "in", "Good-1234567")
    evil = source / "Evil-7654321"
    evil.mkdir()
    for name in ("a\x1b]0;PWNED\x07\x1b[2J.zip", "b\x9b31m.zip", "note\x1b[1;31mALL OK\x1b[0m.txt"):
        (evil / name).write_bytes((source / "Good-1234567.zip").read_bytes())
    (source / "\u202egpj.exe").write_bytes(b"")
    batch(source, tmp_path / "out")
    said = capsys.readouterr()
    assert "Of several archives the newest counts" in said.out
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & {*said.out, *said.err}
    for path in (tmp_path / "out").rglob("*.*"):
        if path.suffix in (".csv", ".html", ".md"):
            assert not {"\x1b", "\x07", "\x9b", "\u202e"} & {*path.read_text("utf-8")}
    assert len(judges.graded) == 2


@pytest.mark.parametrize("broken", ["grades_csv", "course_html", "feedback_html", "feedback_md"])
@pytest.mark.parametrize("error", [FULL, ZeroDivisionError("oh"), MemoryError()])
def test_a_report_that_fails_leaves_all_others_written(
    tmp_path: Path,
    judges: Judges,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    broken: str,
    error: Exception,
) -> None:
    def fail(*_: object) -> str:
        raise error

    source, out = add(tmp_path / "in", "Lee"), tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(write_reports, broken, fail)
        assert batch(source, out) == 1
    assert capsys.readouterr().out.count("error: ") == 1
    made = {"grades_csv": "grades.csv", "course_html": "report.html"}
    names = {"grades.csv", "report.html", "feedback/Lee.html", "feedback/Lee.md"}
    missing = names - {str(path.relative_to(out)) for path in out.rglob("*.*")}
    assert missing <= {made.get(broken, "feedback/Lee.html"), "feedback/Lee.md"}
    assert len(missing) >= 1
    assert batch(source, out) == 0
    assert judges.graded == ["Lee"]


def test_a_result_that_somebody_damaged_is_one_row(tmp_path: Path, judges: Judges) -> None:
    source, out = add(tmp_path / "in", "Kim", "Lee"), tmp_path / "out"
    batch(source, out)
    judges.graded.clear()
    for damage in (b"{", b"[]", b'{"batch": 1}', b"\xff"):
        (out / "results" / "Kim.json").write_bytes(damage)
        rows = read_rows(Store(out))
        assert [row.status for row in rows] == ["internal", "graded"]
        assert batch(source, out) == 0
    assert judges.graded == ["Kim"] * 4


def test_a_question_of_no_points_has_no_mean(
    tmp_path: Path, judges: Judges, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with -k, which may leave only checks of a question that are worth nothing."""
    report = a_report(points=0.0, earned=0.0, status="passed")
    report["grade"]["questions"][0] |= {"earned": 0.0, "possible": 0.0, "status": "passed"}
    monkeypatch.setattr(Judges, "__call__", lambda *_: json.dumps(report).encode())
    assert batch(add(tmp_path / "in", "Lee"), tmp_path / "out") == 0
    assert "LSTM" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert judges.graded == []


# A level too high


@pytest.mark.parametrize(
    "names",
    [
        ["hw1-anna/lstm.py", "hw1-bo/lstm.py"],
        ["hw1-anna/src/lstm.py", "hw1-bo/src/lstm.py", "hw1-bo/README.md"],
        ["Lee-12345.zip", "Kim-12346.zip"],
        ["submission_1/a.zip", "submission_2/b.zip", "metadata.yml"],
    ],
)
def test_submissions_a_level_further_down_are_no_student(
    tmp_path: Path, judges: Judges, names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    files_in(tmp_path / "all" / "hw1-submissions", *names)
    assert batch(tmp_path / "all", tmp_path / "out") == 2
    assert "lie a level further down, in hw1-submissions" in capsys.readouterr().err
    assert judges.graded == []


@pytest.mark.parametrize(
    "names",
    [
        ["palindrome/lstm.py", "palindrome/train.py", "numpy_rnn/model.py"],
        ["main.py", "part1/train.py", "part2/train.py"],
        ["work.zip", "report.pdf"],
    ],
)
def test_one_student_alone_is_a_course_too(
    tmp_path: Path, judges: Judges, names: list[str]
) -> None:
    files_in(tmp_path / "all" / "Lee", *names)
    assert batch(tmp_path / "all", tmp_path / "out") == 0
    assert judges.graded == ["Lee"]

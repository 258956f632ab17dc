"""Make a batch list, open and print hostile things: each hand-in gets a row, and nobody another's.

Judge processes are stubs here; tests/test_hostile_course.py grades in earnest.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import json
import os
import re
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from grader.batch import grading, outcome, write_reports
from grader.batch import judge as judge_process
from grader.batch.attempts import HandIn, natural
from grader.batch.intake import hand_ins
from grader.batch.judge_pool import JudgePool
from grader.batch.listing import items_in, read_file
from grader.batch.store import Store
from grader.batch.task import Task
from grader.core.errors import MachineError, UserError, is_machine_error
from grader.core.failures import Failure
from grader.submission import snapshot
from tests.stub_judges import Judges, a_report, batch, grades
from tests.stub_judges import hand_in as add

pytestmark = pytest.mark.grading

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def rows_of(out: Path) -> dict[str, dict[str, str]]:
    return {row["student"]: row for row in grades(out)}


def zip_with(path: Path, *names: str) -> Path:
    """Write a ZIP with entries of these names, as nobody's computer would write them."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo("x")
            info.filename = name  # unlike the constructor, it leaves NUL and all else
            archive.writestr(info, b"x = 1\n")
    return path


# Names


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


@pytest.mark.parametrize("rest", [" (1)", " - Kopie", "_final", " Mallory", "-2", ".v2"])
def test_archives_of_several_items_are_for_a_person_to_look_at(
    tmp_path: Path, judges: Judges, rest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = add(tmp_path / "in", "Lovelace-1234567", f"Lovelace-1234567{rest}")
    assert batch(source, tmp_path / "out") == 0
    assert judges.graded == ["Lovelace-1234567"]
    (row,) = grades(tmp_path / "out")
    assert "check whose they are" in row["message"]
    assert f"Lovelace-1234567{rest}.zip" in row["message"]
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "check whose they are" in report[report.index("To look at") :]
    assert "to look at: Lovelace-1234567" in capsys.readouterr().out


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


def test_a_folder_beside_an_archive_of_its_name_is_one_choice_in_doubt(tmp_path: Path) -> None:
    source = add(tmp_path, "Lee")
    (source / "Lee").mkdir()
    (source / "Lee" / "lstm.py").write_text("newer = 1")
    with hand_ins(source) as ((lee,), _):
        assert lee.choose().name == "Lee.zip"
        assert lee.choose().read() != (source / "Lee.zip").read_bytes()
        assert "Lee, Lee.zip" in lee.doubt


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
        with pytest.raises(MachineError, match="changed while it was read"):
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


# The machine's own errors


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "EIO", "ENOMEM"])
def test_errors_of_the_machine_are_known_wherever_they_come_from(code: str) -> None:
    error = OSError(getattr(errno, code), "no")
    assert is_machine_error(error)
    raised = UserError("the ZIP can't be read")
    raised.__cause__ = error
    assert is_machine_error(raised)
    assert json.loads(outcome.report_of(raised))["batch"]["status"] == "internal"
    assert not is_machine_error(FileNotFoundError())
    assert not is_machine_error(UserError("no ZIP"))


@pytest.mark.parametrize("place", ["_copy", "vet", "entries_of"])
def test_a_full_disk_refuses_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise FULL

    monkeypatch.setattr(snapshot, place, full)
    archive = (add(tmp_path / "in", "Lee") / "Lee.zip").read_bytes()
    header = {"archive_name": "Lee.zip", "remarks": ["a"], "settings": {"seed": 1, "arguments": ()}}
    report = json.loads(judge_process.answer(header, archive, tmp_path))
    assert report["batch"]["status"] == "internal"
    assert "No space left" in report["batch"]["message"]


def test_a_judge_that_can_not_make_a_folder_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    tasks: Iterator[Any] = iter([({}, b""), ({}, b""), None])

    class Control:
        def __init__(self, _: int) -> None:
            pass

        def send_bytes(self, data: bytes) -> None:
            sent.append(data)

    def full(*_: object) -> None:
        raise FULL

    monkeypatch.setattr(judge_process, "Connection", Control)
    monkeypatch.setattr(judge_process, "warm_up", contextlib.nullcontext)
    monkeypatch.setattr(judge_process, "receive", lambda _: next(tasks))
    monkeypatch.setattr(judge_process, "Folder", full)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["judge", "3"])
    judge_process.main()
    assert [json.loads(data)["batch"]["status"] for data in sent[1:]] == ["internal"] * 2


@pytest.mark.parametrize(
    "error", [FULL, MemoryError(), RuntimeError("can't start new thread"), MachineError("no")]
)
def test_a_judge_that_can_not_be_started_ends_no_batch(
    tmp_path: Path, judges: Judges, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    failures = iter([error])
    start = JudgePool._start

    def fail_once(self: JudgePool) -> Any:
        if failure := next(failures, None):
            raise failure
        return start(self)

    monkeypatch.setattr(JudgePool, "_start", fail_once)
    assert batch(add(tmp_path / "in", "Kim", "Lee"), tmp_path / "out", "-j", "1") == 0
    assert sorted(judges.graded) == ["Kim", "Lee"]


def trouble(status: str, said: str = "") -> bytes:
    failure = asdict(Failure("it fails", traceback=said))
    return json.dumps(a_report(status=status, failure=failure)).encode()


@pytest.mark.usefixtures("judges")
@pytest.mark.parametrize(
    ("status", "said"),
    [("timeout", ""), ("crashed", ""), ("internal", ""), ("error", f"OSError: {FULL}")],
)
def test_what_a_busy_machine_may_have_done_is_tried_once_more_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, said: str
) -> None:
    running: list[str] = []
    seen: list[tuple[str, int]] = []

    def judge(_: Judges, task: Task) -> bytes:
        running.append(task.student)
        first = task.student not in dict(seen)
        seen.append((task.student, len(running)))
        time.sleep(0.02)
        running.remove(task.student)
        if task.student.startswith("Slow"):
            return trouble(status, said) if first else json.dumps(a_report()).encode()
        return json.dumps(a_report()).encode()

    monkeypatch.setattr(Judges, "__call__", judge)
    source = add(tmp_path / "in", "Kim", "Slow 1", "Slow 2", "Slow 3")
    assert batch(source, tmp_path / "out", "-j", "3") == 0
    assert [student for student, _ in seen[-3:]] == ["Slow 1", "Slow 2", "Slow 3"]
    assert {number for _, number in seen[-3:]} == {1}
    assert {row["points"] for row in grades(tmp_path / "out")} == {"3"}
    count = len(seen)
    batch(source, tmp_path / "out")
    assert len(seen) == count  # a second try is final


def test_a_timeout_that_stays_one_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judges: Judges
) -> None:
    answers = iter([trouble("timeout"), outcome.not_judged("no memory")])
    monkeypatch.setattr(Judges, "__call__", lambda *_: next(answers))
    assert batch(add(tmp_path / "in", "Slow"), tmp_path / "out") == 0
    assert grades(tmp_path / "out")[0]["status"] == "graded"
    assert judges.graded == []


def test_a_run_that_is_ended_before_the_second_try_makes_it_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judges: Judges
) -> None:
    source = add(tmp_path / "in", "Slow")
    with monkeypatch.context() as patch:
        patch.setattr(Judges, "__call__", lambda *_: trouble("timeout"))
        patch.setattr(grading, "say", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert batch(source, tmp_path / "out") == 130
    assert batch(source, tmp_path / "out") == 0
    assert judges.graded == ["Slow"]


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
        rows = write_reports.read_rows(Store(out))
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


def files_in(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x = 1\n")
    return folder


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

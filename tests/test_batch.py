"""`python -m grader batch`: what is graded when, what is kept, what a dying judge costs.

Here judges are stand-ins, but for the last tests; tests/test_batch_runs.py has the real ones.
"""

from __future__ import annotations

import concurrent.futures
import csv
import errno
import io
import json
import os
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from grader.__main__ import main
from grader.batch import executors, judge_pool, progress, store
from grader.batch.names import assign_names
from grader.batch.store import Participant, Store, write
from grader.batch.task import Settings, Task, kit_version
from grader.core.errors import UserError
from tests.stub_judges import Judges, a_report, batch, grades, hand_in


def test_results_and_reports_are_written(tmp_path: Path, judges: Judges) -> None:
    source = hand_in(tmp_path / "in", "Lee-12345", "Kim-12345")
    assert batch(source, tmp_path / "out", "-j", "2") == 0
    assert sorted(judges.graded) == ["Kim-12345", "Lee-12345"]
    assert [(row["student"], row["1.6"]) for row in grades(tmp_path / "out")] == [
        ("Kim-12345", "3"),
        ("Lee-12345", "3"),
    ]
    files = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*")}
    assert {"results/Kim-12345.json", "feedback/Kim-12345.html", "feedback/Kim-12345.md"} < files
    assert {"report.html", "grades.csv", "run.json"} < files
    assert not any(name.endswith(".partial") for name in files)


def test_only_what_is_new_or_changed_is_graded_again(tmp_path: Path, judges: Judges) -> None:
    source = hand_in(tmp_path / "in", "Lee", "Kim")
    batch(source, tmp_path / "out")
    judges.graded.clear()
    batch(source, tmp_path / "out")
    assert judges.graded == []
    hand_in(source, "Kim", content="x = 2\n")
    hand_in(source, "Ito")
    batch(source, tmp_path / "out")
    assert sorted(judges.graded) == ["Ito", "Kim"]


@pytest.mark.parametrize(
    "options",
    [["--seed", "8"], ["-k", "lstm"], ["--exercise", "palindrome"], ["--time-scale", "2"]],
)
def test_other_settings_are_other_results(
    tmp_path: Path, judges: Judges, options: list[str]
) -> None:
    source = hand_in(tmp_path / "in", "Lee")
    batch(source, tmp_path / "out", "--seed", "7")
    batch(source, tmp_path / "out", *options)
    assert judges.graded == ["Lee", "Lee"]
    assert judges.tasks[1].key != judges.tasks[0].key


def test_the_seed_of_the_first_run_stays(tmp_path: Path, judges: Judges) -> None:
    source = hand_in(tmp_path / "in", "Lee")
    batch(source, tmp_path / "out", "--seed", "7")
    hand_in(source, "Kim")
    batch(source, tmp_path / "out")
    assert {task.settings.seed for task in judges.tasks} == {7}


def test_again(tmp_path: Path, judges: Judges) -> None:
    source = hand_in(tmp_path / "in", "Lee", "Kim")
    batch(source, tmp_path / "out")
    judges.graded.clear()
    batch(source, tmp_path / "out", "--again", "Le*")
    assert judges.graded == ["Lee"]


def test_again_names_somebody(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source = hand_in(tmp_path / "in", "Lee")
    assert batch(source, tmp_path / "out", "--again", "Lea") == 2
    assert "there is no such student" in capsys.readouterr().err
    assert judges.graded == []


def test_the_key_covers_all_that_a_result_depends_on() -> None:
    def key(**changes: Any) -> str:
        task = {
            "student": "Lee",
            "archive_name": "Lee.zip",
            "archive": b"PK",
            "remarks": (),
            "settings": Settings(1),
            "kit": "1",
        }
        return Task(**{**task, **changes}).key

    keys = [
        key(),
        key(student="Kim"),
        key(archive=b"KP"),
        key(archive_name="a.zip"),
        key(remarks=("newest",)),
        key(settings=Settings(2)),
        key(settings=Settings(1, ("-k=lstm",))),
        key(settings=Settings(1, (), "limits")),
        key(kit="2"),
    ]
    assert len(set(keys)) == len(keys)
    assert key() == keys[0]


@pytest.mark.usefixtures("judges")
def test_local_judges_take_turns_in_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge_pool, "_cores", lambda: [3, 5])

    def cores(pool: judge_pool.JudgePool) -> list[int | None]:
        with pool.judge() as one, pool.judge() as two, pool.judge() as three:
            return [one.core, two.core, three.core]

    assert cores(judge_pool.JudgePool(spread=True)) == [3, 5, 3]
    assert cores(judge_pool.JudgePool()) == [None, None, None]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody has a say in it")
def test_a_judge_keeps_to_its_core() -> None:
    core = max(os.sched_getaffinity(0))
    judge = judge_pool.JudgeProcess(core)
    try:
        assert os.sched_getaffinity(judge.pid) == {core}
    finally:
        judge.close()


def test_a_judge_that_dies_once_costs_nothing(tmp_path: Path, judges: Judges) -> None:
    judges.lost["Lee"] = 1
    source = hand_in(tmp_path / "in", "Lee", "Kim")
    assert batch(source, tmp_path / "out") == 0
    assert all(row["status"] == "graded" for row in grades(tmp_path / "out"))


def test_a_judge_that_dies_twice_gets_another_try_alone(tmp_path: Path, judges: Judges) -> None:
    judges.lost["Lee"] = 2
    source = hand_in(tmp_path / "in", "Lee", "Kim")
    assert batch(source, tmp_path / "out") == 0
    assert judges.graded == ["Kim", "Lee"]


def test_a_judge_that_always_dies_costs_no_points_silently(tmp_path: Path, judges: Judges) -> None:
    judges.lost["Lee"] = 4
    source = hand_in(tmp_path / "in", "Lee", "Kim")
    assert batch(source, tmp_path / "out") == 1
    rows = {row["student"]: row for row in grades(tmp_path / "out")}
    assert rows["Lee"]["status"] == "internal"
    assert rows["Lee"]["points"] == rows["Lee"]["1.6"] == ""
    assert rows["Kim"]["points"] == "3"
    assert batch(source, tmp_path / "out") == 0  # and is tried again next time
    assert judges.graded == ["Kim", "Lee"]


def test_what_a_cluster_gives_up_on_gets_a_row() -> None:
    class Executor(concurrent.futures.Executor):
        def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Any:
            del function
            future: concurrent.futures.Future[bytes] = concurrent.futures.Future()
            future.set_exception(arguments[0])
            return future

    tasks: Any = [("Lee", RuntimeError("workers died"))]
    ((label, _, report),) = executors.grade_all(tasks, Executor(), lambda: 1)
    assert label == "Lee"
    assert json.loads(report)["batch"]["status"] == "internal"
    with pytest.raises(UserError, match="another kit"):
        list(
            executors.grade_all(
                [("Lee", cast(Any, UserError("another kit")))], Executor(), lambda: 1
            )
        )


def test_only_a_few_submissions_are_in_memory_at_a_time() -> None:
    read: list[int] = []
    finished: list[int] = []

    def tasks() -> Iterator[tuple[int, Any]]:
        for number in range(50):
            read.append(number)
            yield number, number

    with (
        concurrent.futures.ThreadPoolExecutor(2) as executor,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(judge_pool, "grade", lambda task: b"%d" % task)
        for number, _, report in executors.grade_all(tasks(), executor, lambda: 5):
            assert report == b"%d" % number
            finished.append(number)
            assert len(read) - len(finished) <= 5
    assert sorted(finished) == list(range(50))


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

    def full_twice(path: Path, data: bytes) -> None:
        if path.parent.name == "results" and next(failures, False):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace_file(path, data)

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
    [("none.csv", "none.csv can't be read: No such file"), ("in/Lee.zip", "is known as its")],
)
def test_a_wrong_worksheet_is_noticed_before_an_evening_of_grading(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    source = hand_in(tmp_path / "in", "Lee")
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


def test_names_do_not_play_with_the_terminal(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source = hand_in(tmp_path / "in", "Lee")
    name = "Kim\n\u202e\x1b[31m"
    (source / name).mkdir()
    assert batch(source, tmp_path / "out") == 0
    assert "refused: Kim \ufffd\ufffd[31m: Nothing" in capsys.readouterr().out
    assert judges.graded == ["Lee"]
    assert [row["student"] for row in grades(tmp_path / "out")] == ["Kim \ufffd\ufffd[31m", "Lee"]


def test_names_are_safe_and_unlike() -> None:
    students = ["a/b", "a:b", "A_b", "a_b", "..", " b ", "b", "<script>", "x" * 300, "x" * 301]
    students += ["王" * 100, "a\nb", "\u202ea", "😀" * 90, "é", "e\u0301", "", "CON", "nul.x"]
    names = assign_names(students, {})
    for column in zip(*names.values(), strict=True):
        assert len({unicodedata.normalize("NFC", name).casefold() for name in column}) == len(names)
    for name in names.values():
        assert name.student.isprintable()
        assert not set('/\\:*?"<>|') & set(name.file)
        assert name.file.strip(" .") == name.file
        assert len(f"{name.file}.json.partial".encode()) < 255
        assert name.file.split(".")[0].lower() not in ("con", "nul")
    assert assign_names(["é"], {})["é"] == ("é", "é")


def test_nobody_gets_a_name_that_somebody_else_has() -> None:
    """Whatever a file is called after: a number or a hash of another name is just a name."""
    victim = "Anna D’Amico"
    first = assign_names([victim], {})
    wanted = first[victim].file
    guesses = [wanted, f"{wanted}-2", f"{wanted}-3", f"{victim} (2)", wanted.upper()]
    names = assign_names([victim, *guesses], {})
    assert len({name.file.casefold() for name in names.values()}) == 6
    assert len({name.student.casefold() for name in names.values()}) == 6


@pytest.mark.slow
@given(st.lists(st.text(max_size=12), unique=True), st.lists(st.text(max_size=12), unique=True))
def test_names_stay_with_their_owners(before: list[str], later: list[str]) -> None:
    known = assign_names(before, {})
    names = assign_names(later, known)
    assert names.items() >= known.items()
    files = [name.file.casefold() for name in names.values()]
    assert len(set(files)) == len(files) == len({*before, *later})


def test_write_leaves_the_old_file_if_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.json", "old")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "a.json", "new")
    assert (tmp_path / "a.json").read_text() == "old"


def test_left_overs_of_a_killed_run_are_removed(tmp_path: Path, judges: Judges) -> None:
    source = hand_in(tmp_path / "in", "Lee")
    batch(source, tmp_path / "out")
    (tmp_path / "out" / "results" / "Kim.json.partial").write_text("{")
    batch(source, tmp_path / "out")
    assert not list(tmp_path.rglob("*.partial"))
    assert judges.graded == ["Lee"]


def test_a_result_is_valid_for_its_key_alone(tmp_path: Path) -> None:
    results = Store(tmp_path)
    results.create()
    results.save(Participant("Lee", "Lee"), "key", json.dumps(a_report()).encode())
    assert results.is_done(Participant("Lee", "Lee"), "key")
    assert not results.is_done(Participant("Lee", "Lee"), "other")
    assert not results.is_done(Participant("Kim", "Kim"), "key")


def test_progress_when_piped() -> None:
    log = io.StringIO()
    with progress.progress(Console(file=log), 3) as advance:
        for status in ("graded", "refused", "graded"):
            advance(status)
    lines = log.getvalue().splitlines()
    assert lines[0].startswith("1/3 done")
    assert lines[-1].startswith("3/3 done · 1 refused")
    assert len(lines) == 2  # not one a submission


def test_progress_on_a_terminal() -> None:
    log = io.StringIO()
    with progress.progress(Console(file=log, force_terminal=True, width=80), 2) as advance:
        advance("internal")
        advance("graded")
    assert "2/2" in log.getvalue()
    assert "1 failed" in log.getvalue()


def test_counts() -> None:
    clock = iter([0.0, 30.0])
    counts = progress.Counts(10, lambda: next(clock))
    counts.add("graded")
    counts.add("refused")
    assert counts.text() == "1 refused · 4.0/min · 2:00 left"


def test_what_was_graded_before_does_not_count_for_the_rate() -> None:
    clock = iter([0.0, 30.0])
    counts = progress.Counts(10, lambda: next(clock))
    for status in (progress.BEFORE, "graded", progress.BEFORE):
        counts.add(status)
    assert counts.text() == "2 graded before · 2.0/min · 3:30 left"


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
    assert main(["marks", str(out)]) == 2
    assert "marks.csv, row 2" in capsys.readouterr().err
    assert (out / "grades.csv").read_bytes() == before
    assert (out / "marks.csv").read_text(encoding="utf-8") == wrong
    assert judges.graded == ["Lee"]


def test_several_zips_of_one_student_are_said(
    tmp_path: Path, judges: Judges, capsys: pytest.CaptureFixture[str]
) -> None:
    source = hand_in(tmp_path / "in", "Lee-12345", "Lee-12345 (1)")
    batch(source, tmp_path / "out")
    assert "Lee-12345: Of several archives the newest counts" in capsys.readouterr().out
    assert judges.graded == ["Lee-12345"]


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
    right = "student,question,points,comment\nLee,Q1.6-text,0.5,\n"
    (out / "marks.csv").write_text(right.replace("0.5", "9"), encoding="utf-8")
    assert batch(source, out, "--again", "Lee") == 2
    assert "marks.csv, row 2: 9 points" in capsys.readouterr().err
    assert judges.graded == ["Lee"]
    # Marks of a run that has no results yet say nothing wrong.
    (out / "marks.csv").write_text(right, encoding="utf-8")
    (out / "results" / "Lee.json").unlink()
    assert batch(source, out) == 0
    assert judges.graded == ["Lee", "Lee"]
    assert [row["1.6-text"] for row in grades(out)] == ["0.5"]

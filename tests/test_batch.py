"""`python -m grader batch`: what is graded when, what is kept and under which names.

Judge processes are stubs here; tests/test_batch_runs.py has the real ones.
"""

from __future__ import annotations

import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from grader.batch import progress
from grader.batch.names import Names, assign_names
from grader.batch.participant import Participant
from grader.batch.store import Store, write
from grader.batch.task import Settings, Task
from tests.stub_judges import Judges, a_report, batch, grades, hand_in


def test_results_and_reports_are_written(tmp_path: Path, judges: Judges) -> None:
    source = hand_in(tmp_path / "in", "Lee-12345", "Kim-12346")
    assert batch(source, tmp_path / "out", "-j", "2") == 0
    assert sorted(judges.graded) == ["Kim-12346", "Lee-12345"]
    assert [(row["student"], row["1.6"]) for row in grades(tmp_path / "out")] == [
        ("Kim-12346", "3"),
        ("Lee-12345", "3"),
    ]
    files = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*")}
    assert {"results/Kim-12346.json", "feedback/Kim-12346.html", "feedback/Kim-12346.md"} < files
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


def named(students: list[str], known: dict[str, Names] | None = None) -> dict[str, Names]:
    return assign_names({student: student for student in students}, known or {})


def test_names_are_safe_and_unlike() -> None:
    students = ["a/b", "a:b", "A_b", "a_b", "..", " b ", "b", "<script>", "x" * 300, "x" * 301]
    students += ["王" * 100, "a\nb", "\u202ea", "😀" * 90, "é", "e\u0301", "", "CON", "nul.x"]
    names = named(students)
    for column in zip(*names.values(), strict=True):
        assert len({unicodedata.normalize("NFC", name).casefold() for name in column}) == len(names)
    for name in names.values():
        assert name.student.isprintable()
        assert not set('/\\:*?"<>|') & set(name.file)
        assert name.file.strip(" .") == name.file
        assert len(f"{name.file}.json.partial".encode()) < 255
        assert name.file.split(".")[0].lower() not in ("con", "nul")
    assert named(["é"])["é"] == ("é", "é")


def test_nobody_gets_a_name_that_somebody_else_has() -> None:
    """Whatever a file is called after: a number or a hash of another name is just a name."""
    victim = "Anna D’Amico"
    first = named([victim])
    wanted = first[victim].file
    guesses = [wanted, f"{wanted}-2", f"{wanted}-3", f"{victim} (2)", wanted.upper()]
    names = named([victim, *guesses])
    assert len({name.file.casefold() for name in names.values()}) == 6
    assert len({name.student.casefold() for name in names.values()}) == 6


@pytest.mark.slow
@given(st.lists(st.text(max_size=12), unique=True), st.lists(st.text(max_size=12), unique=True))
def test_names_stay_with_their_owners(before: list[str], later: list[str]) -> None:
    known = named(before)
    names = named(later, known)
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
    for status in (*["graded"] * 4, "refused"):
        counts.add(status)
    assert counts.text() == "1 refused · 8.0/min · 0:38 left"  # what is refused takes no time


def test_the_first_few_promise_no_time() -> None:
    """They start together, and the slowest of them may be the first."""
    clock = iter([0.0, 120.0])
    counts = progress.Counts(82, lambda: next(clock))
    for _ in range(3):
        counts.add("graded")
    assert counts.text() == ""


def test_who_is_being_graded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 20))
    monkeypatch.setattr("grader.batch.progress.time.monotonic", lambda: float(next(clock)))
    log = io.StringIO()
    with progress.progress(Console(file=log, width=200), 9) as advance:
        advance("graded")
        for _ in range(3):
            advance.running(["Kim", "[red]Lee", "Öz", "Yu"])
    lines = log.getvalue().splitlines()
    assert "now: Kim (" in lines[-1]
    assert lines[-1].endswith(") and 1 more")
    assert len(lines) == 2  # not more often than twice a minute


def test_who_takes_longest_is_named_first() -> None:
    clock = iter([0.0, 1.0, 40.0, 106.0])
    counts = progress.Counts(10, lambda: next(clock))
    counts.run(["Kim", "Lee"])
    counts.run(["Ann", "Lee"])
    assert counts.now() == "now: Lee (1:45), Ann (1:06)"


def test_what_was_graded_before_does_not_count_for_the_rate() -> None:
    clock = iter([0.0, 30.0])
    counts = progress.Counts(10, lambda: next(clock))
    for status in (progress.BEFORE, *["graded"] * 4, progress.BEFORE):
        counts.add(status)
    assert counts.text() == "2 graded before · 8.0/min · 0:30 left"

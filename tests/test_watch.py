"""A watched folder: what a save grades again, that a newer save wins, what the screen shows."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from grader.batch.judge import warm_up
from grader.core.failures import Failure
from grader.core.rubric import Result
from grader.watch.command import Watched, saves
from grader.watch.rounds import Check
from grader.watch.screen import screen
from tests.conftest import ROOT

SECONDS = 120.0  # on a machine that does other things, too


def question(id: str, earned: float, status: str) -> dict[str, object]:
    return {
        "id": id,
        "title": f"Title of {id}",
        "earned": earned,
        "possible": 2.0,
        "status": status,
    }


def drawn(*arguments: object) -> str:
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    console.print(screen(*arguments))  # type: ignore[arg-type]
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert all(len(line) <= 80 for line in text.splitlines())
    return str(text)


def check(question: str, failure: Failure | None) -> Check:
    status = failure.status if failure else "passed"
    result = Result("id", "title", question, 1.0, False, status, 1, failure)
    return Check(result.metadata(), ["lstm.py"], 0.1)


def test_the_screen_shows_failures_first_each_once_and_what_has_changed() -> None:
    wrong = Failure("The output is off.", expected="[1]", where="[red]lstm.py[/]")
    named = Failure("The state is off.", hint="Forgot tanh.", mistake="no_tanh")
    checks = {
        "a": check("1.2", None),
        "b": check("1.6", wrong),
        "c": check("1.6", wrong),
        "d": check("1.5", Failure("Write it.", status="not started")),
        "e": check("1.6", named),
    }
    questions = [question("1.2", 2.0, "passed"), question("1.6", 0.5, "failed")]
    text = drawn(questions, {"1.2": 0.5, "1.6": 0.5}, checks, set(), "2.5 of 4 points")
    lines = text.splitlines()
    assert lines[0].startswith("FAILED  1.6  The state is off."), "a mistake that has a name"
    assert text.count("The output is off.") == 1
    assert "[red]lstm.py[/]" in text  # a stranger's text is no markup
    assert "Write it." not in text
    assert any("1.2" in line and "passed  +1.50" in line for line in lines)
    assert lines[-1] == "2.5 of 4 points"


def test_a_running_question_has_no_status_yet() -> None:
    text = drawn([question("1.2", 2.0, "passed")], {}, {}, {"1.2"}, "")
    assert "passed" not in text


def test_the_question_that_is_being_mended_is_graded_first(tmp_path: Path) -> None:
    wrong = Failure("The output is off.")
    checks = {
        "first": check("1.2", None),
        "training": check("1.6", None),
        "other": check("1.6", None),
        "wrong": check("1.6", wrong),
    }
    watched = Watched(tmp_path, 1, [], checks=checks, slow={"training"})
    ranks = watched.ranks()
    assert sorted(checks, key=lambda name: ranks[name]) == ["other", "wrong", "first", "training"]


def until_done(watched: Watched) -> float:
    begun = time.monotonic()
    while watched.round:
        assert time.monotonic() < begun + SECONDS
        watched.look()
        time.sleep(0.01)
    return time.monotonic() - begun


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    folder = tmp_path / "work"
    folder.mkdir()
    for name in ("toy_bptt.py", "numpy_rnn.py"):
        shutil.copy(ROOT / "reference" / name, folder)
    arguments = [
        "--exercise=toy_bptt",
        "--exercise=numpy_rnn",
        "-k",
        "test_full_bptt or test_update",
    ]
    watched = Watched(folder, 1, arguments)
    yield watched
    if watched.round:
        watched.round.stop()


@pytest.mark.grading
def test_only_questions_of_the_saved_file_are_graded_and_a_newer_save_wins(
    watched: Watched,
) -> None:
    with warm_up():
        watched.start()
        until_done(watched)
        assert watched.problem == ""
        assert {check.status for check in watched.checks.values()} == {"passed"}
        toy = {test for test, check in watched.checks.items() if "toy_bptt.py" in check.files}
        assert toy
        assert toy != {*watched.checks}
        file = watched.folder / "toy_bptt.py"
        right = file.read_text(encoding="utf-8")
        watched.save({"notes.py"})  # nothing looked at it
        assert watched.round is None
        file.write_text("def (", encoding="utf-8")
        watched.save({"toy_bptt.py"})
        assert watched.round
        assert {*watched.round.tests} == toy
        first = watched.round.pid
        file.write_text(right.replace("def ", "def un", 1), encoding="utf-8")
        watched.save({"toy_bptt.py"})  # at once, so that the first round can't have ended
        assert watched.round.pid != first
        until_done(watched)
        assert {watched.checks[test].status for test in toy} != {"passed"}
        assert {watched.checks[test].status for test in watched.checks.keys() - toy} == {"passed"}
        file.write_text(right, encoding="utf-8")
        watched.save({"toy_bptt.py"})
        until_done(watched)
        assert {check.status for check in watched.checks.values()} == {"passed"}
        assert watched.footer().endswith("waiting for a save (Ctrl-C ends)")


def test_saves_are_seen(tmp_path: Path) -> None:
    seen: set[str] = set()
    begun = time.monotonic()
    for files in saves(tmp_path):
        (tmp_path / "notes.txt").write_text("x")
        (tmp_path / "lstm.py").write_text(f"x = {time.monotonic()}")
        seen |= files
        if seen or time.monotonic() > begun + SECONDS:
            break
    assert seen == {"lstm.py"}

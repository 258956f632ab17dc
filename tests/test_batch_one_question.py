"""`--again NAME --question ID` grades one question of one student, and leaves the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grader.batch.chosen import chosen
from grader.batch.one_question import merged
from grader.batch.participant import Participant
from grader.core.errors import UserError
from tests import stub_judges
from tests.stub_judges import a_report, batch, hand_in, rows_of

QUESTIONS = [
    {"id": "1.2", "title": "RNN", "earned": 2.0, "possible": 2.0, "status": "passed"},
    {"id": "1.6", "title": "LSTM", "earned": 4.0, "possible": 4.0, "status": "passed"},
    {"id": "1.6-text", "title": "Words", "earned": 0.0, "possible": 1.0, "status": "pending"},
]


def another_report() -> dict[str, Any]:
    """Return what a second grading gives: more for 1.6, and something else for 1.2."""
    report = a_report(earned=4.0, status="passed", mistake="", hint="")
    other = a_report(question="1.2", earned=2.0, title="Another question")["tests"]
    grade = {"earned": 6.0, "possible": 6.0, "pending": 1.0, "questions": QUESTIONS}
    return report | {"tests": [*other, *report["tests"]], "grade": grade}


@pytest.fixture
def judges(monkeypatch: pytest.MonkeyPatch) -> stub_judges.Judges:
    return stub_judges.install(monkeypatch)


def result(out: Path, student: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "results" / f"{student}.json").read_bytes())
    return found


def test_one_question_of_one_student_is_graded_again(
    tmp_path: Path, judges: stub_judges.Judges, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = hand_in(tmp_path / "course", "Kim", "Lee"), tmp_path / "out"
    assert batch(source, out) == 0
    before, lee = result(out, "Kim"), (out / "results" / "Lee.json").read_bytes()
    hand_in(source, "new")  # stays for the next run
    judges.tasks.clear()
    judges.graded.clear()
    monkeypatch.setattr(stub_judges, "a_report", another_report)
    assert batch(source, out, "--again", "K*", "--question", "1.6") == 0
    assert judges.graded == ["Kim"]
    assert "--exercise=palindrome" in judges.tasks[0].settings.arguments
    after = result(out, "Kim")
    assert [row["earned"] for row in after["grade"]["questions"]] == [4.0, 0.0]
    assert (after["grade"]["earned"], after["grade"]["possible"], after["grade"]["pending"]) == (
        4.0, 4.0, 1.0,
    )  # fmt: skip
    assert [test["metadata"]["question"] for test in after["tests"]] == ["1.6"]
    assert after["batch"] == before["batch"]
    assert (out / "results" / "Lee.json").read_bytes() == lee
    assert {name: row["1.6"] for name, row in rows_of(out).items()} == {"Kim": "4", "Lee": "3"}
    assert batch(source, out) == 0  # the result is still valid
    assert judges.graded == ["Kim", "new"]


def test_a_failure_leaves_the_result(
    tmp_path: Path,
    judges: stub_judges.Judges,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source, out = hand_in(tmp_path / "course", "Kim"), tmp_path / "out"
    assert batch(source, out) == 0
    before = (out / "results" / "Kim.json").read_bytes()
    judges.lost["Kim"] = 9
    assert batch(source, out, "--again", "Kim", "--question", "1.6") == 1
    assert "error: Kim stays as it was" in capsys.readouterr().out
    assert (out / "results" / "Kim.json").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--question", "1.6"], "--question goes with --again NAME"),
        (["--question", "1.6", "--again", "Kim", "-k", "x"], "not with -k"),
        (["--question", "9.9", "--again", "Kim"], "--question 9.9: tests grade 1.2"),
        (["--question", "1.4", "--again", "Kim"], "given at the desk"),
        (["--question", "1.6", "--again", "Zoe"], "--again Zoe: there is no such student"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path,
    judges: stub_judges.Judges,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    source, out = hand_in(tmp_path / "course", "Kim"), tmp_path / "out"
    assert batch(source, out) == 0
    assert batch(source, out, *options) == 2
    assert said in capsys.readouterr().err
    assert judges.graded == ["Kim"]


def test_a_question_of_another_exercise_is_added() -> None:
    before, after = a_report(), another_report()
    both = merged(before, after, ["1.2"])  # type: ignore[arg-type]
    assert [row["id"] for row in both["grade"]["questions"]] == ["1.2", "1.6", "1.6-text"]
    assert (both["grade"]["earned"], both["grade"]["possible"]) == (5.0, 6.0)


@pytest.mark.parametrize("pattern", ["Emil Müller", "emil müller", "4005", "Emil Müller_4005"])
def test_again_takes_a_name_or_a_number_that_one_student_has(pattern: str) -> None:
    emil = Participant("Emil Müller_4005", "emil")
    others = [Participant("Emil Lee_4006", "lee"), Participant("Mia Müller_4007", "mia")]
    assert chosen([emil, *others], [pattern]) == {emil}


def test_again_takes_what_the_platform_knows_a_student_by() -> None:
    ada = Participant("ada", "ada", ids=(("email", "ada@uni.example"),))
    assert chosen([ada, Participant("ben", "ben")], ["ADA@uni.example"]) == {ada}


def test_again_asks_which_of_namesakes_is_meant() -> None:
    both = [Participant(f"Emil Müller_{number}", "x") for number in (4005, 4006)]
    with pytest.raises(UserError, match="can be each of Emil Müller_4005, Emil Müller_4006"):
        chosen(both, ["Emil Müller"])
    assert chosen(both, ["Emil*"]) == set(both)


def test_again_suggests_a_near_name() -> None:
    with pytest.raises(UserError, match=r"no such student \(is it Emil Müller_4005\?\)"):
        chosen([Participant("Emil Müller_4005", "x"), Participant("Zoe_1", "z")], ["Emil Muller"])


@pytest.mark.usefixtures("judges")
def test_points_of_two_hand_ins_are_not_mixed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = hand_in(tmp_path / "course", "Kim"), tmp_path / "out"
    assert batch(source, out) == 0
    before = (out / "results" / "Kim.json").read_bytes()
    hand_in(source, "Kim", content="x = 2\n")
    assert batch(source, out, "--again", "Kim", "--question", "1.6") == 2
    said = "Kim has handed in something new: run batch without --question"
    assert said in " ".join(capsys.readouterr().err.split())
    assert (out / "results" / "Kim.json").read_bytes() == before
    assert batch(source, out) == 0
    assert batch(source, out, "--again", "Kim", "--question", "1.6") == 0

"""Tell students of a run that failed: the line, the limit, what should be."""

from __future__ import annotations

import ast
import bdb
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat
import pytest

from grader.core.failures import Failure
from grader.core.paths import KIT
from grader.sandbox.exercise_file import ExerciseFile
from grader.sandbox.isolation import Lock
from grader.sandbox.limits import WorkerLost
from grader.sandbox.student import Student
from grader.submission.snapshot import Submission, open_submission
from grader.worker.explain import explain

LOOP = "def forward():\n    while True:\n        pass"


class Hanging:
    """A worker that was ended at a line of the student's."""

    usable, spent = True, 0.0

    def __init__(self, frame: tuple[str, int] | None) -> None:
        self._frame = frame

    def request(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        if message["do"] == "load":
            return {"id": message["id"], "status": "ok", "value": None}
        raise WorkerLost("timeout", f"no answer within {seconds:g} s", self._frame)

    def output(self) -> str:
        return "".join(f"step {step}\n" for step in range(1000))

    def close(self) -> None:
        pass


def probe(module: Any) -> float:
    raise AssertionError(module)


def notebook(source: str) -> bytes:
    found = nbformat.v4.new_notebook()
    cells = ["import torch", source]
    found.cells = [nbformat.v4.new_code_cell(cell, id=f"c{i}") for i, cell in enumerate(cells)]
    text: str = nbformat.writes(found)
    return text.encode()


def timed_out(submission: Submission, line: int, where: str = "") -> Failure:
    student = Student(submission, lambda _: Hanging(("rnn.py", line)))
    with pytest.raises(Failure) as raised:
        ExerciseFile("rnn.py").run(student, probe, where=where)
    assert raised.value.status == "timeout"
    return raised.value


def test_a_time_limit_names_the_line_and_the_sizes(tmp_path: Path) -> None:
    (tmp_path / "rnn.py").write_text(LOOP)
    with open_submission(tmp_path) as submission:
        assert timed_out(submission, 3).where == "rnn.py, line 3"
        failure = timed_out(submission, 3, where="rnn.py, forward; T = 5")
        assert failure.where == "rnn.py, line 3; rnn.py, forward; T = 5"
        assert failure.got == "no answer within 10 s"


def test_a_time_limit_in_a_notebook_names_the_cell(tmp_path: Path) -> None:
    (tmp_path / "rnn.ipynb").write_bytes(notebook(LOOP))
    with open_submission(tmp_path) as submission:
        line = submission.source_of(PurePosixPath("rnn.py")).split("\n").index("        pass") + 1
        failure = timed_out(submission, line)
        assert failure.where == "rnn.ipynb, cell 2, line 3"
        assert failure.what == "Your code did not finish while running rnn.ipynb."


def test_a_place_outside_of_the_submission_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "rnn.py").write_text(LOOP)
    with open_submission(tmp_path) as submission:
        student = Student(submission, lambda _: Hanging(("../secret.py", 3)))
        with pytest.raises(Failure) as raised:
            student.run(probe, "rnn.py")
        assert raised.value.where == ""


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("rnn.py, VanillaRNN.forward; T = 5", "hw.ipynb, VanillaRNN.forward; T = 5"),
        ("hw.py", "hw.ipynb"),
        ("hw.py, line {line}", "hw.ipynb, cell 2, line 3"),
        ("train.py, train", "train.py, train"),
        ("", ""),
    ],
)
def test_places_are_in_what_was_handed_in(tmp_path: Path, where: str, told: str) -> None:
    (tmp_path / "hw.ipynb").write_bytes(notebook(LOOP))
    with open_submission(tmp_path) as submission:
        line = submission.source_of(PurePosixPath("hw.py")).split("\n").index("        pass") + 1
        student = Student(submission, lambda _: Hanging(None))
        student.find("rnn.py", ("forward",))
        assert student.place(where.format(line=line)) == told


def test_a_file_in_a_folder_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "part1").mkdir()
    (tmp_path / "part1" / "rnn.py").write_text(LOOP)
    (tmp_path / "own name.py").write_text("def backward(): pass")
    with open_submission(tmp_path) as submission:
        student = Student(submission, lambda _: Hanging(None))
        student.find("rnn.py")
        student.find("bptt.py", ("backward",))
        assert student.place("rnn.py, forward") == "rnn.py, forward"
        assert student.place("bptt.py, backward; T = 3") == "own name.py, backward; T = 3"


def test_ten_lines_of_each_end_of_what_was_printed_are_shown(tmp_path: Path) -> None:
    (tmp_path / "rnn.py").write_text(LOOP)
    with open_submission(tmp_path) as submission:
        lines = timed_out(submission, 3).output.splitlines()
    assert (lines[0], lines[9], lines[11], lines[20]) == (
        "step 0",
        "step 9",
        "step 990",
        "step 999",
    )
    assert lines[10] == "[... 980 lines ...]"


def test_a_breakpoint_says_how_to_debug() -> None:
    said = explain(bdb.BdbQuit(), Lock("full"))
    assert "--in-process -s" in said["hint"]
    assert said["why"] == "Your code should not stop at a breakpoint while it is graded."


@pytest.mark.parametrize("error", [MemoryError(), OSError(24, ""), OSError(27, "")])
def test_a_limit_is_told_as_what_should_be(error: BaseException) -> None:
    assert " should " in explain(error, Lock("full"))["why"]


# Calls that make a message, with the place of its sentence among their arguments.
SENTENCES = {"Failure": 0, "Unusable": 0, "Banned": 0, "require": 1, "close": 2}
FACTS = (  # that break no rule
    "is not in the submission.",
    "is looked for in the PDF.",
    "The grader failed in this check; please report this. It is not counted against you.",
)


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = SENTENCES.get(node.func.id)
            if place is not None and len(node.args) > place:
                sentence = node.args[place]
                if isinstance(sentence, ast.Constant | ast.JoinedStr):
                    yield node.lineno, ast.unparse(sentence).strip("f'\"")


def test_a_message_says_what_should_be() -> None:
    """Not the rule as a fact, under which stands that it isn't one."""
    found = [
        f"{path.relative_to(KIT)}:{line}: {sentence}"
        for path in KIT.rglob("*.py")
        for line, sentence in sentences(path)
        if " should " not in sentence and not sentence.endswith(FACTS)
    ]
    assert found == []

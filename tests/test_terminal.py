"""The end of a run, on terminals of several widths and encodings."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from _pytest._io import TerminalWriter
from _pytest.terminal import TerminalReporter
from rich.cells import cell_len

from grader.core.failures import Failure
from grader.core.rubric import Grade, QuestionGrade, Result
from grader.terminal import summarize

Show = Callable[..., list[str]]


@pytest.fixture
def show(request: pytest.FixtureRequest) -> Show:
    """Return what shows a grade on a terminal, and returns its lines."""

    def show(
        grade: Grade, results: Sequence[Result] = (), *, width: int = 80, encoding: str = "utf-8"
    ) -> list[str]:
        raw = io.BytesIO()
        file = io.TextIOWrapper(raw, encoding=encoding)
        out: Any = TerminalReporter(request.config)
        out._tw = TerminalWriter(file)
        out._tw.fullwidth = width
        summarize(out, grade, results, [])
        out._tw.flush()
        return raw.getvalue().decode(encoding).splitlines()

    return show


def graded(*questions: QuestionGrade) -> Grade:
    earned, possible = (sum(getattr(q, name) for q in questions) for name in ("earned", "possible"))
    pending = sum(q.pending for q in questions)
    return Grade(earned, possible - pending, pending, list(questions))


LONG = "Ein Titel, der länger ist, als es die Breite eines Terminals erlaubt: schon 80 Zeichen"
MANY = graded(
    QuestionGrade("1.1", LONG, 10.0, 10.0, "passed"),
    QuestionGrade("1.2", "门控循环单元的前向传播", 0.25, 2.0, "partly passed"),
    QuestionGrade("Ü-text", "Größe", 0.0, 0.5, "pending", 0.5),
)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_and_its_columns_are_straight(show: Show, width: int, encoding: str) -> None:
    lines = show(MANY, width=width, encoding=encoding)
    table = lines[1:5]
    assert all(cell_len(line) < width for line in lines)
    slashes = {cell_len(line.partition(" / ")[0]) for line in table[1:]}
    assert len(slashes) == 1
    assert table[0].index("points") + len("points") == slashes.pop() + len(" / 10.00")
    assert "\\u" not in "".join(lines)


def test_a_question_that_is_done_is_one_line(show: Show) -> None:
    (line,) = [line for line in show(MANY) if line.startswith("Done")]
    assert line == "Done: 1.1 (1 of 2 questions)."
    many = [QuestionGrade(f"question-{i}", "", 1.0, 1.0, "passed") for i in range(20)]
    rest = QuestionGrade("other", "", 0.0, 1.0, "failed")
    (line,) = [line for line in show(graded(*many, rest)) if line.startswith("Done")]
    assert line == "Done: 20 of 21 questions."
    assert "All 20 questions are done: that is every point that tests give." in show(graded(*many))
    assert not [line for line in show(graded(rest)) if "one" in line]


def test_one_line_says_what_to_do_first(show: Show) -> None:
    failure = Failure("Question 1.2: write the cell", where="a.py, line 3", status="not started")
    result = Result("t", "A cell", "1.2", 2.0, False, "not started", 1, failure)
    assert show(MANY, [result])[-1] == "First: question 1.2: write the cell (a.py, line 3)"


def test_failures_of_one_cause_are_one_block(show: Show) -> None:
    failures = [Failure(f"Case {i}", expected="1", got="2", hint="Forgot 1/T.") for i in range(3)]
    results = [
        Result(f"t{i}", f"Test {i}", "1.2", 0.5, False, "failed", 1, failure)
        for i, failure in enumerate(failures)
    ]
    lines = show(MANY, results)
    assert sum(line.startswith("FAILED") for line in lines) == 1
    assert "  also      2 more stop at this" in lines


def test_long_lines_are_wrapped_below_their_labels(show: Show) -> None:
    failure = Failure("What " * 30, expected="1\nat [0]", got="2", hint="because " * 30)
    lines = show(MANY, [Result("t", "T", "1.2", 0.5, False, "failed", 1, failure)])
    start = next(i for i, line in enumerate(lines) if line.startswith("  hint"))
    assert lines[start + 1].startswith(" " * 12 + "because because")
    assert max(map(len, lines)) < 80
    assert "            at [0]" in lines

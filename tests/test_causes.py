"""Failures of one cause are one block, and what names a mistake comes first."""

from __future__ import annotations

from typing import Any

from grader.core.causes import causes
from grader.core.failures import Failure
from grader.core.report import CheckReport
from grader.core.rubric import Result
from grader.core.text import ends


def result(question: str, points: float = 1.0, **failure: Any) -> CheckReport:
    found = Failure(**{"what": "The output should be right.", **failure})
    return Result("test", "title", question, points, False, found.status, 1, found).metadata()


def test_what_is_said_word_for_word_is_said_once() -> None:
    same: dict[str, Any] = {
        "what": "Your code raised SyntaxError.",
        "status": "error",
        "hint": "Look there.",
    }
    blocks = causes([result("1", **same), result("2", 2.0, **same), result("2", got="3")])
    assert [[each["question"] for each in block] for block in blocks] == [["1", "2"], ["2"]]


def test_an_exception_at_one_line_is_of_one_cause() -> None:
    """Whatever file was run, and whatever sizes its message names."""
    at: dict[str, Any] = {"status": "error", "where": "rnn.py, line 3"}
    running = result("1", what="Raised while running rnn.py.", got="ValueError: 3 for 128", **at)
    larger = result("1", what="Raised while running rnn.py.", got="ValueError: 4 for 128", **at)
    training = result("2", what="Raised while running train.py.", got="ValueError: 3", **at)
    other = result("1", what="Raised while running rnn.py.", got="KeyError: 3", **at)
    assert causes([running, larger, training, other]) == [[running, larger, training], [other]]


def test_a_hang_is_of_one_cause_wherever_its_loop_was_ended() -> None:
    first, second = (
        result("1", what="It did not finish.", where=f"rnn.py, line {line}", status="timeout")
        for line in (3, 4)
    )
    assert causes([first, second]) == [[first, second]]


def test_equal_hints_of_a_question_are_one_cause() -> None:
    first, second = result("1", got="1", hint="No 1/T."), result("1", got="2", hint="No 1/T.")
    other = result("2", got="2", hint="No 1/T.")
    assert causes([first, second, other]) == [[first, second], [other]]


def test_the_most_specific_comes_first() -> None:
    shape = result("1", what="forward should return another shape.", hint="Two are exchanged?")
    plain, hinted = result("1", got="3"), result("1", hint="Look for a sum.")
    raised = result("1", status="error", what="Your code raised KeyError.")
    named, banned = result("1", mistake="no-tanh", hint="No tanh."), result("1", status="blocked")
    later = result("2", mistake="no-tanh")
    given = [later, plain, shape, hinted, raised, named, banned]
    ordered = [block[0] for block in causes([plain, shape, hinted, raised, named, banned, later])]
    assert ordered == [banned, named, raised, hinted, shape, plain, later]
    assert causes(given)[0][0] is later, "questions stay in their order"


def test_of_a_long_text_both_ends_are_shown() -> None:
    text = "".join(f"{line}\n" for line in range(100))
    shortened = ends(text, 10).splitlines()
    assert shortened[9:12] == ["9", "[... 80 lines ...]", "90"]
    assert ends("a\nb", 1) == "a\nb"
    assert Failure("It.", output=text).output == ends(text, 10)

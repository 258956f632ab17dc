"""Where an answer stands in a document, and which answers are alike."""

from __future__ import annotations

import time
from pathlib import PurePosixPath

import pytest

from grader.core.rubric import Question
from grader.desk.alike import groups, normalised
from grader.desk.documents import Block, Document, Page
from grader.desk.fair import Fair, covered, parts_of
from grader.desk.handins import DeskFile
from grader.desk.places import places

TITLES = {
    "1.1": "Gradients of two matrices",
    "1.3-text": "Accuracy against length: plot",
    "1.4": "Momentum and adaptive rates",
    "1.5a": "The gates",
    "1.5b": "Number of parameters",
}
QUESTIONS = [Question(id, title, "0", "x", 1.0, "person") for id, title in TITLES.items()]
LONG = "This is the answer, and it goes on for some time, with a reason, so that it is an answer."


def document(*pages: list[str], number: int = 0) -> Document:
    file = DeskFile(PurePosixPath("report.pdf"), "pdf", 1, lambda: b"")
    sheets = tuple(Page(1, 1, tuple((i / 10, line) for i, line in enumerate(p))) for p in pages)
    return Document(number, file, "", pages=sheets)


@pytest.mark.parametrize(
    "heading",
    [
        "1.4 Momentum and adaptive rates",
        "1.4",
        "1.4)",
        "Question 1.4",
        "Question 1.4: Momentum",
        "Frage 1.4",
        "Aufgabe 1.4:",
        "Answer to question 1.4",
        "(1.4) my answer",
        "1,4 Momentum",
        "Momentum and Adaptive Rates",
    ],
)
def test_a_heading_is_found_however_it_is_written(heading: str) -> None:
    found = places([document(["A title", "Name"], ["1.1", LONG, heading, LONG])], QUESTIONS)["1.4"]
    assert (found.part, found.y) == (1, 0.2)
    assert LONG in found.text


@pytest.mark.parametrize("line", ["21.4 seconds", "1.45 is the mean", "in 2021.4", "1.4.2 Data"])
def test_a_number_within_another_is_no_heading(line: str) -> None:
    assert "1.4" not in places([document([line, LONG])], QUESTIONS)


def test_a_table_of_contents_is_passed_over() -> None:
    contents = ["Contents", "1.1 Gradients ..... 2", "1.4 Momentum and adaptive rates ..... 3"]
    found = places([document(contents, ["1.1", LONG], ["1.4", LONG])], QUESTIONS)
    assert (found["1.1"].part, found["1.4"].part) == (1, 2)


def test_a_list_of_the_questions_is_passed_over() -> None:
    listed = [f"{id.partition('-')[0]} {title}" for id, title in TITLES.items()]
    answers = [line for heading in listed for line in (heading, LONG)]
    found = places([document(listed, answers)], QUESTIONS)
    assert {place.part for place in found.values()} == {1}
    assert all(place.text.count(LONG) == 1 for place in found.values())


def test_an_answer_ends_where_the_next_begins() -> None:
    found = places([document(["1.4", LONG, "1.5a", "The gates open."])], QUESTIONS)
    assert "gates" not in found["1.4"].text
    assert "gates open" in found["1.5a"].text


@pytest.mark.parametrize("spelling", ["1.5a", "1.5 a)", "1.5 (a)", "1.5.a", "Question 1.5a"])
def test_letters_are_found_however_they_are_written(spelling: str) -> None:
    other = spelling.replace("a", "b") if spelling != "Question 1.5a" else "Question 1.5b"
    found = places([document([spelling, LONG, other, LONG])], QUESTIONS)
    assert (found["1.5a"].y, found["1.5b"].y) == (0.0, 0.2)


def test_letters_stand_below_their_number() -> None:
    lines = ["Question 1.4", LONG, "Question 1.5", "a) The gates", LONG, "b) Parameters", LONG]
    found = places([document(lines)], QUESTIONS)
    assert (found["1.5a"].y, found["1.5b"].y) == (0.3, 0.5)
    assert found["1.5a"].text.count(LONG) == 1


def test_cells_of_a_notebook_are_searched() -> None:
    texts = ["# Report", f"## 1.4 Momentum\n\n{LONG}", f"**1.5a**\n\n{LONG}"]
    blocks = tuple(Block("markdown", "", text, "") for text in texts)
    file = DeskFile(PurePosixPath("work.ipynb"), "notebook", 1, lambda: b"")
    found = places([Document(0, file, "", blocks=blocks)], QUESTIONS)
    assert (found["1.4"].part, found["1.5a"].part) == (1, 2)


def test_what_is_not_there_is_not_found() -> None:
    assert places([document(["A report", LONG])], QUESTIONS) == {}
    assert places([], QUESTIONS) == {}


@pytest.mark.parametrize(
    "text",
    [
        "1.4" + "." * 400_000,
        "1.4 " + " " * 200_000 + "x",
        "1.4\n" * 100_000,
        "1.5\n" * 100_000,
        "a) " * 130_000,
        "word " * 80_000,
        "<" * 400_000,
    ],
)
def test_a_text_that_is_made_to_be_slow_is_read_in_time(text: str) -> None:
    """The server itself looks for headings, and covers names: while it does, nobody can click."""
    file = DeskFile(PurePosixPath("work.md"), "text", 1, lambda: b"")
    start = time.process_time()
    found = places([Document(0, file, "", blocks=(Block("text", "", text, ""),))], QUESTIONS)
    groups({id: place.text for id, place in found.items()})
    covered(text, parts_of("Anna-Lee-123456"))
    assert time.process_time() - start < 5.0


def test_the_same_words_are_alike_whatever_the_signs() -> None:
    answers = {"a": "Das ist größer.", "b": "das ist, GRÖSSER", "c": "Das ist kleiner.", "d": ""}
    assert normalised("Größer, x_2!") == normalised("grösser x_2")
    assert groups(answers) == [["a", "b"]]


def test_near_duplicates_are_alike_and_others_are_not() -> None:
    words = [f"word{number}" for number in range(200)]
    changed = [*words[:100], "another", *words[101:]]
    half = [*words[:100], *(f"new{number}" for number in range(100))]
    answers = {"a": " ".join(words), "b": " ".join(changed), "c": " ".join(half)}
    assert groups(answers) == [["a", "b"]]


def test_the_largest_group_comes_first() -> None:
    answers = dict(zip("abcdefg", ["one two"] * 2 + ["three four"] * 3 + ["x", "y"], strict=True))
    assert groups(answers) == [["c", "d", "e"], ["a", "b"]]


def test_names_in_texts_are_covered_as_words_alone() -> None:
    parts = parts_of("Anna-Lee-123456", "Anna-Lee-123456")
    assert covered("Anna and <b title='Anna'>LEE</b>", parts) == "▒▒▒ and <b title='Anna'>▒▒▒</b>"
    assert covered("sleeping 1234567", parts) == "sleeping 1234567"
    assert covered("lee_123456", parts) == "▒▒▒_▒▒▒"


def test_names_of_two_letters_are_covered_in_their_own_case() -> None:
    assert covered("Do we do so? Öz, öz", parts_of("Öz-Do")) == "▒▒▒ we do so? ▒▒▒, öz"


def test_numbers_and_orders_depend_on_the_key_alone() -> None:
    files = [f"student-{number}" for number in range(300)]
    one, again, other = Fair(b"key", files), Fair(b"key", files[::-1]), Fair(b"other", files)
    assert len({one.label(file) for file in files}) == len(files)
    assert one.keys == again.keys
    assert one.shuffled(files, "1") == again.shuffled(files[::-1], "1")
    assert one.shuffled(files, "1") != one.shuffled(files, "2")
    assert one.shuffled(files, "1") != other.shuffled(files, "1")
    assert not any("student" in key for key in one.keys.values())

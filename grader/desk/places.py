"""Find where the answer to a question stands in a student's documents, and its text.

A heading is a line that begins with the question's number, after words like "Question", or that
holds its title. A line of a table of contents counts less, and so does one that stands in a list of
questions with nothing between them.
"""

from __future__ import annotations

import bisect
import functools
import heapq
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.core.rubric import Question
from grader.desk.documents import Document

MAX_LINES = 20_000  # of all documents of a student; a stranger may write any number
MAX_HEADING = 300  # characters of a line that are looked at
MAX_CANDIDATES = 100  # lines for one question
MAX_ANSWER = 20_000  # characters
ENOUGH = 60  # characters that an answer has at least
SHORT = 110  # characters of a heading at most
HEADING = 3.0  # the score from which a line ends the answer before it
WORDS = r"[^\W\d_]+"
KEYWORD = re.compile(
    r"(question|aufgabe|frage|exercise|task|problem|part|answer|antwort|section|q)\b", re.IGNORECASE
)
CONTENTS = re.compile(r"(\.\s?){4,}\s*\d+\s*$|\s\d{1,3}\s*$")
LETTER = re.compile(r"(.*\d)\W*([a-z])")


@dataclass(frozen=True)
class Line:
    """A line of a document, and where it stands."""

    document: int
    part: int  # a page or a block, from 0
    y: float  # how far down the page, from 0 to 1
    text: str

    @property
    def head(self) -> str:
        """Return its beginning, which shows whether it is a heading."""
        return self.text[:MAX_HEADING]


@dataclass(frozen=True)
class Place:
    """Where an answer begins, and what can be read of it."""

    document: int
    part: int
    y: float
    text: str


def places(documents: Sequence[Document], questions: Sequence[Question]) -> dict[str, Place]:
    """Return the places of the answers that are found, by the questions' ids."""
    every = (line for document in documents for line in _lines(document))
    lines = list(itertools.islice(every, MAX_LINES))
    numbers = {number_of(question.id): question for question in questions}
    scores: dict[str, list[tuple[float, int]]] = {number: [] for number in numbers}
    ends: list[tuple[int, str]] = []  # headings, and of which number
    for index, line in enumerate(lines):
        for number, question in numbers.items():
            score = _score(line.head, number, question.title)
            if score:
                scores[number].append((score, index))
            if score >= HEADING:
                ends.append((index, number))
    found = {}
    for question in questions:
        number = number_of(question.id)
        others = [index for index, of in ends if of != number]
        strong = [one for one in scores[number] if one[0] >= HEADING]
        place = (
            _best(lines, strong, others)
            or _within(lines, number)
            or _best(lines, scores[number], others)
        )
        if place:
            found[question.id] = place
    return found


def number_of(id: str) -> str:
    """Return the number under which students answer a question: 1.3 of the id 1.3-text."""
    return id.partition("-")[0]


def _lines(document: Document) -> Iterator[Line]:
    for part, page in enumerate(document.pages):
        for y, text in page.lines:
            yield Line(document.number, part, y, text)
    for part, block in enumerate(document.blocks):
        for text in block.text.splitlines():
            if text.strip():
                yield Line(document.number, part, 0.0, text.strip("#* \t"))


def _best(
    lines: Sequence[Line], candidates: Sequence[tuple[float, int]], others: Sequence[int]
) -> Place | None:
    """Return the best of some lines: the highest score, then the first.

    Args:
        lines: All lines.
        candidates: Scores, and the indices of their lines.
        others: The indices of other questions' headings, in order.
    """
    best: tuple[float, Place] | None = None
    likely = heapq.nlargest(MAX_CANDIDATES, candidates, key=lambda one: one[0])
    for score, index in sorted(likely, key=lambda one: one[1]):
        following = bisect.bisect_right(others, index)
        place = _place(lines, index, others[following] if following < len(others) else len(lines))
        body = len(place.text) - len(lines[index].text)
        score += 1.0 if body >= ENOUGH else -1.0
        if best is None or score > best[0]:
            best = score, place
    return best[1] if best else None


def _place(lines: Sequence[Line], start: int, end: int) -> Place:
    """Return the place of an answer that begins in a line and ends before another."""
    first = lines[start]
    text = ""
    for line in lines[start:end]:
        if line.document != first.document or len(text) > MAX_ANSWER:
            break
        text += line.text + "\n"
    return Place(first.document, first.part, first.y, text[:MAX_ANSWER])


def _within(lines: Sequence[Line], number: str) -> Place | None:
    """Find 1.5a where students write a) below 1.5."""
    split = LETTER.fullmatch(number)
    if not split:
        return None
    above, letter = split.groups()
    starts = [index for index, line in enumerate(lines) if _pattern(above).match(line.head)]
    inner = re.compile(rf"\W*{letter}\s*[).:]", re.IGNORECASE)
    following = re.compile(rf"\W*{chr(ord(letter) + 1)}\s*[).:]|\W*\d+\.\d", re.IGNORECASE)
    for start in starts[:MAX_CANDIDATES]:
        for index in range(start + 1, min(start + 200, len(lines))):
            if inner.match(lines[index].head):
                later = range(index + 1, len(lines))
                ends = (i for i in later if following.match(lines[i].head))
                return _place(lines, index, next(ends, len(lines)))
    return _place(lines, starts[0], len(lines)) if starts else None


def _score(line: str, number: str, title: str) -> float:
    """Return how much a line looks like the heading of a question; 0 if not at all."""
    match = _pattern(number).match(line)
    likeness = _likeness(line, title)
    if not match:
        return 2.0 if likeness > 0.75 and len(line) <= len(title) * 1.5 + 20 else 0.0
    score = 2.0 + 2.0 * likeness + (1.0 if KEYWORD.match(line.strip("#*( ")) else 0.0)
    score += 1.0 if len(line) <= SHORT else -1.0
    rest = line[match.end() :]
    return score - (2.0 if CONTENTS.search(rest) else 0.0)


@functools.cache
def _pattern(number: str) -> re.Pattern[str]:
    """Return the pattern of a line that begins with a number, however it is punctuated."""
    parts = re.findall(r"\d+|[^\W\d_]", number)
    joined = r"[\s.,(\-]{0,3}".join(map(re.escape, parts))
    return re.compile(rf"[\W_]*(?:{WORDS}[.:]?\s+){{0,3}}{joined}(?!\w|[.,]\d)", re.IGNORECASE)


def _likeness(line: str, title: str) -> float:
    """Return the share of a title's words that a line holds."""
    wanted = _words(title)
    return len(wanted & _words(line)) / len(wanted) if wanted else 0.0


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w{2,}", text.casefold()))

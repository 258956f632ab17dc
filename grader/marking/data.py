"""Define what a person decides, as plain data: marks, rubric items, overrides, requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from grader.core.errors import UserError

RequestState = Literal["open", "granted", "declined"]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Something that a person has decided.

    Attributes:
        version: The number of changes so far; 0 before it is saved. Whoever saves a change passes
            the version that it starts from, so that a change meanwhile is noticed (`Conflict`).
        author: Who saved it last.
        time: When it was saved last, in seconds since 1970.
    """

    version: int = 0
    author: str = ""
    time: float = 0.0


@dataclass(frozen=True)
class Item(Decision):
    """A rubric item of a question: what it says, and the points that it gives or takes.

    Attributes:
        question: The id of its question.
        id: Stays for ever; the label may change.
        label: The text that a student reads.
        points: Added to a mark; negative to take points.
        group: Of the items of a group a mark has one at most; empty for none.
        retired: Whether it no longer counts, for nobody.
    """

    question: str
    id: str
    label: str
    points: float
    group: str = ""
    retired: bool = False


@dataclass(frozen=True)
class Mark(Decision):
    """The work of a person on one question of one student.

    Attributes:
        student: The name in reports.
        question: The question's id.
        items: The ids of its rubric items.
        adjustment: Points beside those of the items, positive or negative.
        comment: For the student.
        decided: Whether the points are given; a comment alone leaves them pending.
    """

    student: str
    question: str
    items: tuple[str, ...] = ()
    adjustment: float = 0.0
    comment: str = ""
    decided: bool = True


class Part(NamedTuple):
    """A line of a mark for the student: what was given or taken, and why."""

    label: str  # empty for the adjustment
    points: float


@dataclass(frozen=True)
class SecondMark(Mark):
    """The mark of a second person, who has not seen the first; it changes no points."""

    id: str = ""  # who gives it


@dataclass(frozen=True)
class Override(Decision):
    """Points that a person gives in place of those of the tests.

    Attributes:
        student: The name in reports.
        question: The question's id.
        points: The points that count.
        reason: For the student.
        instead_of: The points that the tests had given; None if nobody could say.
    """

    student: str
    question: str
    points: float
    reason: str
    instead_of: float | None = None


@dataclass(frozen=True)
class Excuse(Decision):
    """A question that doesn't count for a student; all of them if ``question`` is empty."""

    student: str
    question: str
    reason: str


@dataclass(frozen=True)
class Adjustment(Decision):
    """Points that a person adds to a student's total (a bonus), or takes from it (a penalty)."""

    student: str
    id: str
    points: float
    reason: str


@dataclass(frozen=True)
class HandedIn(Decision):
    """Hold what a person says of the time of a hand-in.

    Attributes:
        student: The name in reports.
        at: The time, in seconds since 1970; None to go by the platform's.
        extension: Hours after the deadline that were granted to this student.
        reason: For the student.
    """

    student: str
    at: float | None = None
    extension: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Request(Decision):
    """A student's wish that a question be graded again, and the answer to it."""

    student: str
    question: str
    id: str
    text: str
    state: RequestState = "open"
    note: str = ""


@dataclass(frozen=True)
class Assignment(Decision):
    """Who marks a question, or one student's answer to it if ``student`` is not empty."""

    student: str
    question: str
    marker: str


@dataclass(frozen=True)
class Sampled(Decision):
    """An answer that a second person marks, too, without seeing the first mark."""

    student: str
    question: str


@dataclass(frozen=True)
class Taken(Decision):
    """A row of a table of marks that was taken in; see `exchange`."""

    student: str
    question: str
    points: float | None
    comment: str


class Event(NamedTuple):
    """One change of one thing, as the history keeps it.

    ``before`` and ``after`` are its fields; None where it didn't exist. Events of one action have
    the same ``action``; one that takes another back names it in ``undoes``.
    """

    id: int
    action: int
    time: float
    author: str
    kind: str
    student: str
    question: str
    name: str
    before: dict[str, object] | None
    after: dict[str, object] | None
    undoes: int | None


class Conflict(UserError):
    """Somebody else has changed this since; nothing was saved.

    Attributes:
        current: The thing as it is now (a `Mark`, an `Item`, …); None if it is gone.
        author: Who has changed it.
    """

    def __init__(self, what: str, current: Decision | None, author: str) -> None:
        self.current, self.author = current, author
        super().__init__(f"{what} was changed by {author or 'somebody else'} meanwhile")

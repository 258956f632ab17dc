"""Make a row for each student, with a mark for each question; all reports start from these rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from grader.core.failures import Status
from grader.core.report import QuestionReport, Report, RowStatus, TimesReport, checks_of
from grader.core.rubric import read_rubric
from grader.marking.data import Override, Part, Request

# Statuses of tests that say more than "wrong": a person may want to look.
INCIDENTS: tuple[Status, ...] = ("blocked", "crashed", "timeout", "internal")


@dataclass(frozen=True)
class Given:
    """The points and comment of a person for a question; ``points`` is None while undecided.

    ``parts`` are what was given and taken, and why.
    """

    points: float | None
    comment: str = ""
    parts: tuple[Part, ...] = ()


class Found(NamedTuple):
    """A mistake of the kit's lists that explains a student's numbers."""

    question: str
    mistake: str  # its id
    hint: str


@dataclass
class Mark:
    """One question of one student; ``earned`` is None while nobody can say."""

    id: str
    title: str
    possible: float
    by_person: bool
    earned: float | None
    status: str
    comment: str = ""
    by_tests: float = 0.0
    open: float = 0.0  # points that a person decides on
    waiting: float = 0.0  # those of them that are not decided yet
    parts: tuple[Part, ...] = ()  # what a person gave and took, and why
    override: Override | None = None  # a person's points in place of all others
    excuse: str = ""  # why the question doesn't count for this student
    requests: tuple[Request, ...] = ()  # to grade it again

    def decide(self, points: float | None) -> None:
        """Enter a person's points beside those of the tests; None takes a decision back."""
        if points is not None:
            self.earned = round(self.by_tests + points, 6)
            self.status, self.waiting = "by a person", 0.0
        elif not self.waiting:
            self.earned = self.by_tests if self.open < self.possible else None
            self.status, self.waiting = "pending", self.open

    def replace(self, override: Override) -> None:
        """Enter points that a person gives in place of all others."""
        self.override, self.earned, self.waiting = override, override.points, 0.0
        self.status = "changed by a person"

    def let_off(self, reason: str) -> None:
        """Let the question not count for this student."""
        self.excuse, self.earned, self.waiting = reason, None, 0.0
        self.status, self.override = "excused", None

    def suspend(self) -> None:
        """Hold all points back until it is said whose they are, or a second try is made."""
        self.earned, self.status, self.waiting = None, "pending", self.possible


@dataclass
class Row:
    """One student.

    Attributes:
        student: The name.
        file: What the student's files are called.
        folder: Moodle's folder.
        status: Graded, refused (broken, unsafe) or internal (the grader's or the machine's fault).
        message: Why it was not graded.
        seconds: How long the tests took.
        times: Where the run's seconds went; None for a hand-in that was not run.
        marks: One a question.
        mistakes: Those that were recognised, without repetition.
        incidents: How many tests had each of the statuses that a person may want to look at.
        isolation: How well the student's code was locked up.
        extras: Points beside those of the questions, with a reason: bonus, penalty, lateness.
        awaits_try: Whether a second try may change the result; until then its points are pending.
        doubt: Why a person has to decide whose hand-in it is; until then its points are pending.
        submitted: When it was handed in, as an ISO 8601 time, if the platform tells.
        late: Whether the platform marks it as late; None if it marks nothing.
        ids: By what the platform's table of grades knows the student: kinds of ids with values.
    """

    student: str
    file: str
    folder: str
    status: RowStatus
    message: str
    seconds: float
    marks: list[Mark] = field(default_factory=list)
    mistakes: list[Found] = field(default_factory=list)
    incidents: dict[str, int] = field(default_factory=dict)
    isolation: str = ""
    times: TimesReport | None = None
    extras: list[Part] = field(default_factory=list)
    doubt: str = ""
    awaits_try: bool = False
    submitted: str | None = None
    late: bool | None = None
    ids: tuple[tuple[str, str], ...] = ()

    @property
    def is_held(self) -> bool:
        """Return whether all points are held back, whatever tests or persons say."""
        return bool(self.doubt) or self.awaits_try

    @property
    def earned(self) -> float | None:
        """Return the points so far; None if nobody can say, because 0 would be a lie."""
        known = [mark.earned for mark in self.marks if mark.earned is not None]
        unknown = self.status == "internal" or self.is_held
        if not known and unknown:
            return None
        return round(max(0.0, sum(known) + self.extra), 6)

    @property
    def extra(self) -> float:
        """Return the points beside those of the questions; below 0 if more is taken."""
        return round(sum(part.points for part in self.extras), 6)

    @property
    def possible(self) -> float:
        """Return the points of all questions that count, those of a person included."""
        return round(sum(mark.possible for mark in self.marks if not mark.excuse), 6)

    @property
    def pending(self) -> float:
        """Return the points that a person has yet to give."""
        return round(sum(mark.waiting for mark in self.marks), 6)

    @property
    def undecided(self) -> bool:
        """Return whether the grader failed in a test, so that points of a question are unknown."""
        return any(
            mark.earned is None and not mark.waiting and not mark.excuse for mark in self.marks
        )

    @property
    def needs_a_look(self) -> bool:
        """Return whether the grader failed, as a whole or in a test: nobody can say the points."""
        return self.status == "internal" or "internal" in self.incidents


def read_row(student: str, file: str, folder: str, result: Report) -> Row:
    """Return the row of one result, without a person's marks."""
    batch, checks = result["batch"], checks_of(result)
    statuses = Counter(check["status"] for check in checks)
    row = Row(student, file, folder, batch["status"], batch["message"], result.get("duration", 0.0))
    row.awaits_try = batch.get("provisional", False)
    row.isolation, row.times = result.get("isolation", ""), result.get("times")
    for question in result["grade"]["questions"] if "grade" in result else []:
        row.marks.append(_mark(question))
    row.mistakes = sorted(
        {Found(c["question"], c["mistake"], c["hint"]) for c in checks if c["mistake"]}
    )
    row.incidents = {status: statuses[status] for status in INCIDENTS if statuses[status]}
    return row


def _mark(question: QuestionReport) -> Mark:
    """Return the mark of a question, of which a person may have to decide on a part."""
    possible, status = question["possible"], question["status"]
    pending = question.get("pending", possible if status == "pending" else 0.0)
    is_known = status != "internal" and (pending < possible or not pending)
    return Mark(
        question["id"],
        question["title"],
        possible,
        pending > 0,
        question["earned"] if is_known else None,
        status,
        by_tests=question["earned"],
        open=pending,
        waiting=pending,
    )


def complete(rows: Sequence[Row], given: Mapping[tuple[str, str], Given]) -> None:
    """Give every row the same questions, and a person's points.

    A submission that was refused earns nothing in the automatic part; for one that the grader
    failed on, that awaits a second try, or that may be somebody else's, nobody can say.
    """
    columns = questions_of(rows)
    for row in rows:
        own = {mark.id: mark for mark in row.marks}
        missing = None if row.status == "internal" else 0.0
        row.marks = [
            own.get(column.id) or _without_tests(column, row, missing) for column in columns
        ]
        for mark in row.marks:
            by_hand = given.get((row.student, mark.id))
            if by_hand and mark.by_person:
                mark.comment, mark.parts = by_hand.comment, by_hand.parts
                mark.decide(by_hand.points)
            if row.is_held:
                mark.suspend()


def _without_tests(column: Mark, row: Row, earned: float | None) -> Mark:
    possible = column.possible
    if any(question.id == column.id and question.by == "person" for question in read_rubric()):
        name, status = column.title, "pending"
        return Mark(column.id, name, possible, True, None, status, open=possible, waiting=possible)
    return Mark(column.id, column.title, possible, False, earned, row.status)


def questions_of(rows: Iterable[Row]) -> list[Mark]:
    """Return the questions of a course, in the rubric's order."""
    found: dict[str, Mark] = {}
    for row in rows:
        for mark in row.marks:
            found.setdefault(mark.id, mark)
    order = [question.id for question in read_rubric()]
    return sorted(found.values(), key=lambda mark: order.index(mark.id))

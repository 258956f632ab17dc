"""Open all that people decide about a course: `MarkingStore`, the room's front door."""

from __future__ import annotations

import secrets
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from grader.core.errors import UserError
from grader.core.text import shown
from grader.marking.data import Adjustment, Event, Excuse, HandedIn, Override, Request, Taken
from grader.marking.database import Database
from grader.marking.decisions import Decisions, Kind
from grader.marking.entries import Stale
from grader.marking.items import Items
from grader.marking.marks import Marks
from grader.marking.scheme import Scheme, read_schemes
from grader.marking.second import SecondMarking
from grader.marking.work import Presence, Work

Reasoned = TypeVar("Reasoned", Override, Excuse, Adjustment)
FILE = "marking.sqlite"  # in the folder of results
LATEST = 7_258_000_000  # seconds since 1970: the end of 2199
LONGEST_EXTENSION = 10_000  # hours: more than a year


class MarkingStore:
    """The decisions of people about one course, in one SQLite file.

    Any number of threads and processes may use it at a time. What a method has returned from is on
    the disk. Every change takes the name of its author and is kept in the history.

    Attributes:
        schemes: The marking scheme of each question (bounds, items to begin with).
        items: Rubric items: `of`, `add`, `change`, `chosen`.
        marks: Marks: `get`, `save`, `save_all`, `points`, `parts`, `comments`.
        overrides: Points in place of those of the tests.
        excuses: Questions that don't count for a student.
        adjustments: Bonus and penalty points on a student's total.
        times: Times of hand-ins and extensions, by hand.
        requests: Wishes to grade again.
        work: Who marks what, and progress.
        second: Blind second marks.
        presence: Who is looking at which answer.
        taken: Rows of tables of marks, see `exchange`.
    """

    def __init__(self, path: Path, exercises: Path | None = None) -> None:
        """Open the file, or make it.

        Args:
            path: The file; in a folder of results it is called `FILE`.
            exercises: The folder of the exercises, for marking schemes; by default the course's.

        Raises:
            UserError: The file is damaged, or a `marking.toml` is wrong.
        """
        self.schemes: dict[str, Scheme] = read_schemes(exercises)
        self._database = Database(path)
        database = self._database
        self.items = Items(database, self.schemes)
        self.marks = Marks(database, self.items, self.schemes)
        self.overrides = Decisions(database, Kind("override", Override, self._override))
        self.excuses = Decisions(database, Kind("excuse", Excuse, _reasoned))
        self.adjustments = Decisions(database, Kind("adjustment", Adjustment, _reasoned))
        self.taken = Decisions(database, Kind("taken", Taken))
        self.times = Decisions(database, Kind("handed in", HandedIn, _handed_in))
        self.requests = Decisions(database, Kind("request", Request, _request))
        self.second = SecondMarking(database, self.marks)
        self.work = Work(database, self.marks, self.items)
        self.presence = Presence(database)

    def __enter__(self) -> MarkingStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def undo(self, author: str) -> list[Event]:
        """Take back an author's last action, whatever it was, and return its events.

        Raises:
            Conflict: Somebody has changed the same thing since.
        """
        try:
            return self._database.undo(author)
        except Stale as stale:
            kinds = {kept.kind.name: kept for kept in self._kept()}
            raise kinds[stale.current.key.kind].conflict(stale) from stale

    def history(self, student: str | None = None, question: str | None = None) -> list[Event]:
        """Return who did what and when, the oldest first, to one student or question if named."""
        return self._database.history(student, question)

    def problems(self) -> list[str]:
        """Return a line for each entry that doesn't fit, because somebody has edited the file."""
        return [line for kept in self._kept() for line in kept.problems()]

    def back_up(self) -> None:
        """Check the file, and copy it to one beside it that ends with ".backup".

        Raises:
            UserError: It is damaged; the copy of before stays.
        """
        self._database.back_up()

    def _kept(self) -> list[Decisions[Any]]:
        """Return the decisions of all kinds."""
        return [
            self.items.kept, self.marks.kept, self.overrides, self.excuses, self.adjustments,
            self.times, self.requests, self.taken, *self.second.kept, self.work.kept,
        ]  # fmt: skip

    def _override(self, override: Override) -> Override:
        scheme = self.schemes.get(override.question)
        if scheme is None:
            raise UserError(f"there is no question {shown(override.question)}")
        if not 0 <= override.points <= scheme.points:
            raise UserError(
                f"{override.points:g} points for {override.question}, which has {scheme.points:g}; "
                "give more as a bonus"
            )
        return _reasoned(override)


def new_id() -> str:
    """Return an id for an adjustment or request."""
    return secrets.token_hex(6)


def _reasoned(decision: Reasoned) -> Reasoned:
    if not decision.reason:
        raise UserError("give a reason: the student reads it")
    return decision


def _handed_in(said: HandedIn) -> HandedIn:
    if said.at is not None and not 0 <= said.at <= LATEST:
        raise UserError("the time of a hand-in is in a year from 1970 to 2199")
    if not abs(said.extension) <= LONGEST_EXTENSION:
        raise UserError(f"an extension has {LONGEST_EXTENSION} hours at most")
    return said


def _request(request: Request) -> Request:
    if request.state not in ("open", "granted", "declined"):
        raise UserError(f"a request is open, granted or declined, not {shown(request.state)}")
    return request

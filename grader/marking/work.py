"""Share out the work, and tell how far everybody is, and who is looking at what."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from grader.core.errors import UserError
from grader.core.text import plain
from grader.marking.data import Assignment
from grader.marking.database import Database
from grader.marking.decisions import Decisions, Kind
from grader.marking.items import Items
from grader.marking.marks import Marks

SEEN = 30.0  # seconds after which somebody who has not been heard of is gone


class Progress(NamedTuple):
    """How much of the work on a question, or of a person, is done."""

    done: int
    all: int


class Present(NamedTuple):
    """A person who looks at an answer just now."""

    author: str
    student: str
    question: str


class Work:
    """Who marks what, and how far that is."""

    def __init__(self, database: Database, marks: Marks, items: Items) -> None:
        self.kept = Decisions(database, Kind("assignment", Assignment))
        self._marks, self._items = marks, items

    def by_question(self, markers: Mapping[str, str], author: str) -> None:
        """Give whole questions to people.

        Args:
            markers: The person for each question; an empty text takes the question back.
            author: Who shares out.
        """
        before = [one for question in markers for one in self.kept.all(question=question)]
        rows = [Assignment("", question, marker) for question, marker in markers.items()]
        self._give(before, rows, author)

    def by_students(
        self, question: str, students: Sequence[str], shares: Mapping[str, float], author: str
    ) -> None:
        """Share out a question's students, in their order, in parts like ``{"Ann": 2, "Bo": 1}``.

        Raises:
            UserError: No part is above 0.
        """
        total = sum(shares.values())
        if not shares or min(shares.values()) < 0 or total <= 0:
            raise UserError("name at least one person, with a share above 0")
        rows, begin, taken = [], 0, 0.0
        for marker, share in shares.items():
            taken += share
            end = round(len(students) * taken / total)
            rows += [Assignment(student, question, marker) for student in students[begin:end]]
            begin = end
        self._give(self.kept.all(question=question), rows, author)

    def marker(self, student: str, question: str) -> str:
        """Return who should mark an answer; empty if that is open."""
        one = self.kept.get(student, question) or self.kept.get("", question)
        return one.marker if one else ""

    def markers(self, question: str, students: Iterable[str]) -> dict[str, str]:
        """Return who should mark each student's answer to a question; empty where that is open."""
        given = {one.student: one.marker for one in self.kept.all(question=question)}
        return {student: given.get(student, given.get("", "")) for student in students}

    def progress(
        self, answers: Iterable[tuple[str, str]]
    ) -> tuple[dict[str, Progress], dict[str, Progress]]:
        """Return progress by question and by person.

        Args:
            answers: Student and question of all that a person should mark.

        Returns:
            By question, and by the person whose work it is ("" for what nobody has been given).
        """
        answers = list(answers)
        items = self._items.all()
        decided = {
            (mark.student, mark.question)
            for mark in self._marks.all()
            if self._marks.points(mark, items=items.get(mark.question, [])) is not None
        }
        given = {(one.student, one.question): one.marker for one in self.kept.all()}
        done: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        whole: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        for student, question in answers:
            marker = given.get((student, question), given.get(("", question), ""))
            for place, name in enumerate((question, marker)):
                whole[place][name] += 1
                done[place][name] += (student, question) in decided
        by_question, by_person = (
            {name: Progress(one[name], count) for name, count in all.items()}
            for one, all in zip(done, whole, strict=True)
        )
        return by_question, by_person

    def _give(self, before: Sequence[Assignment], rows: Sequence[Assignment], author: str) -> None:
        """Put assignments in the place of those of before, as one action."""
        new = {
            (row.student, row.question): dataclasses.replace(
                row, version=self.kept.version(row.student, row.question)
            )
            for row in rows
            if row.marker
        }
        gone = [one for one in before if (one.student, one.question) not in new]
        self.kept.change(list(new.values()), gone, author)


class Presence:
    """Who is looking at which answer; kept for `SEEN` seconds, and in no history."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self, author: str, student: str, question: str) -> list[Present]:
        """Note that a person looks at an answer, and return who else looks at it."""
        with self._database.reading() as connection:
            connection.execute(
                "INSERT INTO presence VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET student = "
                "excluded.student, question = excluded.question, time = excluded.time",
                (plain(author), student, question, time.time()),
            )
        return [
            one
            for one in self.all()
            if one.author != author and (one.student, one.question) == (student, question)
        ]

    def leave(self, author: str) -> None:
        """Note that a person has closed the page."""
        with self._database.reading() as connection:
            connection.execute("DELETE FROM presence WHERE author = ?", (author,))

    def all(self) -> list[Present]:
        """Return who is there now, and where."""
        query = "SELECT author, student, question FROM presence WHERE time > ? ORDER BY author"
        with self._database.reading() as connection:
            return [Present(*row) for row in connection.execute(query, (time.time() - SEEN,))]

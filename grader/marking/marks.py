"""Keep the marks that people give, and compute their points."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from grader.core.errors import UserError
from grader.core.text import shown
from grader.marking.data import Item, Mark, Part
from grader.marking.database import Database
from grader.marking.decisions import Decisions, Kind
from grader.marking.entries import Key
from grader.marking.items import Items
from grader.marking.scheme import Scheme

SUGGESTED = 20  # comments


class Marks:
    """The marks of all students on all questions."""

    def __init__(self, database: Database, items: Items, schemes: Mapping[str, Scheme]) -> None:
        self.kept = Decisions(database, Kind("mark", Mark, self.checked))
        self._items, self._schemes = items, schemes

    def get(self, student: str, question: str) -> Mark:
        """Return a mark; an undecided one if there is none, to start from."""
        entry = self.kept.database.entry(Key("mark", student, question))
        if entry.value is not None:
            with contextlib.suppress(UserError):  # one that doesn't fit is given anew
                return self.kept.read(entry)
        return Mark(student, question, decided=False, version=entry.version)

    def of_question(self, question: str) -> dict[str, Mark]:
        """Return all marks of a question, by student."""
        return {mark.student: mark for mark in self.kept.all(question=question)}

    def of_student(self, student: str) -> dict[str, Mark]:
        """Return all marks of a student, by question."""
        return {mark.question: mark for mark in self.kept.all(student=student)}

    def all(self) -> list[Mark]:
        """Return all marks."""
        return self.kept.all()

    def save(self, mark: Mark, author: str) -> Mark:
        """Save a mark and return it with its new version.

        Args:
            mark: The new state, with the version that it starts from, as `get` returned it.
            author: Who marks.

        Raises:
            Conflict: Somebody has changed the mark meanwhile; ``current`` is the mark now.
            UserError: An item or number is wrong.
        """
        return self.kept.save(mark, author)

    def save_all(self, marks: Sequence[Mark], author: str) -> list[Mark]:
        """Save several marks as one action: all of them or none, to be undone together.

        Raises:
            Conflict: Somebody has changed one of them meanwhile; ``current`` is that mark now.
            UserError: An item or number is wrong.
        """
        return self.kept.save_all(marks, author)

    def points(
        self, mark: Mark, upper: float | None = None, items: Sequence[Item] | None = None
    ) -> float | None:
        """Return the points of a mark, within the question's bounds; None while undecided.

        Args:
            mark: The mark.
            upper: The points of this student that a person decides on, where tests give the rest.
            items: The question's items, if they are known already.
        """
        parts = self.parts(mark, items)
        if not mark.decided or (mark.items and not parts):  # all its items are retired
            return None
        scheme = self._schemes.get(mark.question) or Scheme(
            mark.question, "", math.inf, 0.0, 0.0, math.inf
        )
        total = scheme.start + sum(part.points for part in parts)
        most = scheme.upper if upper is None else min(upper, scheme.upper)
        return round(max(scheme.lower, min(total, most)), 6)

    def parts(self, mark: Mark, items: Sequence[Item] | None = None) -> list[Part]:
        """Return what was given and taken, item by item, and the adjustment if there is one."""
        known = self._items.of(mark.question) if items is None else items
        parts = [
            Part(item.label, item.points)
            for item in known
            if item.id in mark.items and not item.retired
        ]
        return parts + ([Part("", mark.adjustment)] if mark.adjustment else [])

    def comments(self, question: str, beginning: str = "") -> list[str]:
        """Return comments given on a question, the most frequent first, to be suggested.

        Args:
            question: The question's id.
            beginning: What they should contain, whatever the case.
        """
        found = Counter(mark.comment for mark in self.kept.all(question=question))
        wanted = beginning.casefold()
        fitting = [text for text, _ in found.most_common() if text and wanted in text.casefold()]
        return fitting[:SUGGESTED]

    def checked(self, mark: Mark) -> Mark:
        """Return a mark with each item once.

        Raises:
            UserError: It names an item that there isn't, or two of a group.
        """
        if mark.question not in self._schemes:
            raise UserError(f"there is no question {shown(mark.question)}")
        known = {item.id: item for item in self._items.of(mark.question, retired=True)}
        items = tuple(id for id in dict.fromkeys(mark.items) if id in known)
        for id in set(mark.items) - known.keys():
            if not self._items.kept.version("", mark.question, id):  # else its making was undone
                raise UserError(f"question {mark.question} has no rubric item {shown(id)}")
        _check_groups(known[id] for id in items)
        return dataclasses.replace(mark, items=items)


def _check_groups(items: Iterable[Item]) -> None:
    chosen: dict[str, Item] = {}
    for item in items:
        if item.group and not item.retired:
            other = chosen.setdefault(item.group, item)
            if other is not item:
                raise UserError(f"choose one of {shown(other.label)} and {shown(item.label)}")

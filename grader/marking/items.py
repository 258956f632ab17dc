"""Keep the rubric items of questions: those of the exercise, changed and added to at the desk."""

from __future__ import annotations

import dataclasses
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping

from grader.core.errors import UserError
from grader.core.text import shown
from grader.marking.data import Conflict, Item, Mark
from grader.marking.database import Database
from grader.marking.decisions import Decisions, Kind
from grader.marking.scheme import Scheme

LONGEST_LABEL = 500  # characters
MOST = 200  # items of a question


class Items:
    """The rubric items of all questions; a change is one for every student who has the item."""

    def __init__(self, database: Database, schemes: Mapping[str, Scheme]) -> None:
        self.kept = Decisions(database, Kind("item", Item, _checked))
        self._schemes = schemes

    def of(self, question: str, *, retired: bool = False) -> list[Item]:
        """Return a question's items in their order; those that are retired only if asked for."""
        items = self.all().get(question, [])
        return [item for item in items if retired or not item.retired]

    def all(self) -> dict[str, list[Item]]:
        """Return all items, retired ones included, by question."""
        found = {
            question: {item.id: item for item in scheme.items}
            for question, scheme in self._schemes.items()
        }
        for item in self.kept.all():
            found.setdefault(item.question, {})[item.id] = item
        return {question: list(items.values()) for question, items in found.items()}

    def get(self, question: str, id: str) -> Item:
        """Return one item, retired or not.

        Raises:
            UserError: There is none.
        """
        for item in self.of(question, retired=True):
            if item.id == id:
                return item
        raise UserError(f"question {shown(question)} has no rubric item {shown(id)}")

    def add(self, question: str, label: str, points: float, author: str, group: str = "") -> Item:
        """Add an item to a question, behind the others.

        Raises:
            UserError: The label is empty, the points are no number, or there are too many items.
        """
        if question not in self._schemes:
            raise UserError(f"there is no question {shown(question)}")
        if len(self.of(question)) >= MOST:
            raise UserError(f"a question has {MOST} rubric items at most: remove one first")
        return self.kept.save(Item(question, secrets.token_hex(6), label, points, group), author)

    def change(self, item: Item, author: str) -> Item:
        """Reword, re-value, regroup, retire or restore an item, for all students who have it.

        Args:
            item: The new state, with the version that it starts from: ``replace(item, points=1)``.
            author: Who does it.

        Raises:
            Conflict: Somebody has changed the item meanwhile; ``current`` is the item now.
            UserError: The label is empty, or the points are no number.
        """
        present = self.get(item.question, item.id)
        try:
            return self.kept.save(item, author)
        except Conflict as conflict:
            raise Conflict(f"the item {shown(present.label)}", present, conflict.author) from None

    def chosen(self, question: str, present: Iterable[str], id: str) -> tuple[str, ...]:
        """Return a mark's items after a click on one: it goes if it was there, else it comes.

        An item that comes takes the place of another of its group.
        """
        present = tuple(present)
        clicked = self.get(question, id)
        if id in present:
            return tuple(one for one in present if one != id)
        groups = {item.id: item.group for item in self.of(question, retired=True)}
        kept = (one for one in present if not clicked.group or groups.get(one) != clicked.group)
        return (*kept, id)

    def uses(self, marks: Iterable[Mark]) -> Counter[str]:
        """Return how many of these marks of a question have each item."""
        return Counter(id for mark in marks for id in mark.items)


def _checked(item: Item) -> Item:
    label = " ".join(item.label.split())
    if not label or len(label) > LONGEST_LABEL:
        raise UserError(f"a rubric item needs a label of 1 to {LONGEST_LABEL} characters")
    return dataclasses.replace(item, label=label)

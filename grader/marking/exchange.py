"""Take marks from a table that was filled in elsewhere, beside what is marked at the desk.

The rule: a row counts if it was changed in the table since the table was written, and the mark was
not changed at the desk meanwhile. If both were changed, and not to the same, the desk's mark stays
and the row is reported. So neither overwrites the other, whichever is older.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from grader.core.text import shown
from grader.marking.data import Conflict, Mark, Taken
from grader.marking.store import MarkingStore

AUTHOR = "table of marks"
Place = tuple[str, str]  # student and question


class Said(NamedTuple):
    """The points and comment of a row; no points while undecided."""

    points: float | None
    comment: str


NOTHING = Said(None, "")


def take_in(
    store: MarkingStore,
    table: Mapping[Place, Said],
    before: Mapping[Place, Said],
    upper: Mapping[Place, float],
) -> list[str]:
    """Enter the rows that were changed in the table, as one action; return a line for each wrong.

    Args:
        store: Where marks are kept.
        table: The rows now.
        before: The rows as they were written; what isn't there was empty.
        upper: The points that a person decides on, where tests give the rest.
    """
    errors: list[str] = []
    changed: list[Mark] = []
    taken = {(one.student, one.question): one for one in store.taken.all()}
    new = []
    for place, said in table.items():
        old = taken.get(place)
        written = Said(old.points, old.comment) if old else before.get(place, NOTHING)
        if said == written:
            continue
        mark = store.marks.get(*place)
        present = Said(store.marks.points(mark, upper.get(place)), mark.comment)
        if present == written:
            changed.append(_with(store, mark, said))
            new.append(Taken(*place, *said, version=store.taken.version(*place)))
        elif present != said:
            errors.append(
                f"{shown(place[0])}, question {place[1]}: the table says {_shown(said)}, but "
                f"{mark.author or 'somebody'} has given {_shown(present)} at the desk since; that "
                "counts. Write the same in the table, or change the mark at the desk"
            )
    try:
        store.marks.save_all(changed, AUTHOR)
        store.taken.save_all(new, AUTHOR)
    except Conflict as conflict:
        errors.append(f"{conflict}: run this again")
    return errors


def forget_taken(store: MarkingStore) -> None:
    """Forget which rows were taken in, because the table was written anew."""
    store.taken.change([], store.taken.all(), AUTHOR)


def _with(store: MarkingStore, mark: Mark, said: Said) -> Mark:
    """Return a mark with the points of a row: its items stay, the adjustment is what is missing."""
    if said.points is None:
        return replace(mark, items=(), adjustment=0.0, comment=said.comment, decided=False)
    scheme = store.schemes[mark.question]
    parts = store.marks.parts(replace(mark, adjustment=0.0))
    adjustment = said.points - scheme.start - sum(part.points for part in parts)
    return replace(mark, adjustment=adjustment, comment=said.comment, decided=True)


def _shown(said: Said) -> str:
    scored = "no points" if said.points is None else f"{said.points:g}"
    return f"{scored} ({shown(said.comment)})" if said.comment else scored

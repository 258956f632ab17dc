"""Keep decisions of one kind in the database: dataclasses in, dataclasses out."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from grader.core.errors import UserError
from grader.core.text import plain, shown
from grader.marking.data import Conflict, Decision
from grader.marking.database import Database
from grader.marking.entries import Entry, Key, Stale, Value

D = TypeVar("D", bound=Decision)
KEY = ("student", "question", "id")  # fields of which an entry's key is made
META = tuple(field.name for field in dataclasses.fields(Decision))
LONGEST_TEXT = 10_000  # characters of a comment or reason
LARGEST = 1e12  # of a number; sums of such numbers are finite


class Kind(NamedTuple, Generic[D]):
    """A kind of decisions: its name in the database, its class, and what makes one valid."""

    name: str
    form: type[D]
    check: Callable[[D], D] = lambda decision: decision


class Decisions(Generic[D]):
    """All decisions of one kind."""

    def __init__(self, database: Database, kind: Kind[D]) -> None:
        self.database, self.kind = database, kind
        fields = dataclasses.fields(kind.form)
        self._own = {f.name: str(f.type) for f in fields if f.name not in (*KEY, *META)}
        self._key = [name for name in KEY if name in {field.name for field in fields}]

    def get(self, student: str = "", question: str = "", id: str = "") -> D | None:
        """Return one decision; None if there is none.

        Raises:
            UserError: Somebody has edited the file, and its entry doesn't fit.
        """
        entry = self.database.entry(Key(self.kind.name, student, question, id))
        return None if entry.value is None else self.read(entry)

    def version(self, student: str = "", question: str = "", id: str = "") -> int:
        """Return the version of an entry, also of one that is gone."""
        return self.database.entry(Key(self.kind.name, student, question, id)).version

    def all(self, *, student: str | None = None, question: str | None = None) -> list[D]:
        """Return all that there are, of one student or question if one is named.

        What doesn't fit is left out, and stays in the file; `problems` lists it.
        """
        found = []
        for entry in self.database.entries(self.kind.name, student=student, question=question):
            try:
                found.append(self.read(entry))
            except UserError:  # `problems` says so
                continue
        return found

    def problems(self) -> list[str]:
        """Return a line for each entry that doesn't fit."""
        found = []
        for entry in self.database.entries(self.kind.name):
            try:
                self.read(entry)
            except UserError as error:
                found.append(str(error))
        return found

    def save(self, decision: D, author: str) -> D:
        """Save one decision and return it with its new version.

        Args:
            decision: The new state, with the version that it starts from.
            author: Who decides.

        Raises:
            Conflict: Somebody has changed it meanwhile; ``current`` is how it is now.
            UserError: It isn't valid; the message says why.
        """
        return self.save_all([decision], author)[0]

    def save_all(self, decisions: Sequence[D], author: str) -> list[D]:
        """Save several as one action: all of them or none, to be undone together.

        Raises:
            Conflict: Somebody has changed one of them meanwhile.
            UserError: One isn't valid.
        """
        return self.change(decisions, [], author)

    def remove(self, decision: D, author: str) -> None:
        """Take one decision back; the history keeps it.

        Raises:
            Conflict: Somebody has changed it meanwhile.
        """
        self.change([], [decision], author)

    def change(self, saved: Sequence[D], removed: Sequence[D], author: str) -> list[D]:
        """Save some and take others back as one action; return those that are saved.

        Raises:
            Conflict: Somebody has changed one of them meanwhile.
            UserError: One isn't valid.
        """
        checked = [self._checked(decision) for decision in saved]
        try:
            with self.database.action(author) as action:
                for decision in removed:
                    action.put(self.key(decision), None, version=decision.version)
                kept = []
                for decision in checked:
                    entry = action.put(
                        self.key(decision), _value(decision), version=decision.version
                    )
                    meta: dict[str, Any] = dict(zip(META, entry[2:], strict=True))
                    kept.append(dataclasses.replace(decision, **meta))
                return kept
        except Stale as stale:
            raise self.conflict(stale) from stale

    def read(self, entry: Entry) -> D:
        """Return an entry as a decision.

        Raises:
            UserError: It doesn't fit.
        """
        place, value = dict(zip(KEY, entry.key[1:], strict=True)), entry.value or {}
        fields: dict[str, Any] = dict(zip(META, entry[2:], strict=True))
        try:
            fields |= {name: place[name] for name in self._key}
            fields |= {name: _read(kind, value[name]) for name, kind in self._own.items()}
            return self.kind.form(**fields)
        except (KeyError, TypeError, ValueError) as error:
            where = " ".join(shown(part) for part in entry.key if part)
            raise UserError(
                f"{self.database.path.name}: the entry {where} doesn't fit ({error}) and does not "
                "count; it stays as it is. Give it anew, or put the backup in the file's place."
            ) from error

    def conflict(self, stale: Stale) -> Conflict:
        """Return the error that tells who has changed what meanwhile."""
        entry = stale.current
        current = None
        of = [shown(part) for part in (entry.key.student, entry.key.question) if part]
        with contextlib.suppress(UserError):  # what doesn't fit can't be shown
            current = None if entry.value is None else self.read(entry)
        return Conflict(" ".join([f"the {self.kind.name} of", *of]), current, entry.author)

    def key(self, decision: D) -> Key:
        """Return the place of a decision in the database."""
        return Key(self.kind.name, *(str(getattr(decision, name, "")) for name in KEY))

    def _checked(self, decision: D) -> D:
        """Return a decision in the form in which it is kept: finite numbers, harmless text.

        Raises:
            UserError: It isn't valid.
        """
        changes: dict[str, Any] = {}
        for field in dataclasses.fields(decision):
            value = getattr(decision, field.name)
            if field.name in (*KEY, *META):
                continue
            if isinstance(value, float | int) and not isinstance(value, bool):
                if not abs(value) <= LARGEST:  # nan neither
                    raise UserError(f"{value} is no number of points")
                changes[field.name] = round(float(value), 6)
            elif isinstance(value, str):
                changes[field.name] = text = plain(value).strip()
                if len(text) > LONGEST_TEXT:
                    raise UserError(f"a {field.name} has {LONGEST_TEXT} characters at most")
        return self.kind.check(dataclasses.replace(decision, **changes))


def _value(decision: Decision) -> Value:
    fields = dataclasses.asdict(decision).items()
    return {name: value for name, value in fields if name not in (*KEY, *META)}


def _read(kind: str, value: object) -> object:
    """Return a value of a dataclass's field, as JSON gave it.

    Args:
        kind: The field's annotation.
        value: What JSON gave.

    Raises:
        TypeError: It doesn't fit.
    """
    if kind == "float | None" and value is None:
        return None
    if kind.startswith("tuple") and isinstance(value, list):
        return tuple(str(part) for part in value)
    if kind.startswith("float") and isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind in ("str", "RequestState") and isinstance(value, str):
        return value
    raise TypeError(f"{shown(str(value))} is no {kind}")

"""Name the mistake behind wrong numbers: which wrong formula of a list gives them.

A :class:`Mistake` has an id that never changes, so that reports and statistics can count it, and a
hint for the student. ``change`` holds the switches of the exercise's formula that it throws. A
*variant* is a mistake with the numbers that a solution with it would give.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Mistake:
    """A wrong formula that students do write.

    Attributes:
        id: The name by which reports count it, such as ``forgets_tanh_factor``.
        hint: What to tell the student.
        change: Switches of the exercise's formula, by name, with the value that the mistake gives
            them.
        subject_of: The questions that ask for just what it gets wrong. There it is not carried
            forward, but costs every check that it makes wrong.
    """

    id: str
    hint: str
    change: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    subject_of: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[Mistake, ...]:
        """Return the mistakes that it consists of: itself, or the two of a pair."""
        return (self,)

    def named(self) -> dict[str, Any]:
        """Return the fields of a Failure that name this mistake."""
        return {"hint": self.hint, "mistake": self.id, "subject_of": self.subject_of}


@dataclass(frozen=True)
class Pair(Mistake):
    """Two mistakes at once; its id is ``one+other``."""

    of: tuple[Mistake, ...] = ()

    @property
    def parts(self) -> tuple[Mistake, ...]:
        """Return the two mistakes."""
        return self.of


def both(one: Mistake, other: Mistake, chained: Collection[str] = ()) -> Pair | None:
    """Return two mistakes of one formula as a pair, or None if they exclude each other.

    They do if they throw the same switch, unless it is in ``chained``: then its value is a function
    of an array, and both functions are applied.
    """
    shared = one.change.keys() & other.change.keys()
    if one.id == other.id or not shared <= set(chained) or not (one.change and other.change):
        return None
    chains = {name: _chain(one.change[name], other.change[name]) for name in shared}
    return paired(one, other, {**one.change, **other.change, **chains})


def paired(one: Mistake, other: Mistake, change: Mapping[str, Any] = NOTHING) -> Pair:
    """Return two mistakes as a pair that throws these switches."""
    subjects = tuple(dict.fromkeys((*one.subject_of, *other.subject_of)))
    hint = f"{one.hint} {other.hint}"
    return Pair(f"{one.id}+{other.id}", hint, change, subjects, of=(one, other))


def _chain(first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: second(first(value))


Variant = tuple[Mistake, Callable[[], ArrayLike]]


def matches(got: Array, expected: ArrayLike, tolerance: float) -> bool:
    """Compare two arrays by the one rule that all checks use.

    Entries may differ by ``tolerance`` times the largest expected magnitude.
    """
    wanted = np.asarray(expected)
    if got.shape != wanted.shape:
        return False
    scale = float(np.abs(wanted).max(initial=0.0))
    return bool(np.all(np.abs(got - wanted) <= tolerance * scale + 1e-300))


def first_match(got: Array, variants: Iterable[Variant], tolerance: float) -> Mistake | None:
    """Return the first mistake whose numbers are those in ``got``; None if there is none."""
    for mistake, value in variants:
        with np.errstate(all="ignore"):  # a wrong formula may overflow
            if matches(got, value(), tolerance):
                return mistake
    return None

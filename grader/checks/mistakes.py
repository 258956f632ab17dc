"""Name the mistake behind wrong numbers: which wrong formula of a list gives them.

A :class:`Mistake` has an id that never changes, so that reports and statistics can count it, and a
hint for the student. ``change`` holds the switches of the exercise's formula that it throws. A
*variant* is a mistake with the numbers that a solution with it would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


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
    change: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    subject_of: tuple[str, ...] = ()

    def named(self) -> dict[str, Any]:
        """Return the fields of a Failure that name this mistake."""
        return {"hint": self.hint, "mistake": self.id, "subject_of": self.subject_of}


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
        if matches(got, value(), tolerance):
            return mistake
    return None

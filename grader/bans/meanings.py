"""Represent what an expression of a source stands for: a dotted name, a text, or several.

What a scan of a source costs is bounded by counting, see `Budget`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

LONGEST = 200  # characters of a text or path that is followed, so that hostile ones end here
MOST_WORK = 3 * 2**19  # steps of some 3 µs; no source has more than 2**19 nodes or so


@dataclass(frozen=True)
class Ref:
    """Something known by its dotted name: ``torch.nn``, ``builtins.getattr``."""

    path: str


@dataclass(frozen=True)
class Join:
    """The method ``join`` of a known text."""

    glue: str


# What an expression stands for; None is anything that is not followed.
Value: TypeAlias = "Ref | Join | str | tuple[Value, ...] | None"


LIBRARIES = sys.stdlib_module_names | {"matplotlib", "numpy", "scipy", "torch"}
RUNNERS_OF_TEXT = tuple(Ref(f"builtins.{name}") for name in ("exec", "eval", "compile"))


class TooCostly(Exception):
    """A source takes more steps to scan than any honest one."""


class Budget:
    """Count the steps of one scan: nodes that are visited, and values that are compared."""

    def __init__(self) -> None:
        self._spent = 0

    def spend(self, steps: int) -> None:
        """Count steps.

        Raises:
            TooCostly: They are too many in all.
        """
        self._spent += steps
        if self._spent > MOST_WORK:
            raise TooCostly


def ref(path: str) -> Ref | None:
    """Return what a dotted name stands for, unless it is too long to follow."""
    return Ref(path) if len(path) <= LONGEST else None


def member(owner: Value, name: Value) -> Value:
    """Return what ``owner.name`` stands for."""
    if not isinstance(owner, Ref) or not isinstance(name, str):
        return None
    return ref(f"{owner.path}.{name[: LONGEST + 1]}".removeprefix("sys.modules."))


def joined(parts: Sequence[Value], glue: str = "") -> Value:
    """Return what ``glue.join(parts)`` stands for."""
    texts = [part for part in parts if isinstance(part, str)]
    size = sum(len(text) + len(glue) for text in texts)
    return glue.join(texts) if len(texts) == len(parts) and size <= LONGEST else None

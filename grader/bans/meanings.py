"""Represent what an expression of a source stands for: a dotted name, a text, or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

LONGEST = 200  # characters of a text or path that is followed, so that hostile ones end here


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


def member(owner: Value, name: Value) -> Value:
    """Return what ``owner.name`` stands for."""
    if not isinstance(owner, Ref) or not isinstance(name, str):
        return None
    path = f"{owner.path}.{name}".removeprefix("sys.modules.")
    return Ref(path) if len(path) <= LONGEST else None


def joined(parts: Sequence[Value], glue: str = "") -> Value:
    """Return what ``glue.join(parts)`` stands for."""
    texts = [part for part in parts if isinstance(part, str)]
    size = sum(len(text) + len(glue) for text in texts)
    return glue.join(texts) if len(texts) == len(parts) and size <= LONGEST else None

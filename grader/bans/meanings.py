"""Represent what an expression of a source stands for: a dotted name, a text, or several.

What a scan of a source costs is bounded by counting, see `Budget`.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from grader.core.sources import parse

NAMESPACE = "__dict__"
LONGEST = 200  # characters of a text or path that is followed, so that hostile ones end here
MOST_WORK = 3 * 2**19  # steps of some 3 µs; no source has more than 2**19 nodes or so


@dataclass(frozen=True)
class Ref:
    """Something known by its dotted name: ``torch.nn``, ``builtins.getattr``."""

    path: str


@dataclass(frozen=True)
class TextMethod:
    """A method of a known text: ``", ".join``."""

    text: str
    name: str


@dataclass(frozen=True)
class Applied:
    """A function with its first arguments: what ``partial``, ``attrgetter`` and their kin return.

    Args:
        function: The function that is called in the end.
        arguments: Its first arguments; of a getter, the names that it looks up.
    """

    function: Value
    arguments: tuple[Value, ...]


# What an expression stands for; None is anything that is not followed.
Value: TypeAlias = "Ref | TextMethod | Applied | str | tuple[Value, ...] | None"


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
    path = owner.path.removesuffix(f".{NAMESPACE}")
    return ref(f"{path}.{name[: LONGEST + 1]}".removeprefix("sys.modules."))


def descendant(owner: Value, dotted: str) -> Value:
    """Return what ``owner.a.b`` stands for, where ``dotted`` is ``"a.b"``."""
    for name in dotted.split(".") if len(dotted) <= LONGEST else [None]:
        owner = member(owner, name)
    return owner


def stars(module: Value, before: Value) -> Value:
    """Return the modules whose names are visible after ``from module import *``.

    A star of a library hides no layer of another; one of the student's own files may.

    Args:
        module: What the star is of.
        before: The modules whose stars stand before it.
    """
    is_library = isinstance(module, Ref) and module.path.partition(".")[0] in LIBRARIES
    return (module, *before) if is_library and isinstance(before, tuple) else (module,)


def item(owner: tuple[Value, ...], index: object) -> Value:
    """Return the element of a known tuple or list at a known index."""
    return owner[index] if isinstance(index, int) and 0 <= index < len(owner) else None


def joined(parts: Sequence[Value], glue: str = "") -> Value:
    """Return what ``glue.join(parts)`` stands for."""
    texts = [part for part in parts if isinstance(part, str)]
    size = sum(len(text) + len(glue) for text in texts)
    return glue.join(texts) if len(texts) == len(parts) and size <= LONGEST else None


def is_of_torch(value: Value) -> bool:
    """Tell whether a value is torch or something in it."""
    return isinstance(value, Ref) and (value.path == "torch" or value.path.startswith("torch."))


def statements_of(text: str, line: int) -> list[ast.stmt]:
    """Return the statements of a text that is run as code in that line; none if it can't be."""
    try:
        statements = copy.deepcopy(parse(text.strip()).body)
    except SyntaxError:
        return []
    for statement in statements:
        for node in ast.walk(statement):
            node.__dict__.update(lineno=line)
    return statements

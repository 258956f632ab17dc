"""List the ways to cut a parameter's array into the sheet's matrices and vectors.

A network may store the gates one after another or on an axis of their own, matrices either way
round, and the columns for x and h side by side. Sizes that all differ tell which axis is which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import permutations

import numpy as np

from grader.exercises.palindrome.oracle import Array, Sizes

Shape = tuple[int, ...]
# Sizes of which each tells what an axis is, whatever the input's width is (1, 10, K, or what
# embeddings usually have: n + 1 is none of these). The second is for networks that have ten
# classes in the code, the last for those that can only be constructed at the sheet's sizes.
SURVEYS = (
    Sizes(B=5, T=3, d=1, n=11, K=6),
    Sizes(B=5, T=3, d=1, n=11, K=10),
    Sizes(B=128, T=4, d=1, n=128, K=10),
)


class Kind(Enum):
    """The kinds that pieces of a parameter can have."""

    VECTOR = auto()  # biases, an initial state, or W_x where an input is one number
    INPUT = auto()  # W_x
    STATE = auto()  # W_h
    BOTH = auto()  # W_x and W_h side by side
    OUTPUT = auto()  # W_ph
    CLASSES = auto()  # b_p


@dataclass(frozen=True)
class Cut:
    """One way to cut an array into pieces, gate by gate.

    Attributes:
        kind: What the pieces are.
        axes: A letter for each axis: g for gates, u for units (of all gates, one after another,
            if there is no g), i for what is multiplied, k for classes, 1 for none of these.
        columns: What is multiplied, x or h, in the order of the columns; none for vectors.
    """

    kind: Kind
    axes: str
    columns: tuple[str, ...] = ()

    def pieces(self, array: Array, n: int) -> list[Array]:
        """Return the pieces: matrices [out, in] and vectors (n,) or (K,).

        Raises:
            ValueError: The array has none of the shapes that this cut is for.
        """
        kept = [axis for axis in self.axes if axis != "1"]
        sizes = [size for size, axis in zip(array.shape, self.axes, strict=True) if axis != "1"]
        order = [kept.index(axis) for axis in "gkui" if axis in kept]
        if self.kind is Kind.OUTPUT:
            order = [kept.index("k"), kept.index("u")]
        whole = array.reshape(sizes).transpose(order)
        if self.kind in (Kind.OUTPUT, Kind.CLASSES):
            return [np.ascontiguousarray(whole)]
        if self.kind is Kind.VECTOR:
            return list(np.ascontiguousarray(whole.reshape(-1, n)))
        gates = whole.reshape(-1, n, whole.shape[-1])
        at = {"x": whole.shape[-1] - n, "h": n}[self.columns[0]]
        return [
            np.ascontiguousarray(piece)
            for gate in gates
            for piece in (np.split(gate, [at], axis=1) if len(self.columns) > 1 else [gate])
        ]

    def widened(self, shape: Shape) -> Cut:
        """Return the cut for W_x of a network whose inputs are wider than those it was read by."""
        wide = [a for a, size in enumerate(shape) if self.axes[a] == "1" and size > 1]
        if self.kind is not Kind.VECTOR or len(wide) != 1:
            return self
        axes = self.axes[: wide[0]] + "i" + self.axes[wide[0] + 1 :]
        return Cut(Kind.INPUT, axes, ("x",))

    def units(self, shape: Shape) -> int:
        """Return n for the shape of W_ph."""
        return shape[self.axes.index("u")]


def cuts_of(shape: Shape, gates: int, survey: Sizes, widths: Sequence[int]) -> list[Cut]:
    """Return the ways to cut a parameter that has this shape at the survey's sizes.

    Args:
        shape: The parameter's.
        gates: How many the model has.
        survey: The sizes.
        widths: Other numbers of features than 1 that an input may have.
    """
    axes = [axis for axis, size in enumerate(shape) if size != 1]
    found = []
    for kind, letters, columns in _readings([shape[a] for a in axes], gates, survey, widths):
        named = ["1"] * len(shape)
        for axis, letter in zip(axes, letters, strict=True):
            named[axis] = letter
        found.append(Cut(kind, "".join(named), columns))
    return found


def _readings(
    sizes: list[int], gates: int, survey: Sizes, widths: Sequence[int]
) -> Iterator[tuple[Kind, str, tuple[str, ...]]]:
    """Yield kind, a letter for each axis longer than 1, and columns."""
    n, K = survey.n, survey.K
    stacks = range(1, gates + 1)
    if len(sizes) == 1:
        if sizes[0] == K:
            yield Kind.CLASSES, "k", ()
        if sizes[0] in [n * count for count in stacks]:
            yield Kind.VECTOR, "u", ()
    elif len(sizes) == 2:
        for letters in ("ku", "uk"):
            if sizes[letters.index("k")] == K and sizes[letters.index("u")] == n:
                yield Kind.OUTPUT, letters, ()
        for letters in ("gu", "ug"):
            if sizes[letters.index("g")] in stacks and sizes[letters.index("u")] == n:
                yield Kind.VECTOR, letters, ()
        for letters in ("ui", "iu"):
            units, inner = sizes[letters.index("u")], sizes[letters.index("i")]
            if units in [n * count for count in stacks]:
                yield from ((kind, letters, c) for kind, c in _columns(inner, n, widths))
    elif len(sizes) == 3:
        for letters in map("".join, permutations("gui")):
            units, inner = sizes[letters.index("u")], sizes[letters.index("i")]
            if sizes[letters.index("g")] in stacks and units == n:
                yield from ((kind, letters, c) for kind, c in _columns(inner, n, widths))


def _columns(width: int, n: int, widths: Sequence[int]) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    """Yield what ``width`` columns may be."""
    if width == n:
        yield Kind.STATE, ("h",)
    if width in widths:
        yield Kind.INPUT, ("x",)
    if width - n in {1, *widths}:
        yield Kind.BOTH, ("x", "h")
        yield Kind.BOTH, ("h", "x")

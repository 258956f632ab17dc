"""How a student's parameters hold the sheet's: names, stacking, orientation.

The sheet fixes the equations, not how a network stores their weights. A layout says of each
student parameter which block of the sheet's matrices it is: rows are gates, columns are what is
multiplied (the input x, the state h, or both side by side), transposed or not. Candidates come
from shapes, then from names; which one is right is decided by the network's own output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

from grader.exercises.palindrome.oracle import GATES, Array, Model, Sizes, Weights

Shape = tuple[int, ...]
# Sizes at which a dimension tells what it is, whatever the input's width is (1, 10, or K); the
# second for networks that have ten classes in the code.
SURVEYS = (Sizes(B=5, T=3, d=1, n=7, K=4), Sizes(B=5, T=3, d=1, n=7, K=10))


@dataclass(frozen=True)
class Block:
    """One student parameter: gates by rows, inputs by columns (none for a bias)."""

    rows: tuple[str, ...]
    columns: tuple[str, ...] = ()
    transposed: bool = False

    def unpack(self, array: Array, n: int) -> Weights:
        """The sheet's parameters (or their gradients) in the student's array."""
        if not self.columns:
            parts = np.split(array.reshape(-1), len(self.rows))
            return {f"b_{row}": part for row, part in zip(self.rows, parts, strict=True)}
        matrix = array.reshape(-1, array.shape[-1])  # a stack (4, n, d) becomes (4n, d)
        matrix = matrix.T if self.transposed else matrix
        # The state's columns are n; the input's are the others.
        cuts = {"x": matrix.shape[1] - n, "h": n}[self.columns[0]]
        found = {}
        for row, stripe in zip(self.rows, np.split(matrix, len(self.rows)), strict=True):
            parts = np.split(stripe, [cuts], axis=1) if len(self.columns) > 1 else [stripe]
            for column, part in zip(self.columns, parts, strict=True):
                found[f"W_{row}{column}"] = np.ascontiguousarray(part)
        return found


Layout = dict[str, Block]  # by the student's names; what is left out is unused, or held at zero


def unpack(layout: Layout, arrays: Weights, n: int) -> Weights:
    """The sheet's parameters in the student's arrays."""
    found: Weights = {}
    for name, block in layout.items():
        if name in arrays:
            found |= block.unpack(arrays[name], n)
    for name, array in arrays.items():
        if is_initial_state(name) and array.size == n:
            found["c_0" if name.split(".")[-1].lower().startswith("c") else "h_0"] = array.ravel()
    return found


def candidates(model: Model, shapes: dict[str, Shape], survey: Sizes) -> Iterator[Layout]:
    """Every reading of parameters that have these shapes at the survey's sizes, likeliest first."""
    groups = _group(model, shapes, survey)
    likely = _mostly_turned(groups, shapes, survey)
    seen: list[Layout] = []
    for turned, state_first, order in product(
        (likely, not likely), (False, True), permutations(GATES[model])
    ):
        layout: Layout = {}
        for (part, stacked), names in groups.items():
            columns: tuple[str, ...] = {"x": ("x",), "h": ("h",), "b": ()}.get(part, ("x", "h"))
            columns = columns[::-1] if state_first else columns
            rows: list[tuple[str, ...]]
            if part in ("ph", "p"):
                columns = ("h",) if part == "ph" else ()
                rows = [("p",)]
            elif stacked:
                rows = [order]
            else:
                rows = [(gate,) for gate in named_gates(model, names) or order]
            for name, gates in zip(names, rows, strict=False):
                out = survey.K if gates == ("p",) else len(gates) * survey.n
                layout[name] = Block(gates, columns, _turned(shapes[name], out, turned))
        if layout not in seen:
            seen.append(layout)
            yield layout


def _group(
    model: Model, shapes: dict[str, Shape], survey: Sizes
) -> dict[tuple[str, bool], list[str]]:
    """Parameter names by what they are ("x", "h", "xh", "b", "ph", "p") and whether stacked."""
    widths = {1, 10, survey.K} | {s[-1] for name, s in shapes.items() if is_embedding(name)}
    groups: dict[tuple[str, bool], list[str]] = {}
    for name, shape in shapes.items():
        kind = _kind(model, name, shape, widths, survey)
        if kind:
            groups.setdefault(kind, []).append(name)
    embeddings = [name for name in shapes if is_embedding(name)]
    square = groups.get(("h", False), [])
    if not any(part in ("x", "xh") for part, _ in groups) and len(square) > len(GATES[model]):
        # An embedding as wide as the state: W_x is square, too, and only its name tells.
        groups[("x", False)] = [name for name in square if _reads_input(name)]
        groups[("h", False)] = [name for name in square if not _reads_input(name)]
    outputs = groups.get(("ph", False), [])
    if not any(part in ("x", "xh") for part, _ in groups) and len(outputs) > 1:
        # One-hot codes of K digits: W_x has the shape of W_ph, and only its name tells.
        last = next((name for name in outputs if _is_output(name)), outputs[-1])
        groups[("ph", False)] = [last]
        groups[("x", False)] = [name for name in outputs if name != last]
    if not any(part in ("x", "xh") for part, _ in groups) and embeddings:
        # A row of the embedding is what W_x makes of the digit's one-hot code: it is W_x, turned.
        width = shapes[embeddings[0]][-1]
        groups[("x", width != survey.n)] = embeddings
    return groups


def _kind(
    model: Model, name: str, shape: Shape, widths: set[int], survey: Sizes
) -> tuple[str, bool] | None:
    n, K = survey.n, survey.K
    stack = len(GATES[model]) * n
    leaf = name.split(".")[-1].lower()
    if is_embedding(name) or is_initial_state(name):
        return None
    long = [size for size in shape if size != 1]
    if len(shape) == 1 or (len(long) <= 1 and re.match(r"b|.*bias", leaf)):
        sizes: dict[int, tuple[str, bool]] = {stack: ("b", True), n: ("b", False), K: ("p", False)}
        return sizes.get(int(np.prod(shape)))
    if len(shape) == 3 and shape[0] == len(GATES[model]):
        shape = (shape[0] * shape[1], shape[2])
    if len(shape) != 2:
        return None
    forms = [
        (stacked, inner)
        for out, inner in (shape, shape[::-1])
        for size, stacked in ((stack, stack != n), (n, False))
        if out == size
    ]
    for stacked, inner in sorted(forms, key=lambda form: form[1] != n):  # the state first
        if inner == n:
            return "h", stacked
        if inner - n in widths:
            return "xh", stacked
        if inner in widths and (inner != K or stacked):
            return "x", stacked
    return ("ph", False) if set(shape) == {n, K} else None


def _turned(shape: Shape, out: int, otherwise: bool) -> bool:
    """Whether the output, of that size, is the last dimension; a square matrix does not tell."""
    if len(shape) != 2:
        return False
    return otherwise if shape[0] == shape[1] else shape[0] != out


def _mostly_turned(
    groups: dict[tuple[str, bool], list[str]], shapes: dict[str, Shape], survey: Sizes
) -> bool:
    """How matrices that are not square are stored, and so, most likely, those that are."""
    votes = [
        _turned(shapes[name], survey.K if part == "ph" else survey.n, otherwise=False)
        for (part, stacked), names in groups.items()
        for name in names
        if part in ("x", "ph") and not stacked
    ]
    return 2 * sum(votes) > len(votes)


def named_gates(model: Model, names: Sequence[str]) -> tuple[str, ...] | None:
    """The gates that parameter names tell, once what they share is taken off; None if unclear."""
    if len(names) != len(GATES[model]):
        return None
    if model == "VanillaRNN":
        return GATES[model]
    start = shared(names)
    end = shared([name[::-1] for name in names])
    words = [name[start : len(name) - end].lower().strip("_.") for name in names]
    gates = tuple(_gate(word) for word in words)
    return gates if sorted(gates) == sorted(GATES[model]) else None


def shared(words: Sequence[str]) -> int:
    """How many letters all words begin with."""
    return next(
        (i for i, letters in enumerate(zip(*words, strict=False)) if len(set(letters)) > 1),
        min(len(word) for word in words),
    )


def _gate(word: str) -> str:
    if re.match(r"g|c|a|mod|in(put)?_?mod|n", word):
        return "g"
    return word[:1]


def is_embedding(name: str) -> bool:
    return "emb" in name.lower()


def is_initial_state(name: str) -> bool:
    leaf = name.split(".")[-1].lower()
    return bool(re.search(r"init|(^|_)([hc]_?[0t]|state|hidden|cell)$", leaf)) and leaf[0] != "b"


def _reads_input(name: str) -> bool:
    return bool(re.search(r"x|in|emb", name.lower().split(".")[-1]))


def _is_output(name: str) -> bool:
    return bool(re.search(r"p|y|out|q|class|fc", name.lower().split(".")[-1]))

"""How a student's parameters hold the sheet's: names, stacking, orientation.

The sheet fixes the equations, not how a network stores their weights. A layout says of each
student parameter which block of the sheet's matrices it is: rows are gates, columns are what is
multiplied (the input x, the state h, or both side by side), transposed or not. Candidates come
from shapes, then from names, then from the order in which parameters are declared; which one is
right is decided by the network's own output.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

from grader.checks.arrays import require
from grader.core.failures import Failure
from grader.exercises.palindrome.oracle import GATES, Array, Model, Sizes, Weights
from grader.exercises.palindrome.oracle import shapes as sheet_shapes

Shape = tuple[int, ...]
# Sizes at which a dimension tells what it is, whatever the input's width is (1, 10, K, or what
# embeddings usually have: n + 1 is none of these); the second for networks that have ten classes
# in the code.
SURVEYS = (Sizes(B=5, T=3, d=1, n=11, K=6), Sizes(B=5, T=3, d=1, n=11, K=10))
COLUMNS: dict[str, tuple[str, ...]] = {
    "x": ("x",), "h": ("h",), "xh": ("x", "h"), "b": (), "ph": ("h",), "p": (),
}  # fmt: skip


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
        array = array[:, None] if array.ndim == 1 else array
        array = array.swapaxes(-1, -2) if self.transposed else array
        matrix = array.reshape(-1, array.shape[-1])  # a stack (4, n, d) becomes (4n, d)
        # The state's columns are n; the input's are the others.
        cuts = {"x": matrix.shape[1] - n, "h": n}[self.columns[0]]
        found = {}
        for row, stripe in zip(self.rows, np.split(matrix, len(self.rows)), strict=True):
            parts = np.split(stripe, [cuts], axis=1) if len(self.columns) > 1 else [stripe]
            for column, part in zip(self.columns, parts, strict=True):
                found[f"W_{row}{column}"] = np.ascontiguousarray(part)
        return found


Layout = dict[str, Block]  # by the student's names; what is left out is unused, or held at zero
Kind = tuple[str, int]  # what a shape may be, and of how many gates: see kind_of
Kinds = dict[str, Kind]
Parts = dict[str, list[str]]  # a key of COLUMNS → the parameters that are that part
Split = tuple[list[str], list[str]]


def unpack(layout: Layout, arrays: Weights, n: int) -> Weights:
    """The sheet's parameters in the student's arrays."""
    found: Weights = {}
    for name, block in layout.items():
        if name in arrays:
            found |= block.unpack(arrays[name], n)
    for name, array in arrays.items():
        if name not in layout and is_initial_state(name) and array.size == n:
            found["c_0" if _word(name).startswith("c") else "h_0"] = array.ravel()
    return found


def units(layout: Layout, arrays: Weights) -> int:
    """n, from the weights that go from the state to the output."""
    for name, block in layout.items():
        if block.rows == ("p",) and block.columns and name in arrays:
            matrix = np.squeeze(arrays[name])
            return int(matrix.shape[0] if block.transposed else matrix.shape[-1])
    raise Failure("W_ph was not found.", expected="a parameter of shape [num_classes, num_hidden]")


def complete(model: Model, found: Weights) -> Weights:
    """``found`` with zeros for missing biases; a missing matrix is a Failure, or a wrong shape."""
    n, K = found["W_ph"].shape[1], found["W_ph"].shape[0]
    d = next((array.shape[1] for name, array in found.items() if name.endswith("x")), 1)
    for name, shape in sheet_shapes(model, d, n, K).items():
        if name not in found and name.startswith("W"):
            raise Failure(
                f"{name} was not found among the parameters.",
                expected="the sheet's parameters, each either way round, alone or stacked",
            )
        require(
            found.setdefault(name, np.zeros(shape)).shape == shape,
            f"{name} has the shape that the constructor's sizes give it.",
            expected=f"{list(shape)}, or the other way round",
            got=str(list(found[name].shape)),
        )
    return found


def candidates(
    model: Model, shapes: dict[str, Shape], embeddings: Sequence[str], survey: Sizes
) -> Iterator[Layout]:
    """Every reading of parameters that have these shapes at the survey's sizes, likeliest first."""
    found = {
        name: kind_of(model, name, shape, {e: shapes[e][-1] for e in embeddings}, survey)
        for name, shape in shapes.items()
    }
    kinds = {name: kind for name, kind in found.items() if kind}
    seen = set()
    likely = (survey.n, survey.K) in shapes.values()  # W_ph is turned: so may be what is square
    for parts, turned, state_first, order in product(
        _sort(model, kinds, shapes), (likely, not likely), (False, True), permutations(GATES[model])
    ):
        layout: Layout = {}
        for part, names in parts.items():
            columns = COLUMNS[part][::-1] if state_first else COLUMNS[part]
            single = all(kinds[name][1] == 1 for name in names)
            gates = ("p",) if "p" in part else (single and named_gates(model, names)) or order
            for name in names:
                rows, gates = gates[: kinds[name][1]], gates[kinds[name][1] :]
                if rows:
                    count = len(rows) if len(shapes[name]) == 2 else 1
                    out = survey.K if "p" in part else count * survey.n
                    layout[name] = Block(rows, columns, _turned(shapes[name], out, turned))
        if tuple(layout.items()) not in seen:
            seen.add(tuple(layout.items()))
            yield layout


def kind_of(
    model: Model, name: str, shape: Shape, embeddings: dict[str, int], survey: Sizes
) -> Kind | None:
    """What a parameter of this shape may be, and of how many gates; None if nothing.

    A key of COLUMNS is that part, and else: "v" a bias, or W_x where an input is a number; "s" W_h,
    or W_x where embeddings are as wide as the state; "o" W_ph, or W_x where inputs are one-hot
    codes; "e" an embedding that may be W_x itself. ``embeddings`` are widths by name.
    """
    n, K = survey.n, survey.K
    counts = range(1, len(GATES[model]) + 1)
    size = math.prod(shape)
    if name in embeddings:
        return ("e", shape[-1] // n) if shape[-1] % n == 0 else None
    if not shape or (is_initial_state(name) and size in (n, survey.B * n)):
        return None
    widths = {1, 10, K, *embeddings.values()}
    stack = shape[0] if len(shape) > 1 and shape[0] in set(counts) - widths else 1
    if max(shape[1:] if stack > 1 else shape) == size // stack:
        return (
            ("p", 1) if size == K else ("v", size // n) if size in [n * c for c in counts] else None
        )
    matrix = shape[1:] if len(shape) == 3 and stack > 1 else shape
    if len(matrix) != 2:
        return None
    stack = stack if matrix is not shape else 1
    forms = sorted((stack * out // n, i) for out, i in (matrix, matrix[::-1]) if out % n == 0)
    if (counts[-1], n) in forms:  # rather W_h of all gates than W_x of an embedding that wide
        forms = [(counts[-1], n)]
    for count, inner in (form for form in forms if form[0] in counts):
        if inner == n:
            return "s" if n in embeddings.values() else "h", count
        if inner - n in widths:
            return "xh", count
        if inner in widths:
            return "o" if inner == K and count == 1 else "x", count
    return None


def _sort(model: Model, kinds: Kinds, shapes: dict[str, Shape]) -> Iterator[Parts]:
    """Which parameter is which part, where the shape leaves it open: by its name, or its place."""
    of = {kind: [n for n in kinds if kinds[n][0] == kind] for kind in (*COLUMNS, *"vsoe")}

    def twice(names: Sequence[str]) -> bool:
        return len(names) > 1 and sum(kinds[n][1] for n in names) == 2 * len(GATES[model])

    def split(names: Sequence[str], first: Callable[[str], bool]) -> Iterator[Split]:
        by_name = [n for n in names if first(n)], [n for n in names if not first(n)]
        yield by_name
        if twice(names) and len(by_name[0]) != len(by_name[1]):
            half = len(names) // 2
            yield from permutations((names[:half], names[half:]), 2)
            yield from permutations((names[::2], names[1::2]), 2)

    x_found = bool(of["x"] or of["xh"])
    outputs = sorted(of["o"], key=lambda n: (not _is_output(n), -of["o"].index(n)))
    squares = split(of["s"], lambda n: twice(of["s"]) and _reads_input(n))
    for output, (x_square, h) in product(outputs or [""], squares):
        one_hot = [n for n in of["o"] if n != output]
        x = of["x"] if x_found else one_hot or x_square or of["e"]
        vectors: Iterable[Split] = [([], of["v"])]
        if not x and not x_found:
            vectors = split(of["v"], lambda n: len(shapes[n]) > 1 and not _is_bias(_word(n)))
        for x_vectors, b in vectors:
            # Where there are two biases for each of the sheet's, one is held at zero.
            for biases in (b[: len(b) // 2], b[::2]) if twice(b) else (b,):
                yield {"x": x or x_vectors, "h": of["h"] + h, "xh": of["xh"], "b": biases,
                       "ph": [output] if output else [], "p": of["p"]}  # fmt: skip


def _turned(shape: Shape, out: int, otherwise: bool) -> bool:
    """Whether the output, of that size, is the last dimension; a square matrix does not tell."""
    if len(shape) < 2:
        return False
    rows, columns = shape[-2:]
    return otherwise if rows == columns else rows != out


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


def is_initial_state(name: str) -> bool:
    """Whether a name is that of h_0 or c_0; who stands in a list of weights or biases is not."""
    lists = [part for part in name.lower().split(".")[:-1] if re.match("w|u|v|b|.*bias", part)]
    kinds = (
        r"((initial|init|start|prev|last)_?)?(h|c|hidden|cell)?(_?(0|t|init|prev|state|hidden))?"
    )
    return not lists and bool(_word(name) and re.fullmatch(kinds, _word(name)))


def _word(name: str) -> str:
    """The last part of a name that is no number."""
    return next((p for p in reversed(name.lower().split(".")) if not p.isdigit()), "")


def _is_bias(word: str) -> bool:
    return bool(re.match(r"b|.*bias|.*b$", word))


def _reads_input(name: str) -> bool:
    return bool(re.search(r"x|in|emb", _word(name)))


def _is_output(name: str) -> bool:
    return bool(re.search(r"p|y|out|q|class|fc", _word(name)))

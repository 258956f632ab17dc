"""Find out which matrix a parameter is, by moving its numbers and comparing what moves.

All units start alike: every number of W_h, and every row of W_x, is the same, and biases are zero.
So the output at the start doesn't depend on which parameter is which gate's, which way round a
matrix is stored, or in which order its columns stand. Then one piece at a time is moved by random
numbers. The output follows just as that of the equations does when one of their parameters is moved
by the same numbers; that is the parameter. Each piece is settled alone, so that a network of m
pieces needs m + 1 runs, whatever the number of orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import torch

from grader.checks.mistakes import matches
from grader.exercises.palindrome import oracle
from grader.exercises.palindrome.oracle import Array, Model, OutputForm, Weights, as_form
from grader.exercises.palindrome.parameters import names
from grader.exercises.palindrome.parameters.cuts import Cut, Kind, Shape
from grader.exercises.palindrome.parameters.mapping import ParameterMap, Part
from grader.exercises.palindrome.recursion import Recursion

ROWS = 4  # of the batch that are compared
MIXING_STATE, READING_DIGITS, WAVE = 1.2, 0.3, 0.04
SCALES = {Kind.VECTOR: 0.5, Kind.INPUT: 0.5, Kind.CLASSES: 0.5}  # of moves; else 2 / sqrt(n)


@dataclass
class Experiment:
    """The moves of one network's parameters, and where they begin.

    Attributes:
        model: The network's class.
        cuts: The ways to cut each parameter.
        shapes: Shapes of all parameters, also of those that can't be cut.
        n: Units.
        embedding: The parameter that holds features of digits, if any.
        numbers: Parameters known to be W_x of an input that is one number.
    """

    model: Model
    cuts: Mapping[str, Sequence[Cut]]
    shapes: Mapping[str, Shape]
    n: int
    embedding: str
    numbers: frozenset[str]
    rng: np.random.Generator
    single: bool
    base: Weights = field(default_factory=dict)
    moves: list[tuple[str, Array]] = field(default_factory=list)
    _of: dict[tuple[str, int, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw the moves."""
        self.base = {name: self._rounded(self._start(name)) for name in self.shapes}
        for name, shape in self.shapes.items():
            if name not in self.cuts:
                self.moves.append((name, self._drawn(shape, 0.5)))
        for name, cuts in self.cuts.items():
            index = np.arange(np.prod(self.shapes[name])).reshape(self.shapes[name])
            drawn: dict[bytes, int] = {}
            for number, cut in enumerate(cuts):
                for place, piece in enumerate(cut.pieces(index, self.n)):
                    key = np.sort(piece, axis=None).tobytes()
                    if key not in drawn:
                        drawn[key] = len(self.moves)
                        self.moves.append((name, self._move(name, cut, piece)))
                    self._of[name, number, place] = drawn[key]

    def cases(self) -> list[Weights]:
        """Return what to set before each run: the start, then each move, the last one undone."""
        cases, moved = [dict(self.base)], ""
        for name, delta in self.moves:
            undone = {moved: self.base[moved]} if moved else {}
            cases.append({**undone, name: self._rounded(self.base[name] + delta)})
            moved = name
        return cases

    def read(
        self, recursion: Recursion, digits: Array, got: Sequence[Array], form: OutputForm,
        tolerance: float,
    ) -> ParameterMap | None:  # fmt: skip
        """Return what the parameters are if the network follows ``recursion``; None if it doesn't.

        Args:
            recursion: The equations, perhaps with a mistake.
            digits: What was read, (ROWS, T).
            got: Outputs (ROWS, K) of the cases.
            form: The form of the outputs.
            tolerance: Of the largest entry.
        """
        comparison = _Comparison(self, recursion, digits, got, form, tolerance)
        if not comparison.agrees(0, {}):
            return None
        parts: dict[str, Part] = {}
        dead: list[str] = []
        extra: list[str] = []
        for position, (name, _) in enumerate(self.moves[: len(self.shapes) - len(self.cuts)]):
            moved = not np.array_equal(got[position + 1], got[0])
            if name != self.embedding:
                (extra if moved else dead).append(name)
        for order, name in enumerate(self.cuts):
            part = comparison.part(name, order)
            if part is None:
                extra.append(name)
            elif any(part.targets):
                parts[name] = part
            else:
                dead.append(name)
        return ParameterMap(parts, self.embedding, tuple(dead), tuple(extra))

    def sheet(self) -> Weights:
        """Return the sheet's parameters at the start."""
        rows: dict[str, Array] = {}
        # W_ph may be as wide as W_x of one-hot codes; what can be only one of them comes first.
        for name in sorted(self.cuts, key=lambda name: len({c.kind for c in self.cuts[name]})):
            for cut in self.cuts[name]:
                pieces = cut.pieces(self.base[name], self.n)
                keys = {
                    Kind.VECTOR: ("x",) if name in self.numbers else (),
                    Kind.OUTPUT: ("ph",),
                    Kind.CLASSES: (),
                }.get(cut.kind, cut.columns)
                for key, piece in zip(keys, pieces, strict=False):
                    rows.setdefault(key, piece[:, None] if piece.ndim == 1 else piece)
        found = {}
        K = rows["ph"].shape[0] if "ph" in rows else 10
        for name, shape in oracle.shapes(self.model, 1, self.n, K).items():
            key = "ph" if name == "W_ph" else name[-1] if name.startswith("W") else ""
            found[name] = rows.get(key, np.zeros(shape)) if key else np.zeros(shape)
        return found

    def move_of(self, name: str, cut: int, place: int) -> int:
        """Return the number of the case in which that piece is moved."""
        return self._of[name, cut, place] + 1

    def _start(self, name: str) -> Array:
        shape = self.shapes[name]
        if name == self.embedding:
            return self.rng.normal(0.0, 1.0, shape)
        kinds = {cut.kind for cut in self.cuts.get(name, ())}
        if Kind.STATE in kinds or Kind.BOTH in kinds:
            return np.full(shape, MIXING_STATE / self.n)
        if Kind.VECTOR in kinds and name in self.numbers:
            return np.full(shape, READING_DIGITS)
        if kinds & {Kind.INPUT, Kind.OUTPUT}:
            axes = self.cuts[name][0].axes
            along = axes.index("i" if "i" in axes else "k")
            wave = WAVE * np.cos(3.0 * np.arange(shape[along]) + 1)
            return np.broadcast_to(
                wave.reshape([-1 if axis == along else 1 for axis in range(len(shape))]), shape
            ).copy()
        return np.zeros(shape)

    def _move(self, name: str, cut: Cut, positions: Array) -> Array:
        delta = np.zeros(self.shapes[name])
        narrow = positions.ndim == 2 and cut.kind is Kind.BOTH and positions.shape[1] != self.n
        scale = 0.5 if narrow else SCALES.get(cut.kind, 2 / np.sqrt(self.n))
        delta.flat[positions.ravel()] = self._drawn((positions.size,), scale)
        return delta

    def _drawn(self, shape: Shape, scale: float) -> Array:
        return self._rounded(np.asarray(self.rng.normal(0.0, scale, shape)))

    def _rounded(self, array: Array) -> Array:
        return array.astype(np.float32).astype(np.float64) if self.single else array


class _Comparison:
    """A network's answers to an experiment, beside those of a recursion."""

    def __init__(
        self, experiment: Experiment, recursion: Recursion, digits: Array, got: Sequence[Array],
        form: OutputForm, tolerance: float,
    ) -> None:  # fmt: skip
        self.experiment = experiment
        self.recursion = recursion
        self.got = got
        self.form: OutputForm = form
        self.tolerance = tolerance
        self.sheet = experiment.sheet()
        mapping = ParameterMap({}, experiment.embedding)
        self.x = torch.from_numpy(mapping.features(experiment.base, self.sheet, digits))
        self.tensors = {name: torch.from_numpy(array) for name, array in self.sheet.items()}

    def agrees(self, case: int, moved: Mapping[str, Array]) -> bool:
        """Return whether a case's output is the recursion's with these parameters moved."""
        n = self.experiment.n
        tensors = dict(self.tensors)
        for name, delta in moved.items():
            start = tensors.get(name, torch.zeros(n, dtype=torch.float64))
            if start.shape != delta.shape:
                return False
            tensors[name] = start + torch.from_numpy(delta)
        p = self.recursion.run(self.experiment.model, tensors, self.x)
        return matches(self.got[case], as_form(p, self.form).numpy(), self.tolerance)

    def part(self, name: str, order: int) -> Part | None:
        """Return the first cut whose pieces all move what some parameter of the sheet moves."""
        for number, cut in enumerate(self.experiment.cuts[name]):
            found: list[tuple[str, ...]] = []
            for place in range(self._count(name, cut)):
                targets = self._targets(name, number, cut, place, order)
                if targets is None:
                    break
                found.append(targets)
            else:
                return Part(cut, tuple(found))
        return None

    def _count(self, name: str, cut: Cut) -> int:
        return len(cut.pieces(self.experiment.base[name], self.experiment.n))

    def _targets(
        self, name: str, number: int, cut: Cut, place: int, order: int
    ) -> tuple[str, ...] | None:
        """Return the sheet's names for a piece: none if it moves nothing; None if they're not."""
        case = self.experiment.move_of(name, number, place)
        if np.array_equal(self.got[case], self.got[0]):
            return ()
        _, delta = self.experiment.moves[case - 1]
        piece = cut.pieces(delta, self.experiment.n)[place]
        for targets in self._candidates(name, cut, place, order):
            column = targets[0].startswith("W") and piece.ndim == 1
            value = piece[:, None] if column else piece
            if self.agrees(case, dict.fromkeys(targets, value)):
                return targets
        return None

    def _candidates(self, name: str, cut: Cut, place: int, order: int) -> Iterator[tuple[str, ...]]:
        """Yield names of the sheet's that a piece may have; last those that it may have at once."""
        model = self.experiment.model
        if cut.kind in (Kind.OUTPUT, Kind.CLASSES):
            yield ("W_ph",) if cut.kind is Kind.OUTPUT else ("b_p",)
            return
        gate = place // max(len(cut.columns), 1)
        gates = names.likely(name, model, gate + order)
        if cut.kind is Kind.VECTOR:
            form = "W_{}x" if name in self.experiment.numbers else "b_{}"
        else:
            form = f"W_{{}}{cut.columns[place % len(cut.columns)]}"
        yield from ((form.format(gate),) for gate in gates)
        if form == "b_{}":
            yield from [("h_0",), ("c_0",)][: 2 if model == "LSTM" else 1]
        for size in (2, len(gates)):
            yield from (tuple(map(form.format, some)) for some in combinations(gates, size))

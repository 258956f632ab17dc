"""Map each of a student's parameters to the sheet's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from grader.checks.arrays import require
from grader.core.failures import Failure
from grader.exercises.palindrome import oracle
from grader.exercises.palindrome.oracle import Array, Model, Weights
from grader.exercises.palindrome.parameters.cuts import Cut, Kind
from grader.exercises.palindrome.parameters.shifts import shifted

Names = tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A parameter of the student's: how it is cut, and which of the sheet's each piece holds.

    A piece for several of the sheet's names, such as one bias for all gates, bears them all.
    """

    cut: Cut
    targets: tuple[Names, ...]

    def pieces(self, array: Array, n: int) -> Iterator[tuple[Names, Array]]:
        """Yield the sheet's names of each piece, and its values in the sheet's shape."""
        reads = any(name.endswith("x") for names in self.targets for name in names)
        cut = self.cut.widened(array.shape) if reads else self.cut
        for names, piece in zip(self.targets, cut.pieces(array, n), strict=True):
            column = any(name.startswith("W") for name in names) and piece.ndim == 1
            yield names, piece[:, None] if column else piece


@dataclass(frozen=True)
class ParameterMap:
    """The parts of the equations that a student's parameters are, by their names.

    Attributes:
        parts: The parameters that hold some of the sheet's.
        embedding: The parameter that holds a row of features for each digit, if any.
        dead: Parameters that move nothing, and that no name of the sheet's is left for.
        extra: Parameters that move the output, but are none of the sheet's.
        shifts: Constants that forward adds to biases, by the sheet's names (shifts.py).
    """

    parts: Mapping[str, Part]
    embedding: str = ""
    dead: Names = ()
    extra: Names = ()
    shifts: Mapping[str, float] = field(default_factory=dict)

    def pieces(self, arrays: Weights) -> Iterator[tuple[str, Names, Array]]:
        """Yield the student's name, the sheet's names and the values of each piece."""
        n = self.units(arrays)
        for name, part in self.parts.items():
            if name in arrays:
                for names, piece in part.pieces(arrays[name], n):
                    yield name, names, piece

    def unpack(self, arrays: Weights) -> Weights:
        """Return the sheet's parameters in the student's; what is stored twice is the sum."""
        found: Weights = {}
        for _, names, piece in self.pieces(arrays):
            if names:
                found[names[0]] = found[names[0]] + piece if names[0] in found else piece
        return found

    def units(self, arrays: Weights) -> int:
        """Return n, from the weights that go from the state to the output."""
        for name, part in self.parts.items():
            if part.cut.kind is Kind.OUTPUT and name in arrays:
                return part.cut.units(arrays[name].shape)
        raise Failure(
            "W_ph should be among the parameters.",
            expected="a parameter of shape [num_classes, num_hidden]",
            hint="Equation (2) needs it: make it in the constructor, as an nn.Parameter.",
        )

    def held(self) -> set[str]:
        """Return the sheet's names that some parameter holds, each shared one once."""
        return {names[0] for part in self.parts.values() for names in part.targets if names}

    def shared(self) -> dict[str, Names]:
        """Return the student's parameters that serve several of the sheet's."""
        return {
            name: names
            for name, part in self.parts.items()
            for names in part.targets
            if len(names) > 1
        }

    def features(
        self, arrays: Weights, sheet: Weights, digits: Array, codes: Array | None = None
    ) -> Array:
        """Return the equations' x (B, T, d), by the width of W_x and the embedding if any.

        Args:
            arrays: The student's parameters, with the embedding.
            sheet: The sheet's parameters.
            digits: The digits (B, T).
            codes: The code of each digit (10, d), where it is another than the digit itself.
        """
        width = next(array.shape[1] for name, array in sheet.items() if name.endswith("x"))
        if self.embedding and arrays[self.embedding].shape == (10, width):
            rows: Array = arrays[self.embedding][digits.astype(int)]
            return rows
        if codes is not None and codes.shape == (10, width):
            return np.asarray(codes[digits.astype(int)])
        require(
            width == 1 or width >= 10,
            "The weights of the input should be as wide as a digit (1), or its one-hot code (10).",
            got=f"a width of {width}",
            hint="Make W_hx from input_dim: it is 1 for digits as numbers.",
        )
        return oracle.features(digits, width)


def complete(model: Model, mapping: ParameterMap, arrays: Weights) -> Weights:
    """Return the sheet's parameters in the student's, with zeros for missing biases.

    Raises:
        Failure: A matrix is missing, or a shape is none of the sheet's.
    """
    found = mapping.unpack(arrays)
    n, K = found["W_ph"].shape[1], found["W_ph"].shape[0]
    d = next((array.shape[1] for name, array in found.items() if name.endswith("x")), 1)
    for name, shape in oracle.shapes(model, d, n, K).items():
        if name not in found and name.startswith("W"):
            raise Failure(
                f"{name} should be among the parameters.",
                expected="the sheet's parameters, each either way round, alone or stacked",
                hint="Make it in the constructor, as an nn.Parameter of its own or in a stack.",
            )
        require(
            found.setdefault(name, np.zeros(shape)).shape == shape,
            f"{name} should have the shape that the constructor's sizes give it.",
            expected=f"{list(shape)}, or the other way round",
            got=str(list(found[name].shape)),
            hint="Make it from input_dim, num_hidden and num_classes alone.",
        )
    return shifted(found, mapping.shifts)

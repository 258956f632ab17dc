"""List the formats in which networks take their digits and give their output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from grader.exercises.palindrome import oracle
from grader.exercises.palindrome.oracle import Array

ONE_HOT = 10  # classes of a digit


class Precision(StrEnum):
    """Precision of the weights while the network runs."""

    DOUBLE = "float64"
    OWN = "float32"  # as the network was constructed


@dataclass(frozen=True)
class InputFormat:
    """How a network takes its digits; the default is the sheet's.

    Attributes:
        axes: Order of the axes: b for the batch, t for time, d for features (left out: none).
        width: Features of a digit: 1 for the digit itself, 10 for its one-hot code.
        input_dim: What the constructor gets.
        precision: Of the weights, and of the input unless it is of integers.
        integers: Whether the input is of integers.
        surplus: ``seq_length`` of the constructor, less the number of digits that are read.
    """

    axes: str = "bt"
    width: int = 1
    input_dim: int = 1
    precision: Precision = Precision.DOUBLE
    integers: bool = False
    surplus: int = 0

    def feed(self, digits: Array) -> Array:
        """Return ``digits`` (B, T) in this format."""
        x = oracle.features(digits, self.width) if "d" in self.axes else digits
        x = x.transpose(["btd".index(axis) for axis in self.axes])
        return np.ascontiguousarray(x.astype("int64" if self.integers else self.precision.value))


def formats(input_dim: int, precision: Precision, surplus: int) -> Iterator[InputFormat]:
    """Yield the formats for a constructor's ``input_dim``, the sheet's first."""
    base = InputFormat(input_dim=input_dim, precision=precision, surplus=surplus)
    for integers in (False, True):
        for axes, width in (
            ("bt", 1), ("btd", 1), ("btd", ONE_HOT), ("bdt", 1), ("bdt", ONE_HOT),
            ("tb", 1), ("tbd", 1), ("tbd", ONE_HOT), ("tdb", 1), ("tdb", ONE_HOT),
        ):  # fmt: skip
            if width == 1 or (input_dim == width and not integers):
                yield replace(base, axes=axes, width=width, integers=integers)

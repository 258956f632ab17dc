"""The ways in which networks take their digits; which one it is, is found out by trying."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from grader.exercises.palindrome import oracle
from grader.exercises.palindrome.oracle import Array

Form = Literal["digits", "column", "one-hot"]
INPUTS: tuple[tuple[Form, int], ...] = (
    ("digits", 1),
    ("digits", 10),
    ("column", 1),
    ("one-hot", 10),
)
Precision = Literal["float64", "float32"]


@dataclass(frozen=True)
class Way:
    """How a network takes its digits; the sheet's is the first of :data:`WAYS`."""

    form: Form
    input_dim: int
    precision: Precision  # of the weights, and of the input unless it is of integers
    integers: bool = False
    time_first: bool = False

    def feed(self, digits: Array) -> Array:
        """``digits`` (B, T) in this way's form."""
        x = digits.T if self.time_first else digits
        if self.form != "digits":
            x = oracle.features(x, 10 if self.form == "one-hot" else 1)
        return np.ascontiguousarray(x.astype("int64" if self.integers else self.precision))


PRECISIONS: tuple[Precision, ...] = ("float64", "float32")
WAYS = [
    Way(form, width, precision, integers, time_first)
    for precision in PRECISIONS
    for integers in (False, True)
    for time_first in (False, True)
    for form, width in INPUTS
    if not integers or form != "one-hot"
]

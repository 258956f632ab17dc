"""Hold what the reading of a network finds, and the runs of the network that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from grader.checks.mistakes import Mistake
from grader.checks.tolerances import TOLERANCE
from grader.exercises.palindrome.oracle import Array, OutputForm, Sizes, Weights
from grader.exercises.palindrome.parameters.cuts import Shape
from grader.exercises.palindrome.parameters.formats import InputFormat, Precision
from grader.exercises.palindrome.parameters.mapping import ParameterMap

DEFAULTS = Sizes(B=128, T=4, d=1, n=128)  # of the sheet: what every submission has been tried with
ONE_DIGIT = Sizes(B=1, T=1, d=1, n=3)


@dataclass(frozen=True)
class Fit:
    """How a network takes digits, what it returns, and which parameter is which.

    Attributes:
        input_format: How it takes digits.
        output_form: What it returns.
        mapping: What its parameters are.
        exact: Whether its output is that of the sheet's equations.
        precise: Whether its output comes in double precision.
        mistake: The mistake that explains its output otherwise, if one does.
    """

    input_format: InputFormat
    output_form: OutputForm
    mapping: ParameterMap
    exact: bool
    precise: bool = True
    mistake: Mistake | None = None


class Runs(Protocol):
    """Runs of a student's network; each may raise a Failure."""

    def surplus(self) -> int:
        """Return the ``seq_length`` that their own code gives, less the digits that are read."""

    def shapes(self, form: InputFormat, sizes: Sizes) -> tuple[dict[str, Shape], list[str]]:
        """Return the parameters' shapes, and which of them hold a row for each digit."""

    def attempts(
        self, forms: Sequence[InputFormat], weights: Weights, digits: Array, hurry: bool
    ) -> dict[int, Array]:
        """Return outputs (B, K) by the number of the format, of those that run.

        All have half a second together: from the start in a ``hurry``, else once one has run.
        """

    def outputs(
        self, form: InputFormat, sizes: Sizes, cases: Sequence[tuple[Weights, Array]]
    ) -> list[Array]:
        """Return the outputs of one network for weights and digits, in turn."""


def tolerance_of(form: InputFormat, output: Array) -> float:
    """Return the tolerance for numbers that came in single precision, or in double."""
    single = form.precision is not Precision.DOUBLE
    rounded = np.array_equal(output, output.astype(np.float32))
    return TOLERANCE["float32" if single or rounded else "float64"]


def form_of(output: Array) -> OutputForm:
    """Return what an output looks like, by its rows."""
    if (output >= 0).all() and np.allclose(output.sum(1), 1):
        return "softmax"
    logarithms = (output <= 0).all() and np.allclose(np.exp(output).sum(1), 1)
    return "log_softmax" if logarithms else "logits"

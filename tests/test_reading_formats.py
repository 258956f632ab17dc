"""Input formats are tried until one fits: the sheet's at first, the others only if need be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from grader.core.failures import Failure
from grader.exercises.palindrome import oracle
from grader.exercises.palindrome.oracle import Array, Sizes, Weights
from grader.exercises.palindrome.parameters import reading
from grader.exercises.palindrome.parameters.cuts import Shape
from grader.exercises.palindrome.parameters.formats import InputFormat


class Right:
    """Runs of a right vanilla RNN that takes numbers in some orders of axes.

    Those in ``long`` it takes if there are several digits; a single one is too few.
    """

    def __init__(self, axes: Sequence[str], long: Sequence[str] = ()) -> None:
        self.axes, self.long = axes, long
        self.tried: list[int] = []  # formats in each call of attempts

    def surplus(self) -> int:
        return 0

    def shapes(self, form: InputFormat, sizes: Sizes) -> tuple[dict[str, Shape], list[str]]:
        del form
        return oracle.shapes("VanillaRNN", 1, sizes.n, sizes.K), []

    def attempts(
        self, forms: Sequence[InputFormat], weights: Weights, digits: Array, hurry: bool
    ) -> dict[int, Array]:
        assert hurry == (bool(self.tried) and "bt" in self.axes)
        self.tried.append(len(forms))
        output = self._output(weights, digits)
        taken = [number for number, form in enumerate(forms) if self._takes(form)]
        return dict.fromkeys(taken, output)

    def outputs(
        self, form: InputFormat, sizes: Sizes, cases: Sequence[tuple[Weights, Array]]
    ) -> list[Array]:
        if not self._takes(form) or (sizes.T == 1 and form.axes in self.long):
            raise Failure("The network should take this.")
        shapes, _ = self.shapes(form, sizes)
        zeros = {name: np.zeros(shape) for name, shape in shapes.items()}
        return [self._output(zeros | weights, digits) for weights, digits in cases]

    def _takes(self, form: InputFormat) -> bool:
        return form.axes in self.axes and form.width == 1 and not form.integers

    def _output(self, weights: Weights, digits: Array) -> Array:
        return oracle.output("VanillaRNN", weights, oracle.features(digits, 1))


@pytest.mark.parametrize(
    ("network", "axes", "calls"),
    [
        (Right(["bt"]), "bt", 1),
        (Right(["bt", "btd"]), "bt", 1),  # it might broadcast the other: nobody needs to know
        (Right(["tbd"]), "tbd", 2),
        (Right(["bt", "btd"], long=["bt"]), "btd", 2),
        (Right(["bt"], long=["bt"]), "bt", 2),
    ],
)
def test_no_more_formats_are_tried_than_are_needed(network: Right, axes: str, calls: int) -> None:
    fit = reading.read(network, "VanillaRNN", np.random.default_rng(0))
    assert fit.exact
    assert fit.input_format.axes == axes
    assert len(network.tried) == calls
    assert network.tried[0] == 1

"""A wrong shape comes with what may have led to it."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks.arrays import as_numbers
from grader.checks.shapes import Shape, shape_hint
from grader.core.failures import Failure


@pytest.mark.parametrize(
    ("got", "expected", "hint"),
    [
        ((4, 3), (3, 4), "transposed"),
        ((3, 5, 4), (5, 3, 4), "another order"),
        ((7, 3, 4), (3, 4), "Axis 0, of length 7, is one too many"),
        ((3, 4), (7, 3, 4), "Axis 0, of length 7, is missing"),
        ((3, 1), (3,), "Only axes of length 1"),
        ((5, 4), (5, 4, 1), "Only axes of length 1"),
        ((4, 4), (4, 1), "broadcast to a matrix"),
        ((9,), (10,), "One entry too few along axis 0"),
        ((11, 2), (10, 2), "One entry too many along axis 0"),
        ((12, 2), (10, 2), ""),
        ((12,), (10, 2, 3), ""),
    ],
)
def test_hints(got: Shape, expected: Shape, hint: str) -> None:
    found = shape_hint(got, expected)
    assert hint in found
    assert bool(found) == bool(hint)


def test_a_check_of_an_array_says_it() -> None:
    with pytest.raises(Failure) as caught:
        as_numbers(np.ones((2, 3)), "X should be Y.", shape=(3, 2))
    assert caught.value.hint == "It is transposed."

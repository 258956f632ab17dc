"""Comparisons: what passes, and what a failure says."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks import arrays
from grader.checks.mistakes import Mistake
from grader.core.failures import Failure


def failure(got: object, expected: object, **options: object) -> Failure:
    with pytest.raises(Failure) as caught:
        arrays.close(got, expected, "what", **options)  # type: ignore[arg-type]
    return caught.value


def test_rounding_passes_and_more_does_not() -> None:
    expected = np.linspace(1, 2, 5)
    arrays.close(expected * (1 + 1e-12), expected, "what")
    assert failure(expected * (1 + 1e-7), expected).what == "what"


def test_zeros_must_be_zeros() -> None:
    arrays.close(np.zeros(3), np.zeros(3), "what")
    failure(np.full(3, 1e-20), np.zeros(3))


def test_expected_and_got_never_look_alike() -> None:
    found = failure(np.array([1.0, 2.00000001]), np.array([1.0, 2.0]))
    assert found.expected.splitlines()[0] != found.got.splitlines()[0]


def test_first_difference_is_shown_with_its_place() -> None:
    expected = np.arange(12.0).reshape(3, 4)
    got = expected.copy()
    got[1, 2] = 99
    found = failure(got, expected)
    assert found.got == "… 5, 99, 7\nat [1, 2]"
    assert found.expected == "… 5, 6, 7\nat [1, 2]"


@pytest.mark.parametrize(
    ("got", "says"),
    [
        (np.zeros(3), "shape [3]"),
        (np.array([1.0, np.nan]), "nan at [1]"),
        (np.array([np.inf, 1.0]), "inf at [0]"),
        (None, "NoneType"),
        ("text", "text"),
        (True, "bool"),
    ],
)
def test_what_is_no_array_of_the_right_shape(got: object, says: str) -> None:
    assert says in failure(got, np.array([1.0, 2.0])).got


def test_a_misconception_is_named_and_the_others_are_not() -> None:
    expected = np.array([1.0, 2.0])
    misconceptions = [
        (Mistake("sign", "the sign is wrong"), lambda: -expected),
        (Mistake("twice", "it is twice too large"), lambda: 2 * expected),
    ]
    found = failure(2 * expected, expected, hint="look again", mistakes=misconceptions)
    assert found.hint == "it is twice too large"
    found = failure(3 * expected, expected, hint="look again", mistakes=misconceptions)
    assert found.hint == "look again"


def test_scalars() -> None:
    arrays.close(3.0, 3, "what")
    found = failure(2.5, 3)
    assert (found.expected, found.got) == ("3", "2.5")

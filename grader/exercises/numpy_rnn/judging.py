"""What the tests of this exercise share: whom they ask, and how they compare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from grader.checks import TOLERANCE, Misconception, as_numbers, close, matches, name_misconception
from grader.exercises.numpy_rnn.oracle import Array, Sizes, Weights
from grader.failures import Failure
from grader.worker.student import Student

FILE = "numpy_rnn.py"
SINGLE_PRECISION = 1e-5  # of the largest entry: what some rounding to float32 may add up to


def ask(student: Student, probe: Callable[..., Any], **inputs: Any) -> Any:
    """What a probe finds out about the student's numpy_rnn.py."""
    return student.run(probe, FILE, defines=("RNN", "get_numerical_gradient"), **inputs)


def ask_network(student: Student, probe: Callable[..., Any], sizes: Sizes, **inputs: Any) -> Any:
    """The same about a network of these sizes."""
    return ask(student, probe, sizes=sizes.network(), **inputs)


def same(
    got: Array,
    expected: Array,
    what: str,
    *,
    where: str,
    misconceptions: Iterable[Misconception] = (),
    tolerance: float = TOLERANCE["float64"],
    hint: str = "",
) -> None:
    """As ``close``; axes of length one don't matter, and float32 is noticed if there is no hint."""
    as_numbers(expected, what, where=where)  # where it is the student's own, from another check
    if got.shape != expected.shape and np.squeeze(got).shape == np.squeeze(expected).shape:
        got = got.reshape(expected.shape)
    if not hint and matches(got, expected, SINGLE_PRECISION):
        hint = (
            "These numbers are right to about seven digits: somewhere they pass through float32. "
            "Everything here is float64."
        )
    close(
        got,
        expected,
        what,
        tolerance=tolerance,
        where=where,
        hint=hint,
        misconceptions=misconceptions,
    )


def all_same(
    got: Sequence[float],
    expected: Sequence[float],
    what: str,
    *,
    where: Sequence[str],
    misconceptions: Iterable[tuple[str, Sequence[Any]]],
) -> None:
    """One number for each of several cases; a misconception must explain all of them.

    Fractions of small counts: no precision is asked for.
    """
    hint = name_misconception(
        np.array(got),
        ((text, partial(np.array, values, dtype=float)) for text, values in misconceptions),
        TOLERANCE["float32"],
    )
    for value, right, place in zip(got, expected, where, strict=True):
        close(value, right, what, tolerance=TOLERANCE["float32"], where=place, hint=hint)


def same_weights(
    got: Weights, expected: Weights, what: str, *, where: str, tolerance: float = 0.0, hint: str
) -> None:
    """Fail unless all five weights are as expected, by default exactly."""
    for name, weight in expected.items():
        close(
            got[name], weight, what.format(name=name), tolerance=tolerance, where=where, hint=hint
        )


def require_raised(
    raised: list[str], kind: str, what: str, *, where: str, when: str, hint: str = ""
) -> None:
    """Fail unless the classes of an exception have this one among them."""
    if kind not in raised:
        came = raised[0] if raised else "no exception"
        raise Failure(what, expected=kind, got=f"{came} {when}", where=where, hint=hint)

"""Comparisons that tests of several exercises make."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from grader.checks import TOLERANCE, Array, Misconception, as_numbers, close, matches
from grader.failures import Failure

SINGLE_PRECISION = 1e-5  # of the largest entry: what some rounding to float32 may add up to


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


def require_raised(raised: list[str], kind: str, what: str, *, where: str, hint: str = "") -> None:
    """Fail unless what ``received.raised`` has found is an exception of this kind."""
    if kind not in raised[1:]:
        came = raised[0] if raised else "no exception"
        raise Failure(what, expected=kind, got=came, where=where, hint=hint)

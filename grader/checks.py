"""Comparisons of what came from a student with what an oracle says; each raises a Failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grader.failures import Failure

Array = NDArray[Any]
# A misconception: what to say, and the numbers that a solution with it would give.
Misconception = tuple[str, Callable[[], ArrayLike]]

# Errors are measured against the largest expected entry. In float64 another order of summation
# moves an answer by about 1e-14 of it, in float32 by about 1e-6; wrong formulas by 1e-3 and more.
TOLERANCE = {"float64": 1e-9, "float32": 2e-4}


def require(condition: bool, what: str, **details: Any) -> None:
    """Raise ``Failure(what, **details)`` unless ``condition`` holds."""
    if not condition:
        raise Failure(what, **details)


def close(
    got: Any,
    expected: ArrayLike,
    what: str,
    *,
    tolerance: float = TOLERANCE["float64"],
    where: str = "",
    hint: str = "",
    misconceptions: Iterable[Misconception] = (),
) -> None:
    """Fail unless ``got`` has the shape of ``expected`` and equals it.

    Entries may differ by ``tolerance`` times the largest expected magnitude. On a mismatch the hint
    is that of the first misconception whose numbers are the student's, else ``hint``.
    """
    wanted = np.asarray(expected)
    values = as_numbers(got, what, shape=wanted.shape, where=where)
    if matches(values, wanted, tolerance):
        return
    hint = name_misconception(values, misconceptions, tolerance) or hint
    index = first_difference(values, wanted, tolerance)
    left, right = excerpt(wanted, values, index)
    at = f"\nat {list(index)}" if wanted.ndim else ""
    raise Failure(what, expected=left + at, got=right + at, where=where, hint=hint)


def as_numbers(
    got: Any, what: str, *, shape: tuple[int, ...] | None = None, where: str = ""
) -> Array:
    """``got`` as an array of finite numbers, of that ``shape``; else a Failure that says why."""
    if not isinstance(got, np.ndarray | int | float) or isinstance(got, bool):
        expected = "numbers" if shape is None else f"an array of shape {list(shape)}"
        raise Failure(what, expected=expected, got=describe(got), where=where)
    values = np.asarray(got)
    if shape is not None and values.shape != shape:
        raise Failure(
            what, expected=f"shape {list(shape)}", got=f"shape {list(values.shape)}", where=where
        )
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        at = f" at {bad[0].tolist()}" if values.ndim else ""
        raise Failure(
            what,
            expected="finite numbers",
            got=f"{values[tuple(bad[0])]}{at}, {len(bad)} of {values.size} entries are not finite",
            where=where,
            hint="NaN comes from dividing by zero, from log(0) or from memory that was never set "
            "(torch.empty); inf from overflow.",
        )
    return values


def matches(got: Array, expected: ArrayLike, tolerance: float) -> bool:
    """Whether the two agree, by the one rule that all comparisons use."""
    wanted = np.asarray(expected)
    if got.shape != wanted.shape:
        return False
    scale = float(np.abs(wanted).max(initial=0.0))
    return bool(np.all(np.abs(got - wanted) <= tolerance * scale + 1e-300))


def name_misconception(
    got: Array, misconceptions: Iterable[Misconception], tolerance: float
) -> str:
    """What to say if ``got`` is what one of the misconceptions gives, else an empty text."""
    for hint, value in misconceptions:
        if matches(got, value(), tolerance):
            return hint
    return ""


def first_difference(got: Array, expected: Array, tolerance: float) -> tuple[int, ...]:
    """The index of the first entry that differs by more than is allowed."""
    wrong = np.abs(got - expected) > tolerance * float(np.abs(expected).max(initial=0.0)) + 1e-300
    return tuple(int(i) for i in np.argwhere(wrong)[0])


def excerpt(expected: Array, got: Array, index: tuple[int, ...], around: int = 3) -> list[str]:
    """Both arrays near ``index``, with as many digits as it takes to tell them apart there."""
    if not expected.ndim:
        rows = [np.atleast_1d(expected), np.atleast_1d(got)]
        at = 0
    else:
        rows = [expected[index[:-1]], got[index[:-1]]]
        at = index[-1]
    start, stop = max(0, at - 1), at + around
    for digits in (4, 7, 10, 17):
        texts = [[f"{value:.{digits}g}" for value in row[start:stop].tolist()] for row in rows]
        if texts[0][at - start] != texts[1][at - start]:
            break
    if len(rows[0]) == 1:
        return [text[0] for text in texts]
    before, after = "… " if start else "", " …" if stop < len(rows[0]) else ""
    return [f"{before}{', '.join(text)}{after}" for text in texts]


def describe(value: Any) -> str:
    """A received value in a few words."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {list(value.shape)}"
    if isinstance(value, str):
        return value
    return f"{type(value).__name__}: {str(value)[:200]}"

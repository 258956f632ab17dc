"""Compare a student's array with an oracle's; raise a `Failure` where they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import erf, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grader.bans.hidden import hidden_code
from grader.bans.static import Sources, Violation
from grader.bans.tampering import tampering
from grader.checks.carry import explanation, is_assumed
from grader.checks.mistakes import Mistake, Variant, matches
from grader.checks.shapes import shape_hint
from grader.checks.tolerances import CHANCE, SINGLE_PRECISION, TOLERANCE
from grader.core.failures import Failure, Status
from grader.core.language import translated
from grader.submission.places import place

Array = NDArray[Any]

EMPTY = "The array is empty: look at the size that it is made with."
SINGLE = Mistake(
    "single_precision",
    "These numbers are right to about seven digits: somewhere they pass through float32. "
    "Everything here is float64.",
)


def require(condition: bool, what: str, **details: Any) -> None:
    """Raise ``Failure(what, **details)`` unless ``condition`` holds."""
    if not condition:
        raise Failure(what, **details)


def require_unused(
    sources: Sources,
    scan: Callable[[Sources], list[Violation]],
    what: str,
    allowed: str,
    *,
    hint: str = "",
    status: Status = "blocked",
) -> None:
    """Fail at the first use that a scan finds in these files (text by name)."""
    for violation in scan(sources)[:1]:
        raise Failure(
            what,
            expected=allowed,
            got=f"{violation.what}: {violation.how}",
            where=place(violation.file, violation.line, sources[violation.file]),
            hint=hint,
            status=status,
        )


def require_untampered(sources: Sources, allowed: str, *, is_program: bool = False) -> None:
    """Fail if these files use what can blind the records of what runs."""
    what = "The code should use no tools that can blind the records of what runs."
    hint = "Leave it out: with it, nobody can tell what ran."
    require_unused(sources, partial(tampering, is_program=is_program), what, allowed, hint=hint)


def require_in_sources(sources: Sources) -> None:
    """Leave the points to a person if these files run code that stands in no source."""
    require_unused(
        sources,
        hidden_code,
        "All code that runs should stand in the files that are handed in.",
        "code in .py files and notebooks; saved arrays without pickles",
        hint="A person decides on the points of this question. To avoid this, use "
        "torch.load(..., weights_only=True), np.load without allow_pickle, "
        "and a dictionary in place of exec, eval and computed names of torch.",
        status="pending",
    )


def close(
    got: Any,
    expected: ArrayLike,
    what: str,
    *,
    tolerance: float = TOLERANCE["float64"],
    where: str = "",
    hint: str = "",
    mistakes: Iterable[Variant] = (),
) -> None:
    """Fail unless ``got`` has the shape of ``expected`` and equals it.

    Entries may differ by ``tolerance`` times the largest expected magnitude. On a mismatch the hint
    is that of the first mistake whose numbers are the student's, else ``hint``.
    """
    wanted = np.asarray(expected)
    values = as_numbers(got, what, shape=wanted.shape, where=where)
    if matches(values, wanted, tolerance):
        return
    mistake = explanation(values, mistakes, tolerance)
    if mistake and is_assumed(mistake):
        return
    index = first_difference(values, wanted, tolerance)
    left, right = excerpt(wanted, values, index)
    at = "\n" + translated("at {index}", index=[*index]) if wanted.ndim else ""
    raise Failure(
        what,
        expected=left + at,
        got=right + at,
        where=where,
        **(mistake.named() if mistake else {"hint": hint}),
    )


def same(
    got: Array,
    expected: Array,
    what: str,
    *,
    where: str,
    mistakes: Iterable[Variant] = (),
    tolerance: float = TOLERANCE["float64"],
    hint: str = "",
) -> None:
    """Fail as ``close`` does; axes of length one don't matter, and float32 is a named mistake."""
    as_numbers(expected, what, where=where)  # where it is the student's own, from another check
    if got.shape != expected.shape and np.squeeze(got).shape == np.squeeze(expected).shape:
        got = got.reshape(expected.shape)
    if tolerance and is_single(got) and is_assumed(SINGLE):
        tolerance = max(tolerance, SINGLE_PRECISION)
    if matches(got, expected, SINGLE_PRECISION) and (tolerance or is_single(got)):
        mistakes = [*mistakes, (SINGLE, partial(np.copy, got))]
    close(
        got,
        expected,
        what,
        tolerance=tolerance,
        where=where,
        hint=hint,
        mistakes=mistakes,
    )


def is_single(values: Array) -> bool:
    """Tell whether float32 can hold each of these numbers exactly."""
    return bool(np.array_equal(values, values.astype(np.float32)))


def require_raised(raised: list[str], kind: str, what: str, *, where: str, hint: str = "") -> None:
    """Fail unless what ``received.raised`` has found is an exception of this kind."""
    if kind not in raised[1:]:
        came = raised[0] if raised else "no exception"
        hint = hint or f"Look for this case first, and raise {kind} with what is wrong."
        raise Failure(what, expected=kind, got=came, where=where, hint=hint)


def require_uniform(values: Array, low: float, high: float, what: str, *, where: str) -> None:
    """Fail unless the values may well be independent draws, uniform between low and high."""
    require(values.size > 0, what, got="no numbers at all", where=where, hint=EMPTY)
    drawn = np.sort(values, axis=None)
    inside = bool(low <= drawn[0] and drawn[-1] <= high)
    require(
        inside and follows((drawn - low) / (high - low)),
        what,
        expected=f"uniform between {low:g} and {high:g}, standard deviation "
        f"{(high - low) / np.sqrt(12):.3f}",
        got=_summary(drawn),
        where=where,
        hint=_hint_on_range(drawn, low, high),
    )


def require_normal(values: Array, mean: float, what: str, *, where: str) -> None:
    """Fail unless the values may well be independent draws from N(mean, 1)."""
    drawn = np.sort(as_numbers(values, what, where=where), axis=None)
    require(
        drawn.size > 0 and follows(np.array([_normal(value - mean) for value in drawn])),
        what,
        expected=f"mean {mean:.3f}, standard deviation 1",
        got=_summary(drawn) if drawn.size else "no numbers at all",
        where=where,
        hint=_hint_on_normal(drawn, mean) if drawn.size else EMPTY,
    )


def follows(probabilities: Array) -> bool:
    """Return whether sorted draws may well follow a distribution, from its values at them (N,).

    By the inequality of Dvoretzky, Kiefer, Wolfowitz and Massart (Ann. Probab. 1990) the empirical
    distribution of N draws is nowhere further than ε from the true one, but for a chance of
    2 exp(−2 N ε²).
    """
    N = len(probabilities)
    ranks = np.arange(N + 1) / N
    furthest = max(
        np.abs(ranks[1:] - probabilities).max(), np.abs(ranks[:-1] - probabilities).max()
    )
    return bool(furthest <= np.sqrt(np.log(2 / CHANCE) / (2 * N)))


def _normal(z: float) -> float:
    """Return the distribution function of N(0, 1) at z."""
    return (1 + erf(z / sqrt(2))) / 2


def _summary(drawn: Array) -> str:
    return (
        f"numbers between {drawn[0]:.3f} and {drawn[-1]:.3f}, mean {drawn.mean():.3f}, "
        f"standard deviation {drawn.std():.3f}"
    )


def _hint_on_normal(drawn: Array, mean: float) -> str:
    if drawn[0] == drawn[-1]:
        return "All numbers are the same."
    if abs(drawn.mean() - mean) > 0.2:
        return "The mean is another: x_0 ~ N(mu, 1)."
    if abs(drawn.std() - 1) > 0.1:
        return "The spread is another: the variance is 1."
    return "Mean and variance are right, but the shape is not that of a normal distribution."


def as_numbers(
    got: Any, what: str, *, shape: tuple[int, ...] | None = None, where: str = ""
) -> Array:
    """Return ``got`` as an array of finite numbers; raise a Failure if it is none.

    ``what`` is the failure's first line. If ``shape`` is given, another shape is a failure, too.
    """
    if not isinstance(got, np.ndarray | int | float) or isinstance(got, bool):
        expected = "numbers" if shape is None else f"an array of shape {list(shape)}"
        hint = "Return numbers, in an array if there are several."
        raise Failure(what, expected=expected, got=describe(got), where=where, hint=hint)
    values = np.asarray(got)
    if shape is not None and values.shape != shape:
        expected, came = f"shape {list(shape)}", f"shape {list(values.shape)}"
        hint = shape_hint(values.shape, shape)
        raise Failure(what, expected=expected, got=came, where=where, hint=hint)
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


def first_difference(got: Array, expected: Array, tolerance: float) -> tuple[int, ...]:
    """Return the index of the first entry that differs by more than is allowed."""
    wrong = np.abs(got - expected) > tolerance * float(np.abs(expected).max(initial=0.0)) + 1e-300
    return tuple(int(i) for i in np.argwhere(wrong)[0])


def excerpt(expected: Array, got: Array, index: tuple[int, ...], around: int = 3) -> list[str]:
    """Return both arrays near ``index``, with as many digits as it takes to tell them apart."""
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
    """Return a received value in a few words."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {list(value.shape)}"
    if isinstance(value, str):
        return value
    return f"{type(value).__name__}: {str(value)[:200]}"


def _hint_on_range(drawn: Array, low: float, high: float) -> str:
    if drawn[0] == drawn[-1]:
        return "All numbers are the same."
    if drawn[0] >= 0:
        return "No number is negative: the range reaches as far below zero as above."
    if drawn[0] < low or drawn[-1] > high:
        # A normal distribution has no ends: its extremes lie far out, in standard deviations.
        if drawn[-1] > 3 * drawn.std():
            return "This looks like a normal distribution; a uniform one has sharp ends."
        return "The range is too wide."
    return "The numbers stay inside the range, but are not spread evenly over all of it."

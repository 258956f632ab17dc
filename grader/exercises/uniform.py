"""Whether numbers are drawn uniformly, with a bound on the chance to blame a right generator."""

from __future__ import annotations

import numpy as np

from grader.checks import Array, require

CHANCE = 1e-9  # to fail numbers that are uniform


def require_uniform(values: Array, low: float, high: float, what: str, *, where: str) -> None:
    """Fail unless the values may well be independent draws, uniform between low and high.

    By the inequality of Dvoretzky, Kiefer, Wolfowitz and Massart (Ann. Probab. 1990) the empirical
    distribution of N such draws is nowhere further than ε from the true one, but for a chance of
    2 exp(−2 N ε²).
    """
    require(values.size > 0, what, got="no numbers at all", where=where)
    drawn = np.sort(values, axis=None)
    share = (drawn - low) / (high - low)
    ranks = np.arange(len(drawn) + 1) / len(drawn)
    furthest = max(np.abs(ranks[1:] - share).max(), np.abs(ranks[:-1] - share).max())
    allowed = np.sqrt(np.log(2 / CHANCE) / (2 * len(drawn)))
    inside = low <= drawn[0] and drawn[-1] <= high
    require(
        inside and furthest <= allowed,
        what,
        expected=f"uniform between {low:g} and {high:g}, standard deviation "
        f"{(high - low) / np.sqrt(12):.3f}",
        got=f"numbers between {drawn[0]:.3f} and {drawn[-1]:.3f}, mean {drawn.mean():.3f}, "
        f"standard deviation {drawn.std():.3f}",
        where=where,
        hint=_hint(drawn, low, high),
    )


def _hint(drawn: Array, low: float, high: float) -> str:
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

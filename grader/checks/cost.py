"""Tell formulas from numerical derivatives by the time that they take for many weights.

Theory of operation. A formula costs about as much as one or two forward passes, in whatever style
it is written. Differences, in any precision, cost a forward pass or more for each single weight.
With the ten weights of an ordinary check no clock tells them apart, and digits tell only those that
round: differences of a high order in 80 or 130 bits are right to the last digit of float64. So the
student's function is called once for a network of :data:`WIDE` sizes.

The inputs are wide and the units few, because honest but slow styles multiply matrices (n, n) in
Python loops, or carry the derivatives of a state, (n, n, d), from step to step. Seconds of
processor time that the gradients of 132 thousand weights took, on one core of a server:

    0.01   matrix products, as the reference has them
    0.1    powers of recurrent weights, multiplied in Python loops over all three indices
    0.6    derivatives of the state carried forward as one array (n, n, d)
    0.7    Python loops over every element, for every pair of steps
    3      derivatives of the state carried forward in a Python loop over the weights
    130    differences of eighth order in 80 bits, products with the inputs kept between them
    2700   the same, each by a whole forward pass

:data:`SECONDS` lies at ten times the slowest formula. Time for which the worker waits for a
processor doesn't count, so that a busy machine changes nothing.

Numbers count at that size, too: what is right for few weights must be right for many. What is wrong
for few costs its points where it is compared, and none here. What this doesn't tell: differences
for a few numbers, such as the states' derivatives, from which a formula makes the gradients of all
weights; and derivatives that are carried forward by complex numbers with the step of a formula.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from grader.checks.arrays import close
from grader.checks.mistakes import matches
from grader.checks.tolerances import TOLERANCE
from grader.core.failures import Failure

Arrays = Mapping[str, NDArray[np.float64]]
WIDE: Mapping[str, int] = MappingProxyType({"T": 3, "d": 4096, "n": 32, "K": 6})
SECONDS = 30.0
HINT = (
    "Differences evaluate the loss anew for every weight; a formula goes through the sequence once "
    "or a few times and gives the gradients of all weights. Differences are good for checking it."
)


@dataclasses.dataclass(frozen=True)
class Sized:
    """A call of the student's function for a network of one size.

    Attributes:
        ask: Makes the call within so many seconds, and returns the gradients by name.
        right: What the gradients may be: one set, or several where chance chooses.
        where: File, function and sizes, for messages.
    """

    ask: Callable[[float], Arrays]
    right: Sequence[Arrays]
    where: str


def require_formula(subject: str, few: Sized, many: Sized, seconds: float) -> None:
    """Fail as blocked unless gradients that are right for few weights are for many, in time.

    Args:
        subject: What should be computed by a formula, for the message.
        few: The call for a small network, within ``seconds``.
        many: The call for a network of WIDE sizes, within SECONDS.
    """
    found = few.ask(seconds)
    what = f"{subject} should be computed by a formula: for many weights, too."
    count = sum(value.size for value in many.right[0].values())
    try:
        wide = many.ask(SECONDS)
    except Failure as failure:
        raise dataclasses.replace(
            failure,
            what=what,
            expected=f"{count:,} derivatives within {SECONDS:g} s of processor time; "
            "a formula takes less than a second",
            got=failure.got or failure.what,
            where="; ".join(filter(None, (many.where, failure.where))),
            hint=HINT if failure.status == "timeout" else failure.hint,
            status="blocked",
        ) from None
    for name in many.right[0]:
        if not _is_right(found, few.right, name) or _is_right(wide, many.right, name):
            continue
        try:
            close(wide.get(name, np.empty(0)), many.right[0][name], what, where=many.where)
        except Failure as failure:
            hint = f"{name} is right for few weights: is anything computed in another way there?"
            raise dataclasses.replace(failure, hint=hint, status="blocked") from None


def _is_right(found: Arrays, right: Sequence[Arrays], name: str) -> bool:
    """Return whether that gradient is one of those it may be."""
    return name in found and any(
        matches(found[name], each[name], TOLERANCE["float64"]) for each in right
    )

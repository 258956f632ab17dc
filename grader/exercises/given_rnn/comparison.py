"""Compare the weights of a network with those that it should have."""

from __future__ import annotations

from grader.checks.arrays import same
from grader.exercises.given_rnn.oracle import Weights


def same_weights(
    got: Weights, expected: Weights, what: str, *, where: str, tolerance: float = 0.0, hint: str
) -> None:
    """Fail unless all five weights are as expected, by default exactly.

    ``what`` is the message; ``{name}`` in it and in ``hint`` becomes the weight.
    """
    for name, weight in expected.items():
        said, told = what.format(name=name), hint.format(name=name)
        same(got[name], weight, said, tolerance=tolerance, where=where, hint=told)

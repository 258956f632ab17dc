"""Find constants that forward adds to biases: the same function, its biases counted from elsewhere.

Many add 1 to the forget gate's bias in forward, so that an LSTM begins by remembering. The network
with b + k in its equations is that of the sheet with the bias b' = b + k.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from grader.checks.mistakes import matches
from grader.exercises.palindrome import oracle
from grader.exercises.palindrome.oracle import Array, Model, OutputForm, Weights

ROUNDS = 12  # of Gauss-Newton; for constants up to 3, six do
STEP = 1e-6
LARGEST = 10.0  # a gate is open or shut for good from there on
WORTHWHILE = 0.9  # of the error may be left after a round


def shifted(sheet: Weights, shifts: Mapping[str, float]) -> Weights:
    """Return the sheet's parameters with these constants added."""
    return sheet | {name: sheet[name] + constant for name, constant in shifts.items()}


def find(
    model: Model, sheet: Weights, x: Array, got: Array, form: OutputForm, tolerance: float
) -> dict[str, float] | None:
    """Return the constants by the biases' names with which the equations give ``got`` (B, K).

    They minimize the squared error of B K numbers over one constant for each bias; None if that
    is no agreement. Constants that change nothing are left out.
    """
    names = [name for name in sheet if name.startswith("b_")]

    def error(constants: Array) -> Array:
        moved = shifted(sheet, dict(zip(names, constants.tolist(), strict=True)))
        found: Array = (oracle.output(model, moved, x, form) - got).ravel()
        return found

    constants, left = np.zeros(len(names)), error(np.zeros(len(names)))
    for _ in range(ROUNDS):
        columns = [(error(constants + step) - left) / STEP for step in STEP * np.eye(len(names))]
        move = np.linalg.lstsq(np.stack(columns, axis=1), -left, rcond=None)[0]
        tried = [constants + scale * move for scale in (1.0, 0.5, 0.2)]
        errors = [error(values) for values in tried]
        best = min(range(len(tried)), key=lambda place: float(np.linalg.norm(errors[place])))
        if np.linalg.norm(errors[best]) > WORTHWHILE * np.linalg.norm(left):
            break
        constants, left = tried[best], errors[best]
    if np.abs(constants).max() > LARGEST:
        return None
    found = {name: round(value, 6) for name, value in zip(names, constants.tolist(), strict=True)}
    shifts = {name: value for name, value in found.items() if value}
    wanted = oracle.output(model, shifted(sheet, shifts), x, form)
    return shifts if shifts and matches(got, wanted, tolerance) else None

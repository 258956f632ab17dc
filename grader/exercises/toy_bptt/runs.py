"""Compare a student's runs and numbers in the precision that they were computed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from grader.checks.arrays import as_numbers, close, require
from grader.checks.mistakes import Variant
from grader.checks.tolerances import TOLERANCE
from grader.exercises.toy_bptt.oracle import Array
from grader.sandbox.exercise_file import ExerciseFile

FILE = ExerciseFile(
    "toy_bptt.py",
    (
        "truncated_bptt",
        "truncated_step",
        "loss_gradient",
        "decaying_rate",
    ),
)


def precision(*values: Any) -> float:
    """Return the tolerance for these numbers: the sheet doesn't ask for double precision.

    What was computed in single precision consists of numbers that it can hold.
    """
    for value in values:
        numbers = np.asarray(value, dtype=np.float64)
        with np.errstate(over="ignore"):
            if np.array_equal(numbers, numbers.astype(np.float32)):
                return TOLERANCE["float32"]
    return TOLERANCE["float64"]


def agree(got: float, expected: float, what: str, where: str, mistakes: Iterable[Variant]) -> None:
    """Fail unless a number is as expected, in its own precision."""
    close(
        got,
        expected,
        what,
        tolerance=precision(got),
        where=where,
        mistakes=mistakes,
    )


def of_length(run: Mapping[str, Any], iterations: int, where: str) -> tuple[Array, Array, Array]:
    """Return theta (K + 1,), loss and gradient (K,) of a run; fail if one has another length."""
    lengths = {"theta": iterations + 1, "loss": iterations, "gradient": iterations}
    got = {name: len(run[name]) for name in lengths}
    require(
        got == lengths,
        f"A run of {iterations} iterations should be recorded whole.",
        expected=", ".join(f"{name}: {length}" for name, length in lengths.items()),
        got=", ".join(f"{name}: {length}" for name, length in got.items()),
        where=where,
        hint="theta has one entry more than loss and gradient: the start, and what each iteration "
        "comes to.",
    )
    theta, loss, gradient = (
        as_numbers(run[name], f"{name} in the run.", where=where) for name in lengths
    )
    return theta, loss, gradient


def run_precision(theta: Array, loss: Array, gradient: Array) -> float:
    """Return the tolerance for a run, as ``precision`` does; the first theta is ours."""
    return precision(theta[1:], loss, gradient)


def records_agree(
    run: tuple[Array, Array, Array],
    expected: tuple[Array, Array],
    where: str,
    mistakes: Mapping[str, Iterable[Variant]],
) -> None:
    """Fail unless loss and gradient are those at the student's own theta."""
    for name, got, wanted in zip(("loss", "gradient"), run[1:], expected, strict=True):
        close(
            got,
            wanted,
            f"The {name} that a run records should be that at each of its theta.",
            tolerance=run_precision(*run),
            where=where,
            mistakes=mistakes[name],
        )

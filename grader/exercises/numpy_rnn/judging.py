"""The file that the tests of this exercise ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from grader.checks.arrays import require
from grader.checks.carry import is_assumed
from grader.checks.mistakes import Mistake
from grader.exercises.given_rnn.oracle import Sizes, Weights
from grader.sandbox.exercise_file import ExerciseFile
from grader.sandbox.student import Student

FILE = ExerciseFile(
    "numpy_rnn.py",
    (
        "RNN",
        "get_numerical_gradient",
    ),
)


def ask_network(student: Student, probe: Callable[..., Any], sizes: Sizes, **inputs: Any) -> Any:
    """Return what a probe finds out about a network of these sizes."""
    return FILE.run(student, probe, sizes=sizes.network(), **inputs)


def missing(name: str) -> Mistake:
    """Return the mistake of a function that returns all gradients but that one."""
    return Mistake(f"{name}_missing", f"{name} is missing: return a gradient for each weight.")


def require_held(found: Weights, name: str, where: str) -> None:
    """Fail if that gradient is not among those that were found."""
    require(
        name in found,
        f"The gradients should hold {name}.",
        expected="d_V, d_W, d_R, d_bs and d_by, in a dictionary",
        got=f"keys {', '.join(found)}",
        where=where,
        **missing(name).named(),
    )


def held(found: Weights, names: Iterable[str], where: str) -> Iterator[str]:
    """Yield the names of gradients that are there; fail at one that is not.

    It is left out if that mistake was counted before. A check that asks for one gradient alone
    must not use this, but :func:`require_held`: it would have nothing to look at.
    """
    for name in names:
        if name in found or not is_assumed(missing(name)):
            require_held(found, name, where)
            yield name

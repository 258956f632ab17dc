"""The file that the tests of this exercise ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.exercises.given_rnn.oracle import Sizes
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

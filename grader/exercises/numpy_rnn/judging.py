"""What the tests of this exercise share: whom they ask, and how they compare weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.exercises.given_rnn.oracle import Sizes
from grader.sandbox.student import Student
from grader.submission.snapshot import FileName

FILE = FileName("numpy_rnn.py", "RNN", "get_numerical_gradient")


def ask(student: Student, probe: Callable[..., Any], **inputs: Any) -> Any:
    """What a probe finds out about the student's numpy_rnn.py."""
    return student.run(probe, FILE, **inputs)


def ask_network(student: Student, probe: Callable[..., Any], sizes: Sizes, **inputs: Any) -> Any:
    """The same about a network of these sizes."""
    return ask(student, probe, sizes=sizes.network(), **inputs)

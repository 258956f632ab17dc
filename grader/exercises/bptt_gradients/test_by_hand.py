"""No automatic differentiation in sheet 002's functions: it costs the question.

What counts is what runs, so that a file may well check its formulas with torch elsewhere. Finite
differences give themselves away by their numbers; what NumPy alone differentiates exactly (a step
into the imaginary, an autodiff of one's own) is for a person to see.
"""

from __future__ import annotations

from typing import Any

import pytest

from grader.checks.arrays import require, require_in_sources, require_untampered
from grader.core.sources import imports
from grader.exercises.bptt_gradients import oracle, probes
from grader.exercises.bptt_gradients.agreement import FILE
from grader.exercises.bptt_gradients.oracle import Random
from grader.sandbox.student import Student

AUTOGRAD = {"torch", "jax", "autograd", "tensorflow", "theano", "mxnet"}


def by_formula(student: Student, function: str, inputs: dict[str, Any]) -> None:
    """Fail if a call of the student's function runs, or could hide, a derivative of torch's."""
    sources = FILE.sources(student)
    require_untampered(sources, "formulas in NumPy")
    FILE.run(student, probes.try_out, name=function, inputs=inputs)
    require_in_sources(sources)


@pytest.mark.question(id="G1", required=True)
def test_linear(student: Student, rng: Random) -> None:
    """The linear RNN's gradients are formulas."""
    by_formula(student, "linear_gradients", oracle.draw(rng))


@pytest.mark.question(id="G2", required=True)
def test_tanh(student: Student, rng: Random) -> None:
    """The tanh RNN's gradients are formulas."""
    by_formula(student, "tanh_gradients", oracle.draw(rng))


@pytest.mark.question(id="G3", required=True)
def test_truncated(student: Student, rng: Random) -> None:
    """Truncated gradients are formulas."""
    by_formula(student, "truncated_gradients", {**oracle.draw(rng), "tau": 2})


@pytest.mark.question(id="G4", required=True)
def test_randomized(student: Student, rng: Random) -> None:
    """Randomly truncated gradients are formulas."""
    by_formula(student, "randomized_gradients", {**oracle.draw(rng), "p": 0.5})


@pytest.mark.question(id="G5", required=True)
def test_last_step(student: Student, rng: Random) -> None:
    """The last step's gradients and the Jacobians are formulas."""
    problem = oracle.draw_last(rng)
    by_formula(student, "last_step_gradients", {**problem, "y": 1})
    h = oracle.states(problem, "tanh")
    by_formula(student, "jacobian_norms", {"W_hh": problem["W_hh"], "h": h})


@pytest.mark.question(id="G1")
def test_imports(student: Student) -> None:
    """The file needs no library that differentiates."""
    found = [
        f"{each.module} in {file}, line {each.line}"
        for file, text in FILE.sources(student).items()
        for each in imports(text)
        if not each.level and each.module.partition(".")[0] in AUTOGRAD
    ]
    require(
        not found,
        "The file imports nothing that differentiates.",
        expected="NumPy alone",
        got="; ".join(found),
        hint="Here it is by hand. A check with autograd is better off in a file of its own.",
    )

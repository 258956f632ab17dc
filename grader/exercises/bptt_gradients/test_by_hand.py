"""No automatic differentiation in sheet 002's functions: it costs the question.

What counts is what runs, so that a file may well check its formulas with torch elsewhere. Numerical
derivatives give themselves away by their cost (see :mod:`grader.checks.cost`). An automatic
differentiation that a student writes in NumPy is for a person to see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import require, require_in_sources, require_untampered
from grader.checks.cost import WIDE, Sized, require_formula
from grader.core.sources import imports
from grader.exercises.bptt_gradients import oracle, probes
from grader.exercises.bptt_gradients.agreement import FILE
from grader.exercises.bptt_gradients.mistakes import right_weights
from grader.exercises.bptt_gradients.oracle import Arrays, Random
from grader.sandbox.student import PROBE_SECONDS, Student

AUTOGRAD = {"torch", "jax", "autograd", "tensorflow", "theano", "mxnet"}


Drawer = Callable[..., Arrays]
Answers = Callable[[Arrays], Sequence[Arrays]]


def by_formula(
    student: Student,
    rng: Random,
    function: str,
    right: Answers,
    drawer: Drawer = oracle.draw,
    **more: float,
) -> None:
    """Fail if the student's function differentiates by torch, or takes the time of differences.

    Args:
        student: The submission.
        rng: Draws.
        function: The function's name.
        right: The gradients that a problem has: one set, or several where chance chooses.
        drawer: Draws a problem.
        more: Further arguments of the function.
    """
    sources = FILE.sources(student)
    require_untampered(sources, "formulas in NumPy")
    few = drawer(rng, WIDE["T"])
    many = drawer(rng, WIDE["T"], sizes=(WIDE["d"], WIDE["n"], WIDE["K"]))

    def sized(problem: Arrays) -> Sized:
        def ask(seconds: float) -> Arrays:
            inputs: dict[str, Any] = {**problem, **more}
            found: Arrays = FILE.run(
                student, probes.once, seconds=seconds, name=function, inputs=inputs
            )
            return found

        where = FILE.place(function, oracle.sizes(problem))
        return Sized(ask, right(problem), where)

    require_formula(f"What {function} returns", sized(few), sized(many), PROBE_SECONDS)
    require_in_sources(sources)


@pytest.mark.question(id="G1", required=True)
def test_linear(student: Student, rng: Random) -> None:
    """The linear RNN's gradients are formulas."""
    by_formula(student, rng, "linear_gradients", lambda p: [oracle.gradients(p, "linear")])


@pytest.mark.question(id="G2", required=True)
def test_tanh(student: Student, rng: Random) -> None:
    """The tanh RNN's gradients are formulas."""
    by_formula(student, rng, "tanh_gradients", lambda p: [oracle.gradients(p, "tanh")])


@pytest.mark.question(id="G3", required=True)
def test_truncated(student: Student, rng: Random) -> None:
    """Truncated gradients are formulas."""
    by_formula(student, rng, "truncated_gradients", lambda p: [oracle.truncated(p, 1)], tau=1)


@pytest.mark.question(id="G4", required=True)
def test_randomized(student: Student, rng: Random) -> None:
    """Randomly truncated gradients are formulas."""
    by_formula(student, rng, "randomized_gradients", partial(every_draw, p=0.5), p=0.5)


def every_draw(problem: Arrays, p: float) -> list[Arrays]:
    """Return the randomly truncated gradients for every tau that may be drawn."""
    terms, lag = oracle.terms(problem, "tanh"), np.arange(len(problem["x"]))
    return [oracle.weighted(terms, right_weights(int(tau), p, lag)) for tau in lag]


@pytest.mark.question(id="G5", required=True)
def test_last_step(student: Student, rng: Random) -> None:
    """The last step's gradients and the Jacobians are formulas."""
    by_formula(
        student,
        rng,
        "last_step_gradients",
        lambda p: [oracle.last_step(p, 1)],
        oracle.draw_last,
        y=1,
    )
    problem = oracle.draw_last(rng)
    sources = FILE.sources(student)
    FILE.run(student, probes.jacobian_norms, W_hh=problem["W_hh"], h=oracle.states(problem, "tanh"))
    require_in_sources(sources)


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
        "The file should import nothing that differentiates.",
        expected="NumPy alone",
        got="; ".join(found),
        hint="Here it is by hand. A check with autograd is better off in a file of its own.",
    )

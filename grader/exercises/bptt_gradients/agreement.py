"""What the tests of this exercise share: whom they ask, and how they compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from grader.checks.arrays import (
    TOLERANCE,
    Misconception,
    as_numbers,
    close,
    require,
    require_raised,
)
from grader.checks.mistakes import matches
from grader.core.failures import Failure
from grader.exercises.bptt_gradients import mistakes as wrong
from grader.exercises.bptt_gradients import oracle, probes
from grader.exercises.bptt_gradients.oracle import Array, Arrays, Kind, Random
from grader.sandbox.student import Student
from grader.submission.snapshot import FileName

FILE = FileName("bptt_gradients.py", "linear_gradients", "tanh_gradients", "truncated_gradients")
COARSE = (
    "These numbers are right to a few digits only: float32, or finite differences? A formula in "
    "float64 is right to about 14."
)


def ask(student: Student, function: str, cases: Sequence[dict[str, Any]]) -> list[Arrays]:
    """The student's gradients for each case."""
    found: list[Arrays] = student.run(probes.gradients, FILE, name=function, cases=list(cases))
    return found


def agrees(
    found: Arrays,
    name: str,
    expected: Array,
    *,
    where: str,
    mistakes: Iterable[Misconception] = (),
) -> None:
    """The gradient of one weight among those that the student's function has returned."""
    what = f"The gradient of {name}."
    got = of_name(found, name, what, where)
    if got.shape == expected.T.shape != expected.shape:
        raise Failure(
            what,
            expected=f"shape {list(expected.shape)}, as the weight",
            got=f"shape {list(got.shape)}",
            where=where,
            hint="It is transposed: it has the orientation of the weight.",
        )
    hint = ""
    if matches(got, expected, TOLERANCE["float32"]):
        mistakes = ()
        hint = COARSE
    close(got, expected, what, where=where, hint=hint, mistakes=mistakes)


def weight_agrees(student: Student, function: str, kind: Kind, name: str, rng: Random) -> None:
    """The gradient of one weight, at several lengths of the sequence."""
    problems = [oracle.draw(rng), oracle.draw(rng, T=1), oracle.draw(rng, T=12)]
    for found, problem in zip(ask(student, function, problems), problems, strict=True):
        agrees(
            found,
            name,
            oracle.gradients(problem, kind)[name],
            where=f"{FILE}, {function}; {oracle.sizes(problem)}",
            mistakes=wrong.gradients(name, problem, kind),
        )


def of_name(found: Arrays, name: str, what: str, where: str) -> Array:
    """The array of that name, finite."""
    require(
        name in found,
        what,
        expected=f"{name} among what is returned",
        got=", ".join(found) or "nothing",
        where=where,
    )
    return as_numbers(found[name], what, where=where)


def follows_the_loss(student: Student, function: str, kind: Kind, rng: Random) -> None:
    """Central differences of the judge's own loss along random lines, one per weight.

    Their error is about 1e-10 of the slope: step^2 by the rule, 1e-16 / step by rounding.
    """
    problem, step = oracle.draw(rng), 1e-5
    (found,) = ask(student, function, [problem])
    where = f"{FILE}, {function}; {oracle.sizes(problem)}"
    for name in oracle.WEIGHTS:
        what = f"The gradient of {name} is the slope of the loss."
        gradient = of_name(found, name, what, where)
        line = rng.normal(size=problem[name].shape)
        require(gradient.shape == line.shape, what, where=where, **shapes(gradient, line))
        above, below = (
            oracle.loss(problem | {name: problem[name] + sign * step * line}, kind)
            for sign in (1, -1)
        )
        numeric, analytic = (above - below) / (2 * step), float((gradient * line).sum())
        scale = float(np.linalg.norm(line)) * max(1.0, float(np.linalg.norm(gradient)))
        require(
            abs(numeric - analytic) <= 1e-6 * scale,
            what,
            expected=f"{numeric:.7g} along a random line, by finite differences",
            got=f"{analytic:.7g}",
            where=where,
        )


def shapes(got: Array, wanted: Array) -> dict[str, str]:
    return {"expected": f"shape {list(wanted.shape)}", "got": f"shape {list(got.shape)}"}


def refuses(
    student: Student,
    function: str,
    problem: Arrays,
    parameter: str,
    *,
    legal: float,
    values: list[float],
) -> None:
    """A ValueError for each of these values of the parameter, not for the legal one."""
    legal_case, *cases = ({**problem, parameter: value} for value in (legal, *values))
    answers = student.run(probes.refuses, FILE, name=function, legal=legal_case, cases=cases)
    for value, answer in zip(values, answers, strict=True):
        what = f"{function} refuses {parameter} = {value}."
        require_raised(answer, "ValueError", what, where=f"{FILE}, {function}")

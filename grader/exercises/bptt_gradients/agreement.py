"""Get the student's gradients and compare them; shared by the tests of this exercise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from grader.checks.arrays import as_numbers, close, require, require_raised
from grader.checks.gradients import directional, draw_lines, require_directional, shifted
from grader.checks.mistakes import Mistake, Variant, matches
from grader.checks.tolerances import TOLERANCE
from grader.core.failures import Failure
from grader.exercises.bptt_gradients import mistakes as wrong
from grader.exercises.bptt_gradients import oracle, probes
from grader.exercises.bptt_gradients.oracle import Array, Arrays, Kind, Random
from grader.sandbox.exercise_file import ExerciseFile
from grader.sandbox.student import Student

FILE = ExerciseFile(
    "bptt_gradients.py",
    (
        "linear_gradients",
        "tanh_gradients",
        "truncated_gradients",
    ),
)
COARSE = Mistake(
    "few_digits",
    "These numbers are right to a few digits only: float32, or finite differences? A formula in "
    "float64 is right to about 14.",
    subject_of=("G1", "G2", "G3", "G4", "G5"),
)


def ask(student: Student, function: str, cases: Sequence[dict[str, Any]]) -> list[Arrays]:
    """Return the gradients that the student's function gives for each case, by name."""
    found: list[Arrays] = FILE.run(student, probes.gradients, name=function, cases=list(cases))
    return found


def agrees(
    found: Arrays,
    name: str,
    expected: Array,
    *,
    where: str,
    mistakes: Iterable[Variant] = (),
) -> None:
    """Fail unless the gradient of one weight is as expected.

    Args:
        found: Gradients that the student's function has returned, by name.
        name: The weight.
        expected: Its gradient, in the weight's shape.
        where: The function and the sizes, for messages.
        mistakes: Wrong values, each with its mistake.
    """
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
    if matches(got, expected, TOLERANCE["float32"]):
        mistakes = [(COARSE, partial(np.copy, got))]
    close(got, expected, what, where=where, mistakes=mistakes)


def weight_agrees(student: Student, function: str, kind: Kind, name: str, rng: Random) -> None:
    """Check the gradient of one weight at several lengths of the sequence, T = 1 included."""
    problems = [oracle.draw(rng), oracle.draw(rng, T=1), oracle.draw(rng, T=12)]
    for found, problem in zip(ask(student, function, problems), problems, strict=True):
        agrees(
            found,
            name,
            oracle.gradients(problem, kind)[name],
            where=FILE.place(function, oracle.sizes(problem)),
            mistakes=wrong.gradients(name, problem, kind),
        )


def of_name(found: Arrays, name: str, what: str, where: str) -> Array:
    """Return the array of that name; fail if it is missing or not finite."""
    require(
        name in found,
        what,
        expected=f"{name} among what is returned",
        got=", ".join(found) or "nothing",
        where=where,
        hint=f"Return one dictionary with an entry for each weight: there is none for {name}.",
    )
    return as_numbers(found[name], what, where=where)


def follows_the_loss(student: Student, function: str, kind: Kind, rng: Random) -> None:
    """Compare the gradients with central differences of the judge's own loss.

    The differences are taken along random lines, one per weight.
    """
    problem = oracle.draw(rng)
    (found,) = ask(student, function, [problem])
    where = FILE.place(function, oracle.sizes(problem))
    weights = {name: problem[name] for name in oracle.WEIGHTS}
    lines = draw_lines(rng, weights)
    values = [oracle.loss(problem | moved, kind) for moved in shifted(weights, lines)]
    numeric = directional(values, lines)
    for name, line in lines.items():
        what = f"The gradient of {name} should be the derivative of the loss."
        require_directional(
            of_name(found, name, what, where),
            line,
            numeric[name],
            what,
            of="the loss",
            where=where,
            mistakes=wrong.gradients(name, problem, kind),
        )


def refuses(
    student: Student,
    function: str,
    problem: Arrays,
    parameter: str,
    *,
    legal: float,
    values: list[float],
) -> None:
    """Check that each of these values of a parameter raises ValueError.

    The ``legal`` value must raise nothing.
    """
    legal_case, *cases = ({**problem, parameter: value} for value in (legal, *values))
    answers = FILE.run(student, probes.refuses, name=function, legal=legal_case, cases=cases)
    for value, answer in zip(values, answers, strict=True):
        what = f"{function} refuses {parameter} = {value}."
        require_raised(answer, "ValueError", what, where=FILE.place(function))

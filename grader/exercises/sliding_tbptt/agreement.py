"""Get a student's gradient and compare it with the oracle's, in questions S2 to S5."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from grader.checks.arrays import as_numbers, close, require, require_raised
from grader.checks.carry import explanation, is_assumed
from grader.checks.mistakes import Variant, matches
from grader.checks.tolerances import TOLERANCE
from grader.exercises.sliding_tbptt import oracle, probes
from grader.exercises.sliding_tbptt.cells import Array, Problem
from grader.exercises.sliding_tbptt.mistakes import flat, of_a_second_call
from grader.exercises.sliding_tbptt.oracle import Gradient, Terms
from grader.sandbox.exercise_file import ExerciseFile
from grader.sandbox.student import PROBE_SECONDS, Student

FILE = ExerciseFile(
    "sliding_tbptt.py",
    (
        probes.SLIDING,
        "stateful_chunks_gradient",
    ),
)
EXACT = TOLERANCE["float64"]
Sizes = dict[str, int]  # K, or K1 and K2, or K and O
OTHER_CELL = (
    "Is it right for other cells? Call the cell that is handed in: a class of torch has several "
    "formulas, and a subclass another one."
)
LEGAL = "The smallest and the largest sizes that make sense are no mistake: look at < and <=."


def place(function: str, sizes: Sizes, given: object) -> str:
    """Return where a check looks."""
    return FILE.place(function, ", ".join(f"{k} = {v}" for k, v in sizes.items()), given)


def ask(
    student: Student,
    probe: Callable[..., Any],
    where: str,
    seconds: float = PROBE_SECONDS,
    **inputs: Any,
) -> Any:
    """Return what the probe finds out."""
    return FILE.run(student, probe, seconds=seconds, where=where, **inputs)


def gradients(
    student: Student, function: str, problem: Problem, sizes: Sizes, where: str, calls: int
) -> Any:
    """Return the gradients of so many calls, and what these changed in place."""
    asked: dict[str, Any] = {"function": function, "sizes": sizes, "problem": vars(problem)}
    return ask(student, probes.gradient, where, **asked, calls=calls)


def agrees(
    student: Student,
    function: str,
    problem: Problem,
    sizes: Sizes,
    terms: Terms,
    mistakes: Iterable[Variant],
) -> None:
    """Check that one call gives the gradient of these terms."""
    where = place(function, sizes, problem)
    found = gradients(student, function, problem, sizes, where, calls=1)
    (got,) = found["gradients"]
    changed = ", ".join(map(str, found["changed"]))
    hint = OTHER_CELL if "nn." in problem.cell else ""
    if changed:
        hint = f"The call changes in place what is handed in: {changed}."
    compare(got, oracle.gradient(problem, terms), where, mistakes, hint)


def agrees_again(
    student: Student,
    function: str,
    problem: Problem,
    sizes: Sizes,
    terms: Terms,
    mistakes: Iterable[Variant],
) -> None:
    """Check that a second call, with the very same cell and data, gives the same gradient."""
    where = place(function, sizes, problem) + ", the second call with the same cell and data"
    found = gradients(student, function, problem, sizes, where, calls=2)
    require(
        not found["changed"],
        f"{function} should leave the cell's parameters and the data as they are.",
        expected="the same numbers after the calls as before",
        got=f"changed in place: {', '.join(map(str, found['changed']))}",
        where=where,
        hint="A gradient is asked for, no training step: look for an optimizer's step(), and for "
        "operations in place on an argument, like += or names that end with an underscore.",
    )
    first, second = found["gradients"]
    wrong = chain(of_a_second_call(problem, terms, first), mistakes)
    compare(second, oracle.gradient(problem, terms), where, wrong)


def compare(
    got: dict[str, Any],
    expected: Gradient,
    where: str,
    mistakes: Iterable[Variant],
    hint: str = "",
) -> None:
    """Fail unless all parameters' gradients are as expected; name the mistake that gives them."""
    what = {
        name: f"The gradient of {name}, for the sum of the losses, is that of the definition."
        for name in expected
    }
    numbers = {
        name: as_numbers(got.get(name), what[name], shape=value.shape, where=where)
        for name, value in expected.items()
    }
    if matches(flat(numbers), flat(expected), EXACT):
        return
    mistake = explanation(flat(numbers), mistakes, EXACT)
    if mistake and is_assumed(mistake):
        return
    for name, value in expected.items():
        variants = [(mistake, partial(np.copy, numbers[name]))] if mistake else []
        close(numbers[name], value, what[name], where=where, hint=hint, mistakes=variants)


def refuses(
    student: Student,
    function: str,
    given: Problem | Array,
    *,
    bad: Iterable[Sizes],
    good: Iterable[Sizes],
) -> None:
    """Check that each of the bad sizes raises ValueError, and that no good one raises."""
    inputs = vars(given) if isinstance(given, Problem) else given

    def answer(sizes: Sizes) -> tuple[str, list[str]]:
        where = place(function, sizes, given if inputs is not given else f"N = {len(given)}")
        asked: dict[str, Any] = {"function": function, "sizes": sizes, "inputs": inputs}
        return where, ask(student, probes.answers, where, 2.0, **asked)

    for sizes in good:
        where, raised = answer(sizes)
        what, came = f"{function} accepts these sizes.", "".join(raised[:1])
        require(not raised, what, expected="no exception", got=came, where=where, hint=LEGAL)
    for sizes in bad:
        where, raised = answer(sizes)
        require_raised(
            raised,
            "ValueError",
            f"{function} refuses these sizes.",
            where=where,
            hint="Look at the sizes first, and raise ValueError with a message that says what is "
            "wrong with them.",
        )

"""Question S5: the sliding window in a number of applications of the cell that is O(N)."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks.arrays import require, require_in_sources, require_untampered
from grader.exercises.sliding_tbptt import oracle, probes
from grader.exercises.sliding_tbptt.agreement import FILE, ask, compare, place
from grader.exercises.sliding_tbptt.cells import Problem, draw
from grader.exercises.sliding_tbptt.mistakes_sliding import of_sliding_window
from grader.sandbox.student import Student

Random = np.random.Generator
# One application a step is enough. Running each step anew for its states' adjoints and again for
# the parameters' gradients is as good: it does not grow with K.
ALLOWED = 4


def is_applied_rarely(student: Student, problem: Problem, K: int) -> None:
    """Check that the gradient is right and takes at most ALLOWED applications a step."""
    sources = FILE.sources(student)
    require_untampered(sources, "calls of the cell")
    require_in_sources(sources)
    N, sizes = problem.N, {"K": K}
    where = place(probes.SLIDING, sizes, problem)
    found = ask(
        student,
        probes.applications,
        where,
        function=probes.SLIDING,
        sizes=sizes,
        problem=vars(problem),
    )
    terms = oracle.sliding_window(N, K)
    expected = oracle.gradient(problem, terms)
    compare(found["gradients"][0], expected, where, of_sliding_window(problem, K))
    applied, what = found["applications"], "The cell is applied about once for each step."
    require(
        applied <= ALLOWED * N,
        what,
        expected=f"N = {N} applications (up to {ALLOWED} N = {ALLOWED * N} are accepted)",
        got=f"{applied} applications; a call with several states counts once for each. The double "
        f"loop takes {sum(i - start + 1 for i, start in terms)}, and some for the states",
        where=where,
        hint="The gradient is right, and S4 keeps its points. But a step is run again for each "
        "window that contains it: its state and its derivative are the same in all of them.",
    )
    require(
        applied >= N,
        what,
        expected=f"N = {N} applications at least: there are as many states",
        got=f"{applied} applications",
        where=where,
        hint="The function works for any cell: call the one that is handed in.",
    )


@pytest.mark.question(id="S5", share="3/4")
def test_applications(student: Student, rng: Random) -> None:
    """The number of applications of the cell grows with N, not with N · K."""
    is_applied_rarely(student, draw(rng, "erf", N=48), int(rng.integers(22, 27)))


@pytest.mark.question(id="S5", share="1/4")
def test_applications_to_a_batch(student: Student, rng: Random) -> None:
    """Sliding windows for several sequences at once."""
    is_applied_rarely(student, draw(rng, "erf", N=40, B=3), int(rng.integers(18, 23)))

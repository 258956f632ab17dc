"""Question S2: K1 steps without gradients build the state, K2 steps with gradients follow."""

from __future__ import annotations

import numpy as np
import pytest

from grader.exercises.sliding_tbptt import oracle
from grader.exercises.sliding_tbptt.agreement import agrees, agrees_again, refuses
from grader.exercises.sliding_tbptt.cells import Problem, draw
from grader.exercises.sliding_tbptt.mistakes import of_warm_up
from grader.sandbox.student import Student

Random = np.random.Generator
FUNCTION = "warm_up_gradient"


def warms_up(student: Student, problem: Problem, K1: int, K2: int) -> None:
    """Check the gradient after a warm-up of K1 steps, through K2 steps."""
    terms, wrong = oracle.warm_up(K1, K2), of_warm_up(problem, K1, K2)
    agrees(student, FUNCTION, problem, {"K1": K1, "K2": K2}, terms, wrong)


@pytest.mark.question(id="S2", share="8/15")
def test_gradient(student: Student, rng: Random) -> None:
    """The gradient of the K2 losses, through the K2 steps alone."""
    for cell in ("gated", "residual", "nn.GRUCell"):
        K1, K2 = (int(size) for size in rng.integers(3, 6, 2))
        warms_up(student, draw(rng, cell), K1, K2)


@pytest.mark.question(id="S2", share="1/5")
def test_edges(student: Student, rng: Random) -> None:
    """No warm-up, a single step with gradients, and sequences used to their end."""
    problem = draw(rng, "nn.RNNCell", loss="cross-entropy")
    N = problem.N
    for K1, K2 in ((0, 4), (4, 1), (0, N), (N - 3, 3), (N - 1, 1)):
        warms_up(student, problem, K1, K2)


@pytest.mark.question(id="S2", share="1/15")
def test_batch(student: Student, rng: Random) -> None:
    """Several sequences at once."""
    warms_up(student, draw(rng, "gated", B=3), 4, 5)


@pytest.mark.question(id="S2", share="1/10")
def test_second_call(student: Student, rng: Random) -> None:
    """A second call gives the same gradient, and nothing handed in is changed."""
    problem = draw(rng, "gated")
    terms, wrong = oracle.warm_up(3, 5), of_warm_up(problem, 3, 5)
    agrees_again(student, FUNCTION, problem, {"K1": 3, "K2": 5}, terms, wrong)


@pytest.mark.question(id="S2", share="1/10")
def test_impossible_sizes(student: Student, rng: Random) -> None:
    """Sizes K1 and K2 that do not fit are a ValueError."""
    problem = draw(rng, "gated")
    N = problem.N
    bad = [{"K1": K1, "K2": K2} for K1, K2 in ((-1, 3), (2, 0), (2, -1), (N - 3, 4), (N, 1))]
    good = [{"K1": 0, "K2": 1}, {"K1": N - 1, "K2": 1}]
    refuses(student, FUNCTION, problem, bad=bad, good=good)

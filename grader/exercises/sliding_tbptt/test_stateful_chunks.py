"""Question S3: chunks of K steps, over whose borders the state is carried without its gradient."""

from __future__ import annotations

import numpy as np
import pytest

from grader.exercises.sliding_tbptt import oracle
from grader.exercises.sliding_tbptt.agreement import agrees, agrees_again, refuses
from grader.exercises.sliding_tbptt.cells import Problem, draw
from grader.exercises.sliding_tbptt.mistakes import of_stateful_chunks
from grader.sandbox.student import Student

Random = np.random.Generator
FUNCTION = "stateful_chunks_gradient"


def is_cut_into(student: Student, problem: Problem, K: int) -> None:
    """Check the gradient of stateful chunks of K steps."""
    terms = oracle.stateful_chunks(problem.N, K)
    agrees(student, FUNCTION, problem, {"K": K}, terms, of_stateful_chunks(problem, K))


@pytest.mark.question(id="S3", share="8/15")
def test_gradient(student: Student, rng: Random) -> None:
    """Each loss is differentiated back to the first step of its chunk; the last may be shorter."""
    for cell in ("gated", "residual", "nn.GRUCell"):
        K = int(rng.integers(3, 6))
        leftover = int(rng.integers(1, K))
        is_cut_into(student, draw(rng, cell, N=3 * K + leftover), K)
    is_cut_into(student, draw(rng, "multiplicative", N=12), 4)


@pytest.mark.question(id="S3", share="1/5")
def test_edges(student: Student, rng: Random) -> None:
    """K = 1 is one-step, K of N and more is full backpropagation."""
    problem = draw(rng, "nn.RNNCell", loss="cross-entropy")
    for K in (1, problem.N, problem.N + 5):
        is_cut_into(student, problem, K)


@pytest.mark.question(id="S3", share="1/15")
def test_batch(student: Student, rng: Random) -> None:
    """Several sequences at once."""
    is_cut_into(student, draw(rng, "gated", B=3), 4)


@pytest.mark.question(id="S3", share="1/10")
def test_second_call(student: Student, rng: Random) -> None:
    """A second call gives the same gradient, and nothing handed in is changed."""
    problem = draw(rng, "gated")
    terms, wrong = oracle.stateful_chunks(problem.N, 4), of_stateful_chunks(problem, 4)
    agrees_again(student, FUNCTION, problem, {"K": 4}, terms, wrong)


@pytest.mark.question(id="S3", share="1/10")
def test_impossible_sizes(student: Student, rng: Random) -> None:
    """A K below 1 is a ValueError."""
    problem = draw(rng, "gated")
    good = [{"K": 1}, {"K": problem.N + 1}]
    refuses(student, FUNCTION, problem, bad=[{"K": 0}, {"K": -1}], good=good)

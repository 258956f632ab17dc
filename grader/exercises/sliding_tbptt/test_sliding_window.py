"""Question S4: each loss through the last K applications of the cell, exactly."""

from __future__ import annotations

import numpy as np
import pytest

from grader.exercises.sliding_tbptt import oracle, probes
from grader.exercises.sliding_tbptt.agreement import agrees, agrees_again, refuses
from grader.exercises.sliding_tbptt.cells import Problem, draw
from grader.exercises.sliding_tbptt.mistakes import flat
from grader.exercises.sliding_tbptt.mistakes_sliding import (
    STALE,
    of_sliding_window,
    with_stale_states,
)
from grader.sandbox.student import Student

Random = np.random.Generator
FUNCTION = probes.SLIDING


def slides(student: Student, problem: Problem, K: int) -> None:
    """Check the gradient of the sliding window of K steps."""
    terms = oracle.sliding_window(problem.N, K)
    agrees(student, FUNCTION, problem, {"K": K}, terms, of_sliding_window(problem, K))


@pytest.mark.question(id="S4", share="1/3")
def test_gradient(student: Student, rng: Random) -> None:
    """The gradient is that of the definition, for cells of many kinds."""
    for cell in ("residual", "multiplicative", "gated", "leaky (a subclass of nn.RNNCell)"):
        slides(student, draw(rng, cell), int(rng.integers(4, 7)))


@pytest.mark.question(id="S4", share="1/6")
def test_cells_of_torch(student: Student, rng: Random) -> None:
    """The gradient is that of the definition, for nn.RNNCell and nn.GRUCell."""
    cells = ("nn.RNNCell", "nn.RNNCell with relu", "nn.RNNCell without bias", "nn.GRUCell")
    for cell in cells:
        slides(student, draw(rng, cell, loss="cross-entropy"), int(rng.integers(4, 7)))


@pytest.mark.question(id="S4", share="1/10")
def test_short_windows(student: Student, rng: Random) -> None:
    """Windows of one and of two steps."""
    for K in (1, 2):
        slides(student, draw(rng, "gated"), K)


@pytest.mark.question(id="S4", share="2/15")
def test_long_windows(student: Student, rng: Random) -> None:
    """Windows as long as the sequence: K of N and more is full backpropagation."""
    for longer in (-1, 0, 5):
        problem = draw(rng, "gated")
        slides(student, problem, problem.N + longer)


@pytest.mark.question(id="S4", share="1/10")
def test_overlapping_windows(student: Student, rng: Random) -> None:
    """Windows that overlap count no loss twice: h_t = h_{t−1} + θ, a loss after each fifth step.

    With h_0 = 0, θ = 1 and K = 7 the losses ½ (h_t − y_t)² at t = 5, 10, 15, 20 sum to 280.5 for
    y = (0, 0, 0, 8.5). Where the states' .grad is never cleared, 310.5 comes out.
    """
    y = np.zeros((20, 2))
    y[4::5, 0] = 1
    y[19, 1] = 8.5
    x, h_0, theta = rng.normal(size=(20, 1)), np.zeros(1), np.array(1.0)
    problem = Problem("h + theta", "weighted squares", {"theta": theta}, x, y, h_0)
    stale = [(STALE, lambda: flat(with_stale_states(problem, 7, every=5)))]
    wrong = [*stale, *of_sliding_window(problem, 7)]
    agrees(student, FUNCTION, problem, {"K": 7}, oracle.sliding_window(20, 7), wrong)


@pytest.mark.question(id="S4", share="1/30")
def test_unused_parameter(student: Student, rng: Random) -> None:
    """A parameter that no loss depends on has a gradient of zeros."""
    slides(student, draw(rng, "partly used"), 4)


@pytest.mark.question(id="S4", share="1/15")
def test_batch(student: Student, rng: Random) -> None:
    """Several sequences at once."""
    for cell in ("multiplicative", "nn.RNNCell"):
        slides(student, draw(rng, cell, B=3), 4)


@pytest.mark.question(id="S4", share="1/30")
def test_second_call(student: Student, rng: Random) -> None:
    """A second call gives the same gradient, and nothing handed in is changed."""
    problem = draw(rng, "gated")
    terms, wrong = oracle.sliding_window(problem.N, 4), of_sliding_window(problem, 4)
    agrees_again(student, FUNCTION, problem, {"K": 4}, terms, wrong)


@pytest.mark.question(id="S4", share="1/30")
def test_impossible_sizes(student: Student, rng: Random) -> None:
    """A K below 1 is a ValueError."""
    problem = draw(rng, "gated")
    good = [{"K": 1}, {"K": problem.N + 1}]
    refuses(student, FUNCTION, problem, bad=[{"K": 0}, {"K": -1}], good=good)

"""Question G2: the gradients of the tanh RNN, by the discussion in sheet 002."""

from __future__ import annotations

import pytest

from grader.exercises.bptt_gradients.agreement import follows_the_loss, weight_agrees
from grader.exercises.bptt_gradients.oracle import Random
from grader.sandbox.student import Student

FUNCTION = "tanh_gradients"


@pytest.mark.question(id="G2", share="1/4")
def test_W_qh(student: Student, rng: Random) -> None:
    """The gradient of W_qh."""
    weight_agrees(student, FUNCTION, "tanh", "W_qh", rng)


@pytest.mark.question(id="G2", share="1/4")
def test_W_hx(student: Student, rng: Random) -> None:
    """The gradient of W_hx."""
    weight_agrees(student, FUNCTION, "tanh", "W_hx", rng)


@pytest.mark.question(id="G2", share="3/8")
def test_W_hh(student: Student, rng: Random) -> None:
    """The gradient of W_hh."""
    weight_agrees(student, FUNCTION, "tanh", "W_hh", rng)


@pytest.mark.question(id="G2", share="1/8")
def test_finite_differences(student: Student, rng: Random) -> None:
    """The gradients agree with finite differences of the loss."""
    follows_the_loss(student, FUNCTION, "tanh", rng)

"""Question G1: the gradients of the linear RNN of sheet 002."""

from __future__ import annotations

import pytest

from grader.exercises.bptt_gradients.agreement import follows_the_loss, weight_agrees
from grader.exercises.bptt_gradients.oracle import Random
from grader.sandbox.student import Student

FUNCTION = "linear_gradients"


@pytest.mark.question(id="G1", share="1/4")
def test_W_qh(student: Student, rng: Random) -> None:
    """The gradient of W_qh."""
    weight_agrees(student, FUNCTION, "linear", "W_qh", rng)


@pytest.mark.question(id="G1", share="1/4")
def test_W_hx(student: Student, rng: Random) -> None:
    """The gradient of W_hx."""
    weight_agrees(student, FUNCTION, "linear", "W_hx", rng)


@pytest.mark.question(id="G1", share="3/8")
def test_W_hh(student: Student, rng: Random) -> None:
    """The gradient of W_hh."""
    weight_agrees(student, FUNCTION, "linear", "W_hh", rng)


@pytest.mark.question(id="G1", share="1/8")
def test_finite_differences(student: Student, rng: Random) -> None:
    """The gradients agree with finite differences of the loss."""
    follows_the_loss(student, FUNCTION, "linear", rng)

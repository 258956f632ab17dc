"""Question M2 of sheet 003: the mean squared error and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import close, require_raised, same
from grader.checks.tolerances import SQUARED_ERRORS
from grader.exercises.given_rnn.oracle import Array
from grader.exercises.memory_task import oracle, probes_learner
from grader.exercises.memory_task.judging import LEARNER
from grader.exercises.memory_task.mistakes_learner import (
    loss_gradient_variants,
    loss_variants,
    numerical_variants,
    right_gradients_of_wrong_losses,
)
from grader.sandbox.student import Student

Random = np.random.Generator
VALUE, GRADIENT = LEARNER.place("MSELoss.forward"), LEARNER.place("MSELoss.backward")


def draw(rng: Random, *shapes: tuple[int, int]) -> list[dict[str, Array]]:
    """Draw normal ŷ and y, one case for each shape (B, K)."""
    return [{"y_hat": rng.normal(size=shape), "y": rng.normal(size=shape)} for shape in shapes]


def batch_sizes(rng: Random) -> list[tuple[int, int]]:
    """Return three shapes (B, 1); one has a random B."""
    return [(int(rng.integers(3, 9)), 1), (2, 1), (64, 1)]


def right_value(got: float, case: dict[str, Array]) -> None:
    """Fail unless the loss of a case is its mean squared error."""
    y_hat, y = case["y_hat"], case["y"]
    close(
        got,
        oracle.mse(y_hat, y),
        "forward should return the mean squared error.",
        tolerance=SQUARED_ERRORS,
        where=f"{VALUE}; shapes {list(y.shape)}",
        mistakes=loss_variants(y_hat, y),
    )


def right_gradient(got: Any, case: dict[str, Array]) -> None:
    """Fail unless the gradient of a case is ∂L/∂ŷ (B, K)."""
    y_hat, y = case["y_hat"], case["y"]
    same(
        got,
        oracle.mse_gradient(y_hat, y),
        "backward returns ∂L/∂ŷ, the gradient of the mean squared error.",
        tolerance=SQUARED_ERRORS,
        where=f"{GRADIENT}; shapes {list(y.shape)}",
        mistakes=loss_gradient_variants(y_hat, y),
    )


@pytest.mark.question(id="M2", share="4/15")
def test_forward(student: Student, rng: Random) -> None:
    """The loss is the mean squared error."""
    cases = draw(rng, *batch_sizes(rng))
    for got, case in zip(
        LEARNER.run(student, probes_learner.loss_values, cases=cases), cases, strict=True
    ):
        right_value(got, case)


@pytest.mark.question(id="M2", share="1/3")
def test_backward(student: Student, rng: Random) -> None:
    """The gradient of the loss is that of autograd."""
    cases = draw(rng, *batch_sizes(rng))
    for got, case in zip(
        LEARNER.run(student, probes_learner.losses, cases=cases), cases, strict=True
    ):
        right_gradient(got["gradient"], case)


@pytest.mark.question(id="M2", share="1/5")
def test_finite_differences(student: Student, rng: Random) -> None:
    """Compare backward with finite differences of its own forward.

    L is a parabola in each prediction, so that a central difference is exact at any step.
    """
    (case,) = draw(rng, (5, 1))
    step = 0.1
    shifts = step * np.eye(5)[:, :, None]
    cases = [{**case, "y_hat": case["y_hat"] + shift} for shift in (*shifts, *-shifts)]
    values = np.array(LEARNER.run(student, probes_learner.loss_values, cases=cases))
    (found,) = LEARNER.run(student, probes_learner.losses, cases=[case])
    slopes = (values[:5] - values[5:]) / (2 * step)
    same(
        found["gradient"],
        slopes[:, None],
        "backward should return the derivatives of your own forward, by finite differences.",
        tolerance=SQUARED_ERRORS,
        where=f"{GRADIENT}; a batch of 5",
        mistakes=[
            *loss_gradient_variants(case["y_hat"], case["y"]),
            *right_gradients_of_wrong_losses(case["y_hat"], case["y"]),
        ],
    )


@pytest.mark.question(id="M2", share="1/5")
def test_numerical_gradient(student: Student, rng: Random) -> None:
    """The numerical gradient is the central difference of the loss, for each prediction.

    The loss that it is asked for is a sum of weighted cubes: only differences of its own values
    give the right numbers.
    """
    (case,) = draw(rng, (4, 2))
    weights = rng.uniform(0.5, 1.5, (4, 2))
    eps = float(rng.uniform(0.1, 0.3))  # so large that the rule, and the step, show in the numbers
    got = LEARNER.run(
        student, probes_learner.numerical_gradient, case=case, weights=weights, eps=eps
    )
    same(
        got,
        oracle.cubic_difference(weights, case["y_hat"] - case["y"], eps),
        "Each entry should be the central difference with the step eps.",
        where=LEARNER.place("numerical_loss_gradient", f"eps = {eps:.4g}"),
        hint="The loss here is not the mean squared error but another: only its forward tells how "
        "it changes with a prediction.",
        mistakes=numerical_variants(weights, case["y_hat"] - case["y"], eps),
    )


@pytest.mark.question(id="M2")
def test_several_outputs(student: Student, rng: Random) -> None:
    """With several outputs, which the task has not, the mean is over all elements."""
    cases = draw(rng, (4, 3))
    (found,) = LEARNER.run(student, probes_learner.losses, cases=cases)
    right_value(found["value"], cases[0])
    right_gradient(found["gradient"], cases[0])


@pytest.mark.question(id="M2")
def test_refuses(student: Student, rng: Random) -> None:
    """Shapes that would broadcast are refused, and backward before forward."""
    (case,) = draw(rng, (4, 1))
    found = LEARNER.run(student, probes_learner.misuses_of_loss, y_hat=case["y_hat"], y=case["y"])
    require_raised(
        found["shapes"],
        "ValueError",
        "Prediction and target have the same shape.",
        where=f"{VALUE}; for [4, 1] and [4]",
        hint="NumPy would broadcast them to [4, 4], and the loss would be that of all pairs.",
    )
    require_raised(
        found["early"],
        "RuntimeError",
        "backward needs a forward before it.",
        where=f"{GRADIENT}; before any forward",
    )

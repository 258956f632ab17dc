"""Wrong formulas that students do write in their MSELoss and Learner, each with a hint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from grader.checks.carry import combined, is_assumed
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.given_rnn.oracle import Array, Weights, over_time
from grader.exercises.memory_task import oracle
from grader.exercises.memory_task.oracle import Batch

# Of ŷ and y (B, K).
LOSS: list[tuple[Mistake, Callable[[Array, Array], Any]]] = [
    (Mistake("summed", "The errors are summed; L has 1/N before the sum."),
     lambda y_hat, y: ((y_hat - y) ** 2).sum()),
    (Mistake("halved", "This is half of it: the sheet's L has no factor 1/2."),
     lambda y_hat, y: oracle.mse(y_hat, y) / 2),
    (Mistake("root_taken", "This is the root of it."),
     lambda y_hat, y: np.sqrt(oracle.mse(y_hat, y))),
    (Mistake("mean_before_square", "The mean is taken before the square."),
     lambda y_hat, y: (y_hat - y).mean() ** 2),
    (Mistake("absolute_error", "This is the mean absolute error: the square is missing."),
     lambda y_hat, y: abs(y_hat - y).mean()),
    (Mistake("not_squared", "The errors are not squared."), lambda y_hat, y: (y_hat - y).mean()),
    (Mistake("not_squared", "The errors are not squared."), lambda y_hat, y: (y - y_hat).mean()),
    (Mistake("mean_over_batch_only",
     "The mean is over the batch only; N counts all elements of ŷ."),
     lambda y_hat, y: ((y_hat - y) ** 2).sum() / len(y)),
    (Mistake("broadcast_over_pairs", "This is y against the transposed ŷ: look for broadcasting."),
     lambda y_hat, y: np.mean((y_hat.reshape(-1, 1) - y.reshape(1, -1)) ** 2)),
]  # fmt: skip
# Of the right gradient (B, K).
LOSS_GRADIENT: list[tuple[Mistake, Callable[[Array], Array]]] = [
    (Mistake("halved", "The factor 2 of the square's derivative is forgotten."),
     lambda right: right / 2),
    (Mistake("gradient_sign", "The sign is wrong: L is differentiated by ŷ, not by y."),
     np.negative),
    (Mistake("halved_with_wrong_sign",
     "The sign is wrong, and the factor 2 of the square's derivative is forgotten."),
     lambda right: -right / 2),
    (Mistake("summed", "The 1/N of the mean is forgotten."), lambda right: right * right.size),
    (Mistake("summed_and_halved", "The 1/N of the mean and the factor 2 are forgotten."),
     lambda right: right * right.size / 2),
    (Mistake("mean_over_batch_only",
     "The sum is divided by the batch size only; N counts all elements of ŷ."),
     lambda right: right * right.shape[1]),
    (Mistake("divided_twice", "The gradient is divided by N twice."),
     lambda right: right / right.size),
    (Mistake("gradient_summed_over_batch",
     "The gradient is summed over the batch; each prediction has its own."),
     lambda right: 0 * right + right.sum(0)),
    (Mistake("gradient_averaged_over_batch",
     "The gradient is averaged over the batch; each prediction has its own."),
     lambda right: 0 * right + right.mean(0)),
]  # fmt: skip


def loss_variants(y_hat: Array, y: Array) -> Iterator[Variant]:
    """Yield wrong values of the mean squared error."""
    for mistake, wrong in LOSS:
        if is_wrong(mistake, y):
            yield mistake, partial(wrong, y_hat, y)


def loss_gradient_variants(y_hat: Array, y: Array) -> Iterator[Variant]:
    """Yield wrong values of the gradient of the mean squared error."""
    right = oracle.mse_gradient(y_hat, y)
    for mistake, wrong in LOSS_GRADIENT:
        if is_wrong(mistake, y):
            yield mistake, partial(wrong, right)


def is_wrong(mistake: Mistake, y: Array) -> bool:
    """Return whether a mistake shows for y (B, K): with one output N is the size of the batch."""
    return mistake.id != "mean_over_batch_only" or y.shape[1] > 1


def right_gradients_of_wrong_losses(y_hat: Array, y: Array) -> Iterator[Variant]:
    """Yield the right gradient where forward has a mistake that is known already."""
    for mistake, _ in loss_variants(y_hat, y):
        if is_assumed(mistake):
            yield mistake, lambda: oracle.mse_gradient(y_hat, y)


# Steps below and above the prediction, in units of eps, and a factor, of eps.
NUMERICAL: list[Mistake] = [
    Mistake("loss_forward_difference",
     "This is the forward difference, L(ŷ + eps) − L(ŷ); the central one is asked for.",
     {"below": 0.0}),
    Mistake("loss_backward_difference",
     "This is the backward difference, L(ŷ) − L(ŷ − eps); the central one is asked for.",
     {"above": 0.0}),
    Mistake("loss_difference_divided_by_eps",
     "The difference is divided by eps; from ŷ − eps to ŷ + eps it is 2 eps.",
     {"factor": lambda eps: 2.0}),
    Mistake("loss_difference_not_divided",
     "The difference is not divided by 2 eps.", {"factor": lambda eps: 2 * eps}),
    Mistake("loss_difference_sign",
     "The sign is wrong: it is L(ŷ + eps) − L(ŷ − eps).", {"sign": -1.0}),
    Mistake("loss_derivative_for_difference",
     "This is the derivative, by backward or with a step of its own: the difference with the step "
     "eps is asked for.", {"size": 0.0}),
]  # fmt: skip


def numerical_variants(weights: Array, errors: Array, eps: float) -> Iterator[Variant]:
    """Yield wrong central differences of weight · error³, with the step eps."""

    def value(
        below: float = 1.0,
        above: float = 1.0,
        factor: Callable[[float], float] = lambda eps: 1.0,
        sign: float = 1.0,
        size: float = eps,
    ) -> Array:
        up, down = above * size, below * size
        # ((e + up)³ − (e − down)³) / (up + down), without a difference of nearly equal numbers
        rise = 3 * errors**2 + 3 * errors * (up - down) + up * up - up * down + down * down
        return np.asarray(sign * factor(eps) * weights * rise)

    for mistake in combined(NUMERICAL):
        yield mistake, partial(value, **mistake.change)


def step_variants(
    name: str,
    before: Weights,
    batches: tuple[Batch, Batch],
    rates: tuple[float, float],
    max_norm: float,
) -> Iterator[Variant]:
    """Yield wrong values of the weight after a step of gradient descent.

    Args:
        name: The weight's.
        before: All weights before the step.
        batches: That of this step, and the first one.
        rates: The learning rate, and what is left of it if each clipped step makes it smaller.
        max_norm: To which longer gradients are scaled.
    """
    (batch, first), (lr, shrunk) = batches, rates
    per_step = oracle.gradients(before, batch)

    def by(change: Weights, rate: float = lr) -> Callable[[], Array]:
        return lambda: oracle.moved(before, change, rate)[name]

    def others(batch: Batch, d_loss: oracle.LossGradient) -> Callable[[], Array]:
        found = oracle.gradients(before, batch, d_loss)
        return by(oracle.scaled(found, max_norm))

    yield (
        Mistake("weights_unchanged", "The weights do not change.", subject_of=("M3",)),
        lambda: before[name],
    )
    for mistake, change in clipping_variants(per_step, max_norm):
        yield mistake, by(change)
    right = oracle.scaled(per_step, max_norm)
    yield (
        Mistake("step_uphill", "The step goes uphill. (Is the loss given ŷ first, and then y?)"),
        by(right, -lr),
    )
    yield Mistake("rate_unused", "The learning rate is not used."), by(right, 1.0)
    yield (
        Mistake(
            "rate_stays_small",
            "A clipped step makes the learning rate smaller for all later steps: scale the "
            "gradients of this step alone.",
        ),
        by(over_time(per_step), shrunk),
    )
    yield (
        Mistake("batch_drawn_once", "Each batch is a new one; this is the first once more."),
        others(first, oracle.mse_gradient),
    )
    yield (
        Mistake(
            "loss_gradient_unused",
            "backward of the network was not given the gradient of the loss, but ones.",
        ),
        others(batch, lambda y_hat, y: np.ones_like(y)),
    )


STRETCHED = Mistake(
    "short_gradients_stretched",
    "Gradients shorter than max_norm stay as they are; these have been stretched to it.",
)
UNCLIPPED = Mistake("gradients_not_clipped", "The gradients are not scaled down to max_norm.")
# What is taken for the norm, of gradients per time step.
NORMS: list[tuple[Mistake, Callable[[Weights], float]]] = [
    (Mistake("norm_before_sum_over_time",
     "The norm is taken before the gradients are summed over time."), oracle.norm),
    (Mistake("norm_of_means_over_time",
     "The norm is that of the gradients' means over time; it is that of their sums."),
     lambda per_step: oracle.norm(
         {name: g.mean(0) if g.ndim == 3 else g for name, g in per_step.items()})),
    (Mistake("norm_squared", "The norm is squared here: take the root."),
     lambda per_step: oracle.norm(over_time(per_step)) ** 2),
    (Mistake("sum_of_norms",
     "The sum of the norms is taken for the norm of all gradients together."),
     lambda per_step: sum(oracle.norm({k: g}) for k, g in over_time(per_step).items())),
]  # fmt: skip
# Of gradients that are summed over time, and max_norm.
CLIPPINGS: list[tuple[Mistake, Callable[[Weights, float], Weights]]] = [
    (Mistake("each_gradient_clipped_alone",
     "Each gradient is scaled by its own norm; it is the norm of all together that counts."),
     lambda total, max_norm: {
         k: g * min(1.0, max_norm / oracle.norm({k: g})) for k, g in total.items()}),
    (Mistake("entries_clipped",
     "The entries are cut off at max_norm; the gradients are scaled, by their norm."),
     lambda total, max_norm: {k: np.clip(g, -max_norm, max_norm) for k, g in total.items()}),
]  # fmt: skip


def clipping_variants(per_step: Weights, max_norm: float) -> Iterator[tuple[Mistake, Weights]]:
    """Yield wrong values of the gradients, scaled down to max_norm if they are longer."""
    total = over_time(per_step)
    norm = oracle.norm(total)

    def times(factor: float) -> Weights:
        return {name: factor * gradient for name, gradient in total.items()}

    if norm <= max_norm:
        yield STRETCHED, times(max_norm / norm)
        return
    yield UNCLIPPED, total
    for mistake, wrong_norm in NORMS:
        yield mistake, times(min(1.0, max_norm / wrong_norm(per_step)))
    for mistake, wrong in CLIPPINGS:
        yield mistake, wrong(total, max_norm)


def history_variants(weights: list[Weights], batches: list[Batch]) -> Iterator[Variant]:
    """Yield wrong values of each step's loss; the weights are those before and after the steps."""
    losses = oracle.losses(weights[:-1], batches)
    yield (
        Mistake(
            "history_after_update",
            "These are the losses after each update; forward comes before it.",
        ),
        lambda: oracle.losses(weights[1:], batches),
    )
    yield (
        Mistake(
            "history_of_first_batch", "These are losses of the first batch; each step has its own."
        ),
        lambda: oracle.losses(weights[:-1], batches[:1] * len(losses)),
    )
    yield Mistake("history_reversed", "The losses are in reverse order."), lambda: losses[::-1]
    yield (
        Mistake("history_of_running_sums", "These are running sums of the losses."),
        lambda: losses.cumsum(),
    )
    yield (
        Mistake("history_of_running_means", "These are running means of the losses."),
        lambda: losses.cumsum() / np.arange(1, len(losses) + 1),
    )

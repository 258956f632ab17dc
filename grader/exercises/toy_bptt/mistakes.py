"""Wrong formulas that students do write for sheet 000, each with what to say about it.

Here: full BPTT, worked out in the two numbers of the batch that matter, m1 and m2; and schedules.
loops.py has truncated BPTT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from grader.checks.carry import is_assumed
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.toy_bptt import oracle
from grader.exercises.toy_bptt.oracle import Array, Batch

Formula = Callable[[float, Batch, int], float]


class Wrong(NamedTuple):
    """Name a mistake, with the loss and the gradient in theta that it leads to."""

    mistake: Mistake
    loss: Formula
    gradient: Formula


def scaled(mistake: Mistake, factor: Callable[[Batch, int], float]) -> Wrong:
    """Return the mistake that multiplies loss and gradient by a factor of batch and T."""
    return Wrong(
        mistake,
        lambda theta, batch, T: factor(batch, T) * oracle.loss(theta, batch, T),
        lambda theta, batch, T: factor(batch, T) * oracle.gradient(theta, batch, T),
    )


def over(mistake: Mistake, times: Callable[[int], Sequence[int]]) -> Wrong:
    """Return the mistake that sums over other time steps."""

    def slope(theta: float, batch: Batch, T: int) -> float:
        t = np.array(times(T))
        return float((2 * t * batch.m1 + 2 * t**2 * theta).sum())

    return Wrong(mistake, lambda theta, batch, T: oracle.terms(theta, batch, times(T)).sum(), slope)


def of(mistake: Mistake, change: Callable[[Batch], Batch]) -> Wrong:
    """Return the mistake that computes the right formula for another batch."""
    return Wrong(
        mistake,
        lambda theta, batch, T: oracle.loss(theta, change(batch), T),
        lambda theta, batch, T: oracle.gradient(theta, change(batch), T),
    )


def steps(T: int) -> Array:
    """Return t = 1 … T."""
    return np.arange(1, T + 1)


FULL = [
    scaled(Mistake("summed_over_batch",
     "The sum over the batch stands where the mean belongs: the expectation is a mean."),
           lambda batch, T: batch.n),
    scaled(Mistake("averaged_over_time",
     "Divided by T: the loss of sheet 000 is the sum over the steps, not their mean."),
           lambda batch, T: 1 / T),
    scaled(Mistake("gradient_sign", "The sign is wrong."), lambda batch, T: -1),
    over(Mistake("last_loss_alone",
     "Only the last step's loss is there, or has kept its graph: L is the sum over t = 1 … T.",
     subject_of=("T1",)),
         lambda T: range(T, T + 1)),
    over(Mistake("state_never_carried",
     "Every h_t is x_0 + theta: the state of each step goes on into the next.", subject_of=("T1",)),
         lambda T: [1] * T),
    over(Mistake("last_step_left_out",
     "The last step is left out: the sum ends with t = T."), lambda T: range(1, T)),
    over(Mistake("one_step_too_many",
     "There is one step too many: the sum ends with t = T."), lambda T: range(1, T + 2)),
    over(Mistake("initial_loss_counted",
     "The loss at t = 0 is counted too: the sum begins with t = 1."), lambda T: range(T + 1)),
    over(Mistake("one_step_early",
     "The sum runs over t = 0 … T - 1: take the step first, then the loss of h_t, t = 1 … T."),
         lambda T: range(T)),
    of(Mistake("mean_not_subtracted", "mu is not subtracted: the loss compares h_t with mu."),
       lambda batch: Batch(batch.x_0, 0.0)),
    of(Mistake("mean_added",
     "mu is added: the loss takes h_t less mu."), lambda batch: Batch(batch.x_0, -batch.mu)),
    of(Mistake("starts_at_mean", "h starts at mu: it starts at the samples x_0."),
       lambda batch: Batch(np.full_like(batch.x_0, batch.mu), batch.mu)),
    of(Mistake("starts_at_zero", "h starts at 0: it starts at the samples x_0."),
       lambda batch: Batch(np.zeros_like(batch.x_0), batch.mu)),
    of(Mistake("mean_before_square",
     "The mean is taken before the square: the loss is the mean of (h_t - mu)^2."),
       lambda batch: Batch(np.full_like(batch.x_0, batch.x_0.mean()), batch.mu)),
    Wrong(Mistake("theta_subtracted", "theta is subtracted: h_t is h_(t-1) plus theta."),
          lambda theta, batch, T: oracle.loss(-theta, batch, T),
          lambda theta, batch, T: -oracle.gradient(-theta, batch, T)),
    Wrong(Mistake("not_squared", "h_t - mu is not squared."),
          lambda theta, batch, T: float((batch.m1 + steps(T) * theta).sum()),
          lambda theta, batch, T: T * (T + 1) / 2),
]  # fmt: skip

# These leave the loss as it is.
GRADIENT = [
    Wrong(Mistake("halved",
     "Half of what it must be: the 2 of the square's derivative is forgotten, or the loss has "
          "a factor 1/2, which sheet 000 has not."),
          oracle.loss, lambda theta, batch, T: oracle.gradient(theta, batch, T) / 2),
    Wrong(Mistake("detached_at_every_step",
     "The state is cut from its graph at every step (.detach(), .data), so that each h_t "
          "seems to depend on theta once: full BPTT goes back through all t steps.",
          subject_of=("T1",)),
          oracle.loss, lambda theta, batch, T: float(2 * (batch.m1 + steps(T) * theta).sum())),
]  # fmt: skip


HALVED = scaled(
    Mistake("halved", "Half of what it must be: the loss of sheet 000 has no factor 1/2."),
    lambda *_: 0.5,
)


def losses(theta: float, batch: Batch, T: int) -> Iterator[Variant]:
    """Yield wrong values of L(theta)."""
    for wrong in [*FULL, HALVED]:
        yield wrong.mistake, partial(wrong.loss, theta, batch, T)


def gradients(theta: float, batch: Batch, T: int) -> Iterator[Variant]:
    """Yield wrong values of its derivative."""
    for wrong in FULL + GRADIENT:
        yield wrong.mistake, partial(wrong.gradient, theta, batch, T)


def own_gradient(theta: float, batch: Batch, T: int) -> float:
    """Return dL/dtheta, by the student's own formula if its mistake is known."""
    own = next((wrong for wrong in FULL + GRADIENT if is_assumed(wrong.mistake)), None)
    return (own.gradient if own else oracle.gradient)(theta, batch, T)


def descents(
    theta: float, batch: Batch, T: int, rate: float, iterations: int, got: Array
) -> Iterator[Variant]:
    """Yield theta (K + 1,) of wrong gradient descent; ``got`` is the student's theta."""

    def path(gradient: Formula, rate: float = rate, cleared: bool = True) -> Callable[[], Array]:
        def slope(at: float) -> float:
            return gradient(at, batch, T)

        return lambda: oracle.descent(theta, rate, iterations, slope if cleared else summed(slope))

    yield (
        Mistake("step_uphill", "The step goes uphill: theta minus rate times gradient."),
        path(oracle.gradient, -rate),
    )
    yield UNCLEARED, path(oracle.gradient, cleared=False)
    for wrong in FULL + GRADIENT:
        yield wrong.mistake, path(wrong.gradient)
    right = path(oracle.gradient)()
    yield FORGETS_THE_LAST, partial(one_behind, right)
    factor = first_step(got, right)
    yield (
        Mistake(
            "rate_scaled",
            f"Every step is {factor:.4g} times as long as the rate that was asked for makes it.",
        ),
        path(oracle.gradient, rate * factor),
    )


FORGETS_THE_LAST = Mistake(
    "theta_recorded_early",
    "theta is recorded before each update: entry j + 1 is what iteration j comes to.",
)


def one_behind(theta: Array) -> Array:
    """Return theta (K + 1,) as it is recorded before each update: the start stands twice."""
    return np.concatenate([theta[:1], theta[:-1]])


def first_step(got: Array, expected: Array) -> float:
    """Return how long the student's first step is, in units of the right one.

    It is 1 if that can't be told.
    """
    if got.shape != expected.shape or expected[1] == expected[0]:
        return 1.0
    return float((got[1] - got[0]) / (expected[1] - expected[0]))


UNCLEARED = Mistake(
    "gradients_add_up",
    "Gradients add up from iteration to iteration: backward() adds to .grad, so it must be cleared "
    "(zero_grad()) before each.",
)


def summed(slope: Callable[[float], float]) -> Callable[[float], float]:
    """Return ``slope`` as .grad has it when nobody clears it."""
    total = 0.0

    def add(theta: float) -> float:
        nonlocal total
        total += slope(theta)
        return total

    return add


LATE = Mistake(
    "recorded_after_update",
    "Entry j belongs to theta[j]: it is recorded before the update, not after it.",
)


def recorded(theta: Array, batch: Batch, T: int) -> dict[str, list[Variant]]:
    """Return what is recorded as loss and gradient along ``theta`` (K + 1,)."""

    def along(formula: Formula, at: Array = theta[:-1]) -> Callable[[], Array]:
        return lambda: np.array([formula(float(each), batch, T) for each in at])

    return {
        "loss": [
            (LATE, along(oracle.loss, theta[1:])),
            *((wrong.mistake, along(wrong.loss)) for wrong in [*FULL, HALVED]),
        ],
        "gradient": [
            (LATE, along(oracle.gradient, theta[1:])),
            (UNCLEARED, lambda: np.cumsum(along(oracle.gradient)())),
            *((wrong.mistake, along(wrong.gradient)) for wrong in FULL + GRADIENT),
        ],
    }


def schedules(power: float, ks: Array) -> Iterator[Variant]:
    """Yield wrong values of 0.5 / k^power."""
    yield Mistake("schedule_without_half", "The 0.5 is forgotten."), lambda: 1 / ks**power
    yield (
        Mistake("schedule_half_inside_power", "0.5 is inside the power: only k is raised to it."),
        lambda: (0.5 / ks) ** power,
    )
    yield (
        Mistake("schedule_one_ahead", "k is one ahead: decaying_rate(power)(1) is 0.5."),
        lambda: 0.5 / (ks + 1) ** power,
    )
    yield (
        Mistake("schedule_power_unused", "The power is not used: 0.5 / k is the case of power 1."),
        lambda: 0.5 / ks,
    )
    yield (
        Mistake("schedule_multiplied", "k is multiplied by the power, not raised to it."),
        lambda: 0.5 / (ks * power),
    )
    yield Mistake("schedule_grows", "The rate grows: divide by k^power."), lambda: 0.5 * ks**power

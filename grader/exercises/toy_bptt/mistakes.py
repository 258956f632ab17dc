"""Wrong formulas that students do write for sheet 000: full BPTT, and schedules.

Each throws switches of ``formula.Descent``. mistakes_truncated.py has truncated BPTT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from grader.checks.carry import assumed_switches, combined
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.toy_bptt import oracle
from grader.exercises.toy_bptt.formula import Descent, after_first_step, at_mean
from grader.exercises.toy_bptt.oracle import Array, Batch

CHAINED = ("given",)


def mean_subtracted(batch: Batch, factor: float) -> Batch:
    """Return the batch with another mu, which is what the loss compares h_t with."""
    return Batch(batch.x_0, factor * batch.mu)


def averaged(batch: Batch) -> Batch:
    """Return the batch with every sample at their mean."""
    return Batch(np.full_like(batch.x_0, batch.x_0.mean()), batch.mu)


FULL: list[Mistake] = [
    Mistake("summed_over_batch",
     "The sum over the batch stands where the mean belongs: the expectation is a mean.",
     {"samples": True}),
    Mistake("averaged_over_time",
     "Divided by T: the loss of sheet 000 is the sum over the steps, not their mean.",
     {"average": True}),
    Mistake("gradient_sign", "The sign is wrong.", {"sign": -1}),
    Mistake("last_loss_alone",
     "Only the last step's loss is there, or has kept its graph: L is the sum over t = 1 … T.",
     {"times": lambda T: range(T, T + 1)}, subject_of=("T1",)),
    Mistake("state_never_carried",
     "Every h_t is x_0 + theta: the state of each step goes on into the next.",
     {"times": lambda T: [1] * T}, subject_of=("T1",)),
    Mistake("last_step_left_out",
     "The last step is left out: the sum ends with t = T.", {"times": lambda T: range(1, T)}),
    Mistake("one_step_too_many",
     "There is one step too many: the sum ends with t = T.",
     {"times": lambda T: range(1, T + 2)}),
    Mistake("initial_loss_counted",
     "The loss at t = 0 is counted too: the sum begins with t = 1.",
     {"times": lambda T: range(T + 1)}),
    Mistake("one_step_early",
     "The sum runs over t = 0 … T - 1: take the step first, then the loss of h_t, t = 1 … T.",
     {"times": range}),
    Mistake("mean_not_subtracted", "mu is not subtracted: the loss compares h_t with mu.",
     {"given": partial(mean_subtracted, factor=0)}),
    Mistake("mean_added", "mu is added: the loss takes h_t less mu.",
     {"given": partial(mean_subtracted, factor=-1)}),
    Mistake("starts_at_mean", "h starts at mu: it starts at the samples x_0.", {"given": at_mean}),
    Mistake("starts_at_zero", "h starts at 0: it starts at the samples x_0.",
     {"given": lambda batch: Batch(np.zeros_like(batch.x_0), batch.mu)}),
    Mistake("mean_before_square",
     "The mean is taken before the square: the loss is the mean of (h_t - mu)^2.",
     {"given": averaged}),
    Mistake("theta_subtracted", "theta is subtracted: h_t is h_(t-1) plus theta.",
     {"direction": -1}),
    Mistake("not_squared", "h_t - mu is not squared.", {"squared": False}),
]  # fmt: skip

# These leave the loss as it is.
GRADIENT: list[Mistake] = [
    Mistake("halved",
     "Half of what it must be: the 2 of the square's derivative is forgotten, or the loss has a "
     "factor 1/2, which sheet 000 has not.", {"half_slope": 0.5}),
    Mistake("detached_at_every_step",
     "The state is cut from its graph at every step (.detach(), .data), so that each h_t seems to "
     "depend on theta once: full BPTT goes back through all t steps.",
     {"reach": np.ones_like}, subject_of=("T1",)),
]  # fmt: skip
HALVED = Mistake(
    "halved", "Half of what it must be: the loss of sheet 000 has no factor 1/2.", {"half": 0.5}
)
BEHIND = Mistake(
    "theta_recorded_early",
    "theta is recorded before each update: entry j + 1 is what iteration j comes to.",
    {"behind": True},
)
UNCLEARED = Mistake(
    "gradients_add_up",
    "Gradients add up from iteration to iteration: backward() adds to .grad, so it must be cleared "
    "(zero_grad()) before each.",
    {"kept": 1.0},
)
LATE = Mistake(
    "recorded_after_update",
    "Entry j belongs to theta[j]: it is recorded before the update, not after it.",
    {"after_update": True},
)
UPHILL = Mistake(
    "step_uphill", "The step goes uphill: theta minus rate times gradient.", {"uphill": -1}
)


def changed(
    mistakes: Iterable[Mistake], value: Callable[[Descent], ArrayLike]
) -> Iterator[Variant]:
    """Yield what the formula gives with each mistake, or with two of them."""
    for mistake in combined(mistakes, CHAINED):
        yield mistake, partial(lambda each: value(Descent(**each.change)), mistake)


def losses(theta: float, batch: Batch, T: int) -> Iterator[Variant]:
    """Yield wrong values of L(theta)."""
    return changed([*FULL, HALVED], lambda formula: formula.loss(theta, batch, T))


def gradients(theta: float, batch: Batch, T: int) -> Iterator[Variant]:
    """Yield wrong values of its derivative."""
    return changed(FULL + GRADIENT, lambda formula: formula.gradient(theta, batch, T))


def own_gradient(theta: float, batch: Batch, T: int) -> float:
    """Return dL/dtheta, by the student's own formula if its mistakes are known."""
    switches = assumed_switches(FULL + GRADIENT, CHAINED)
    if not switches:
        return oracle.gradient(theta, batch, T)
    return Descent(**switches).gradient(theta, batch, T)


def descents(
    theta: float, batch: Batch, T: int, rate: float, iterations: int, got: Array
) -> Iterator[Variant]:
    """Yield theta (K + 1,) of wrong gradient descent; ``got`` is the student's theta."""

    def path(formula: Descent) -> Array:
        return formula.path(theta, batch, T, rate, iterations, got)

    scaled = Mistake(
        "rate_scaled",
        f"Every step is {first_step(got, path(Descent())):.4g} times as long as the rate that was "
        "asked for makes it.",
        {"own_rate": True},
    )
    return changed([UPHILL, UNCLEARED, *FULL, *GRADIENT, BEHIND, scaled], path)


def first_step(got: Array, expected: Array) -> float:
    """Return how long the student's first step is, in units of the right one.

    It is 1 if that can't be told.
    """
    if expected[1] == expected[0]:
        return 1.0
    return float((after_first_step(got) - got[0]) / (expected[1] - expected[0]))


DRAWN_ANEW = Mistake(
    "samples_drawn_anew",
    "x_0 is drawn anew in each iteration. The sheet can be read so, but here the samples that are "
    "handed in serve in every iteration, so that the result can be compared.",
)
FURTHEST = 6.0  # standard deviations of a mean of new samples; 2e-9 of all are further away


def drawn_anew(theta: Array, loss: Array, gradient: Array, batch: Batch, T: int) -> bool:
    """Return whether a run looks as if each iteration had drawn n new samples around mu.

    Loss and gradient of an iteration tell m1 and m2 of its batch. The means of n new samples lie
    around 0 and 1, and differ from one iteration to the next.
    """
    at, n = theta[:-1], batch.n
    m1 = (gradient - oracle.curvature(T) * at) / (T * (T + 1))
    m2 = (loss - T * (T + 1) * at * m1 - oracle.curvature(T) * at**2 / 2) / T
    near = np.abs(m1) <= FURTHEST / np.sqrt(n), np.abs(m2 - 1) <= FURTHEST * np.sqrt(2 / n)
    return bool(np.all(near) and (m2 >= m1**2).all() and np.ptp(m1) > 1e-3 / np.sqrt(n))


def recorded(theta: Array, batch: Batch, T: int) -> dict[str, Iterator[Variant]]:
    """Return what is recorded as loss and gradient along ``theta`` (K + 1,)."""
    return {
        "loss": changed(
            [LATE, BEHIND, *FULL, HALVED], lambda f: f.recorded(theta, batch, T)["loss"]
        ),
        "gradient": changed(
            [LATE, BEHIND, UNCLEARED, *FULL, *GRADIENT],
            lambda f: f.recorded(theta, batch, T)["gradient"],
        ),
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

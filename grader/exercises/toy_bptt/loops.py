"""Truncated BPTT as students get it wrong, each way with what to say about it.

It is worked out in e = mean(h) - mu and theta: a ``Loop`` is the sheet's with something changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from grader.checks.mistakes import Mistake, Variant
from grader.exercises.toy_bptt.mistakes import (
    FORGETS_THE_LAST,
    LATE,
    UNCLEARED,
    first_step,
    one_behind,
)
from grader.exercises.toy_bptt.oracle import Array, Batch

Rate = Callable[[int], float]


@dataclass(frozen=True)
class Loop:
    """Truncated BPTT, with everything in it that people get wrong."""

    gradient: Callable[[float, int, Batch], float] = lambda e, _k, _batch: 2 * e
    counted: Callable[[int], int] = lambda k: k  # the k that the schedule is asked for
    factor: float = 1.0  # of the rate
    direction: int = 1  # of theta in the step
    carried: bool = True  # h, from iteration to iteration
    kept: float = 0.0  # of the gradient of the iteration before

    def run(
        self, theta: float, batch: Batch, rate: Rate, iterations: int, e: float, first: int = 1
    ) -> tuple[Array, float]:
        """Return theta (K + 1,) from the state ``e`` and k = ``first`` on, and the last state."""
        path, total = [theta], 0.0
        for k in range(first, first + iterations):
            e = (e if self.carried else batch.m1) + self.direction * path[-1]
            slope = self.gradient(e, k, batch)
            total = self.kept * total + slope
            path.append(path[-1] - self.factor * rate(self.counted(k)) * total)
        return np.array(path), e


SHEET = Loop()
AFRESH = Mistake(
    "state_starts_afresh",
    "h starts at x_0 in every iteration: it is carried on from one to the next.",
    subject_of=("T3", "T4"),
)
SUMMED = Mistake("summed_over_batch", "The sum over the batch stands where the mean belongs.")
UNSHIFTED = Mistake(
    "mean_not_subtracted", "mu is not subtracted: the loss compares the next h with mu."
)
HALVED = Mistake(
    "halved",
    "Half of what it must be: the 2 of the square's derivative is forgotten, or the loss has a "
    "factor 1/2, or the rate is 0.5 times what it should be (LambdaLR multiplies the rate that the "
    "optimizer was made with).",
)

SUBTRACTED = Mistake("theta_subtracted", "theta is subtracted: the next h is h plus theta.")
LOOP: list[Mistake] = [
    Mistake("counts_from_zero",
     "k starts at 0: LambdaLR counts its calls from 0, the sheet its iterations from 1.",
     {"counted": lambda k: k - 1}),
    Mistake("counts_one_ahead",
     "k is one ahead: the first iteration's rate is eta_1. LambdaLR already starts with what it "
     "gets for 0, so scheduler.step() comes behind optimizer.step().",
     {"counted": lambda k: k + 1}),
    Mistake("rate_never_changes",
     "The rate stays what it is in the first iteration: scheduler.step() belongs in the loop.",
     {"counted": lambda _k: 1}),
    Mistake("scheduler_steps_twice",
     "scheduler.step() is called twice in each iteration.", {"counted": lambda k: 2 * k - 1}),
    Mistake("rate_of_zero_never_changes",
     "The rate stays that of k = 0: scheduler.step() belongs in the loop, and k counts from 1.",
     {"counted": lambda _k: 0}),
    Mistake("graph_kept",
     "h keeps its graph from iteration to iteration, so the gradient goes back through all steps: "
     "the truncated gradient takes the h of the iteration before as a constant.",
     {"gradient": lambda e, k, _batch: 2 * k * e}, subject_of=("T3",)),
    replace(AFRESH, change={"carried": False}),
    replace(UNCLEARED, change={"kept": 1.0}),
    replace(SUBTRACTED, change={"direction": -1, "gradient": lambda e, _k, _batch: -2 * e}),
    Mistake("momentum",
     "SGD has a momentum of 0.9: the sheet's step is made of this iteration's gradient alone.",
     {"kept": 0.9}),
    replace(HALVED, change={"gradient": lambda e, _k, _batch: e}),
    replace(UNSHIFTED, change={"gradient": lambda e, _k, batch: 2 * (e + batch.mu)}),
    replace(SUMMED, change={"gradient": lambda e, _k, batch: 2 * batch.n * e}),
    Mistake("step_uphill",
     "The step goes uphill: theta minus rate times gradient.",
     {"gradient": lambda e, _k, _batch: -2 * e}),
]  # fmt: skip


def recorded(theta: Array, batch: Batch) -> dict[str, list[Variant]]:
    """Return what is recorded as loss and gradient of a truncated run along ``theta`` (K + 1,)."""
    variance = batch.m2 - batch.m1**2
    e, subtracted = batch.m1 + np.cumsum(theta[:-1]), batch.m1 - np.cumsum(theta[:-1])

    def slopes(gradient: Callable[[float, int, Batch], float]) -> Callable[[], Array]:
        return lambda: np.array([gradient(each, k, batch) for k, each in enumerate(e, 1)])

    return {
        "loss": [
            (AFRESH, lambda: (batch.m1 + theta[:-1]) ** 2 + variance),
            (SUMMED, lambda: batch.n * (e**2 + variance)),
            (SUBTRACTED, lambda: subtracted**2 + variance),
            (Mistake("mean_before_square", "The mean is taken before the square."), lambda: e**2),
            (UNSHIFTED, lambda: (e + batch.mu) ** 2 + variance),
            (
                Mistake("halved", "Half of what it must be: the loss has no factor 1/2."),
                lambda: (e**2 + variance) / 2,
            ),
            (LATE, lambda: (e - theta[:-1] + theta[1:]) ** 2 + variance),
        ],
        "gradient": [
            (AFRESH, lambda: 2 * (batch.m1 + theta[:-1])),
            (UNCLEARED, lambda: np.cumsum(2 * e)),
            (SUBTRACTED, lambda: -2 * subtracted),
            *(
                (each, slopes(each.change["gradient"]))
                for each in LOOP
                if "gradient" in each.change
            ),
        ],
    }


def paths(theta: float, batch: Batch, rate: Rate, iterations: int, got: Array) -> Iterator[Variant]:
    """Yield theta (K + 1,) of wrong truncated BPTT; ``got`` is the student's theta."""

    def path(loop: Loop, e: float = batch.m1) -> Callable[[], Array]:
        return lambda: loop.run(theta, batch, rate, iterations, e)[0]

    for mistake in LOOP:
        yield mistake, path(replace(SHEET, **mistake.change))
    yield (
        Mistake("starts_at_mean", "h starts at mu: it starts at the samples x_0."),
        path(SHEET, 0.0),
    )
    expected = path(SHEET)()
    yield FORGETS_THE_LAST, partial(one_behind, expected)
    mistake = of_another_rate(first_step(got, expected))
    yield mistake, path(replace(SHEET, **mistake.change))


def of_another_rate(factor: float) -> Mistake:
    """Return the mistake that makes every step too long or too short by that factor.

    It happens when SGD's own rate is left in.
    """
    return Mistake(
        "rate_scaled",
        f"Every rate is {factor:.4g} times what it should be: LambdaLR multiplies the rate that "
        "the optimizer was made with, or the schedule itself is wrong.",
        {"factor": factor},
    )


def restarted(
    theta: float,
    batch: Batch,
    rate: Rate,
    iterations: int,
    count: int,
    *,
    keep_h: bool = False,
    keep_k: bool = False,
    keep_theta: bool = True,
    loop: Loop = SHEET,
) -> Array:
    """Return theta of all runs, (count, K + 1)."""
    runs: list[Array] = []
    e = batch.m1
    for number in range(count):
        start = float(runs[-1][-1]) if runs and keep_theta else theta
        first = 1 + number * iterations if keep_k else 1
        path, e = loop.run(start, batch, rate, iterations, e if keep_h else batch.m1, first)
        runs.append(path)
    return np.array(runs)


def restarts(
    theta: float, batch: Batch, rate: Rate, iterations: int, count: int, got: Array
) -> Iterator[Variant]:
    """Yield wrong values of restarts; ``got`` is theta of the student's runs."""
    changes = [
        Mistake("state_carried_over_restarts",
     "h is carried over the restarts: each run begins at x_0 again. (If you pass x_0 on, is it "
         "changed in place on the way, as by h += theta?)", {"keep_h": True}, subject_of=("T4",)),
        Mistake("count_goes_on",
     "k goes on over the restarts: in each run it begins with 1 again.", {"keep_k": True}),
        Mistake("nothing_restarted",
     "Nothing is restarted, the run only goes on: h begins at x_0 and k with 1 again.",
         {"keep_h": True, "keep_k": True}, subject_of=("T4",)),
        Mistake("theta_starts_anew",
     "Each run begins with the first theta: a restart goes on from the theta that the run "
         "before has ended with.", {"keep_theta": False}, subject_of=("T4",)),
        Mistake("state_for_theta_kept",
     "h is carried over, and theta starts anew: it must be the other way round.",
         {"keep_h": True, "keep_theta": False}, subject_of=("T4",)),
    ]  # fmt: skip
    right = SHEET.run(theta, batch, rate, iterations, batch.m1)[0]
    loops = [*LOOP, of_another_rate(first_step(got[0], right))]
    changes += [replace(each, change={"loop": replace(SHEET, **each.change)}) for each in loops]
    for mistake in changes:
        yield mistake, partial(restarted, theta, batch, rate, iterations, count, **mistake.change)

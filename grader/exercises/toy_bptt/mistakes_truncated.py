"""Wrong truncated BPTT that students do write for sheet 000: ``formula.Loop`` with switches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from numpy.typing import ArrayLike

from grader.checks.carry import combined
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.toy_bptt.formula import Loop, Rate, at_mean
from grader.exercises.toy_bptt.mistakes import (
    BEHIND,
    CHAINED,
    LATE,
    UNCLEARED,
    averaged,
    first_step,
    mean_subtracted,
)
from grader.exercises.toy_bptt.oracle import Array, Batch

QUICK = 100  # iterations of a run, for which many wrong formulas can be tried
AFRESH = Mistake(
    "state_starts_afresh",
    "h starts at x_0 in every iteration: it is carried on from one to the next.",
    {"carried": False},
    subject_of=("T3", "T4"),
)
UPDATED = Mistake(
    "state_by_updated_theta",
    "The state that is carried on is made with the updated theta: it is the one that this step's "
    "loss was taken of, as truncated_step returns it.",
    {"updated": True},
)
SUBTRACTED = Mistake(
    "theta_subtracted", "theta is subtracted: the next h is h plus theta.", {"direction": -1}
)
MEANS: list[Mistake] = [
    Mistake("summed_over_batch",
     "The sum over the batch stands where the mean belongs.", {"samples": True}),
    Mistake("mean_before_square", "The mean is taken before the square.", {"given": averaged}),
    Mistake("mean_not_subtracted",
     "mu is not subtracted: the loss compares the next h with mu.",
     {"given": partial(mean_subtracted, factor=0)}),
]  # fmt: skip
LOSS: list[Mistake] = [
    *MEANS,
    SUBTRACTED,
    Mistake("halved", "Half of what it must be: the loss has no factor 1/2.", {"half": 0.5}),
    Mistake("not_squared", "next h - mu is not squared.", {"squared": False}),
    Mistake("loss_of_state_before",
     "The loss is that of the state before the step.", {"late": False}),
]  # fmt: skip
GRADIENT: list[Mistake] = [
    Mistake("graph_kept",
     "The gradient goes back into h, through the steps before: h must be cut from its graph "
     "(detached) before theta is added.", {"reach": lambda k: k}, subject_of=("T3",)),
    Mistake("halved",
     "Half of what it must be: the 2 of the square's derivative is forgotten, or the loss has a "
     "factor 1/2, or the rate is 0.5 times what it should be (LambdaLR multiplies the rate that "
     "the optimizer was made with).", {"half_slope": 0.5}),
    *MEANS,
    SUBTRACTED,
]  # fmt: skip
CUT_OFF = Mistake(
    "theta_cut_off",
    "This step's own theta is cut off: detach h, then add theta.",
    {"reach": lambda k: k - 1},
    subject_of=("T3",),
)
FROM_ZERO = Mistake(
    "counts_from_zero",
    "k starts at 0: LambdaLR counts its calls from 0, the sheet its iterations from 1.",
    {"counted": lambda k: k - 1},
)
LOOP: list[Mistake] = [
    FROM_ZERO,
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
    AFRESH,
    UPDATED,
    UNCLEARED,
    Mistake("momentum",
     "SGD has a momentum of 0.9: the sheet's step is made of this iteration's gradient alone.",
     {"kept": 0.9}),
    *GRADIENT,
    Mistake("step_uphill",
     "The step goes uphill: theta minus rate times gradient.", {"sign": -1}),
    Mistake("starts_at_mean", "h starts at mu: it starts at the samples x_0.", {"given": at_mean}),
    BEHIND,
]  # fmt: skip
RESTARTS: list[Mistake] = [
    Mistake("state_carried_over_restarts",
     "h is carried over the restarts: each run begins at x_0 again. (If you pass x_0 on, is it "
     "changed in place on the way, as by h += theta?)", {"keep_h": True}),
    Mistake("count_goes_on",
     "k goes on over the restarts: in each run it begins with 1 again.", {"keep_k": True}),
    Mistake("nothing_restarted",
     "Nothing is restarted, the run only goes on: h begins at x_0 and k with 1 again.",
     {"keep_h": True, "keep_k": True}, subject_of=("T4",)),
    Mistake("theta_starts_anew",
     "Each run begins with the first theta: a restart goes on from the theta that the run before "
     "has ended with.", {"keep_theta": False}),
    Mistake("state_for_theta_kept",
     "h is carried over, and theta starts anew: it must be the other way round.",
     {"keep_h": True, "keep_theta": False}, subject_of=("T4",)),
]  # fmt: skip


def changed(
    mistakes: Iterable[Mistake], value: Callable[[Loop], ArrayLike], *, costly: bool = False
) -> Iterator[Variant]:
    """Yield what the formula gives with each mistake, or with two of them."""
    for mistake in combined(mistakes, CHAINED, costly=costly):
        yield mistake, partial(lambda each: value(Loop(**each.change)), mistake)


def steps(name: str, theta: float, batch: Batch, lag: int) -> Iterator[Variant]:
    """Yield wrong values of the loss or the gradient of the step that follows ``lag`` others."""
    mistakes = LOSS if name == "loss" else [*GRADIENT, CUT_OFF]
    return changed(mistakes, lambda formula: formula.after(theta, batch, lag)[name])


def recorded(theta: Array, batch: Batch) -> dict[str, Iterator[Variant]]:
    """Return what is recorded as loss and gradient of a truncated run along ``theta`` (K + 1,)."""
    mistakes = {
        "loss": [AFRESH, UPDATED, BEHIND, *LOSS, LATE],
        "gradient": [AFRESH, UPDATED, BEHIND, UNCLEARED, *GRADIENT],
    }

    def value(formula: Loop, name: str) -> Array:
        return formula.recorded(theta, batch)[name]

    return {name: changed(each, partial(value, name=name)) for name, each in mistakes.items()}


def paths(theta: float, batch: Batch, rate: Rate, iterations: int, got: Array) -> Iterator[Variant]:
    """Yield theta (K + 1,) of wrong truncated BPTT; ``got`` is the student's theta."""

    def path(formula: Loop) -> Array:
        return formula.run(theta, batch, rate, iterations, got)[0]

    return changed([*LOOP, of_another_rate(first_step(got, path(Loop())))], path)


def of_another_rate(factor: float) -> Mistake:
    """Return the mistake that makes every step too long or too short by that factor.

    It happens when SGD's own rate is left in.
    """
    return Mistake(
        "rate_scaled",
        f"Every rate is {factor:.4g} times what it should be: LambdaLR multiplies the rate that "
        "the optimizer was made with, or the schedule itself is wrong.",
        {"own_rate": True},
    )


def restarts(
    theta: float, batch: Batch, rate: Rate, iterations: int, count: int, got: Array
) -> Iterator[Variant]:
    """Yield wrong values of restarts; ``got`` is theta of the student's runs."""
    right = Loop().run(theta, batch, rate, iterations, got[0])[0]
    mistakes = [*RESTARTS, *LOOP, of_another_rate(first_step(got[0], right))]
    asked = (theta, batch, rate, iterations, count, got)
    return changed(mistakes, lambda formula: formula.restarted(*asked), costly=iterations > QUICK)

"""Wrong updates and gradient checks that students do write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from grader.checks.carry import combined
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.given_rnn import oracle
from grader.exercises.given_rnn.oracle import Array, Weights

Factor = Callable[[int, int, float], float]


@dataclass(frozen=True)
class Step:
    """A step of gradient descent; each field is a switch."""

    moves: float = 1.0
    uphill: float = 1.0
    has_rate: bool = True
    over_time: Callable[[Array], Array] = lambda steps: steps.sum(0)
    own: float = 1.0  # of this step's gradient
    older: float = 0.0  # of the step before's

    def run(self, before: Array, gradient: Array, lr: float, previous: Array | None) -> Array:
        """Return the weight after a step; the arguments are those of ``update_variants``."""
        total = self.own * self.over_time(gradient.reshape(-1, *before.shape))
        if previous is not None:
            total = total + self.older * self.over_time(previous.reshape(-1, *before.shape))
        return np.asarray(before - self.moves * self.uphill * (lr if self.has_rate else 1) * total)


UPDATE: list[Mistake] = [
    Mistake("weight_unchanged",
     "The weight has not changed: update goes through all five, the biases, too.",
     {"moves": 0.0}),
    Mistake("step_uphill", "The step goes uphill: descent subtracts the gradient.",
     {"uphill": -1.0}),
    Mistake("rate_unused", "The learning rate is not used.", {"has_rate": False}),
]  # fmt: skip
UPDATE_IN_TIME: list[Mistake] = [
    Mistake("update_averaged_over_time",
     "The gradient is averaged over time; it must be summed.",
     {"over_time": lambda steps: steps.mean(0)}),
    Mistake("update_by_last_time_step",
     "Only the last time step's gradient is used; sum over time.",
     {"over_time": lambda steps: steps[-1]}),
    Mistake("update_by_first_time_step",
     "Only the first time step's gradient is used; sum over time.",
     {"over_time": lambda steps: steps[0]}),
]  # fmt: skip
UPDATE_AT_ONCE: list[Mistake] = [
    Mistake("update_sums_units",
     "A gradient without an axis of time, as d_V and d_by, is summed over its first axis: that is "
     "one of units. Only d_W, d_R and d_bs have an entry for each time step.",
     {"over_time": lambda steps: steps[0].sum(0)}),
]  # fmt: skip
UPDATE_AGAIN: list[Mistake] = [
    Mistake("gradients_of_step_before_added",
     "The gradient of the step before has been added: each step has only its own.",
     {"older": 1.0}),
    Mistake("gradient_of_step_before",
     "This is the gradient of the step before.", {"own": 0.0, "older": 1.0}),
]  # fmt: skip


def update_variants(
    before: Array, gradient: Array, lr: float, previous: Array | None = None
) -> Iterator[Variant]:
    """Yield wrong values of the weight after a step.

    Args:
        before: The weight before the step.
        gradient: Its gradient, per time step where it has some.
        lr: The learning rate.
        previous: The gradient of the step before, if there was one.
    """
    in_time = UPDATE_IN_TIME if gradient.size > before.size else UPDATE_AT_ONCE
    again = UPDATE_AGAIN if previous is not None else []
    for mistake in combined([*UPDATE, *in_time, *again]):
        yield mistake, partial(Step(**mistake.change).run, before, gradient, lr, previous)


# The span below and above the weight, in units of eps, and a factor, of B, K and eps.
NUMERICAL: list[Mistake] = [
    Mistake("forward_difference",
     "This is the forward difference, f(w + eps) − f(w); the sheet's is central.",
     {"span": (0, 1)}),
    Mistake("half_forward_difference",
     "This is half the forward difference: from w to w + eps it is eps, not 2 eps. And the sheet's "
     "is central.", {"span": (0, 1), "factor": lambda B, K, eps: 0.5}),
    Mistake("backward_difference",
     "This is the backward difference, f(w) − f(w − eps); the sheet's is central.",
     {"span": (1, 0)}),
    Mistake("difference_divided_by_eps",
     "The difference is divided by eps; from w − eps to w + eps it is 2 eps.",
     {"factor": lambda B, K, eps: 2}),
    Mistake("difference_not_divided",
     "The difference is not divided by 2 eps.", {"factor": lambda B, K, eps: 2 * eps}),
    Mistake("difference_sign",
     "The sign is wrong: it is f(w + eps) − f(w − eps).", {"factor": lambda B, K, eps: -1}),
    Mistake("difference_summed_over_batch",
     "The outputs are summed over the batch; f averages over it.",
     {"factor": lambda B, K, eps: B}),
    Mistake("difference_averaged_over_outputs",
     "The outputs of a sample are averaged; f sums them.", {"factor": lambda B, K, eps: 1 / K}),
]  # fmt: skip
EPS_UNUSED = Mistake("eps_unused", "eps is not used: these are the numbers of a much smaller step.")


def numerical_variants(name: str, weights: Weights, x: Array, eps: float) -> Iterator[Variant]:
    """Yield what is taken for a central difference of f, the outputs' sum averaged over a batch."""
    B, K = x.shape[1], weights["V"].shape[1]

    def value(span: tuple[int, int] = (1, 1), factor: Factor = lambda *_: 1.0) -> Array:
        below, above = span
        found = oracle.differences(weights, x, below * eps, above * eps)
        return np.asarray(factor(B, K, eps) * found[name])

    for mistake in combined(NUMERICAL):
        yield mistake, partial(value, **mistake.change)
    yield EPS_UNUSED, lambda: oracle.differences(weights, x, 1e-5, 1e-5)[name]


def agreement_variants(numerical: Array, outputs: int) -> Iterator[Variant]:
    """Yield the right gradient, of one sequence, where the numerical one is wrong by a factor."""
    for mistake in NUMERICAL:
        if set(mistake.change) == {"factor"} and mistake.id != "difference_not_divided":
            yield mistake, partial(np.divide, numerical, mistake.change["factor"](1, outputs, 0.0))


def analytical_variants(per_step: Array, batch: int, outputs: int) -> Iterator[Variant]:
    """Yield wrong values of a gradient that is summed over time and averaged over the batch.

    ``per_step`` is the right one, before the sum over time if it has one.
    """
    total = per_step.sum(0) if per_step.ndim == 3 else per_step
    yield (
        Mistake(
            "analytical_summed_over_batch", "The gradients are summed over the batch; average them."
        ),
        lambda: total * batch,
    )
    yield (
        Mistake(
            "analytical_averaged_over_batch_twice",
            "The gradients are averaged over the batch twice.",
        ),
        lambda: total / batch,
    )
    yield (
        Mistake(
            "analytical_averaged_over_outputs", "The outputs of a sample are averaged; f sums them."
        ),
        lambda: total / outputs,
    )
    if per_step.ndim == 3:
        yield (
            Mistake(
                "analytical_averaged_over_time",
                "The gradients are averaged over time, too; sum over it.",
            ),
            lambda: per_step.mean(0),
        )
        yield (
            Mistake(
                "analytical_of_last_time_step",
                "Only the last time step's gradient is there; sum over time.",
            ),
            lambda: per_step[-1],
        )

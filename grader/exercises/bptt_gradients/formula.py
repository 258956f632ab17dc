"""Backpropagation through time in NumPy, with named switches for what people get wrong in it.

Autograd can't be changed so. The oracle doesn't use this file, but autograd.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from grader.exercises.bptt_gradients import oracle
from grader.exercises.bptt_gradients.oracle import Array, Arrays, Kind


def output_errors(problem: Arrays, kind: Kind) -> Array:
    """Return dL/do_t (T, q) of sheet 002."""
    o = oracle.states(problem, kind)[1:] @ problem["W_qh"].T
    return np.asarray((o - problem["y"]) / len(o))


# How losses reach the states before them; the arguments are those of ``step_by_step``.
Way = Callable[[Array, Array, Array, Array], Iterator[Array]]


def shifted(rows: Array) -> Array:
    """Return the rows, each one step earlier; the last are zeros."""
    return np.vstack([rows[1:], np.zeros_like(rows[:1])])


def step_by_step(term: Array, first: Array, later: Array, W: Array) -> Iterator[Array]:
    """Yield for each lag what losses so many steps later send to the states, (T, n).

    Args:
        term: What each loss sends to the state of its own step.
        first: The slopes of tanh where a loss enters, (T, n).
        later: Those at the steps before.
        W: Through which a step goes back.
    """
    slope = first
    while True:
        yield term
        term, slope = shifted((slope * term) @ W), later


def slopes_last(term: Array, first: Array, later: Array, W: Array) -> Iterator[Array]:
    """Yield the same where all slopes are multiplied after the powers of W."""
    product, slope = np.ones_like(term), first
    while True:
        yield product * term
        product, slope, term = shifted(product * slope), later, shifted(term @ W)


def slopes_first(term: Array, first: Array, later: Array, W: Array) -> Iterator[Array]:
    """Yield the same where all slopes are multiplied before the powers of W."""
    product, slope, power = np.ones_like(term), first, np.eye(len(W))
    while True:
        yield (product * term) @ power
        product, slope, term, power = shifted(product * slope), later, shifted(term), power @ W


def powers_from_the_end(term: Array, _first: Array, _later: Array, W: Array) -> Iterator[Array]:
    """Yield the same where the loss at t goes through T - t factors, however near it is."""
    power = np.linalg.matrix_power
    rows = np.stack([row @ power(W, len(term) - 1 - t) for t, row in enumerate(term)])
    while True:
        yield rows
        rows = shifted(rows)


CHAINED = ("given", "d_o", "kept", "x")  # switches that transform an array or a problem


@dataclass(frozen=True)
class Backward:
    """The gradients of all weights; each field is a switch."""

    given: Callable[[Arrays], Arrays] = lambda problem: problem  # what is computed with
    kind: Kind | None = None  # of the RNN, if another than the question's
    errors: Callable[[Arrays, Kind], Array] | None = None  # likewise, the gradient in the outputs
    d_o: Callable[[Array], Array] = lambda d_o: d_o  # as it enters
    slope: Callable[[Array, Array], Array] | None = None  # of tanh, from h_t and h_(t-1)
    first_slope: Callable[[Array], Array] = lambda slope: slope  # where a loss enters
    last_slope: Callable[[Array], Array] = lambda slope: slope  # where a weight is reached
    passed: Callable[[Array], Array] = lambda slope: slope  # on the way from step to step
    kept: Callable[[Array], Array] = lambda d_z: d_z  # the steps whose terms are summed
    enter: Callable[[Array, Array], Array] = lambda term, W: term  # what a loss sends to its h_t
    carry: Callable[[Array], Array] = lambda W: W  # d_z @ W goes one step back
    way: Way = step_by_step  # from the losses back to the states
    lags: Callable[[Array], Array] = lambda l: np.ones(len(l))  # weights (T,), or for t (T, T)
    before: Callable[[Array], Array] = lambda h: h[:-1]  # what W_hh is multiplied by
    after: Callable[[Array], Array] = lambda h: h[1:]  # what the output's weights are
    x: Callable[[Array], Array] = lambda x: x
    is_transposed: bool = False  # the gradient of W_hh

    def run(
        self,
        problem: Arrays,
        kind: Kind,
        output: str = "W_qh",
        errors: Callable[[Arrays, Kind], Array] = output_errors,
    ) -> Arrays:
        """Return the gradients by the weights' names.

        Args:
            problem: Weights, inputs and targets.
            kind: The activation.
            output: The name of the output's weights.
            errors: The gradient in the outputs (T, q), of problem and kind.
        """
        problem, kind = self.given(problem), self.kind or kind
        h = oracle.states(problem, kind)
        d_o = self.d_o((self.errors or errors)(problem, kind))
        right = (lambda h, _: 1 - h**2) if kind == "tanh" else (lambda h, _: np.ones_like(h))
        slope = (self.slope or right)(h[1:], h[:-1])
        term = self.enter(d_o @ problem[output], problem["W_hh"])
        first, later = self.passed(self.first_slope(slope)), self.passed(slope)
        way = self.way(term, first, later, self.carry(problem["W_hh"]))
        d_h = np.zeros_like(term)
        for weight, sent in zip(self.lags(np.arange(len(term))), way, strict=False):
            d_h += np.reshape(weight, (-1, 1)) * sent
        d_z = self.kept(self.last_slope(slope) * d_h)
        d_W_hh = d_z.T @ self.before(h)
        return {
            "W_hx": d_z.T @ self.x(problem["x"]),
            "W_hh": d_W_hh.T if self.is_transposed else d_W_hh,
            "b_h": d_z.sum(0),
            output: d_o.T @ self.after(h),
            output.replace("W", "b").removesuffix("h"): d_o.sum(0),
        }


def only(step: int, rows: Array) -> Array:
    """Return zeros in all rows but one."""
    chosen: Array = rows * (np.arange(len(rows)) == step % len(rows))[:, None]
    return chosen


def rolled(h: Array) -> Array:
    """Return h_(t-1) by an index of -1 at the first step, which takes the last state."""
    return np.concatenate([h[-1:], h[1:-1]])


def without_first(rows: Array) -> Array:
    """Return the rows, the first of them zeros."""
    return np.concatenate([np.zeros_like(rows[:1]), rows[1:]])

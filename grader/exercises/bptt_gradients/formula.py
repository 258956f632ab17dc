"""Backpropagation through time in NumPy, with named switches for what people get wrong in it.

Autograd can't be changed so. The oracle doesn't use this file, but autograd.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from grader.exercises.bptt_gradients import oracle
from grader.exercises.bptt_gradients.oracle import Array, Arrays, Kind


def output_errors(problem: Arrays, kind: Kind) -> Array:
    """Return dL/do_t (T, q) of sheet 002."""
    o = oracle.states(problem, kind)[1:] @ problem["W_qh"].T
    return np.asarray((o - problem["y"]) / len(o))


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
    lags: Callable[[Array], Array] = lambda l: np.ones(len(l))  # the weight of each lag
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
        d_h = np.zeros_like(term)
        weights = self.lags(np.arange(len(term)))
        for lag, weight in enumerate(weights):
            d_h += weight * term
            d_z = self.passed(self.first_slope(slope) if lag == 0 else slope) * term
            term = np.vstack([d_z[1:] @ self.carry(problem["W_hh"]), np.zeros_like(h[:1])])
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

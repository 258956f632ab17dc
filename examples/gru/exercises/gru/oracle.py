"""Compute the GRU of Cho et al. (2014) in float64, with switches for what students get wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Weights = dict[str, Array]  # W_r (n, d), U_r (n, n), b_r (n,), and the same for z and h


def sigma(a: Array) -> Array:
    """Return the logistic function of ``a``."""
    return np.asarray(1 / (1 + np.exp(-a)))


def reset_before(r: Array, h: Array, U: Array) -> Array:
    """Return U (r ⊙ h), (B, n)."""
    return np.asarray((r * h) @ U.T)


@dataclass(frozen=True)
class GRU:
    """A cell; each field is a part of its equations that a mistake may replace."""

    gate: Callable[[Array], Array] = sigma
    squash: Callable[[Array], Array] = np.tanh  # of the candidate
    recurrent: Callable[[Array, Array, Array], Array] = reset_before  # of r, h and U_h
    kept: Callable[[Array], Array] = np.asarray  # the share of h_(t−1), from z
    bias: float = 1.0

    def step(self, p: Weights, x: Array, h: Array) -> Array:
        """Return h_t (B, n) from x_t (B, d) and h_(t−1) (B, n)."""
        r = self.gate(x @ p["W_r"].T + h @ p["U_r"].T + self.bias * p["b_r"])
        z = self.gate(x @ p["W_z"].T + h @ p["U_z"].T + self.bias * p["b_z"])
        recurrent = self.recurrent(r, h, p["U_h"])
        candidate = self.squash(x @ p["W_h"].T + recurrent + self.bias * p["b_h"])
        kept = self.kept(z)
        return np.asarray(kept * h + (1 - kept) * candidate)

    def states(self, p: Weights, x: Array, h: Array) -> Array:
        """Return h_1 … h_T, (T, B, n), for x (T, B, d) and h_0 (B, n)."""
        return unrolled(lambda x_t, h: self.step(p, x_t, h), x, h)


def unrolled(step: Callable[[Array, Array], Array], x: Array, h: Array) -> Array:
    """Return the states (T, B, n) of any cell."""
    states = [h]
    for x_t in x:
        states.append(step(x_t, states[-1]))
    return np.stack(states[1:])

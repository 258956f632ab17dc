"""Compute the exact answers of sheet 000 by closed polynomials and a linear recurrence.

With m1 and m2, the means of x_0 - mu and of its square over the batch, the mean of (h_t - mu)^2 is
m2 + 2 t theta m1 + t^2 theta^2: nothing else of the batch enters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Random = np.random.Generator


@dataclass(frozen=True)
class Batch:
    """Samples x_0 (n,) around ``mu``."""

    x_0: Array
    mu: float

    @property
    def n(self) -> int:
        """Return the number of samples."""
        return len(self.x_0)

    @property
    def m1(self) -> float:
        """Return the mean of x_0 - mu."""
        return float(np.mean(self.x_0 - self.mu))

    @property
    def m2(self) -> float:
        """Return the mean of (x_0 - mu)^2."""
        return float(np.mean((self.x_0 - self.mu) ** 2))

    def __str__(self) -> str:
        return f"{self.n} samples, mu = {self.mu:.4g}"


class Run(NamedTuple):
    """Entry j belongs to iteration k = j + 1; theta (K + 1,) ends with the result."""

    theta: Array
    loss: Array  # (K,)
    gradient: Array  # (K,)


def draw_batch(rng: Random, n: int, m1: float | None = None, deviation: float = 1.0) -> Batch:
    """Draw a batch whose mean lies exactly ``m1`` above mu; by default off by 0.1 to 0.4."""
    z = rng.normal(size=n)
    z = (z - z.mean()) / z.std()
    shift = draw_sign(rng) * rng.uniform(0.1, 0.4) if m1 is None else m1
    mu = float(rng.normal(0, 2))
    return Batch(mu + shift + deviation * z, mu)


def draw_theta(rng: Random) -> float:
    """Draw a start far enough from 0 that no gradient vanishes by chance."""
    return float(draw_sign(rng) * rng.uniform(0.6, 2.0))


def draw_sign(rng: Random) -> int:
    """Draw -1 or 1."""
    return int(rng.choice([-1, 1]))


def terms(theta: float, batch: Batch, times: Iterable[int]) -> Array:
    """Return the mean of (h_t - mu)^2 for each t."""
    t = np.array(list(times), dtype=float)
    return batch.m2 + 2 * t * theta * batch.m1 + t**2 * theta**2


def loss(theta: float, batch: Batch, T: int) -> float:
    """Return L(theta), summed over t = 1 … T (section 1)."""
    return float(terms(theta, batch, range(1, T + 1)).sum())


def gradient(theta: float, batch: Batch, T: int) -> float:
    """Return dL/dtheta (section 1.1)."""
    return T * (T + 1) * batch.m1 + curvature(T) * theta


def curvature(T: int) -> float:
    """Return the second derivative of L, the same everywhere."""
    return T * (T + 1) * (2 * T + 1) / 3


def minimum(batch: Batch, T: int) -> float:
    """Return the theta that minimises L for this batch."""
    return -T * (T + 1) * batch.m1 / curvature(T)


def descent(
    theta: float,
    rate: float,
    iterations: int,
    slope: Callable[[float], float],
) -> Array:
    """Return theta (K + 1,) of gradient descent at a constant rate."""
    path = [theta]
    for _ in range(iterations):
        path.append(path[-1] - rate * slope(path[-1]))
    return np.array(path)


def recorded(theta: Array, batch: Batch, T: int) -> tuple[Array, Array]:
    """Return loss and gradient (K,) at each but the last of ``theta`` (K + 1,), in full BPTT."""
    values = [loss(float(each), batch, T) for each in theta[:-1]]
    return np.array(values), np.array([gradient(float(each), batch, T) for each in theta[:-1]])


def truncated(theta: float, batch: Batch, rates: Iterable[float]) -> Run:
    """Return a truncated run at the rates eta_1, eta_2, ….

    With e = mean(h) - mu, iteration k is e ← e + theta, theta ← theta - 2 eta_k e.
    """
    e, path = batch.m1, [theta]
    for rate in rates:
        e += path[-1]
        path.append(path[-1] - rate * 2 * e)
    return Run(np.array(path), *truncated_recorded(np.array(path), batch))


def restarted(theta: float, batch: Batch, rates: Sequence[float], count: int) -> Array:
    """Return theta (count, K + 1) of so many runs, each from the last theta of the one before."""
    runs = [truncated(theta, batch, rates).theta]
    while len(runs) < count:
        runs.append(truncated(float(runs[-1][-1]), batch, rates).theta)
    return np.array(runs)


def truncated_recorded(theta: Array, batch: Batch) -> tuple[Array, Array]:
    """Return loss and gradient (K,) of a truncated run along ``theta`` (K + 1,)."""
    e = batch.m1 + np.cumsum(theta[:-1])
    return e**2 + batch.m2 - batch.m1**2, 2 * e

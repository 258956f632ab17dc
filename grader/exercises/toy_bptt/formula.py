"""Full and truncated BPTT of sheet 000, with named switches for what people get wrong in them.

They are worked out in the two numbers of the batch that matter, m1 and m2. The oracle doesn't use
this file, but closed polynomials and a recurrence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from grader.exercises.toy_bptt import oracle
from grader.exercises.toy_bptt.oracle import Array, Batch

Rate = Callable[[int], float]


@dataclass(frozen=True)
class Full:
    """The loss L, its gradient and gradient descent; each field is a switch."""

    given: Callable[[Batch], Batch] = lambda batch: batch  # what is computed with
    times: Callable[[int], Sequence[int]] = lambda T: range(1, T + 1)  # that are summed over
    direction: int = 1  # of theta in the step
    squared: bool = True  # h_t - mu
    samples: bool = False  # the sum over the batch, not its mean
    average: bool = False  # over the steps
    sign: int = 1
    half: float = 1.0  # of loss and gradient
    half_slope: float = 1.0  # of the gradient alone
    reach: Callable[[Array], Array] = lambda t: t  # how often h_t depends on theta

    def loss(self, theta: float, batch: Batch, T: int) -> float:
        """Return L(theta)."""
        batch, t = self.given(batch), self._times(T)
        mean = batch.m1 + t * self.direction * theta
        terms = mean**2 + batch.m2 - batch.m1**2 if self.squared else mean
        return self._scale(batch, T) * float(terms.sum())

    def gradient(self, theta: float, batch: Batch, T: int) -> float:
        """Return dL/dtheta."""
        batch, t = self.given(batch), self._times(T)
        outer = 2 * (batch.m1 + t * self.direction * theta) if self.squared else np.ones_like(t)
        found = float((outer * self.direction * self.reach(t)).sum())
        return self._scale(batch, T) * self.half_slope * found

    def _times(self, T: int) -> Array:
        return np.array(list(self.times(T)), dtype=float)

    def _scale(self, batch: Batch, T: int) -> float:
        size = batch.n if self.samples else 1.0
        return self.sign * self.half * size / (T if self.average else 1)


@dataclass(frozen=True)
class Descent(Full):
    """Gradient descent along that gradient."""

    uphill: int = 1  # -1: theta plus rate times gradient
    kept: float = 0.0  # of the gradient of the iteration before
    own_rate: bool = False  # the rate is told by the student's own first step
    behind: bool = False  # theta is recorded before each update
    after_update: bool = False  # loss and gradient are recorded after it

    def path(
        self, theta: float, batch: Batch, T: int, rate: float, iterations: int, got: Array
    ) -> Array:
        """Return theta (K + 1,) at that rate; ``got`` is the student's own."""
        if self.own_rate:
            step = self.uphill * self.gradient(theta, batch, T)
            rate = float(got[0] - after_first_step(got)) / (step or 1.0)
        path, total = [theta], 0.0
        for _ in range(iterations):
            total = self.kept * total + self.gradient(path[-1], batch, T)
            path.append(path[-1] - self.uphill * rate * total)
        return one_behind(np.array(path)) if self.behind else np.array(path)

    def recorded(self, theta: Array, batch: Batch, T: int) -> dict[str, Array]:
        """Return loss and gradient (K,) that are recorded along ``theta`` (K + 1,)."""
        at = theta[1:] if self.after_update or self.behind else theta[:-1]
        slopes = np.array([self.gradient(float(each), batch, T) for each in at])
        return {
            "loss": np.array([self.loss(float(each), batch, T) for each in at]),
            "gradient": totals(slopes, self.kept),
        }


@dataclass(frozen=True)
class Step:
    """A truncated step, in e = mean(h) - mu; each field is a switch."""

    given: Callable[[Batch], Batch] = lambda batch: batch  # what is computed with
    direction: int = 1  # of theta in the step
    squared: bool = True  # next h - mu
    samples: bool = False  # the sum over the batch, not its mean
    half: float = 1.0
    half_slope: float = 1.0  # of the gradient alone
    sign: int = 1  # of the gradient
    reach: Callable[[int], int] = lambda k: 1  # how often h_k depends on theta
    late: bool = True  # the loss is that of the state after the step

    def loss(self, before: float, after: float, batch: Batch) -> float:
        """Return the loss of a step that leads from e = ``before`` to ``after``."""
        e = after if self.late else before
        scale = self.half * (batch.n if self.samples else 1.0)
        return scale * (e * e + batch.m2 - batch.m1**2 if self.squared else e)

    def slope(self, e: float, k: int, batch: Batch) -> float:
        """Return the truncated gradient of step k, which leads to e."""
        scale = self.sign * self.half * self.half_slope * (batch.n if self.samples else 1.0)
        return scale * self.reach(k) * self.direction * 2 * e

    def after(self, theta: float, batch: Batch, lag: int) -> dict[str, float]:
        """Return loss and gradient of the step that follows ``lag`` right ones."""
        batch = self.given(batch)
        before = batch.m1 + lag * theta
        e = before + self.direction * theta
        return {"loss": self.loss(before, e, batch), "gradient": self.slope(e, lag + 1, batch)}


@dataclass(frozen=True)
class Loop(Step):
    """Truncated BPTT with that step, and restarts."""

    counted: Callable[[int], int] = lambda k: k  # the k that the schedule is asked for
    own_rate: bool = False  # the student's own first step tells a factor of the rate
    carried: bool = True  # h, from iteration to iteration
    updated: bool = False  # h is carried on with the theta after the update
    kept: float = 0.0  # of the gradient of the iteration before
    behind: bool = False  # theta is recorded before each update
    after_update: bool = False  # the loss is recorded for the theta after it
    keep_h: bool = False  # over restarts
    keep_k: bool = False
    keep_theta: bool = True

    def run(
        self,
        theta: float,
        batch: Batch,
        rate: Rate,
        iterations: int,
        got: Array,
        e: float | None = None,
        first: int = 1,
    ) -> tuple[Array, float]:
        """Return theta (K + 1,) from the state ``e`` and k = ``first`` on, and the last state.

        ``got`` is the student's theta; ``e`` is that of x_0 if it is not given.
        """
        batch = self.given(batch)
        e = batch.m1 if e is None else e
        path, total, factor = [theta], 0.0, 1.0
        for k in range(first, first + iterations):
            before = e if self.carried else batch.m1
            e = before + self.direction * path[-1]
            total = self.kept * total + self.slope(e, k, batch)
            step = rate(self.counted(k)) * total
            if self.own_rate and k == first:
                factor = float(path[0] - after_first_step(got)) / (step or 1.0)
            path.append(path[-1] - factor * step)
            if self.updated:
                e = before + self.direction * path[-1]
        return one_behind(np.array(path)) if self.behind else np.array(path), e

    def restarted(
        self, theta: float, batch: Batch, rate: Rate, iterations: int, count: int, got: Array
    ) -> Array:
        """Return theta of all runs, (count, K + 1); ``got`` is the student's."""
        runs: list[Array] = []
        e: float | None = None
        for number in range(count):
            start = float(runs[-1][-1]) if runs and self.keep_theta else theta
            first = 1 + number * iterations if self.keep_k else 1
            kept = e if self.keep_h else None
            path, e = self.run(start, batch, rate, iterations, got[number], kept, first)
            runs.append(path)
        return np.array(runs)

    def recorded(self, theta: Array, batch: Batch) -> dict[str, Array]:
        """Return loss and gradient (K,) that are recorded along ``theta`` (K + 1,)."""
        batch = self.given(batch)
        if self.behind:  # the last theta is not there, and no entry belongs to it
            theta = np.append(theta[1:], theta[-1])
        moves = self.direction * theta[:-1]
        kept = self.direction * theta[1:] if self.updated else moves
        before = batch.m1 + (np.cumsum(kept) - kept if self.carried else 0 * moves)
        e = before + moves
        slopes = np.array([self.slope(float(each), k, batch) for k, each in enumerate(e, 1)])
        moved = self.direction * (theta[1:] - theta[:-1]) if self.after_update else 0.0
        losses = np.array([self.loss(*pair, batch) for pair in zip(before, e + moved, strict=True)])
        return {"loss": losses, "gradient": totals(slopes, self.kept)}


def totals(slopes: Array, kept: float) -> Array:
    """Return the gradients as they stand in .grad, if ``kept`` of the one before is left there."""
    found: list[float] = []
    for slope in slopes:
        found.append(float(slope) + kept * (found[-1] if found else 0.0))
    return np.array(found)


def after_first_step(got: Array) -> float:
    """Return the first entry of theta (K + 1,) that is not the start; the start if there is none.

    It is entry 1, or a later one of somebody who records theta before the update.
    """
    return float(got[np.argmax(got != got[0])])


def one_behind(theta: Array) -> Array:
    """Return theta (K + 1,) as it is recorded before each update: the start stands twice."""
    return np.concatenate([theta[:1], theta[:-1]])


def at_mean(batch: Batch) -> Batch:
    """Return the batch with every sample at mu."""
    return oracle.Batch(np.full_like(batch.x_0, batch.mu), batch.mu)

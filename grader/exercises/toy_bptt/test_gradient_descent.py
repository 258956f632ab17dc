"""Question T2 of sheet 000: gradient descent with full BPTT, whole trajectories."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import close, require
from grader.checks.carry import is_assumed
from grader.checks.mistakes import Variant
from grader.exercises.toy_bptt import mistakes, oracle, probes
from grader.exercises.toy_bptt.oracle import Array, Batch, Random
from grader.exercises.toy_bptt.runs import FILE, of_length, records_agree, run_precision
from grader.sandbox.student import Student

WITHIN = 10  # iterations
ERROR = 0.01  # of the first error

Trajectory = tuple[Array, Array, Array]


def descend(
    student: Student, theta: float, batch: Batch, T: int, rate: float | None, iterations: int
) -> tuple[Trajectory, str]:
    """Return the student's run and where it was made."""
    case: dict[str, Any] = {"theta": theta, "x_0": batch.x_0, "mu": batch.mu, "T": T}
    case |= {"rate": rate, "iterations": iterations}
    (run,) = FILE.run(student, probes.descents, cases=[case])
    shown = "of your choice" if rate is None else f"{rate:.4g}"
    where = FILE.place("gradient_descent", f"T = {T}, theta = {theta:.4g}, rate {shown}, {batch}")
    return of_length(run, iterations, where), where


def draw_case(rng: Random) -> tuple[float, Batch, int, float, int]:
    """Draw theta, batch, T, rate and iterations.

    theta gets closer by a factor of 0.2 to 0.7 in each iteration.
    """
    T = int(rng.integers(3, 25))
    rate = float(rng.uniform(0.3, 0.8)) / oracle.curvature(T)
    batch = oracle.draw_batch(rng, int(rng.integers(5, 60)))
    return oracle.draw_theta(rng), batch, T, rate, int(rng.integers(4, 12))


@pytest.mark.question(id="T2", share="3/8")
def test_theta(student: Student, rng: Random) -> None:
    """theta goes the way of gradient descent, in every iteration."""
    for _ in range(3):
        theta, batch, T, rate, iterations = draw_case(rng)
        run, where = descend(student, theta, batch, T, rate, iterations)
        close(
            run[0],
            oracle.descent(theta, rate, iterations, partial(oracle.gradient, batch=batch, T=T)),
            "theta should go from the start along minus rate times gradient.",
            tolerance=run_precision(*run),
            where=where,
            mistakes=chain(
                mistakes.descents(theta, batch, T, rate, iterations, run[0]),
                fresh(run[0], run, batch, T),
            ),
        )


def fresh(got: Array, run: Trajectory, batch: Batch, T: int) -> list[Variant]:
    """Return ``got`` as a variant, if the run draws new samples in each iteration."""
    drawn = mistakes.drawn_anew(*run, batch, T)
    return [(mistakes.DRAWN_ANEW, partial(np.copy, got))] if drawn else []


@pytest.mark.question(id="T2", share="1/4")
def test_record(student: Student, rng: Random) -> None:
    """Loss and gradient are recorded for each theta."""
    theta, batch, T, rate, iterations = draw_case(rng)
    run, where = descend(student, theta, batch, T, rate, iterations)
    expected = oracle.recorded(run[0], batch, T)
    wrong = mistakes.recorded(run[0], batch, T)
    found = {
        name: chain(wrong[name], fresh(got, run, batch, T))
        for name, got in zip(("loss", "gradient"), run[1:], strict=True)
    }
    records_agree(run, expected, where, found)


def comes_close_anew(run: Trajectory, batch: Batch, T: int, where: str) -> None:
    """Check a run that draws new samples in each iteration: one rate, and theta near 0 at the end.

    Each batch has a minimum of its own, -3 m1 / (2 T + 1). A run that converges as fast as it
    should ends with a deviation of less than 3 times that of these minima.
    """
    theta, gradient = run[0], run[2]
    rates = -np.diff(theta) / gradient
    noise = mistakes.FURTHEST * 3 * 3 / (2 * T + 1) / np.sqrt(batch.n)
    require(
        np.allclose(rates, rates[0]) and abs(theta[-1]) < ERROR * abs(theta[0]) + noise,
        f"theta should come close to the minimum in {WITHIN} iterations at one rate.",
        expected=f"theta within {ERROR * abs(theta[0]) + noise:.3g} of 0",
        got=f"theta = {theta[-1]:.3g}, with rates from {rates.min():.4g} to {rates.max():.4g}",
        where=where,
        hint="Ask how strongly the parabola L bends: that tells the rate.",
    )


@pytest.mark.question(id="T2", share="3/8")
def test_own_rate(student: Student, rng: Random) -> None:
    """Your own learning rate converges fast at T = 20."""
    T, theta, batch = 20, 1.0, oracle.draw_batch(rng, 1024, m1=float(rng.normal() / 32))
    run, where = descend(student, theta, batch, T, None, WITHIN)
    if mistakes.drawn_anew(*run, batch, T) and is_assumed(mistakes.DRAWN_ANEW):
        comes_close_anew(run, batch, T, where)
        return
    slope = partial(mistakes.own_gradient, batch=batch, T=T)
    rate = float(run[0][0] - run[0][1]) / slope(theta)
    close(
        run[0],
        oracle.descent(theta, rate, WITHIN, slope),
        "With the rate left to you, theta should follow gradient descent at one rate.",
        tolerance=run_precision(*run),
        where=f"{where}; the first step tells the rate: {rate:.4g}",
        hint="Choose the rate once, before the loop; each step goes along minus rate times the "
        "gradient at the theta that was reached.",
    )
    curvature = slope(1.0) - slope(0.0)  # the slope is a straight line
    errors = np.abs(run[0] + slope(0.0) / curvature)
    stable = 2 / curvature
    hint = "The rate is small: ask how strongly the parabola L bends."
    if rate < 0:
        hint = "The rate is negative: every step goes uphill."
    elif rate > 0.9 * stable:
        hint = f"The rate is too large: beyond {stable:.3g} each step overshoots by more."
    # A rate that is right for the sheet's loss is right, where another loss has cost its points.
    is_right = bool(abs(1 - rate * oracle.curvature(T)) ** WITHIN < ERROR)
    require(
        errors[WITHIN] < ERROR * errors[0] or is_right,
        f"theta should come within {ERROR:.0%} of the way to the minimum in {WITHIN} iterations.",
        expected=f"less than {ERROR * errors[0]:.3g} away from the minimum of this batch's loss",
        got=f"{errors[WITHIN]:.3g} away, with the rate {rate:.4g}",
        where=where,
        hint=hint,
    )

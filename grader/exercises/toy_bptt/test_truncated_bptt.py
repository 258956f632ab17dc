"""Question T3 of sheet 000: one truncated step, and the loop with SGD and LambdaLR."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import close, require, require_untampered
from grader.checks.mistakes import Mistake
from grader.exercises.toy_bptt import mistakes_truncated, oracle, probes
from grader.exercises.toy_bptt.oracle import Batch, Random
from grader.exercises.toy_bptt.runs import (
    FILE,
    agree,
    of_length,
    precision,
    records_agree,
    run_precision,
)
from grader.sandbox.student import Student


@dataclass(frozen=True)
class Step:
    """The result of the student's step, from a state made by ``lag`` steps of the same theta."""

    theta: float
    batch: Batch
    lag: int
    got: dict[str, Any]

    @property
    def where(self) -> str:
        """Return where a check of this step looks."""
        made = f"; h was made by {self.lag} steps of the same theta" if self.lag else ""
        return FILE.place("truncated_step", f"theta = {self.theta:.4g}, {self.batch}{made}")


def take_steps(student: Student, rng: Random) -> list[Step]:
    """Take steps from states that depend on theta not at all, once, or several times."""
    drawn = [
        (oracle.draw_theta(rng), oracle.draw_batch(rng, int(rng.integers(5, 60))), lag)
        for lag in (0, 1, int(rng.integers(2, 9)))
    ]
    cases = [
        {"theta": theta, "x_0": batch.x_0, "mu": batch.mu, "lag": lag}
        for theta, batch, lag in drawn
    ]
    found = FILE.run(student, probes.steps, cases=cases)
    return [Step(*asked, got) for asked, got in zip(drawn, found, strict=True)]


def number_agrees(step: Step, name: str, expected: float, what: str) -> None:
    """Check the loss or the gradient of a step."""
    wrong = mistakes_truncated.steps(name, step.theta, step.batch, step.lag)
    agree(step.got[name], expected, what, step.where, wrong)


@pytest.mark.question(id="T3", share="1/5")
def test_step(student: Student, rng: Random) -> None:
    """A truncated step gives the next state and its loss."""
    for step in take_steps(student, rng):
        h, before = step.got["h"], step.batch.x_0 + step.lag * step.theta
        close(
            h,
            before + step.theta,
            "The next state should be h + theta.",
            tolerance=precision(h),
            where=step.where,
            mistakes=[
                (
                    mistakes_truncated.SUBTRACTED,
                    partial(np.add, before, -step.theta),
                ),
                (
                    Mistake("state_before_step", "This is h itself, as it was before the step."),
                    partial(np.copy, before),
                ),
            ],
        )
        (loss,) = oracle.terms(step.theta, step.batch, [step.lag + 1])
        number_agrees(step, "loss", loss, "The loss is the mean of (next h - mu)^2.")


@pytest.mark.question(id="T3", share="1/5")
def test_gradient_of_a_step(student: Student, rng: Random) -> None:
    """The gradient of a truncated step is this step's alone."""
    for step in take_steps(student, rng):
        slope = 2 * (step.batch.m1 + (step.lag + 1) * step.theta)
        what = "The truncated gradient is 2 mean(next h - mu)."
        number_agrees(step, "gradient", slope, what)


def run_loop(
    student: Student, rng: Random
) -> tuple[dict[str, Any], float, Batch, dict[str, float], int, str]:
    """Return a run of the student's loop under a schedule of ours, and what it was asked for."""
    theta, batch = oracle.draw_theta(rng), oracle.draw_batch(rng, int(rng.integers(5, 60)))
    schedule = draw_schedule(rng)
    iterations = int(rng.integers(20, 50))
    inputs = {"theta": theta, "x_0": batch.x_0, "mu": batch.mu, "iterations": iterations}
    found = FILE.run(student, probes.truncated, schedule=schedule, inputs=inputs)
    shown = "{scale:.3g} / (k + {shift:.3g})^{power:.3g}".format(**schedule)
    where = FILE.place("truncated_bptt", f"theta = {theta:.4g}, eta_k = {shown}, {batch}")
    return found, theta, batch, schedule, iterations, where


def draw_schedule(rng: Random) -> dict[str, float]:
    """Draw scale, shift and power of a schedule of ours."""
    low, high = {"scale": 0.4, "shift": 1.2, "power": 0.5}, {"scale": 0.9, "shift": 3, "power": 1.5}
    return {name: float(rng.uniform(low[name], high[name])) for name in low}


@pytest.mark.question(id="T3", share="3/10")
def test_theta(student: Student, rng: Random) -> None:
    """theta goes the way of truncated BPTT, in every iteration."""
    for _ in range(2):
        found, theta, batch, schedule, iterations, where = run_loop(student, rng)
        run = of_length(found["run"], iterations, where)
        rate = probes.rate(**schedule)
        close(
            run[0],
            oracle.truncated(theta, batch, map(rate, range(1, iterations + 1))).theta,
            "theta should go along minus eta_k times the truncated gradient.",
            tolerance=run_precision(*run),
            where=where,
            mistakes=mistakes_truncated.paths(theta, batch, rate, iterations, run[0]),
        )


@pytest.mark.question(id="T3", share="1/5")
def test_record(student: Student, rng: Random) -> None:
    """Truncated loss and gradient are recorded in each iteration."""
    found, _, batch, _, iterations, where = run_loop(student, rng)
    run = of_length(found["run"], iterations, where)
    expected = oracle.truncated_recorded(run[0], batch)
    records_agree(run, expected, where, mistakes_truncated.recorded(run[0], batch))


@pytest.mark.question(id="T3", share="1/10")
def test_tools(student: Student, rng: Random) -> None:
    """torch.optim.SGD makes every theta of the run, at rates that LambdaLR sets."""
    require_untampered(FILE.sources(student), "torch.optim")
    found, *_, iterations, where = run_loop(student, rng)
    counts = found["counts"]
    require(
        counts["SGD"] >= iterations / 2
        and counts["SGD"] + counts["SGD elsewhere"] >= iterations
        and counts["LambdaLR"] >= iterations,
        "SGD should take every step of the run, and LambdaLR set its rate.",
        expected=f"{iterations} steps of torch.optim.SGD that give the run's theta, as many of its "
        "LambdaLR",
        got=f"{counts['SGD']} steps of SGD to a theta of the run, {counts['SGD elsewhere']} to "
        f"other numbers; LambdaLR set a rate {counts['LambdaLR']} times",
        where=where,
        hint="Make one SGD and one LambdaLR before the loop; call step() of both in it.",
    )

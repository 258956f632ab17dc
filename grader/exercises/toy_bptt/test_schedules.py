"""Question T4 of sheet 000: schedules, and restarts that keep theta alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from grader.checks.arrays import close, require
from grader.checks.carry import explanation, is_among_assumed
from grader.checks.mistakes import Variant, matches, paired
from grader.checks.tolerances import RECORDED
from grader.exercises.toy_bptt import mistakes, mistakes_truncated, oracle, probes
from grader.exercises.toy_bptt.oracle import Array, Batch, Random
from grader.exercises.toy_bptt.runs import FILE, of_length, precision
from grader.exercises.toy_bptt.test_truncated_bptt import draw_schedule
from grader.sandbox.student import Student

# theta after 1000 iterations, and after each of two restarts, from theta = 1 and mean(x_0) = mu.
KNOWN = {1.0: [0.154769, 0.023954, 0.003707], 1.5: [0.050178, 0.002518, 0.000126]}


def thetas(runs: list[dict[str, Any]], count: int, iterations: int, where: str) -> Array:
    """Return theta of all runs, (count, K + 1)."""
    require(
        len(runs) == count,
        "restarts should return the first run, and then one for each restart.",
        expected=f"{count} runs",
        got=f"{len(runs)}",
        where=where,
        hint="times counts the restarts; the first run is none of them, so there is one run more.",
    )
    return np.array([of_length(run, iterations, where)[0] for run in runs])


@pytest.mark.question(id="T4", share="1/4")
def test_decaying_rate(student: Student, rng: Random) -> None:
    """The schedule is 0.5 / k^power."""
    ks = np.sort(rng.choice(np.arange(2, 1000), size=6, replace=False))
    ks = np.array([1, *ks])
    for power in (1.0, 1.5, float(rng.uniform(0.3, 2.5))):
        found = FILE.run(student, probes.rates, power=power, ks=ks.tolist())
        close(
            found,
            0.5 / ks**power,
            "decaying_rate(power)(k) should be 0.5 / k^power.",
            where=FILE.place(
                "decaying_rate", f"power = {power:.4g}, k = {', '.join(map(str, ks))}"
            ),
            mistakes=mistakes.schedules(power, ks),
        )


@pytest.mark.question(id="T4", share="3/8")
def test_restarts(student: Student, rng: Random) -> None:
    """A restart keeps theta, and begins with h = x_0 and k = 1."""
    theta, schedule = oracle.draw_theta(rng), draw_schedule(rng)
    batch = oracle.draw_batch(rng, int(rng.integers(5, 60)))
    iterations, times = int(rng.integers(10, 20)), int(rng.integers(3, 5))
    inputs = {"theta": theta, "x_0": batch.x_0, "mu": batch.mu, "iterations": iterations}
    runs = FILE.run(
        student, probes.restarts, schedule=schedule, inputs=inputs | {"times": times}, seconds=20
    )
    where = FILE.place("restarts", f"times = {times}, theta = {theta:.4g}, {batch}")
    got = thetas(runs, times + 1, iterations, where)
    rate = probes.rate(**schedule)
    close(
        got,
        oracle.restarted(theta, batch, [rate(k) for k in range(1, iterations + 1)], times + 1),
        "Each run should go on from the last theta, with h and k as at the start.",
        tolerance=precision(*got[:, 1:]),
        where=where,
        mistakes=mistakes_truncated.restarts(theta, batch, rate, iterations, times + 1, got),
    )


@pytest.mark.question(id="T4", share="3/8")
def test_known_values(student: Student, rng: Random) -> None:
    """1000 iterations and two restarts end at the known values.

    A loop that is known to count from 0 asks the student's schedule for k = 1 in place of 0, by
    which the schedule divides.
    """
    batch = oracle.draw_batch(rng, 1024, m1=0.0)
    least = 1 if is_among_assumed(mistakes_truncated.FROM_ZERO) else 0
    inputs = {"theta": 1.0, "x_0": batch.x_0, "mu": batch.mu, "iterations": 1000}
    for power, known in KNOWN.items():
        asked: dict[str, Any] = {"schedule": power, "least": least, "inputs": inputs}
        runs = FILE.run(student, probes.restarts, **asked, seconds=40)
        where = f"{FILE}, restarts with decaying_rate({power:g}), times left at 2; {batch}"
        got = thetas(runs, 3, 1000, where)
        ended, tolerance = got[:, -1], max(RECORDED / known[0], precision(*got[:, 1:]))
        # Many mistakes end at 0, but for what is rounded: the way there tells them apart.
        is_right = matches(ended, known, tolerance)
        mistake = None if is_right else explanation(got, ways(batch, power, got), tolerance)
        close(
            ended,
            known,
            "theta should be right after 1000 iterations, and after each of two restarts of 1000.",
            tolerance=tolerance,
            where=where,
            mistakes=[(mistake, partial(np.copy, ended))] if mistake else [],
        )


def ways(batch: Batch, power: float, got: Array) -> list[Variant]:
    """Return theta (3, K + 1) of wrong restarts, also with a wrong schedule that is known.

    A k of 0 counts as 1, to avoid a division by it.
    """

    def wrong(rates: Array) -> Iterator[Variant]:
        return mistakes_truncated.restarts(
            1.0, batch, lambda k: float(rates[max(k, 1) - 1]), 1000, 3, got
        )

    ks = np.arange(1, 3001)  # a run may go on with the count of the one before
    found = list(wrong(0.5 / ks**power))
    for schedule, rates in mistakes.schedules(power, ks):
        found.append((schedule, partial(way_at, batch, rates)))
        if is_among_assumed(schedule):
            found += [
                (paired(mistake, schedule), theta)
                for mistake, theta in wrong(np.asarray(rates()))
                if len(mistake.parts) == 1
            ]
    return found


def way_at(batch: Batch, rates: Callable[[], ArrayLike]) -> Array:
    """Return theta (3, K + 1) of three runs at the first of these rates, from theta = 1."""
    return oracle.restarted(1.0, batch, np.asarray(rates())[:1000].tolist(), 3)

"""Question G4: randomly truncated gradients, draw by draw, and their mean.

Every bound below fails a right solution with a chance of at most 1e-6.
"""

from __future__ import annotations

from functools import partial
from itertools import chain

import numpy as np
import pytest

from grader.checks.arrays import close, require
from grader.checks.carry import assumed_switches, is_assumed
from grader.checks.mistakes import Mistake
from grader.checks.shapes import shape_hint
from grader.checks.tolerances import CHANCE_OF_CHECK, FLOAT64, TOLERANCE
from grader.exercises.bptt_gradients import mistakes, oracle, probes
from grader.exercises.bptt_gradients.agreement import COARSE, FILE, agrees, of_name, refuses
from grader.exercises.bptt_gradients.formula import CHAINED
from grader.exercises.bptt_gradients.mistakes import DRAWS, STOPS, Stops, Weights, right_weights
from grader.exercises.bptt_gradients.oracle import Array, Arrays, Random
from grader.sandbox.student import Student

FUNCTION = "randomized_gradients"
STOPPING = "Begin with tau = 0, and go on with probability p, each time anew: rng.random() < p."
COUNT = 2000  # draws
BOUND = float(np.sqrt(np.log(2 / CHANCE_OF_CHECK) / (2 * COUNT)))  # of Dvoretzky and others
FEW = 100  # draws that are repeated
SECONDS = 40.0
BIASED = "A weight other than p^(-l), or another probability to stop, makes the mean wrong."


def draw_case(rng: Random) -> tuple[Arrays, float]:
    """Draw a problem and p, away from 1/2, where p and 1 - p could not be told apart."""
    return oracle.draw(rng, T=int(rng.integers(4, 7))), float(rng.uniform(0.6, 0.8))


def place(problem: Arrays, p: float) -> str:
    """Return where a check of this problem and this p looks."""
    return FILE.place(FUNCTION, f"p = {p:.4g}, {oracle.sizes(problem)}")


def draw(student: Student, problem: Arrays, p: float, count: int, seed: int) -> Array:
    """Return the student's draws as rows (count, numbers): all gradients of a draw in one row."""
    found = FILE.run(
        student, probes.draws, seconds=SECONDS, problem=problem, p=p, count=count, seed=seed
    )
    parts = []
    for name in oracle.WEIGHTS:
        what = f"The gradient of {name}."
        part = of_name(found, name, what, place(problem, p))
        shape = problem[name].shape
        require(
            part.shape[1:] == shape,
            what,
            expected=f"shape {list(shape)}",
            got=f"shape {list(part.shape[1:])}",
            where=place(problem, p),
            hint=shape_hint(part.shape[1:], shape),
        )
        parts.append(part.reshape(count, -1))
    return np.concatenate(parts, axis=1)


def row(gradients: Arrays) -> Array:
    """Return the gradients of W_qh, W_hx and W_hh in one row."""
    return np.concatenate([gradients[name].reshape(-1) for name in oracle.WEIGHTS])


def own_terms(problem: Arrays) -> Arrays:
    """Return the terms of the tanh RNN's gradients, by the student's own formula if it is known."""
    return mistakes.terms(problem, assumed_switches(mistakes.of_formula("tanh"), CHAINED))


def sums(problem: Arrays, p: float) -> Array:
    """Return what draws that stop at tau = 0 … T - 1 should be, as rows."""
    return rows_of(own_terms(problem), p, *(weights for each, weights in DRAWS if is_assumed(each)))


def rows_of(found: Arrays, p: float, weights: Weights = right_weights) -> Array:
    """Return the sum of the terms for each tau, as rows."""
    lag = np.arange(len(found["W_hh"]))
    return np.array([row(oracle.weighted(found, weights(int(tau), p, lag))) for tau in lag])


def fitting(
    draws: Array, rows: Array, tolerance: float = TOLERANCE["float64"]
) -> tuple[Array, Array]:
    """Return for each draw the nearest row's index, and whether the draw equals that row."""
    distance = np.abs(draws[:, None, :] - rows).max(2)
    scale = np.abs(rows).max()
    return distance.argmin(1), distance.min(1) <= tolerance * scale


@pytest.mark.question(id="G4", share="1/3")
def test_draws(student: Student, rng: Random) -> None:
    """Each draw is the sum that belongs to some tau, with weights p^(-l)."""
    problem, p = draw_case(rng)
    draws = draw(student, problem, p, 60, int(rng.integers(2**31)))
    rows = sums(problem, p)
    tau, equal = fitting(draws, rows)
    if equal.all():
        return
    bad = draws[~equal]
    mistake = name_draws(draws, problem, p)
    close(
        bad[0],
        rows[tau[~equal][0]],
        "Each draw should be the sum over l of p^(-l) times the terms l steps back, up to one tau.",
        where=f"{place(problem, p)}; compared with the nearest of the {len(rows)} possible sums, "
        "W_qh, W_hx and W_hh in one row",
        mistakes=[(mistake, partial(np.copy, bad[0]))] if mistake else (),
        hint="One tau should be drawn for the whole call: it holds for every loss and every "
        "weight. Or one of the terms is wrong, as in the questions before.",
    )


def name_draws(draws: Array, problem: Arrays, p: float) -> Mistake | None:
    """Return the mistake that explains every draw, if there is one."""
    right = sums(problem, p)
    if fitting(draws, right)[1].all():
        return None
    if fitting(draws, right, TOLERANCE["float32"])[1].all():
        return COARSE
    found = own_terms(problem)
    candidates = [(each, rows_of(found, p, weights)) for each, weights in DRAWS]
    candidates += [
        (each, rows_of(mistakes.terms(problem, each.change), p))
        for each in mistakes.of_formula("tanh")
        if "lags" not in each.change
    ]
    return next((each for each, rows in candidates if fitting(draws, rows)[1].all()), None)


@pytest.mark.question(id="G4", share="1/6")
def test_stops(student: Student, rng: Random) -> None:
    """tau is drawn so that it reaches l with probability p^l.

    The distribution function of N draws is nowhere further than sqrt(ln(2 / chance) / 2N) from the
    true one (Dvoretzky, Kiefer, Wolfowitz; Massart's constant): 0.06 for 2000.
    """
    problem, p = draw_case(rng)
    seed = int(rng.integers(2**31))
    draws = draw(student, problem, p, COUNT, seed)
    rows, where = sums(problem, p), place(problem, p)
    tau, equal = fitting(draws, rows)
    mistake = None if equal.all() else name_draws(draws[:60], problem, p)
    require(
        bool(equal.all()),
        "Each draw should tell its tau.",
        expected="sums up to some tau, with weights p^(-l)",
        got=f"something else in {np.sum(~equal)} of {COUNT} draws",
        where=where,
        **(mistake.named() if mistake else {"hint": "Mend the draws themselves first."}),
    )
    # A lag whose terms a known mistake leaves out can't be told from the one before.
    lags = np.arange(1, len(problem["x"]))[(rows[1:] != rows[:-1]).any(1)]
    reached = (tau[:, None] >= lags).mean(0)
    mistake = name_stops(reached, p, lags)
    require(
        bool(np.all(np.abs(reached - reaching()(p, lags)) <= BOUND)),
        "tau should reach l with probability p^l.",
        expected=f"{shown(p**lags)} of all draws reach l = 1, 2, …, each within {BOUND:.3f}",
        got=shown(reached),
        where=where,
        **(mistake.named() if mistake else {"hint": STOPPING}),
    )
    again, _ = fitting(draw(student, problem, p, FEW, seed), rows)
    require(
        bool((again == tau[:FEW]).all()),
        "tau should be drawn by the rng that is given.",
        expected="the same draws from an rng with the same seed",
        got="others",
        where=where,
        hint="Something else decides tau: another generator, or what an earlier call has left.",
    )


def shown(numbers: Array) -> str:
    """Return numbers with three digits, for messages."""
    return ", ".join(f"{number:.3f}" for number in numbers)


def reaching() -> Stops:
    """Return the probability to reach each lag, by the student's own rule if it is known."""
    return next((of for each, of in STOPS if is_assumed(each)), lambda p, l: p**l)


def name_stops(reached: Array, p: float, lags: Array) -> Mistake | None:
    """Return the mistake that gives these frequencies, if it is the only one."""
    if set(reached) <= {0.0, 1.0}:
        return mistakes.SAME_STOP
    fits = [each for each, of in STOPS if np.all(np.abs(reached - of(p, lags)) <= BOUND)]
    return fits[0] if len(fits) == 1 else None


@pytest.mark.question(id="G4", share="1/3")
def test_mean(student: Student, rng: Random) -> None:
    """The mean of many draws is the full gradient.

    Bernstein's inequality, for any scheme that gives the term of the loss at t from l steps back a
    weight of p^(-l) with probability q = p^l, else 0, however these depend on each other within a
    draw. A weight's standard deviation is p^(-l) sqrt(q (1 - q)), an entry's at most the sum of
    that over its terms a, times |a|, and it lies within the sum of p^(-l) max(q, 1 - q) |a| of its
    mean.
    """
    problem, p = draw_case(rng)
    draws = draw(student, problem, p, COUNT, int(rng.integers(2**31)))
    require(
        bool((draws != draws[0]).any()),
        "A gradient that is truncated at random should be another one in other draws.",
        expected="draws that differ: the mean of equal ones says nothing",
        got=f"{COUNT} equal draws",
        where=place(problem, p),
        hint="Draw tau anew in each call, by the rng that is given.",
    )
    mean = draws.mean(0)
    lag, found = np.arange(len(problem["x"])), own_terms(problem)
    sizes = {name: np.abs(parts) for name, parts in found.items()}
    fixed = np.concatenate([np.full(found[n][0, 0].size, n == "W_qh") for n in oracle.WEIGHTS])
    weight, reached = (
        p**-lag,
        np.where(lag > 0, reaching()(p, lag), 1),
    )  # the direct term is certain
    spread = weight * np.sqrt(reached * (1 - reached))
    deviation = np.where(fixed, 0, row(oracle.weighted(sizes, spread)))
    reach = weight * np.maximum(reached, 1 - reached) * (lag > 0)
    furthest = np.where(fixed, 0, row(oracle.weighted(sizes, reach)))
    rare = np.log(2 * len(mean) / CHANCE_OF_CHECK)
    bound = deviation * np.sqrt(2 * rare / COUNT) + furthest * 2 * rare / (3 * COUNT)
    full = row(oracle.weighted(found, weight * reached))
    off = np.abs(mean - full) - bound
    worst = int(off.argmax())
    biased = off[worst] > FLOAT64 * np.abs(full).max()
    mistake = None
    if biased:
        tau, equal = fitting(draws, sums(problem, p))
        mistake = (
            name_stops((tau[:, None] >= lag[1:]).mean(0), p, lag[1:])
            if equal.all()
            else name_draws(draws[:60], problem, p)
        )
    require(
        not biased,
        f"The mean of {COUNT} draws should be the full gradient.",
        expected=f"{full[worst]:.5g}, give or take {bound[worst]:.2g}",
        got=f"{mean[worst]:.5g}, in entry {worst} of W_qh, W_hx and W_hh in one row",
        where=place(problem, p),
        **(mistake.named() if mistake else {"hint": BIASED}),
    )


@pytest.mark.question(id="G4", share="1/10")
def test_never_stops(student: Student, rng: Random) -> None:
    """p = 1 gives the full gradient."""
    problem, _ = draw_case(rng)
    found = FILE.run(student, probes.draws, problem=problem, p=1.0, count=1, seed=0)
    expected = oracle.gradients(problem, "tanh")
    got = {name: array[0] for name, array in found.items()}
    for name in oracle.WEIGHTS:
        agrees(
            got,
            name,
            expected[name],
            where=place(problem, 1.0),
            mistakes=chain(
                mistakes.gradients(name, problem, "tanh"), mistakes.never_stopping(name, problem)
            ),
        )


@pytest.mark.question(id="G4", share="1/15")
def test_impossible_p(student: Student, rng: Random) -> None:
    """A p outside of (0, 1] is a ValueError."""
    refuses(student, FUNCTION, oracle.draw(rng), "p", legal=0.5, values=[0.0, -0.5, 1.5])

"""Question G4: randomly truncated gradients, draw by draw, and their mean.

Every bound below fails a right solution with a chance of at most 1e-6.
"""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks.arrays import TOLERANCE, close, require
from grader.exercises.bptt_gradients import oracle, probes
from grader.exercises.bptt_gradients.agreement import COARSE, FILE, agrees, of_name, refuses
from grader.exercises.bptt_gradients.mistakes import DRAWS
from grader.exercises.bptt_gradients.oracle import Array, Arrays, Random
from grader.sandbox.student import Student

FUNCTION = "randomized_gradients"
CHANCE = 1e-6  # to fail a right solution
COUNT = 2000  # draws
SECONDS = 40.0


def draw_case(rng: Random) -> tuple[Arrays, float]:
    """A problem, and p away from 1/2, where p and 1 - p could not be told apart."""
    return oracle.draw(rng, T=int(rng.integers(4, 7))), float(rng.uniform(0.6, 0.8))


def place(problem: Arrays, p: float) -> str:
    return f"{FILE}, {FUNCTION}; p = {p:.4g}, {oracle.sizes(problem)}"


def draw(student: Student, problem: Arrays, p: float, count: int, seed: int) -> Array:
    """The student's draws, all gradients of one as one row: (count, numbers)."""
    found = student.run(
        probes.draws, FILE, seconds=SECONDS, problem=problem, p=p, count=count, seed=seed
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
        )
        parts.append(part.reshape(count, -1))
    return np.concatenate(parts, axis=1)


def row(gradients: Arrays) -> Array:
    return np.concatenate([gradients[name].reshape(-1) for name in oracle.WEIGHTS])


def sums(problem: Arrays, p: float) -> Array:
    """What a draw that stops at tau must be, for tau = 0 … T - 1, as rows."""
    lag, found = np.arange(len(problem["x"])), oracle.terms(problem, "tanh")
    return np.array([row(oracle.weighted(found, (lag <= tau) / p**lag)) for tau in lag])


def fitting(
    draws: Array, rows: Array, tolerance: float = TOLERANCE["float64"]
) -> tuple[Array, Array]:
    """Of each draw: the row that is nearest, and whether it is equal to that row."""
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
    close(
        bad[0],
        rows[tau[~equal][0]],
        "Each draw is the sum over l of p^(-l) times the terms l steps back, up to one tau.",
        where=f"{place(problem, p)}; compared with the nearest of the {len(rows)} possible sums, "
        "W_qh, W_hx and W_hh in one row",
        hint=name_draws(bad, problem, p)
        or "One tau is drawn for the whole call: it holds for every loss and every weight.",
    )


def name_draws(draws: Array, problem: Arrays, p: float) -> str:
    """The mistake that explains every draw, if there is one."""
    if fitting(draws, sums(problem, p), TOLERANCE["float32"])[1].all():
        return COARSE
    lag, found = np.arange(len(problem["x"])), oracle.terms(problem, "tanh")
    for hint, weights in DRAWS:
        rows = [row(oracle.weighted(found, weights(int(tau), p, lag))) for tau in lag]
        if fitting(draws, np.array(rows))[1].all():
            return hint
    return ""


@pytest.mark.question(id="G4", share="1/6")
def test_stops(student: Student, rng: Random) -> None:
    """tau is drawn so that it reaches l with probability p^l.

    The distribution function of N draws is nowhere further than sqrt(ln(2 / chance) / 2N) from the
    true one (Dvoretzky, Kiefer, Wolfowitz; Massart's constant): 0.06 for 2000.
    """
    problem, p = draw_case(rng)
    draws = draw(student, problem, p, COUNT, int(rng.integers(2**31)))
    tau, equal = fitting(draws, sums(problem, p))
    where = place(problem, p)
    require(
        bool(equal.all()),
        "tau can be told from each draw.",
        expected="sums up to some tau, with weights p^(-l)",
        got=f"something else in {np.sum(~equal)} of {COUNT} draws",
        where=where,
        hint="Mend the draws themselves first.",
    )
    lags = np.arange(1, len(problem["x"]))
    reached = (tau[:, None] >= lags).mean(0)
    bound = np.sqrt(np.log(2 / CHANCE) / (2 * COUNT))
    require(
        bool(np.all(np.abs(reached - p**lags) <= bound)),
        "tau reaches l with probability p^l.",
        expected=f"{shown(p**lags)} of all draws reach l = 1, 2, …, each within {bound:.3f}",
        got=shown(reached),
        where=where,
        hint=stop_hint(reached, p, lags, float(bound)),
    )


def shown(numbers: Array) -> str:
    return ", ".join(f"{number:.3f}" for number in numbers)


def stop_hint(reached: Array, p: float, lags: Array, bound: float) -> str:
    """What the frequencies look like."""
    wrong = {
        "p and 1 - p are exchanged: p is the probability to go on.": (1 - p) ** lags,
        "One step too few: tau = 0 is reached anyway, going on to 1 has probability p.": p
        ** (lags + 1),
        "One step too many: going on from 0 to 1 has probability p, too.": p ** (lags - 1),
        "tau is drawn uniformly: it goes on with probability p at each step.": 1
        - lags / (len(lags) + 1),
    }
    if set(reached) <= {0.0, 1.0}:
        return "Every draw stops at the same tau: draw from rng, and don't seed it anew."
    fits = [hint for hint, share in wrong.items() if np.all(np.abs(reached - share) <= bound)]
    return fits[0] if len(fits) == 1 else ""


@pytest.mark.question(id="G4", share="1/3")
def test_mean(student: Student, rng: Random) -> None:
    """The mean of many draws is the full gradient.

    Bernstein's inequality, for any scheme that gives the term of the loss at t from l steps back a
    weight of either 0 or p^(-l), with mean 1, however these depend on each other within a draw. A
    weight's standard deviation is then sqrt(p^(-l) - 1), an entry's at most the sum over its terms
    a of sqrt(p^(-l) - 1) |a|, and it lies within the sum of max(p^(-l) - 1, 1) |a| of its mean.
    """
    problem, p = draw_case(rng)
    mean = draw(student, problem, p, COUNT, int(rng.integers(2**31))).mean(0)
    lag, found = np.arange(len(problem["x"])), oracle.terms(problem, "tanh")
    sizes = {name: np.abs(parts) for name, parts in found.items()}
    fixed = np.concatenate([np.full(found[n][0, 0].size, n == "W_qh") for n in oracle.WEIGHTS])
    deviation = np.where(fixed, 0, row(oracle.weighted(sizes, np.sqrt(p**-lag - 1))))
    reach = np.maximum(p**-lag - 1, 1) * (lag > 0)  # the direct term has the weight 1 for certain
    furthest = np.where(fixed, 0, row(oracle.weighted(sizes, reach)))
    rare = np.log(2 * len(mean) / CHANCE)
    bound = deviation * np.sqrt(2 * rare / COUNT) + furthest * 2 * rare / (3 * COUNT)
    full = row(oracle.gradients(problem, "tanh"))
    off = np.abs(mean - full) - bound
    worst = int(off.argmax())
    require(
        off[worst] <= 1e-9 * np.abs(full).max(),
        f"The mean of {COUNT} draws is the full gradient.",
        expected=f"{full[worst]:.5g}, give or take {bound[worst]:.2g}",
        got=f"{mean[worst]:.5g}, in entry {worst} of W_qh, W_hx and W_hh in one row",
        where=place(problem, p),
        hint="Without the right weights the terms far back are too rare, and the mean is biased.",
    )


@pytest.mark.question(id="G4", share="1/10")
def test_never_stops(student: Student, rng: Random) -> None:
    """p = 1 gives the full gradient."""
    problem, _ = draw_case(rng)
    found = student.run(probes.draws, FILE, problem=problem, p=1.0, count=1, seed=0)
    expected = oracle.gradients(problem, "tanh")
    got = {name: array[0] for name, array in found.items()}
    for name in oracle.WEIGHTS:
        agrees(got, name, expected[name], where=place(problem, 1.0))


@pytest.mark.question(id="G4", share="1/15")
def test_impossible_p(student: Student, rng: Random) -> None:
    """A p outside of (0, 1] is a ValueError."""
    refuses(student, FUNCTION, oracle.draw(rng), "p", legal=0.5, values=[0.0, -0.5, 1.5])

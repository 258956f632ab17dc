"""Question G5: gradients of the last step's loss (sheet 004, question 1.1), and Jacobian norms."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks.arrays import close, require
from grader.checks.carry import explanation, is_assumed
from grader.checks.tolerances import EACH_NORM, TOLERANCE
from grader.exercises.bptt_gradients import mistakes_last_step, mistakes_norms, oracle, probes
from grader.exercises.bptt_gradients.agreement import FILE, agrees, ask
from grader.exercises.bptt_gradients.oracle import Array, Arrays, Random
from grader.sandbox.student import Student

FUNCTION = "last_step_gradients"


def weights_agree(student: Student, names: list[str], problem: Arrays, y: int) -> None:
    """Check the gradients of these weights, for one problem and the class y."""
    (found,) = ask(student, FUNCTION, [{**problem, "y": y}])
    expected = oracle.last_step(problem, y)
    for name in names:
        agrees(
            found,
            name,
            expected[name],
            where=FILE.place(FUNCTION, f"{oracle.sizes(problem)}, y = {y}"),
            mistakes=mistakes_last_step.last_step(name, problem, y),
        )


def draw_class(rng: Random, problem: Arrays) -> int:
    """Draw a class y from 0 to K - 1."""
    return int(rng.integers(len(problem["b_p"])))


@pytest.mark.question(id="G5", share="1/5")
def test_output_layer(student: Student, rng: Random) -> None:
    """The gradients of W_ph and b_p."""
    for T in (1, int(rng.integers(4, 9))):
        problem = oracle.draw_last(rng, T)
        weights_agree(student, ["b_p", "W_ph"], problem, draw_class(rng, problem))


@pytest.mark.question(id="G5", share="7/20")
def test_recurrent_layer(student: Student, rng: Random) -> None:
    """The gradients of W_hx, W_hh and b_h."""
    for T in (int(rng.integers(4, 9)), 1):
        problem = oracle.draw_last(rng, T)
        weights_agree(student, ["W_hh", "W_hx", "b_h"], problem, draw_class(rng, problem))


@pytest.mark.question(id="G5", share="3/40")
def test_large_logits(student: Student, rng: Random) -> None:
    """Large logits don't overflow."""
    problem = oracle.draw_last(rng)
    y = draw_class(rng, problem)
    problem["b_p"] *= 0
    problem["b_p"][y - 1] = 1e4  # another class than y is all but certain
    weights_agree(student, ["b_p", "W_ph", "W_hh"], problem, y)


def norms_agree(student: Student, problem: Arrays, weights: str) -> None:
    """Check the norms of dh_T / dh_t, also each against its own size.

    ``weights`` describes the problem in messages.
    """
    h = oracle.states(problem, "tanh")
    got: Array = FILE.run(student, probes.jacobian_norms, W_hh=problem["W_hh"], h=h)
    expected = np.linalg.norm(oracle.jacobians(problem), 2, axis=(1, 2))
    what = "Entry t is the spectral norm of dh_T / dh_t."
    where = FILE.place("jacobian_norms", f"{weights}, {oracle.sizes(problem)}")
    require(
        len(got) == len(expected),
        what,
        expected=f"T + 1 = {len(expected)} norms",
        got=f"{len(got)}",
        where=where,
        hint="There is an entry for each state, h_0 to h_T. The last entry is that of h_T itself, "
        "1.",
    )
    variants = list(mistakes_norms.of_jacobians(problem))
    close(got, expected, what, where=where, mistakes=variants)
    if (mistake := explanation(got, variants, TOLERANCE["float64"])) and is_assumed(mistake):
        return
    # Above, errors are measured against the largest norm; here each against its own.
    t = int(np.argmax(np.abs(got / expected - 1)))
    require(
        abs(got[t] / expected[t] - 1) <= EACH_NORM,
        what,
        expected=f"{expected[t]:.9g} at t = {t}",
        got=f"{got[t]:.9g}",
        where=where,
        hint="The largest norms are right, and a small one is rounded too much: multiply the "
        "Jacobians step by step, and take the norm of each product.",
    )


@pytest.mark.question(id="G5", share="1/4")
def test_jacobian_norms(student: Student, rng: Random) -> None:
    """The norms of dh_T / dh_t, against autograd."""
    for T in (int(rng.integers(4, 9)), 1):
        norms_agree(student, oracle.draw_last(rng, T), "ordinary weights")


@pytest.mark.question(id="G5", share="1/8")
def test_decay_and_growth(student: Student, rng: Random) -> None:
    """Over 30 steps the norms vanish with small weights and blow up with large ones."""
    norms_agree(student, oracle.draw_last(rng, 30, gain=0.3), "small weights")
    problem = oracle.draw_last(rng, 30, gain=2.0)
    for name in ("x", "h_0", "b_h"):
        problem[name] *= 1e-12  # so that no tanh is saturated, and growth can be seen
    norms_agree(student, problem, "large weights")

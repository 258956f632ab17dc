"""Question T1 of sheet 000: the loss and its gradient, against the closed polynomials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import require, require_normal, require_untampered
from grader.checks.shapes import shape_hint
from grader.exercises.toy_bptt import mistakes, oracle, probes
from grader.exercises.toy_bptt.oracle import Batch, Random
from grader.exercises.toy_bptt.runs import FILE, agree
from grader.sandbox.student import Student

Case = tuple[float, Batch, int]


def draw_cases(rng: Random) -> list[Case]:
    """Draw (theta, batch, T), then add the sheet's, with L = 2890 and gradient 5740.

    The sheet's m1 = 0 hides one mistake behind another, so it comes last; T = 1 or 2 would, too.
    """
    cases = []
    for T in (int(rng.integers(3, 7)), int(rng.integers(7, 30))):
        n = int(rng.integers(5, 60))
        batch = oracle.draw_batch(rng, n, deviation=float(rng.uniform(0.5, 2)))
        cases.append((oracle.draw_theta(rng), batch, T))
    return [*cases, (1.0, oracle.draw_batch(rng, 1024, m1=0.0), 20)]


def inputs(cases: list[Case]) -> list[dict[str, Any]]:
    """Return cases as the arguments of the student's functions."""
    return [{"theta": theta, "x_0": batch.x_0, "mu": batch.mu, "T": T} for theta, batch, T in cases]


def answers(found: list[float], cases: list[Case]) -> Iterator[tuple[float, Case, str]]:
    """Yield each number with its case, and with the case in words for messages."""
    for got, (theta, batch, T) in zip(found, cases, strict=True):
        yield got, (theta, batch, T), f"T = {T}, theta = {theta:.4g}, {batch}"


def gradients_agree(found: list[float], cases: list[Case], what: str, function: str) -> None:
    """Check one number for each case against dL/dtheta."""
    for got, case, where in answers(found, cases):
        agree(
            got,
            oracle.gradient(*case),
            what,
            FILE.place(function, where),
            mistakes.gradients(*case),
        )


@pytest.mark.question(id="T1", share="1/10")
def test_samples(student: Student, rng: Random) -> None:
    """The samples x_0 are normal around mu, with variance 1, and drawn anew in each call.

    A right solution fails with a chance of 1e-9.
    """
    mu, n = float(rng.normal(0, 2)), int(rng.integers(900, 1100))
    where = FILE.place("sample_x0", f"mu = {mu:.4g}, n = {n}")
    # So many that a uniform distribution, 0.057 away at most, is told from a normal one.
    found = FILE.run(student, probes.samples, mu=mu, n=n, calls=10)
    for drawn in found:
        require(
            drawn.shape == (n,),
            "sample_x0 should return n samples.",
            expected=f"shape [{n}]",
            got=f"shape {list(drawn.shape)}",
            where=where,
            hint=shape_hint(drawn.shape, (n,)),
        )
    what = "The samples should be drawn from the normal distribution N(mu, 1)."
    require_normal(np.concatenate(found), mu, what, where=where)
    require(
        not np.array_equal(found[0], found[1]),
        "Each call of sample_x0 should draw other samples.",
        got="the same samples twice",
        where=where,
        hint="A seed is fixed inside the function.",
    )


@pytest.mark.question(id="T1", share="7/20")
def test_loss(student: Student, rng: Random) -> None:
    """The loss, against its closed form in the batch's moments."""
    cases = draw_cases(rng)
    found = FILE.run(student, probes.losses, cases=inputs(cases))
    for got, case, where in answers(found, cases):
        agree(
            got,
            oracle.loss(*case),
            "L is the sum over t = 1 … T of the mean of (h_t - mu)^2.",
            FILE.place("loss", where),
            mistakes.losses(*case),
        )


@pytest.mark.question(id="T1", share="1/10")
def test_loss_can_be_differentiated(student: Student, rng: Random) -> None:
    """The loss keeps its graph, through all T steps."""
    cases = draw_cases(rng)
    found = FILE.run(student, probes.slopes_of_loss, cases=inputs(cases))
    what = "backward() on the loss gives dL/dtheta."
    gradients_agree(found, cases, what, "loss")


@pytest.mark.question(id="T1", share="7/20")
def test_gradient(student: Student, rng: Random) -> None:
    """The gradient, against its closed form in the batch's moments."""
    cases = draw_cases(rng)
    found = FILE.run(student, probes.gradients, cases=inputs(cases))
    gradients_agree(found, cases, "loss_gradient is dL/dtheta.", "loss_gradient")


@pytest.mark.question(id="T1")
def test_leaves_alone(student: Student, rng: Random) -> None:
    """The loss and its gradient leave the samples as they are."""
    case = inputs(draw_cases(rng)[:1])[0]
    found = FILE.run(student, probes.touched, case=case)
    for function, x_0 in found.items():
        require(
            np.array_equal(x_0, case["x_0"]),
            f"x_0 should be the same after {function}.",
            got=f"other samples: the first was {case['x_0'][0]:.4g} and is {x_0[0]:.4g}",
            where=FILE.place(function),
            hint="x_0 is changed in place (h += theta): every later call begins elsewhere. "
            "h = h + theta makes a new tensor.",
        )


@pytest.mark.question(id="T1", share="1/10")
def test_gradient_by_backward(student: Student, rng: Random) -> None:
    """The gradient is what PyTorch's backward() gives."""
    require_untampered(FILE.sources(student), "autograd")
    case = draw_cases(rng)[0]
    both = inputs([case, (case[0] + 1.0, *case[1:])])
    once, tripled = (
        FILE.run(student, probes.gradients_by_engine, cases=both, factor=factor)
        for factor in (1.0, 3.0)
    )
    what = "loss_gradient should return what PyTorch's backward pass gives."
    where = FILE.place("loss_gradient")
    hint = "The closed form is what the grader compares with; the sheet asks for autograd."
    expected = "backward() on the loss"
    got = "no backward pass through anything"
    require(once["ran"], what, expected=expected, got=got, where=where, hint=hint)
    before, after = np.array(once["gradients"]), np.array(tripled["gradients"])
    # Whatever the loss, its gradient depends on theta, and is the engine's.
    varies = once["delivered"][0] != once["delivered"][1]
    require(
        varies and bool((np.abs(after - before) > 0.1 * np.abs(before)).all()),
        what,
        expected=expected,
        got="a backward pass whose gradients don't enter what is returned",
        where=where,
        hint=hint,
    )

"""Question M5 of sheet 003: the norms of gradients that reach each time step, and their figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import require, same
from grader.checks.figures import other_curves, require_labels, require_log_scale
from grader.checks.tolerances import SHOWN
from grader.core.failures import Failure
from grader.exercises.given_rnn.comparison import same_weights
from grader.exercises.given_rnn.oracle import (
    Array,
    Sizes,
    random_input,
    random_sizes,
    random_weights,
)
from grader.exercises.memory_task import oracle, probes
from grader.exercises.memory_task.judging import FILE
from grader.exercises.memory_task.mistakes import norm_variants
from grader.sandbox.student import Student

Random = np.random.Generator
NORMS, PLOT = FILE.place("gradient_norms"), FILE.place("plot_vanishing_gradients")


@pytest.mark.question(id="M5", share="2/5")
def test_norms(student: Student, rng: Random) -> None:
    """The norms are those of the bias gradient at each time step."""
    for sizes in (random_sizes(rng), Sizes(T=30, B=4, d=1, n=8, K=1)):
        weights, x = random_weights(rng, sizes), random_input(rng, sizes)
        found = FILE.run(student, probes.norms, weights=weights, x=x)
        same(
            found["norms"],
            oracle.gradient_norms(weights, x),
            "Entry t is the norm of the gradient of b_s[t].",
            where=f"{NORMS}; {sizes}",
            mistakes=norm_variants(weights, x),
        )


@pytest.mark.question(id="M5", share="1/15")
def test_leaves_alone(student: Student, rng: Random) -> None:
    """The network keeps its weights."""
    sizes = random_sizes(rng)
    weights, x = random_weights(rng, sizes), random_input(rng, sizes)
    found = FILE.run(student, probes.norms, weights=weights, x=x)
    same_weights(
        found["weights"],
        weights,
        "{name} is the same after gradient_norms.",
        where=NORMS,
        hint="Looking at the gradients takes no update.",
    )


LENGTHS = [4, 9, 21]


def draw_figure(student: Student, rng: Random) -> dict[str, Any]:
    """Return the student's figure for the LENGTHS, and the norms that belong to it."""
    weights = random_weights(rng, Sizes(T=1, B=1, d=1, n=8, K=1))
    found: dict[str, Any] = FILE.run(
        student, probes.vanishing_figure, weights=weights, lengths=LENGTHS
    )
    return found


@pytest.mark.question(id="M5", share="4/15")
def test_curves(student: Student, rng: Random) -> None:
    """A curve shows the gradient norms against time for each length, or against the length."""
    found = draw_figure(student, rng)
    lines = [line for axes in found["figure"]["axes"] for line in axes["lines"]]
    if any(shows_lengths(line, found["norms"]) for line in lines):
        return
    for T in LENGTHS:
        norms = [values for values in found["norms"] if len(values) == T]
        if not norms:
            raise Failure(
                f"The model should read a batch of sequences of length {T}.",
                expected=f"an input of shape [{T}, batch, 1]",
                got="none of that length",
                where=PLOT,
                hint="Draw a batch for each of the lengths, with generate_samples(…, T), and call "
                "gradient_norms with it.",
            )
        curve = next((line for line in lines if shows(line, norms)), None)
        if curve is None:
            raise Failure(
                f"A curve should show what gradient_norms returns for the batch of length {T}.",
                expected=f"a curve through {T} norms, for example {norms[0][0]:.3g} at t = 1 and "
                f"{norms[0][-1]:.3g} at t = {T}",
                got=other_curves(lines),
                where=PLOT,
                hint="Draw what gradient_norms returns as it is, one curve for each length.",
            )
        steps = np.asarray(curve["x"], dtype=float)
        require(
            bool((np.diff(steps) == 1).all()) and steps[0] in (0, 1),
            "The norms should stand over the time steps.",
            expected=f"t = 1 … {T}",
            got=f"from {steps[0]:g} to {steps[-1]:g}",
            where=PLOT,
            hint="Entry t of the norms belongs to time step t: draw it over range(1, T + 1).",
        )


def shows_lengths(line: dict[str, Any], norms: list[Array]) -> bool:
    """Return whether a line shows a norm for each length, against the LENGTHS.

    It may be the norm that reaches the first step, its ratio to the last step's, or the norm of
    the mean or the sum over time.
    """
    x, y = (np.asarray(line[axis], dtype=float) for axis in ("x", "y"))
    if sorted(x.tolist()) != LENGTHS:
        return False
    measures: tuple[Callable[[Array], Any], ...] = (
        lambda found: found[0],
        lambda found: found[0] / found[-1],
        lambda found: found.mean(),
        lambda found: found.sum(),
    )
    return any(
        all(
            any(len(found) == T and np.isclose(value, measure(found), SHOWN, 0) for found in norms)
            for T, value in zip(x, y, strict=True)
        )
        for measure in measures
    )


def shows(line: dict[str, Any], norms: list[Array]) -> bool:
    """Return whether a line shows the norms of one of these inputs."""
    y = np.asarray(line["y"], dtype=float)
    return any(y.shape == values.shape and np.allclose(y, values, SHOWN, 0) for values in norms)


@pytest.mark.question(id="M5", share="2/15")
def test_log_scale(student: Student, rng: Random) -> None:
    """The norms are on a log scale."""
    what = "The norms are on a log scale: they fall by orders of magnitude."
    require_log_scale(draw_figure(student, rng)["figure"], what, where=PLOT)


@pytest.mark.question(id="M5", share="2/15")
def test_labels(student: Student, rng: Random) -> None:
    """The figure has axis labels, and a legend that tells curves of several lengths apart."""
    found = draw_figure(student, rng)
    figure = found["figure"]
    require_labels(figure, "The figure has axis labels and a legend.", where=PLOT)
    if any(shows_lengths(line, found["norms"]) for a in figure["axes"] for line in a["lines"]):
        return  # the horizontal axis tells the lengths apart
    entries = figure["legend"] + [entry for axes in figure["axes"] for entry in axes["legend"]]
    missing = [T for T in LENGTHS if not any(str(T) in entry for entry in entries)]
    require(
        not missing,
        "The legend should name each curve's length.",
        expected=", ".join(str(T) for T in LENGTHS),
        got=", ".join(entries),
        where=PLOT,
        hint='Give each curve its length as label, as label=f"T = {T}", and call axes.legend().',
    )

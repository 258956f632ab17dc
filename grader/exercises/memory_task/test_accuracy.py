"""Question M4 of sheet 003: accuracy, accuracy against length, the longest solvable length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import close, require, same
from grader.checks.carry import combined, explanation
from grader.checks.figures import require_labels
from grader.checks.mistakes import Mistake
from grader.checks.shapes import shape_hint
from grader.checks.tolerances import TOLERANCE
from grader.core.failures import Failure
from grader.core.figure_data import Description
from grader.exercises.given_rnn.oracle import Array, Sizes, random_weights
from grader.exercises.memory_task import probes
from grader.exercises.memory_task.judging import FILE
from grader.exercises.memory_task.mistakes import (
    ACCURACY,
    LONGEST,
    MEDIAN,
    Accuracy,
    Longest,
    deviation_variants,
)
from grader.sandbox.student import Student

Random = np.random.Generator
SOLVABLE, PLOT = FILE.place("longest_solvable_length"), FILE.place("plot_accuracy")
AGAINST = FILE.place("accuracy_against_length")


def all_same(
    got: Sequence[float],
    expected: Sequence[float],
    what: str,
    *,
    where: Sequence[str],
    mistakes: Iterable[tuple[Mistake, Sequence[Any]]],
) -> None:
    """Compare one number for each of several cases; a mistake should explain all of them.

    Fractions of small counts: no precision is asked for.
    """
    variants = ((each, partial(np.array, values, dtype=float)) for each, values in mistakes)
    mistake = explanation(np.array(got), variants, TOLERANCE["float32"])
    for value, right, place in zip(got, expected, where, strict=True):
        named = [(mistake, partial(float, value))] if mistake else []
        close(value, right, what, tolerance=TOLERANCE["float32"], where=place, mistakes=named)


@pytest.mark.question(id="M4", share="1/4")
def test_accuracy(student: Student, rng: Random) -> None:
    """The accuracy is the fraction of predictions within the tolerance."""
    cases = []
    for batches, tolerance in ((1, 0.1), (3, 0.25), (7, 0.04)):
        shape = (batches + 3, int(rng.integers(5, 12)), 1)
        # Well inside the tolerance or well outside, so that rounding decides nothing.
        inside = rng.random(shape) < 0.6
        size = tolerance * np.where(inside, rng.uniform(0, 0.9, shape), rng.uniform(1.1, 4, shape))
        errors = size * rng.choice([-1.0, 1.0], shape)
        y = rng.uniform(-1, 1, shape)
        cases.append({"y": y, "errors": errors, "batches": batches, "tolerance": tolerance})
    counted = [(case["errors"][: case["batches"]], case["tolerance"]) for case in cases]
    all_same(
        FILE.run(student, probes.accuracies, cases=cases),
        [float((abs(errors) < tolerance).mean()) for errors, tolerance in counted],
        "The accuracy is the fraction of samples with |ŷ − y| < tolerance.",
        where=[
            FILE.place("accuracy", f"tolerance {tolerance}, number of batches {len(errors)}")
            for errors, tolerance in counted
        ],
        mistakes=[
            (mistake, [Accuracy(**mistake.change).run(*case) for case in counted])
            for mistake in combined(ACCURACY)
        ],
    )


@pytest.mark.question(id="M4", share="1/5")
def test_against_length(student: Student, rng: Random) -> None:
    """For each length, several new models are trained and tested on new samples.

    The models here answer without training, at some lengths always right, at others always wrong.
    How accurate that is is left to the student's own accuracy, which has points of its own.
    """
    lengths = [int(length) for length in rng.permutation(8)[:4] + 2]
    solvable, repetitions, steps = lengths[1:3], 3, 4
    found: dict[str, Any] = FILE.run(
        student,
        probes.against_length,
        weights=random_weights(rng, Sizes(T=1, B=1, d=1, n=3, K=1)),
        lengths=lengths,
        solvable=solvable,
        repetitions=repetitions,
        steps=steps,
    )
    where = f"{AGAINST}; lengths {lengths}, {repetitions} repetitions, {steps} steps"
    models_are_treated_well(found["models"], lengths, repetitions, steps, where)
    accuracies: Array = found["accuracies"]
    require(
        accuracies.shape == (4, repetitions),
        "There should be a row of accuracies for each length.",
        expected=f"shape {[4, repetitions]}",
        got=f"shape {list(accuracies.shape)}",
        where=where,
        hint=shape_hint(accuracies.shape, (4, repetitions)),
    )
    for length, row in zip(lengths, accuracies, strict=True):
        answers = "perfect" if length in solvable else "hopeless"
        require(
            bool((row == found[answers]).all()),
            f"The row of length {length} should have the accuracies of the models trained on it.",
            expected=f"{found[answers]:g}: these models are {answers}",
            got=", ".join(f"{value:.3g}" for value in row),
            where=where,
            hint="Row i belongs to lengths[i], in the order of the list, and has the accuracy of "
            "each model that was trained at this length.",
        )


def models_are_treated_well(
    models: list[dict[str, Any]], lengths: list[int], repetitions: int, steps: int, where: str
) -> None:
    """Fail unless each model was new, well treated, and each length had as many as it should."""
    require(
        len(models) == len(lengths) * repetitions,
        "Each training should begin with a new model.",
        expected=f"{len(lengths) * repetitions} calls of make_model",
        got=f"{len(models)}",
        where=where,
        hint="Call make_model for each length and each repetition: a model that was trained "
        "before knows more than a new one.",
    )
    for model in models:
        model_is_treated_well(model, steps, where)
    require(
        sorted(length for model in models for length in model["lengths"])
        == sorted(lengths * repetitions),
        "Each length should have as many models as there are repetitions.",
        expected=", ".join(str(length) for length in sorted(lengths * repetitions)),
        got=", ".join(str(length) for model in models for length in model["lengths"]),
        where=where,
        hint="Draw each training's batches with the length of its own row.",
    )


def model_is_treated_well(model: dict[str, Any], steps: int, where: str) -> None:
    """Fail unless a model was trained and tested at one length, on different samples."""
    require(
        len(model["lengths"]) == 1,
        "A model should be trained and tested on sequences of one length.",
        expected="one length",
        got=", ".join(str(length) for length in model["lengths"]) or "none",
        where=where,
        hint="Train a model and test it on the same length, that of its own row.",
    )
    require(
        model["updates"] == steps,
        "A model should be trained for so many steps.",
        expected=f"updates: {steps}",
        got=f"updates: {model['updates']}",
        where=where,
        hint="Hand steps on to Learner.train; testing takes no update.",
    )
    require(
        model["tests"] > 0 and not model["seen"],
        "A trained model should be tested on samples that it has not seen.",
        expected="new batches after the last update",
        got=f"batches of the training: {model['seen']}" if model["tests"] else "none",
        where=where,
        hint="Draw new batches for the test. On those of the training even a model that only "
        "remembers them looks right.",
    )


@pytest.mark.question(id="M4", share="1/10")
def test_trained(student: Student, rng: Random) -> None:
    """Short sequences are solved by training.

    In 300 trainings by the right steps the worst accuracy was 0.995, the standard deviation 0.0005:
    a right solution fails with a chance far below 1e-6.
    """
    lengths = [2, 3]
    found = FILE.run(
        student,
        probes.trained_accuracies,
        seconds=60.0,
        lengths=lengths,
        hidden=32,
        steps=300,
        seed=int(rng.integers(2**31)),
    )
    require(
        found.size == 2 and bool((found > 0.9).all()),
        "A network with 32 units should solve sequences of two and three numbers.",
        expected="accuracies above 0.9 after 300 steps",
        got=", ".join(f"{value:.3g}" for value in np.ravel(found)),
        where=AGAINST,
        hint="So short sequences are learned in 300 steps: is a model trained for all its steps, "
        "at its own length, and then tested by its own predictions?",
    )


@pytest.mark.question(id="M4", share="1/5")
def test_longest(student: Student, rng: Random) -> None:
    """The longest solvable length is the greatest with a mean accuracy at the threshold."""
    low, high = [0.25, 0.5], [1.0, 0.75]
    cases: list[tuple[list[int], Any, float]] = [
        ([5, 10, 15], [high, high, low], 0.75),
        ([5, 10, 15, 20], [high, low, high, low], 0.75),  # solved again, further on
        ([20, 5, 10, 15], [low, high, high, low], 0.75),  # in any order
        ([15, 10, 5], [high, high, high], 0.75),
        ([5, 10], [low, low], 0.75),  # none
        ([5, 10, 15], [high, [1.0, 0.5], [1.0, 0.0]], 0.75),  # exactly, and the best is not enough
        ([5, 10, 15], [high, [1.0, 0.875], low], 0.9),
        ([7, 11, 18], [high, high, low], 0.25),
    ]
    lengths = [int(length) for length in rng.permutation(40)[:6] + 1]
    cases.append((lengths, rng.integers(0, 9, (6, 4)) / 8, 0.5))
    arrays = [(np.array(n), np.array(rows), bound) for n, rows, bound in cases]
    found = FILE.run(
        student,
        probes.longest,
        cases=[
            {"lengths": n.tolist(), "accuracies": rows, "threshold": bound}
            for n, rows, bound in arrays
        ],
    )
    all_same(
        found,
        [int(n[rows.mean(1) >= bound].max(initial=0)) for n, rows, bound in arrays],
        "It is the greatest length whose mean accuracy is at least the threshold, else 0.",
        where=[
            f"{SOLVABLE}; lengths {n.tolist()}, mean accuracies {rows.mean(1).round(3).tolist()}, "
            f"threshold {bound}"
            for n, rows, bound in arrays
        ],
        mistakes=[
            (mistake, [Longest(**mistake.change).run(*case) for case in arrays])
            for mistake in LONGEST  # no pairs: so few whole numbers would fit some pair by chance
        ],
    )


def draw_figure(student: Student, rng: Random) -> tuple[Description, list[int], Array]:
    """Draw accuracies (4, 5) for four lengths; return the student's figure of them, too."""
    lengths = [5, 10, 20, 30]
    accuracies = rng.uniform(0.2, 1, (4, 5))
    figure = FILE.run(student, probes.accuracy_figure, lengths=lengths, accuracies=accuracies)
    return figure, lengths, accuracies


@pytest.mark.question(id="M4", share="3/20")
def test_error_bars(student: Student, rng: Random) -> None:
    """The figure shows means and standard deviations as error bars."""
    figure, lengths, accuracies = draw_figure(student, rng)
    bars = [bars for axes in figure["axes"] for bars in axes["error_bars"]]
    if not bars:
        raise Failure(
            "The figure should have error bars.",
            expected="vertical error bars over the lengths (matplotlib draws them by errorbar)",
            got="none",
            where=PLOT,
            hint="axes.errorbar(lengths, mean, yerr=deviation) draws a curve with its error bars.",
        )
    mean, deviation = accuracies.mean(1), accuracies.std(1)
    repetitions = accuracies.shape[1]
    shown = {key: np.concatenate([each[key] for each in bars]) for key in ("x", "y", "error")}
    same(shown["x"], np.array(lengths, dtype=float), "The bars stand at the lengths.", where=PLOT)
    if np.allclose(shown["y"], 100 * mean):  # in percent
        mean, deviation = 100 * mean, 100 * deviation
    same(
        shown["y"],
        mean,
        "The middle of each bar is the mean accuracy.",
        where=PLOT,
        mistakes=[(MEDIAN, partial(np.median, accuracies, 1))],
    )
    unbiased = deviation * np.sqrt(repetitions / (repetitions - 1))
    if not np.allclose(shown["error"], unbiased):  # N and N − 1 are both right
        same(
            shown["error"],
            deviation,
            "Each bar reaches from the mean one standard deviation up and down.",
            where=PLOT,
            mistakes=deviation_variants(deviation, repetitions),
        )


@pytest.mark.question(id="M4", share="1/10")
def test_labels(student: Student, rng: Random) -> None:
    """The accuracy figure has axis labels and a legend."""
    figure, _, _ = draw_figure(student, rng)
    require_labels(figure, "The accuracy figure has axis labels and a legend.", where=PLOT)

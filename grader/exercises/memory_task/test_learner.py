"""Question M3 of sheet 003: the Learner, judged on the weights that its training leads to.

Network and loss are the kit's own, so that a wrong RNN or MSELoss costs nothing here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import as_numbers, close, require, same
from grader.checks.figures import require_labels, require_line, require_log_scale
from grader.exercises.given_rnn.oracle import (
    Sizes,
    Weights,
    output,
    random_weights,
)
from grader.exercises.memory_task import oracle, probes_learner
from grader.exercises.memory_task.judging import LEARNER
from grader.exercises.memory_task.short_training import (
    SMALL,
    TRAIN,
    Random,
    ShortTraining,
    as_inputs,
    draw_batches,
    kept,
    require_shapes,
)
from grader.sandbox.student import Student

PLOT = LEARNER.place("Learner.plot")

LENGTH, BATCH, HIDDEN, RATE, STEPS = 5, 64, 64, 0.05, 300
THRESHOLD = 0.01  # guessing 0 has 1/3
FURTHEST = 0.5  # that R may move, of its length; the right steps: 0.05; from another start: 1.4


def require_own_start(trained: Weights, start: Weights) -> None:
    """Fail if training has moved R so far that it began with other weights."""
    moved, whole = (oracle.norm({"R": R}) for R in (trained["R"] - start["R"], start["R"]))
    require(
        moved <= FURTHEST * whole,
        "Training should begin with the weights that the network has.",
        expected=f"R moved by at most {FURTHEST:.0%} of its length in {STEPS} steps at lr = {RATE}",
        got=f"{moved / whole:.0%}",
        where=TRAIN,
        hint="Train the network that the constructor was given: draw no new weights.",
    )


@pytest.mark.question(id="M3", share="4/15")
def test_learns(student: Student, rng: Random) -> None:
    """Training solves the task for sequences of five numbers.

    What counts is the error that the trained weights have in the sheet's equations, on sequences
    drawn here. Of 300 networks trained by the right steps the worst ended at 0.00065; the logarithm
    of that error has a standard deviation of 0.17 about its mean, -7.8, and the threshold is 18 of
    them away: a right solution fails with a chance far below 1e-6.
    """
    sizes = Sizes(LENGTH, BATCH, 1, HIDDEN, 1)
    start = {
        name: np.zeros(shape) if name.startswith("b") else rng.uniform(-0.2, 0.2, shape)
        for name, shape in sizes.shapes().items()
    }
    trained: Weights = LEARNER.run(
        student,
        probes_learner.learn,
        seconds=60.0,
        weights=start,
        T=LENGTH,
        B=BATCH,
        steps=STEPS,
        lr=RATE,
        seed=int(rng.integers(2**31)),
    )
    require_shapes(trained, sizes)
    x, y = oracle.random_batch(rng, LENGTH, 2000)
    for name, weight in trained.items():
        as_numbers(weight, f"The trained {name} is of finite numbers.", where=TRAIN)
    error = oracle.mse(output(trained, x), y)
    unchanged = all(np.array_equal(trained[name], start[name]) for name in start)
    require(
        error <= THRESHOLD,
        "After training, the first of five numbers should be remembered.",
        expected=f"a mean squared error of at most {THRESHOLD} on new sequences, with the trained "
        "weights in the sheet's equations (always 0 has 1/3)",
        got=f"{error:.3g} after {STEPS} steps at lr = {RATE}",
        where=TRAIN,
        hint="The weights have not changed: is update called?"
        if unchanged
        else "The check of single steps, in this question, tells what is wrong with a step.",
    )
    require_own_start(trained, start)


@pytest.mark.question(id="M3", share="3/10")
def test_steps(student: Student, rng: Random) -> None:
    """Every step is one of gradient descent, on the next batch."""
    run = ShortTraining(student, rng, calls=(4,))
    run.require_steps()
    run.require_count()


@pytest.mark.question(id="M3")
def test_max_norm(student: Student, rng: Random) -> None:
    """Gradients longer than max_norm are scaled down to it, shorter ones are not.

    The sheet doesn't ask for it: advice.
    """
    for part, steps in ((0.4, 1), (2.5, 1), (0.4, 3)):
        ShortTraining(student, rng, calls=(steps,), max_norm=part, relative=True).require_steps()


@pytest.mark.question(id="M3", share="2/15")
def test_history(student: Student, rng: Random) -> None:
    """The history has the loss of every step."""
    ShortTraining(student, rng, calls=(5,)).require_history()


@pytest.mark.question(id="M3", share="1/30")
def test_second_call(student: Student, rng: Random) -> None:
    """A second call of train goes on where the first ended."""
    run = ShortTraining(student, rng, calls=(2, 3))
    count, steps = len(kept(run.found)), run.changes or run.steps
    require(
        count == steps,
        "A second call should add its losses to the history.",
        expected=f"{steps} losses after 2 and 3 steps",
        got=f"{count}",
        where=TRAIN,
        hint="The history starts anew with each call: make it in the constructor."
        if 0 < count < steps
        else "Append one loss in each step, and in no other place.",
    )


@pytest.mark.question(id="M3")
def test_progress(student: Student, rng: Random) -> None:
    """progress is told the number of the step and its loss, after each."""
    found = LEARNER.run(
        student,
        probes_learner.progress,
        weights=random_weights(rng, SMALL),
        batches=as_inputs(draw_batches(rng, 5)),
        calls=[2, 3],
        lr=0.1,
    )
    what = "progress(k, loss) is called after the k-th step in all, with its loss."
    told, steps = np.array(found["told"], dtype=float).reshape(-1, 2), kept(found)
    require(
        len(told) == len(steps),
        what,
        expected=f"{len(steps)} calls, one for each loss of the history",
        got=str(len(told)),
        where=TRAIN,
        hint="Call progress in the loop, once in each step, if it is not None.",
    )
    hint = "k counts the steps of all calls from 1; the loss is the one just put into the history."
    close(told, list(enumerate(steps, 1)), what, where=TRAIN, hint=hint)


@pytest.mark.question(id="M3", share="1/10")
def test_predict(student: Student, rng: Random) -> None:
    """predict returns the network's output."""
    sizes = Sizes(T=int(rng.integers(3, 9)), B=4, d=1, n=6, K=1)
    weights, (x, _) = random_weights(rng, sizes), oracle.random_batch(rng, sizes.T, sizes.B)
    same(
        LEARNER.run(student, probes_learner.prediction, weights=weights, x=x),
        output(weights, x),
        "predict returns ŷ.",
        where=LEARNER.place("Learner.predict", sizes),
    )


def learning_curve(student: Student, rng: Random) -> dict[str, Any]:
    """Run a short training; return the student's figure of it and the history."""
    found: dict[str, Any] = LEARNER.run(
        student,
        probes_learner.learning_curve,
        weights=random_weights(rng, SMALL),
        batches=as_inputs(draw_batches(rng, 6)),
        lr=0.1,
    )
    return found


@pytest.mark.question(id="M3", share="1/12")
def test_curve(student: Student, rng: Random) -> None:
    """plot draws the history."""
    found = learning_curve(student, rng)
    what = "A line of the figure shows the history."
    require_line(found["figure"], kept(found), what, where=PLOT)


@pytest.mark.question(id="M3", share="1/12")
def test_labels(student: Student, rng: Random) -> None:
    """The learning curve has axis labels, a legend and a log scale."""
    figure = learning_curve(student, rng)["figure"]
    require_labels(figure, "The learning curve has axis labels and a legend.", where=PLOT)
    require_log_scale(figure, "The loss is on a log scale.", where=PLOT)

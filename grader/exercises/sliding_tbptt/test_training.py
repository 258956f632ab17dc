"""Question S6: train on windows, an optimizer step for each, judged on the way of the weights."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks.arrays import close, require
from grader.exercises.sliding_tbptt import probes, training
from grader.exercises.sliding_tbptt.agreement import SECONDS, Sizes
from grader.exercises.sliding_tbptt.cells import Problem, draw
from grader.exercises.sliding_tbptt.training import Training, Windows
from grader.sandbox.exercise_file import ExerciseFile
from grader.sandbox.student import Student

Random = np.random.Generator
FILE = ExerciseFile("sliding_training.py", ("train_on_chunks", "train_with_warm_up"))
CELLS = ("gated", "residual", "nn.GRUCell")


def trains(
    student: Student, function: str, problem: Problem, sizes: Sizes, windows: Windows
) -> None:
    """Check the parameters after each step of a training by SGD."""
    rate = 0.05
    where = FILE.place(function, ", ".join(f"{k} = {v}" for k, v in sizes.items()), problem)
    found = FILE.run(
        student,
        probes.training,
        seconds=SECONDS,
        function=function,
        sizes=sizes,
        problem=vars(problem),
        rate=rate,
    )
    count = len(windows.starts)
    require(
        len(found) == count + 1,
        f"{function} should take one optimizer step for each window.",
        expected=f"{count} steps, for the windows that start at "
        + ", ".join(map(str, windows.starts)),
        got=f"{len(found) - 1} steps",
        where=where,
        hint="optimizer.step() belongs in the loop over the windows, after backward()."
        if len(found) <= 2
        else "Windows are whole, and start as far apart as the docstring says.",
    )
    close(
        found,
        Training().run(problem, windows, rate),
        "The parameters, one row after each step, should go the way of SGD on the windows' losses.",
        where=where,
        mistakes=training.variants(problem, windows, rate),
    )


@pytest.mark.question(id="S6", share="2/5")
def test_chunks(student: Student, rng: Random) -> None:
    """Training on chunks: the parameters after each step."""
    for cell in CELLS:
        problem = draw(rng, cell)
        K, O = int(rng.integers(2, 5)), int(rng.integers(2, 4))
        windows = training.chunks(problem.N, K, O)
        trains(student, "train_on_chunks", problem, {"K": K, "O": O}, windows)


@pytest.mark.question(id="S6", share="2/5")
def test_warm_up(student: Student, rng: Random) -> None:
    """Training with a warm-up of K1 steps: the parameters after each step."""
    for cell in CELLS:
        problem = draw(rng, cell)
        K1, K2 = int(rng.integers(2, 4)), int(rng.integers(2, 4))
        windows = training.warmed_up(problem.N, K1, K2)
        trains(student, "train_with_warm_up", problem, {"K1": K1, "K2": K2}, windows)


@pytest.mark.question(id="S6", share="1/5")
def test_edges(student: Student, rng: Random) -> None:
    """One window as long as the sequence, windows without overlap, no warm-up, and a batch."""
    problem = draw(rng, "nn.RNNCell", loss="cross-entropy")
    for N, K, O in ((problem.N, problem.N, 1), (problem.N, 3, 3)):
        windows = training.chunks(N, K, O)
        trains(student, "train_on_chunks", problem, {"K": K, "O": O}, windows)
    batch = draw(rng, "gated", B=3)
    windows = training.warmed_up(batch.N, 0, 4)
    trains(student, "train_with_warm_up", batch, {"K1": 0, "K2": 4}, windows)

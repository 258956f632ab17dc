"""Question S6: train on windows, an optimizer step for each, judged on the way of the weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import close, require
from grader.checks.carry import is_assumed
from grader.checks.mistakes import matches
from grader.checks.tolerances import TOLERANCE
from grader.core.failures import Failure
from grader.exercises.sliding_tbptt import probes, training
from grader.exercises.sliding_tbptt.agreement import Sizes
from grader.exercises.sliding_tbptt.cells import Array, Problem, draw
from grader.exercises.sliding_tbptt.training import Training, Windows
from grader.sandbox.exercise_file import ExerciseFile
from grader.sandbox.student import Student

Random = np.random.Generator
FILE = ExerciseFile("sliding_training.py", ("train_on_chunks", "train_with_warm_up"))
CELLS = ("gated", "residual", "nn.GRUCell")


RATE = 0.05


def ask(
    student: Student, probe: Callable[..., Any], function: str, problem: Problem, sizes: Sizes
) -> Any:
    """Return what the probe finds out about a training by SGD."""
    asked: dict[str, Any] = {"function": function, "sizes": sizes, "rate": RATE}
    return FILE.run(student, probe, problem=vars(problem), **asked)


def require_steps(path: Array, windows: Windows, function: str, where: str) -> None:
    """Fail unless there is a step for each window."""
    count = len(windows.starts)
    require(
        len(path) == count + 1,
        f"{function} should take one optimizer step for each window.",
        expected=f"{count} steps, for the windows that start at "
        + ", ".join(map(str, windows.starts)),
        got=f"{len(path) - 1} steps",
        where=where,
        hint="optimizer.step() belongs in the loop over the windows, after backward()."
        if len(path) <= 2
        else "Windows are whole, and start as far apart as the docstring says.",
    )


def place(function: str, problem: Problem, sizes: Sizes) -> str:
    """Return where a check of these sizes looks."""
    return FILE.place(function, ", ".join(f"{k} = {v}" for k, v in sizes.items()), problem)


@contextmanager
def whatever_is_cut(
    problem: Problem, windows: Windows, path: Array, agrees: Callable[[Windows], bool]
) -> Iterator[None]:
    """Name the mistake in the windows' cut that explains a failure; S1 may have counted it.

    Args:
        problem: Whose sequence is cut.
        windows: Those that are right.
        path: The parameters (n + 1, P) before the first of n steps and after each.
        agrees: Whether what was found is right for other n windows.
    """
    try:
        yield
    except Failure as failure:
        wrong = training.wrongly_cut(problem.N, windows)
        mistakes = [e for e, own in wrong if len(own.starts) + 1 == len(path) and agrees(own)]
        if any(is_assumed(each) for each in mistakes):
            return
        named = mistakes[0].named() if mistakes else {}
        raise dataclasses.replace(failure, **named) from None


def trains(
    student: Student, function: str, problem: Problem, sizes: Sizes, windows: Windows
) -> None:
    """Check the parameters after each step of a training by SGD."""
    where = place(function, problem, sizes)
    path = ask(student, probes.training, function, problem, sizes)

    def agrees(own: Windows) -> bool:
        return matches(path, Training().run(problem, own, RATE), TOLERANCE["float64"])

    with whatever_is_cut(problem, windows, path, agrees):
        require_steps(path, windows, function, where)
        close(
            path,
            Training().run(problem, windows, RATE),
            "The parameters, one row after each step, should go the way of SGD on the windows' "
            "losses.",
            where=where,
            mistakes=training.variants(problem, windows, RATE),
        )


def tells_losses(
    student: Student, function: str, problem: Problem, sizes: Sizes, windows: Windows
) -> None:
    """Check the losses that a training returns, by its own parameters before each step."""
    where = place(function, problem, sizes)
    found = ask(student, probes.training_losses, function, problem, sizes)
    path, losses = found["path"], found["losses"]

    def agrees(own: Windows) -> bool:
        return matches(losses, Training().losses(path, problem, own), TOLERANCE["float64"])

    with whatever_is_cut(problem, windows, path, agrees):
        require_steps(path, windows, function, where)
        close(
            losses,
            Training().losses(path, problem, windows),
            f"{function} should return the loss of each window, before its step.",
            where=where,
            hint="The loss of a window is the sum over its steps, with the parameters as they were "
            "before the step.",
            mistakes=training.loss_variants(path, problem, windows),
        )


@pytest.mark.question(id="S6", share="7/20")
def test_chunks(student: Student, rng: Random) -> None:
    """Training on chunks: the parameters after each step."""
    for cell in CELLS:
        problem = draw(rng, cell)
        K, O = int(rng.integers(2, 5)), int(rng.integers(2, 4))
        windows = training.chunks(problem.N, K, O)
        trains(student, "train_on_chunks", problem, {"K": K, "O": O}, windows)


@pytest.mark.question(id="S6", share="7/20")
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


@pytest.mark.question(id="S6", share="1/10")
def test_losses(student: Student, rng: Random) -> None:
    """Both trainings return the loss of each window, before its step."""
    K, O = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    problem = draw(rng, "gated", loss="cross-entropy")
    windows = training.chunks(problem.N, K, O)
    tells_losses(student, "train_on_chunks", problem, {"K": K, "O": O}, windows)
    K1, K2 = int(rng.integers(2, 4)), int(rng.integers(2, 4))
    windows = training.warmed_up(problem.N, K1, K2)
    tells_losses(student, "train_with_warm_up", problem, {"K1": K1, "K2": K2}, windows)

"""Question N4 of sheet 003: gradient descent, judged by the network's own gradients.

A wrong backward costs nothing here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import require_raised, same
from grader.checks.shapes import shape_hint
from grader.core.failures import Failure
from grader.exercises.given_rnn import oracle
from grader.exercises.given_rnn.oracle import Sizes
from grader.exercises.numpy_rnn import probes
from grader.exercises.numpy_rnn.judging import FILE, ask_network, held
from grader.exercises.numpy_rnn.mistakes import update_variants
from grader.sandbox.student import Student

Random = np.random.Generator


def place(sizes: Sizes) -> str:
    """Return where a check of these sizes looks."""
    return FILE.place("RNN.update", sizes)


def random_step(rng: Random, sizes: Sizes) -> dict[str, Any]:
    """Draw x (T, B, in), d_loss (B, out) and a learning rate."""
    return {
        "x": oracle.random_input(rng, sizes),
        "d_loss": rng.normal(size=(sizes.B, sizes.K)),
        "lr": float(rng.uniform(0.05, 0.5)),
    }


def descends(student: Student, rng: Random, count: int) -> None:
    """Compare the weights after each of several steps, each with its own input and rate."""
    sizes = oracle.random_sizes(rng, B=1)
    steps = [random_step(rng, sizes) for _ in range(count)]
    found = ask_network(
        student, probes.descent, sizes, weights=oracle.random_weights(rng, sizes), steps=steps
    )
    for k, step in enumerate(steps):
        names = [f"d_{name}" for name in oracle.WEIGHTS]
        for earlier in found["gradients"][: k + 1]:
            names = list(held(earlier, names, place(sizes)))
        for d_name in names:
            name = d_name.removeprefix("d_")
            before, after = found["weights"][k][name], found["weights"][k + 1][name]
            gradients = [each[d_name] for each in found["gradients"][: k + 1]]
            if gradients[-1].size % before.size:
                raise Failure(
                    f"{name} should be such that d_{name} can update it.",
                    expected=f"d_{name} of shape {[*before.shape]} or {[sizes.T, *before.shape]}",
                    got=f"shape {list(gradients[-1].shape)}",
                    where=place(sizes),
                    hint=shape_hint(gradients[-1].shape, before.shape)
                    or "Mend backward first: its gradient has another shape than the weight.",
                )
            in_time = gradients[-1].size > before.size
            same(
                after,
                before - step["lr"] * gradients[-1].reshape(-1, *before.shape).sum(0),
                f"{name} after update {k + 1} is {name} − lr · d_{name}"
                + (", summed over time." if in_time else "."),
                where=f"{place(sizes)}; lr = {step['lr']:.4g}",
                mistakes=update_variants(
                    before, gradients[-1], step["lr"], gradients[-2] if k else None
                ),
            )


@pytest.mark.question(id="N4", share="7/15")
def test_step(student: Student, rng: Random) -> None:
    """A step changes each weight by lr times its gradient, summed over time."""
    descends(student, rng, count=1)


@pytest.mark.question(id="N4", share="1/5")
def test_several_steps(student: Student, rng: Random) -> None:
    """Every further step goes by its own gradients alone."""
    descends(student, rng, count=3)


def out_of_turn(student: Student, rng: Random) -> tuple[dict[str, list[str]], Sizes]:
    """Return what update raises before any backward, and a second time after one."""
    sizes = oracle.random_sizes(rng, B=1)
    step = random_step(rng, sizes)
    found = ask_network(
        student,
        probes.updates_out_of_turn,
        sizes,
        weights=oracle.random_weights(rng, sizes),
        x=step["x"],
        d_loss=step["d_loss"],
    )
    return found, sizes


@pytest.mark.question(id="N4", share="1/5")
def test_needs_backward(student: Student, rng: Random) -> None:
    """update raises RuntimeError before any backward."""
    found, sizes = out_of_turn(student, rng)
    require_raised(
        found["fresh"],
        "RuntimeError",
        "update needs gradients.",
        where=f"{place(sizes)}; before any backward",
    )


@pytest.mark.question(id="N4", share="2/15")
def test_uses_gradients_up(student: Student, rng: Random) -> None:
    """A second update needs a second backward."""
    found, sizes = out_of_turn(student, rng)
    require_raised(
        found["again"],
        "RuntimeError",
        "update uses the gradients up.",
        where=f"{place(sizes)}; at a second update after one backward",
        hint="The gradients belong to the weights before the update: forget them afterwards.",
    )

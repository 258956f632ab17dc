"""Question M1 of sheet 003: the data generator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import require, require_raised, require_uniform, same
from grader.checks.shapes import shape_hint
from grader.exercises.memory_task import probes
from grader.exercises.memory_task.judging import FILE
from grader.exercises.memory_task.mistakes import target_variants
from grader.sandbox.student import Student

Random = np.random.Generator
WHERE = FILE.place("generate_samples")
Batches = list[dict[str, Any]]


def draw(
    student: Student, B: int, T: int, batches: int, seeds: tuple[int | None, ...] = (None,)
) -> list[Batches]:
    """Return so many batches of the student's for each seed; each is {"x": …, "y": …}."""
    found: list[Batches] = FILE.run(
        student, probes.samples, batch_size=B, seq_length=T, batches=batches, seeds=list(seeds)
    )
    return found


@pytest.mark.question(id="M1", share="1/5")
def test_generator(student: Student) -> None:
    """generate_samples is a Python generator without end."""
    FILE.run(student, probes.endless, batch_size=2, seq_length=3, batches=300)


@pytest.mark.question(id="M1", share="1/5")
def test_shapes(student: Student, rng: Random) -> None:
    """x is [seq_length, batch_size, 1] and y is [batch_size, 1]."""
    sizes = [int(size) for size in rng.permutation(8)[:2] + 2]
    for B, T in (sizes, (1, 1)):
        ((batch,),) = draw(student, B, T, batches=1)
        shapes = {name: list(batch[name].shape) for name in ("x", "y")}
        swapped = B != T and shapes["x"] == [B, T, 1]
        require(
            shapes == {"x": [T, B, 1], "y": [B, 1]},
            "x should be [time, batch, 1], and y have one number per sequence.",
            expected=f"x {[T, B, 1]}, y {[B, 1]}",
            got=f"x {shapes['x']}, y {shapes['y']}",
            where=f"{WHERE}; batch_size {B}, seq_length {T}",
            hint="The axes of time and batch are swapped." if swapped else "",
        )


@pytest.mark.question(id="M1", share="1/5")
def test_uniform(student: Student) -> None:
    """The numbers are uniform between −1 and 1.

    A right solution fails with a chance of 1e-9.
    """
    ((batch,),) = draw(student, B=400, T=50, batches=1)
    what = "x is drawn uniformly between −1 and 1."
    require_uniform(batch["x"], -1.0, 1.0, what, where=f"{WHERE}; {batch['x'].size} numbers")


@pytest.mark.question(id="M1", share="1/5")
def test_fresh(student: Student, rng: Random) -> None:
    """Every batch is drawn anew.

    A pair among 4,000 independent draws is equal with a chance of 1e-9, a hundred are never.
    """
    seeds = (None, None, int(rng.integers(2**31)))
    generators = draw(student, B=50, T=5, batches=8, seeds=seeds)
    first, second, seeded = (
        np.concatenate([batch["x"].ravel() for batch in g]) for g in generators
    )
    require(
        not np.array_equal(first, second),
        "Two generators should draw different numbers.",
        got="the same numbers from both",
        where=WHERE,
        hint="A seed is fixed inside the function.",
    )
    for drawn in (np.concatenate([first, second]), seeded):
        different = len(np.unique(drawn))
        require(
            different > drawn.size - 100,
            "Each number should be drawn by itself.",
            expected=f"{drawn.size} different numbers",
            got=f"{different}",
            where=WHERE,
            hint="The same draws come again: draw inside the loop that yields, by a generator that "
            "is made before it.",
        )


@pytest.mark.question(id="M1", share="1/5")
def test_target(student: Student, rng: Random) -> None:
    """y is the first element of every sequence."""
    T, B = (int(size) for size in rng.permutation(8)[:2] + 2)
    (batches,) = draw(student, B, T, batches=3)
    for batch in batches:
        x, y = batch["x"], batch["y"]
        # Swapped axes of x have their own points.
        x = x.swapaxes(0, 1) if x.shape == (B, T, 1) else x
        require(
            x.shape == (T, B, 1),
            "The label should be such that it can be compared with the sequence.",
            expected=f"x of shape {[T, B, 1]}",
            got=f"shape {list(x.shape)}",
            where=WHERE,
            hint=shape_hint(x.shape, (T, B, 1)),
        )
        same(
            y,
            x[0],
            "y holds the first element of every sequence.",
            where=WHERE,
            mistakes=target_variants(x),
        )


@pytest.mark.question(id="M1")
def test_seed(student: Student, rng: Random) -> None:
    """Equal seeds draw equal batches."""
    seed = int(rng.integers(2**31))
    found = draw(student, B=3, T=4, batches=2, seeds=(seed, seed, seed + 1))
    if not FILE.run(student, probes.takes_seed):
        return  # the sheet's function has no such parameter
    first, again, other = (np.concatenate([batch["x"].ravel() for batch in g]) for g in found)
    require(
        np.array_equal(first, again) and not np.array_equal(first, other),
        "The parameter rng should decide which numbers are drawn.",
        expected="the same for the same seed, others for another seed",
        got="others for the same seed"
        if not np.array_equal(first, again)
        else "the same for another seed",
        where=WHERE,
        hint="Draw by the generator that is handed in, and by no other.",
    )


@pytest.mark.question(id="M1")
def test_refuses(student: Student) -> None:
    """Sizes below one are refused with a ValueError."""
    sizes = [[0, 5], [5, 0], [-1, 5]]
    for (B, T), raised in zip(
        sizes, FILE.run(student, probes.refused_sizes, sizes=sizes), strict=True
    ):
        require_raised(
            raised,
            "ValueError",
            "A batch and a sequence have at least one element.",
            where=f"{WHERE}; batch_size {B}, seq_length {T}",
        )

"""Question N2 of sheet 003: the forward pass, against nn.RNN in float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from grader.checks.arrays import require, require_raised, same
from grader.checks.shapes import shape_hint
from grader.exercises.given_rnn import oracle
from grader.exercises.given_rnn.comparison import same_weights
from grader.exercises.given_rnn.oracle import Sizes
from grader.exercises.numpy_rnn import probes
from grader.exercises.numpy_rnn.judging import FILE, ask_network
from grader.exercises.numpy_rnn.mistakes_forward import (
    AVERAGED_OUTPUTS,
    VIEWED,
    Forward,
    forward_variants,
)
from grader.sandbox.student import Student

Random = np.random.Generator


def place(sizes: Sizes) -> str:
    """Return where a check of these sizes looks."""
    return FILE.place("RNN.forward", sizes)


def agrees(student: Student, rng: Random, sizes: Sizes, single: bool = False) -> None:
    """Check ŷ for random weights and x of these sizes, (T, in) if ``single``."""
    weights, x = oracle.random_weights(rng, sizes), oracle.random_input(rng, sizes)
    (got,) = ask_network(
        student, probes.outputs, sizes, weights=weights, inputs=[x[:, 0] if single else x]
    )
    require(
        sizes.B > 1 or len(got) == 1 or got.shape not in ((sizes.n, sizes.K), (sizes.K, sizes.K)),
        "forward should return a row for each sequence of the batch.",
        expected=f"shape {[sizes.B, sizes.K]}",
        got=f"shape {list(got.shape)}",
        where=place(sizes),
        hint="A bias is a column, (…, 1): added to a row it makes a matrix. Add its transpose.",
    )
    same(
        got,
        oracle.output(weights, x),
        "forward returns ŷ of the sheet's equations.",
        where=place(sizes),
        mistakes=forward_variants(weights, x),
    )


@pytest.mark.question(id="N2", share="1/2")
def test_batch(student: Student, rng: Random) -> None:
    """The output for [T, batch, in] is that of the equations."""
    several = [oracle.random_sizes(rng), Sizes(1, 3, 2, 4, 2), Sizes(40, 2, 1, 64, 1)]
    for sizes in several:
        agrees(student, rng, sizes)


@pytest.mark.question(id="N2", share="1/5")
def test_single_sequence(student: Student, rng: Random) -> None:
    """The output for a single sequence, [T, in], is that of the equations."""
    for sizes in (oracle.random_sizes(rng, B=1), Sizes(1, 1, 2, 4, 3), Sizes(1, 1, 1, 2, 1)):
        agrees(student, rng, sizes, single=True)


@pytest.mark.question(id="N2", share="1/10")
def test_rows(student: Student, rng: Random) -> None:
    """Sequences of a batch do not influence each other."""
    sizes = oracle.random_sizes(rng)
    weights = oracle.random_weights(rng, sizes)
    x, other = oracle.random_input(rng, sizes), oracle.random_input(rng, sizes)
    other[:, 0] = x[:, 0]
    (first,), (second,) = (  # two networks: a state that is carried over has points of its own
        ask_network(student, probes.outputs, sizes, weights=weights, inputs=[inputs])
        for inputs in (x, other)
    )
    require(
        first.shape == second.shape == (sizes.B, sizes.K),
        "forward should return a row for each sequence of the batch.",
        expected=f"shape {[sizes.B, sizes.K]}",
        got=f"shape {list(first.shape)}",
        where=place(sizes),
        hint=shape_hint(first.shape, (sizes.B, sizes.K)),
    )
    same(
        second[0],
        first[0],
        "Row 0 of the output stays the same when the other sequences change.",
        where=place(sizes),
        hint="Look for sums or means over the batch.",
        mistakes=[
            (AVERAGED_OUTPUTS, lambda: oracle.output(weights, other).mean(0)),
            (VIEWED, lambda: Forward(**VIEWED.change).run(weights, other)[0]),
        ],
    )


@pytest.mark.question(id="N2", share="1/10")
def test_fresh_state(student: Student, rng: Random) -> None:
    """No state is carried from one call to the next."""
    # Short sequences: after a long one little is left of the state that it began with.
    sizes = replace(oracle.random_sizes(rng, B=1), T=2)
    weights = oracle.random_weights(rng, sizes)
    x, other = oracle.random_input(rng, sizes), oracle.random_input(rng, sizes)
    cases = [{"weights": weights, "x": x}, {"x": other}, {"x": x}]
    first, _, again = ask_network(student, probes.outputs_of_one, sizes, cases=cases)
    same(
        again,
        first,
        "The same input gives the same output, whatever was read before.",
        where=place(sizes),
        hint="The state is carried over from one call to the next: each forward begins with zeros.",
    )


@pytest.mark.question(id="N2", share="1/20")
def test_leaves_alone(student: Student, rng: Random) -> None:
    """forward changes neither its input nor the weights."""
    sizes = oracle.random_sizes(rng, B=1)
    weights, x = oracle.random_weights(rng, sizes), oracle.random_input(rng, sizes)
    found = ask_network(student, probes.touched, sizes, weights=weights, x=x)
    same(
        found["x"],
        x,
        "The input is the same after forward.",
        tolerance=0.0,
        where=place(sizes),
        hint="It is changed in place (+=, or an assignment to its entries): work on a copy.",
    )
    same_weights(
        found["weights"],
        weights,
        "{name} is the same after forward.",
        where=place(sizes),
        hint="The weight is changed in place (+=, or an assignment to its entries).",
    )


@pytest.mark.question(id="N2", share="1/20")
def test_refuses(student: Student, rng: Random) -> None:
    """forward refuses an input of another form with a ValueError."""
    sizes = oracle.random_sizes(rng)
    T, B, d = sizes.T, sizes.B, sizes.d
    shapes = [(T, B, d + 1), (d,), (T, B, 1, d), (0, B, d)]
    found = ask_network(
        student, probes.refused_inputs, sizes, inputs=[np.zeros(shape) for shape in shapes]
    )
    for shape, raised in zip(shapes, found, strict=True):
        require_raised(
            raised,
            "ValueError",
            f"forward takes [T, {d}] and [T, batch, {d}] and nothing else.",
            where=f"{place(sizes)}; for shape {list(shape)}",
        )

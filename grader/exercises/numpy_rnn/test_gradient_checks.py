"""Question N5 of sheet 003: the numerical and the analytical gradient.

The functions are given a network of the kit's own, so that a wrong RNN costs nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import SINGLE, require, same
from grader.checks.carry import is_assumed
from grader.checks.cost import WIDE, Sized, require_formula
from grader.checks.mistakes import Variant
from grader.checks.tolerances import (
    DIFFERENCES,
    SAME_DIFFERENCES,
    SINGLE_DIFFERENCE_STEP,
    SINGLE_DIFFERENCES,
)
from grader.exercises.given_rnn import oracle
from grader.exercises.given_rnn.comparison import same_weights
from grader.exercises.given_rnn.oracle import Array, Sizes, Weights
from grader.exercises.numpy_rnn import probes_gradient_checks as probes
from grader.exercises.numpy_rnn.judging import FILE, ask_network, held, require_held
from grader.exercises.numpy_rnn.mistakes import (
    agreement_variants,
    analytical_variants,
    numerical_variants,
)
from grader.exercises.numpy_rnn.mistakes_backward import telling
from grader.exercises.numpy_rnn.mistakes_forward import gradient_variants
from grader.sandbox.student import PROBE_SECONDS, Student

Random = np.random.Generator
SIZES = Sizes(T=4, B=3, d=2, n=3, K=2)
NUMERICAL = FILE.place("get_numerical_gradient", SIZES)
ANALYTICAL = FILE.place("get_analytical_gradient", SIZES)


def numerical(student: Student, rng: Random) -> tuple[dict[str, Any], Weights, Array, float]:
    """Return the student's answer, and the weights, x and eps that it is for."""
    weights, x = oracle.random_weights(rng, SIZES), oracle.random_input(rng, SIZES)
    # So large a step that the rule, and the step itself, show in the numbers.
    eps = float(rng.uniform(0.02, 0.1))
    found = FILE.run(student, probes.numerical, weights=weights, x=x, eps=eps)
    return found, weights, x, eps


@pytest.mark.question(id="N5", share="1/3")
def test_numerical(student: Student, rng: Random) -> None:
    """The numerical gradient is the central difference, for each single weight.

    The network that it is asked for has sin for tanh: only differences of its own outputs give
    the right numbers.
    """
    found, weights, x, eps = numerical(student, rng)
    expected = oracle.differences(weights, x, eps, eps)
    for name in held(found["gradients"], expected, NUMERICAL):
        same(
            found["gradients"][name],
            expected[name],
            f"{name} is the central difference with the step eps.",
            tolerance=SAME_DIFFERENCES,
            where=f"{NUMERICAL}; eps = {eps:.4g}",
            hint="The network here is not the RNN but has other equations: only its forward "
            "tells how its output changes with a weight.",
            mistakes=numerical_variants(name, weights, x, eps),
        )


@pytest.mark.question(id="N5", share="2/15")
def test_weights_come_back(student: Student, rng: Random) -> None:
    """The network ends with exactly the weights it had."""
    found, weights, _, _ = numerical(student, rng)
    number = sum(weight.size for weight in weights.values())
    require(
        found["calls"] > number,
        "The weights should be shifted, one after the other, and forward called for each.",
        expected=f"more than {number} calls of forward for {number} weights",
        got=f"{found['calls']} calls",
        where=NUMERICAL,
        hint="Move each weight up and down by eps, one at a time, and call forward for each.",
    )
    same_weights(
        found["weights"],
        weights,
        "{name} is the same, to the last bit, after get_numerical_gradient.",
        where=NUMERICAL,
        hint="Put back a copy of the weight: w + eps − 2 eps + eps is not quite w in floating "
        "point, and a shifted weight that stays falsifies all that follows.",
    )


@pytest.mark.question(id="N5", share="4/15")
def test_analytical(student: Student, rng: Random) -> None:
    """The analytical gradient is summed over time and averaged over the batch.

    For a wide network it takes no longer than ``backward``, which it comes from.
    """
    weights, x = oracle.random_weights(rng, SIZES), oracle.random_input(rng, SIZES)
    got = FILE.run(student, probes.analytical, weights=weights, x=x)
    per_step = oracle.gradients(weights, x, np.full((SIZES.B, SIZES.K), 1 / SIZES.B))
    expected = oracle.over_time(per_step)
    for name in held(got, expected, ANALYTICAL):
        same(
            got[name],
            expected[name],
            f"{name} is the gradient of the outputs' sum, averaged over the batch.",
            where=ANALYTICAL,
            mistakes=analytical_variants(per_step[name], SIZES.B, SIZES.K),
        )
    wide = Sizes(WIDE["T"], 1, WIDE["d"], WIDE["n"], WIDE["K"])
    few, many = (analytical(student, rng, sizes) for sizes in (SIZES, wide))
    require_formula("What get_analytical_gradient returns", few, many, PROBE_SECONDS)


def analytical(student: Student, rng: Random, sizes: Sizes) -> Sized:
    """Return the call that asks for the analytical gradient, and what is right."""
    weights, x = oracle.random_weights(rng, sizes), oracle.random_input(rng, sizes)
    d_loss = np.full((sizes.B, sizes.K), 1 / sizes.B)
    right = oracle.over_time(oracle.gradients(weights, x, d_loss))

    def ask(seconds: float) -> Weights:
        found: Weights = FILE.run(student, probes.analytical, seconds=seconds, weights=weights, x=x)
        return found

    return Sized(ask, [right], FILE.place("get_analytical_gradient", sizes))


def own_gradient_variants(name: str, weights: Weights, x: Array) -> Iterator[Variant]:
    """Yield the analytical gradients of networks and functions that are wrong."""
    d_loss = np.ones((1, weights["V"].shape[1]))
    right = oracle.gradients(weights, x, d_loss)
    found = chain(
        gradient_variants(name, weights, x, d_loss),
        analytical_variants(right[name], 1, d_loss.size),
    )
    return telling(found, oracle.over_time(right)[name])


@pytest.mark.question(id="N5", share="4/15")
def test_agreement(student: Student, rng: Random) -> None:
    """The gradient check passes: both gradients of the student's own network agree."""
    sizes = Sizes(T=5, B=1, d=2, n=4, K=3)
    weights, x = oracle.random_weights(rng, sizes), oracle.random_input(rng, sizes)
    weights["V"] *= 0.1  # small gradients, which nobody clips
    single = is_assumed(SINGLE)  # what float32 rounds to would drown the default step
    step = {"eps": SINGLE_DIFFERENCE_STEP} if single else {}
    found = ask_network(student, probes.both, sizes, weights=weights, x=x, step=step)
    others = {name: -0.5 * weight for name, weight in weights.items()}
    other = ask_network(student, probes.both, sizes, weights=others, x=x, step=step)["analytical"]
    require(
        any(
            not np.array_equal(other.get(name), array)
            for name, array in found["analytical"].items()
        ),
        "The gradient should depend on the weights.",
        got="the same numbers for other weights",
        where=FILE.place("get_analytical_gradient", sizes),
        hint="Two functions that return constants agree, and say nothing of the network.",
    )
    where = f"{FILE}; {sizes}"
    for name in held(found["analytical"], [f"d_{name}" for name in oracle.WEIGHTS], where):
        analytic = found["analytical"][name]
        require_held(found["numerical"], name, where)
        require(
            bool(analytic.any()) and np.isfinite(analytic).all(),
            "The analytical gradient should be a number, and not zero everywhere.",
            got=f"{name} of zeros, NaN or infinity",
            where=FILE.place("get_analytical_gradient", sizes),
            hint="It is what backward returns for d_loss = 1 / batch in each output, summed over "
            "time.",
        )
        same(
            analytic,
            found["numerical"][name],
            f"{name} by backward agrees with {name} by differences of forward.",
            tolerance=SINGLE_DIFFERENCES if single else DIFFERENCES,
            where=where,
            mistakes=chain(
                agreement_variants(found["numerical"][name], sizes.K),
                own_gradient_variants(name, weights, x),
            ),
            hint="One of the two is wrong. Agreement to a few digits only tells of a step that is "
            "too large or too small, or of differences that are not central.",
        )

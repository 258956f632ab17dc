"""Question N1 of sheet 003: the weights' shapes, how they are drawn, read and replaced."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import SINGLE, require, require_raised, require_uniform
from grader.checks.carry import is_assumed
from grader.exercises.given_rnn import oracle
from grader.exercises.given_rnn.comparison import same_weights
from grader.exercises.given_rnn.oracle import Sizes
from grader.exercises.numpy_rnn import probes
from grader.exercises.numpy_rnn.judging import FILE, ask_network
from grader.sandbox.student import Student

Random = np.random.Generator
CONSTRUCTOR = FILE.place("RNN.__init__")
FLOATS = "NumPy makes float64 unless it is told otherwise: leave out dtype= and astype(…)."
MATRICES = ("W", "R", "V")
LARGE = Sizes(T=1, B=1, d=60, n=80, K=50)  # enough numbers to judge how they are drawn


def draw(student: Student, sizes: Sizes, rngs: list[int | None]) -> list[dict[str, Any]]:
    """Make a network for each seed; return its weights with their names, shapes and dtypes."""
    found: list[dict[str, Any]] = ask_network(student, probes.initial, sizes, rngs=rngs)
    return found


def require_own_draws(*networks: dict[str, Any]) -> None:
    """Fail if draws serve more than once, in one matrix, in several or in several networks."""
    drawn = np.concatenate([one["values"][name].ravel() for one in networks for name in MATRICES])
    different = len(np.unique(drawn))
    require(
        different > len(drawn) - 100,
        "Each weight should be drawn by itself.",
        expected=f"{len(drawn)} different numbers in W, R and V",
        got=f"{different}",
        where=CONSTRUCTOR,
        hint="The same draws serve more than once: a generator that starts anew for each matrix, "
        "or one row that is repeated.",
    )


@pytest.mark.question(id="N1", share="1/4")
def test_shapes(student: Student, rng: Random) -> None:
    """The weights are float64 attributes of the right shapes."""
    for sizes in (oracle.random_sizes(rng), Sizes(T=1, B=1, d=1, n=64, K=1)):
        (drawn,) = draw(student, sizes, [None])
        shapes = {name: list(shape) for name, shape in sizes.shapes().items()}
        got, names = drawn["shapes"], drawn["names"]
        wrong = [name for name in shapes if (got[name], names[name]) != (shapes[name], name)]
        require(
            not wrong,
            "The weights should have the names and shapes of the equations, biases as columns.",
            expected=", ".join(f"{name} {shapes[name]}" for name in wrong),
            got=", ".join(f"{names[name]} {got[name]}" for name in wrong),
            where=f"{CONSTRUCTOR}; {sizes}",
            hint="This costs its points once: all else is judged with the weights as you keep them."
            + " Samples are rows here, so that W is (in, hidden)."
            * all(got[name] == shapes[name][::-1] for name in wrong),
        )
        types = {name: kind for name, kind in drawn["types"].items() if kind != "float64"}
        single = set(types.values()) == {"float32"}
        require(
            not types or (single and is_assumed(SINGLE)),
            "The weights should be float64 arrays.",
            expected="float64",
            got=", ".join(f"{name} {kind}" for name, kind in types.items()),
            where=CONSTRUCTOR,
            **(SINGLE.named() if single else {"hint": FLOATS}),
        )


@pytest.mark.question(id="N1", share="1/4")
def test_uniform(student: Student) -> None:
    """W, R and V are drawn uniformly between −0.2 and 0.2, biases are zero.

    A right solution fails with a chance of 3e-9: 1e-9 for each of three matrices.
    """
    (drawn,) = draw(student, LARGE, [None])
    for name in MATRICES:
        require_uniform(
            drawn["values"][name],
            -0.2,
            0.2,
            f"{name} is drawn uniformly between −0.2 and 0.2.",
            where=f"{CONSTRUCTOR}; {drawn['values'][name].size} numbers",
        )
    for name in ("bs", "by"):
        require(
            not drawn["values"][name].any(),
            f"The bias {name} should start at zero.",
            expected="zeros",
            got=f"numbers up to {np.abs(drawn['values'][name]).max():.3g}",
            where=CONSTRUCTOR,
            hint="Only W, R and V are drawn; the biases are made by np.zeros.",
        )


@pytest.mark.question(id="N1", share="1/10")
def test_fresh_draws(student: Student, rng: Random) -> None:
    """Every weight of every network is a draw of its own.

    Of some 30,000 independent draws, none of 53 bits, two are equal with a chance of 5e-8; a
    hundred pairs, which it takes to fail, never.
    """
    first, second, seeded = draw(student, LARGE, [None, None, int(rng.integers(2**31))])
    for name in MATRICES:
        require(
            not np.array_equal(first["values"][name], second["values"][name]),
            "Two networks should start with different weights.",
            got=f"the same {name} twice",
            where=CONSTRUCTOR,
            hint="A seed is fixed inside the constructor.",
        )
    require_own_draws(first, second)
    require_own_draws(seeded)


@pytest.mark.question(id="N1")
def test_seed(student: Student, rng: Random) -> None:
    """Equal seeds draw equal weights."""
    seed = int(rng.integers(2**31))
    first, second, other = draw(student, LARGE, [seed, seed, seed + 1])
    if not FILE.run(student, probes.takes_seed):
        return  # the sheet's constructor has no such parameter
    W = [one["values"]["W"] for one in (first, second, other)]
    require(
        np.array_equal(W[0], W[1]) and not np.array_equal(W[0], W[2]),
        "The parameter rng should decide which weights are drawn.",
        expected="the same W for the same seed, another one for another seed",
        got="another W for the same seed"
        if not np.array_equal(W[0], W[1])
        else "the same W for another seed",
        where=CONSTRUCTOR,
        hint="Draw by the generator that is handed in, and by no other.",
    )


@pytest.mark.question(id="N1", share="3/20")
def test_get_weights(student: Student, rng: Random) -> None:
    """get_weights returns copies of all five weights."""
    sizes = oracle.random_sizes(rng)
    weights = oracle.random_weights(rng, sizes)
    found = ask_network(student, probes.got, sizes, weights=weights)
    where = FILE.place("RNN.get_weights", sizes)
    what = "get_weights returns {name}."
    same_weights(found["first"], weights, what, where=where, hint="Return the weight as it is.")
    same_weights(
        found["after"],
        weights,
        "{name} of the network stays as it is when what get_weights returned is overwritten.",
        where=where,
        hint="It hands out the network's own arrays: whoever changes them changes the network. "
        "Return copies.",
    )


@pytest.mark.question(id="N1", share="3/20")
def test_set_weights(student: Student, rng: Random) -> None:
    """set_weights replaces all five weights by copies."""
    sizes = oracle.random_sizes(rng)
    weights = oracle.random_weights(rng, sizes)
    found = ask_network(student, probes.put, sizes, weights=weights)
    where = FILE.place("RNN.set_weights", sizes)
    hint = "{name} is not what it was set to: set all five weights, the biases, too."
    same_weights(found["first"], weights, "set_weights replaces {name}.", where=where, hint=hint)
    same_weights(
        found["after"],
        weights,
        "{name} of the network stays as it is when what set_weights was given is overwritten.",
        where=where,
        hint="It keeps the arrays that it was given, which belong to somebody else: keep copies.",
    )


@pytest.mark.question(id="N1", share="1/10")
def test_set_weights_refuses(student: Student, rng: Random) -> None:
    """set_weights refuses wrong names and shapes, and then changes nothing."""
    sizes = oracle.random_sizes(rng)
    weights = oracle.random_weights(rng, sizes)
    other = {name: weight + 1 for name, weight in weights.items()}
    bad = {
        "for weights without by": {name: weight for name, weight in other.items() if name != "by"},
        "for a sixth weight": {**other, "U": np.zeros((2, 2))},
        "for W transposed": {**other, "W": other["W"].T.copy()},
        "for V one row too long": {**other, "V": np.zeros((sizes.n + 1, sizes.K))},
    }
    found = ask_network(student, probes.refused, sizes, weights=weights, bad=list(bad.values()))
    where = FILE.place("RNN.set_weights", sizes)
    for how, case in zip(bad, found, strict=True):
        require_raised(
            case["raised"],
            "ValueError",
            "set_weights refuses what is no set of five weights.",
            where=f"{where}; {how}",
        )
        same_weights(
            case["after"],
            weights,
            f"{{name}} is unchanged where set_weights raises, here {how}.",
            where=where,
            hint="Look at all names and shapes first, then set the weights.",
        )

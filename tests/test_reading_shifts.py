"""Constants that forward adds to biases are found; what is no constant isn't taken for one."""

from __future__ import annotations

import time

import numpy as np
import pytest

from grader.checks.tolerances import TOLERANCE
from grader.exercises.palindrome import oracle
from grader.exercises.palindrome.oracle import Model, Weights
from grader.exercises.palindrome.parameters import shifts

EXACT = TOLERANCE["float64"]


def drawn(model: Model, rng: np.random.Generator) -> tuple[Weights, oracle.Array]:
    weights = {
        name: rng.normal(scale=0.4, size=shape)
        for name, shape in oracle.shapes(model, 1, 20, 10).items()
    }
    return weights, oracle.features(oracle.random_digits(rng, 4, 4), 1)


@pytest.mark.parametrize(
    ("model", "added"),
    [
        ("LSTM", {"b_f": 1.0}),
        ("LSTM", {"b_f": 2.5, "b_i": -1.0}),
        ("LSTM", {"b_g": 0.1, "b_p": -3.0}),
        ("VanillaRNN", {"b_h": 0.5}),
    ],
)
def test_constants_are_found(model: Model, added: dict[str, float]) -> None:
    for seed in range(5):
        weights, x = drawn(model, np.random.default_rng(seed))
        got = oracle.output(model, shifts.shifted(weights, added), x)
        assert shifts.find(model, weights, x, got, "logits", EXACT) == pytest.approx(added)


@pytest.mark.parametrize("model", ["LSTM", "VanillaRNN"])
def test_other_outputs_are_of_no_constants(model: Model) -> None:
    rng = np.random.default_rng(1)
    weights, x = drawn(model, rng)
    right = oracle.output(model, weights, x)
    other = weights | {"b_p": weights["b_p"] + rng.normal(size=10)}
    begun = time.process_time()
    assert shifts.find(model, weights, x, right, "logits", EXACT) is None, "nothing is added"
    for got in (oracle.output(model, other, x), np.tanh(right), rng.normal(size=right.shape)):
        assert shifts.find(model, weights, x, got, "logits", EXACT) is None
    assert time.process_time() - begun < 2

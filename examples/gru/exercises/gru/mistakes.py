"""List wrong formulas that students write; each throws a switch of ``oracle.GRU``."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from grader.checks.carry import combined
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.gru.oracle import GRU, Array, Weights, sigma

MISTAKES = [
    Mistake(
        "update_swapped",
        "z y 1 − z están intercambiadas: en Cho et al. z multiplica a h_(t−1); en otros textos, "
        "como Chung et al. (2014), multiplica al candidato.",
        {"kept": lambda z: 1 - z},
    ),
    Mistake(
        "reset_after_product",
        "r multiplica a U_h h_(t−1), como en nn.GRU: en Cho et al. r multiplica a h_(t−1) antes "
        "del producto con U_h.",
        {"recurrent": lambda r, h, U: r * (h @ U.T)},
    ),
    Mistake(
        "reset_unused",
        "r no tiene efecto sobre el candidato.",
        {"recurrent": lambda _, h, U: h @ U.T},
    ),
    Mistake("gates_tanh", "Las compuertas usan tanh: deben usar la sigmoide.", {"gate": np.tanh}),
    Mistake(
        "candidate_sigmoid", "El candidato usa la sigmoide: debe usar tanh.", {"squash": sigma}
    ),
    Mistake("biases_unused", "Los sesgos no se suman.", {"bias": 0.0}),
]


def steps(p: Weights, x: Array, h: Array) -> Iterator[Variant]:
    """Yield each mistake, or two of them, with the h_t (B, n) that it gives."""
    for mistake in combined(MISTAKES):
        yield mistake, partial(GRU(**mistake.change).step, p, x, h)


def states(p: Weights, x: Array, h: Array) -> Iterator[Variant]:
    """Yield each mistake, or two of them, with the states (T, B, n) that it gives."""
    for mistake in combined(MISTAKES):
        yield mistake, partial(GRU(**mistake.change).states, p, x, h)

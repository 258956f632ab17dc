"""Fórmulas equivocadas que se escriben a menudo."""

from collections.abc import Iterator
from functools import partial

from grader.checks.carry import combined
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.gru import oracle

MISTAKES = [
    Mistake(
        "update_swapped",
        "z y 1 − z están intercambiados: en Cho et al. z multiplica a h_(t−1).",
        {"swapped": True},
    ),
    Mistake(
        "reset_after_product",
        "r multiplica a U_h h_(t−1), como en nn.GRU: en Cho et al. r multiplica a h_(t−1) antes "
        "del producto con U_h.",
        {"reset": "after"},
    ),
    Mistake("reset_unused", "r no tiene efecto sobre el candidato.", {"reset": "never"}),
    Mistake(
        "gates_tanh", "Las compuertas usan tanh: deben usar la sigmoide.", {"gates_tanh": True}
    ),
    Mistake(
        "candidate_sigmoid",
        "El candidato usa la sigmoide: debe usar tanh.",
        {"candidate_sigma": True},
    ),
    Mistake("biases_unused", "Los sesgos no se suman.", {"biases": False}),
]


def steps(p: oracle.Weights, x: oracle.Array, h: oracle.Array) -> Iterator[Variant]:
    """Yield each mistake, or two of them, with what one step gives."""
    for mistake in combined(MISTAKES):
        yield mistake, partial(oracle.step, p, x, h, **mistake.change)


def states(p: oracle.Weights, x: oracle.Array, h: oracle.Array) -> Iterator[Variant]:
    """Yield each mistake, or two of them, with the states that it gives."""
    for mistake in combined(MISTAKES):
        yield mistake, partial(oracle.states, p, x, h, **mistake.change)

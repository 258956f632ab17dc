"""Draw weights and inputs for the checks."""

import numpy as np

from grader.exercises.gru.oracle import Array, Weights

SIZES = {"tam_entrada": 3, "tam_oculto": 4}


def shapes(tam_entrada: int, tam_oculto: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter, by name."""
    d, n = tam_entrada, tam_oculto
    kinds = {"W": (n, d), "U": (n, n), "b": (n,)}
    return {f"{kind}_{gate}": shape for gate in "rzh" for kind, shape in kinds.items()}


def draw_weights(rng: np.random.Generator) -> Weights:
    """Draw all parameters of a cell."""
    return {name: rng.normal(size=shape) for name, shape in shapes(**SIZES).items()}


def draw_inputs(rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw x (T, B, d) and h_0 (B, n) with T = 6 and B = 2."""
    return rng.normal(size=(6, 2, SIZES["tam_entrada"])), rng.normal(size=(2, SIZES["tam_oculto"]))

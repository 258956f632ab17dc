"""Entradas al azar para las comprobaciones."""

import numpy as np

from grader.exercises.gru.oracle import Array, Weights

SIZES = {"tam_entrada": 3, "tam_oculto": 4}


def shapes(tam_entrada: int, tam_oculto: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter."""
    d, n = tam_entrada, tam_oculto
    of = {"W": (n, d), "U": (n, n), "b": (n,)}
    return {f"{kind}_{gate}": shape for gate in "rzh" for kind, shape in of.items()}


def weights(rng: np.random.Generator) -> Weights:
    """Draw all parameters of a cell."""
    return {name: rng.normal(size=shape) for name, shape in shapes(**SIZES).items()}


def inputs(rng: np.random.Generator, T: int = 6, B: int = 2) -> tuple[Array, Array]:
    """Draw x (T, B, d) and h_0 (B, n)."""
    return rng.normal(size=(T, B, SIZES["tam_entrada"])), rng.normal(size=(B, SIZES["tam_oculto"]))

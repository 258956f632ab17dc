"""Las ecuaciones de Cho et al. (2014), con sesgos, en NumPy."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Weights = dict[str, Array]


def sigma(a: Array) -> Array:
    """Return the logistic function of ``a``."""
    return np.asarray(1 / (1 + np.exp(-a)))


def step(
    p: Weights,
    x: Array,
    h: Array,
    *,
    swapped: bool = False,
    reset: str = "before",
    gates_tanh: bool = False,
    candidate_sigma: bool = False,
    biases: bool = True,
) -> Array:
    """Return h_t (B, n) from x_t (B, d) and h_(t-1) (B, n)."""
    on = float(biases)
    gate = np.tanh if gates_tanh else sigma
    r = gate(x @ p["W_r"].T + h @ p["U_r"].T + on * p["b_r"])
    z = gate(x @ p["W_z"].T + h @ p["U_z"].T + on * p["b_z"])
    inner = {
        "before": (r * h) @ p["U_h"].T,
        "after": r * (h @ p["U_h"].T),
        "never": h @ p["U_h"].T,
    }[reset]
    squash = sigma if candidate_sigma else np.tanh
    candidate = squash(x @ p["W_h"].T + inner + on * p["b_h"])
    if swapped:
        z = 1 - z
    return np.asarray(z * h + (1 - z) * candidate)


def states(p: Weights, x: Array, h: Array, **change: object) -> Array:
    """Return h_1 … h_T, (T, B, n), for x (T, B, d) and h_0 (B, n)."""
    result = []
    for x_t in x:
        h = step(p, x_t, h, **change)  # type: ignore[arg-type]
        result.append(h)
    return np.stack(result)

"""The assignment's solution: a step of an RNN, and its gradient."""

import numpy as np


def step(W, b, x, h):
    """Return h' = tanh(W [x; h] + b), (n,)."""
    return np.tanh(W @ np.concatenate([x, h]) + b)


def gradients(W, b, x, h, delta):
    """Return the gradients of a loss whose gradient for h' is delta (n,)."""
    z = delta * (1 - step(W, b, x, h) ** 2)
    dx, dh = np.split(W.T @ z, [len(x)])
    return {"dW": np.outer(z, np.concatenate([x, h])), "db": z, "dx": dx, "dh": dh}

"""Sheet 002 and question 1.1 of sheet 004: gradients of an RNN by hand, in NumPy (float64).

One sequence x (T, d), states h_t = phi(W_hx x_t + W_hh h_{t-1} [+ b_h]) from a given h_0 (n,), with
W_hx (n, d), W_hh (n, n); phi is the identity or tanh. For sheet 002 the outputs are o_t = W_qh h_t,
W_qh (q, n), the targets y (T, q) and the loss L = 1/T sum_t |o_t - y_t|^2 / 2. No automatic
differentiation: every gradient is a formula. They are returned as a dict from the parameter's name
to an array of its shape, float64.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

Array = np.ndarray
Gradients = dict[str, Array]


def states(
    W_hx: Array, W_hh: Array, x: Array, h_0: Array, phi: Callable = np.tanh, b_h: Array | float = 0
) -> Array:
    """h_0, h_1, ..., h_T as rows: (T + 1, n). Given, for use in the solutions."""
    h = [h_0]
    for x_t in x:
        h.append(phi(W_hx @ x_t + W_hh @ h[-1] + b_h))
    return np.array(h)


def linear_gradients(
    W_hx: Array, W_hh: Array, W_qh: Array, x: Array, y: Array, h_0: Array
) -> Gradients:
    """Gradients of W_hx, W_hh, W_qh for the linear RNN (sheet 002, equation 8.7.16)."""
    # What does the loss at t + l send back to h_t? A power of W_hh^T tells.
    raise NotImplementedError("G1: the linear RNN, with powers of W_hh^T")


def tanh_gradients(
    W_hx: Array, W_hh: Array, W_qh: Array, x: Array, y: Array, h_0: Array
) -> Gradients:
    """Gradients of W_hx, W_hh, W_qh for the tanh RNN (sheet 002, the comment on 8.7.11)."""
    # d tanh(z) / dz = 1 - tanh(z)^2: one more factor at every step that the gradient passes.
    raise NotImplementedError("G2: the tanh RNN")


def truncated_gradients(
    W_hx: Array, W_hh: Array, W_qh: Array, x: Array, y: Array, h_0: Array, tau: int
) -> Gradients:
    """As `tanh_gradients`, but the loss at t reaches the states h_{t-tau} ... h_t only.

    So tau = 0 keeps the direct terms, tau >= T - 1 everything (sheet 002, equation 8.7.7 cut off).
    Raises ValueError if tau < 0.
    """
    raise NotImplementedError("G3: truncation after tau steps")


def randomized_gradients(
    W_hx: Array, W_hh: Array, W_qh: Array, x: Array, y: Array, h_0: Array, p: float, rng: Generator
) -> Gradients:
    """One draw of a gradient truncated at random, whose mean is `tanh_gradients` (sheet 002).

    Draw one tau >= 0 for the whole call: starting at 0, go one step further back with probability p
    and stop with 1 - p, so that P(tau >= l) = p^l. What the loss at t sends to h_{t-l} counts
    p^(-l) times if l <= tau, otherwise not. Raises ValueError unless 0 < p <= 1.
    """
    raise NotImplementedError("G4: randomized truncation")


def last_step_gradients(
    W_hx: Array, W_hh: Array, W_ph: Array, b_h: Array, b_p: Array, x: Array, y: int, h_0: Array
) -> Gradients:
    """Gradients of W_hx, W_hh, W_ph, b_h, b_p for cross-entropy at T only (sheet 004, 1.1).

    p = W_ph h_T + b_p (K,), L = -log softmax(p)[y] with the class y in 0 ... K-1; equations 1-3.
    """
    # Which of the two, W_ph and W_hh, depends on the whole past?
    raise NotImplementedError("G5: last-step cross-entropy")


def jacobian_norms(W_hh: Array, h: Array) -> Array:
    """The spectral norms |dh_T / dh_t| of the tanh RNN for t = 0 ... T: (T + 1,) (sheet 004, 1.1).

    h (T + 1, n) are the states from `states`. Entry t belongs to h_t, so the last one is 1.
    """
    raise NotImplementedError("G5: the norms of dh_T / dh_t")

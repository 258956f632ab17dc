"""Sheet 002 and question 1.1 of sheet 004: gradients of an RNN without autograd, in NumPy.

    h_t = phi(W_hx x_t + W_hh h_{t-1} [+ b_h]),   phi(z) = z or tanh z
    o_t = W_qh h_t,   L = 1/(2T) sum_t |o_t - y_t|^2       (sheet 002; `last_step_gradients`: 004)

One sequence x (T, d), targets y (T, q), a given h_0 (n,); W_hx (n, d), W_hh (n, n), W_qh (q, n).
Compute gradients by formulas; return them in a dict, name -> float64 array in the weight's shape.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

Array = np.ndarray
Gradients = dict[str, Array]
Phi = Callable[[Array], Array]


def states(
    W_hx: Array, W_hh: Array, x: Array, h_0: Array, phi: Phi = np.tanh, b_h: Array | float = 0
) -> Array:
    """Return h_0, h_1, ..., h_T as rows (T + 1, n); given, for use in your solutions."""
    h = [h_0]
    for x_t in x:
        h.append(phi(W_hx @ x_t + W_hh @ h[-1] + b_h))
    return np.array(h)


def linear_gradients(
    W_hx: Array, W_hh: Array, W_qh: Array, x: Array, y: Array, h_0: Array
) -> Gradients:
    """Return dL/dW_hx, dL/dW_hh, dL/dW_qh of the linear RNN, phi(z) = z (equation 8.7.16)."""
    # Hint: the loss at t + l reaches h_t through l steps, each a factor of W_hh's transpose.
    raise NotImplementedError("G1: the linear RNN, with powers of the transpose of W_hh")


def tanh_gradients(
    W_hx: Array, W_hh: Array, W_qh: Array, x: Array, y: Array, h_0: Array
) -> Gradients:
    """Return dL/dW_hx, dL/dW_hh, dL/dW_qh of the tanh RNN (sheet 002, comment on 8.7.11)."""
    # Hint: d tanh(z)/dz = 1 - tanh(z)^2 is one more factor at every step that a gradient passes.
    raise NotImplementedError("G2: the tanh RNN")


def truncated_gradients(
    W_hx: Array, W_hh: Array, W_qh: Array, x: Array, y: Array, h_0: Array, tau: int
) -> Gradients:
    """Truncate `tanh_gradients`: the loss at t reaches the states h_{t-tau} ... h_t only.

    tau = 0 keeps l = 0 alone, tau >= T - 1 every term (8.7.7, cut off). tau < 0 is a ValueError.
    """
    raise NotImplementedError("G3: truncation after tau steps")


def randomized_gradients(
    W_hx: Array, W_hh: Array, W_qh: Array, x: Array, y: Array, h_0: Array, p: float, rng: Generator
) -> Gradients:
    """Return a randomly truncated gradient; its mean over draws is `tanh_gradients` (sheet 002).

    Draw one tau for the whole call: begin at 0, go one step further back with probability p, stop
    with 1 - p, so that P(tau >= l) = p^l. The term that the loss at t sends to h_{t-l} is weighted
    by p^(-l) if l <= tau, by 0 otherwise. A p outside (0, 1] raises ValueError.
    """
    raise NotImplementedError("G4: randomized truncation")


def last_step_gradients(
    W_hx: Array, W_hh: Array, W_ph: Array, b_h: Array, b_p: Array, x: Array, y: int, h_0: Array
) -> Gradients:
    """Return the gradients of W_hx, W_hh, W_ph, b_h, b_p for sheet 004's loss at T (1.1).

    h_t = tanh(W_hx x_t + W_hh h_{t-1} + b_h) (1), p = W_ph h_T + b_p (K,) (2),
    L = -log softmax(p)[y] with the class y in 0 ... K-1 (3).
    """
    # Hint: which of the two gradients, W_ph's or W_hh's, depends on the whole past?
    raise NotImplementedError("G5: last-step cross-entropy")


def jacobian_norms(W_hh: Array, h: Array) -> Array:
    """Return the largest singular value of dh_T / dh_t, tanh RNN, t = 0 ... T: (T + 1,) (1.1).

    h (T + 1, n) comes from `states`. Entry t belongs to h_t, so the last one is 1.
    """
    raise NotImplementedError("G5: the norms of dh_T / dh_t")

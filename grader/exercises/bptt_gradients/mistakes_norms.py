"""List wrong norms of dh_T / dh_t (sheet 004, question 1.1), each with a hint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial, reduce

import numpy as np

from grader.checks.mistakes import Mistake, Variant
from grader.exercises.bptt_gradients import oracle
from grader.exercises.bptt_gradients.oracle import Array, Arrays

FACTORS = "from h_t to h_T the factors are those of t + 1 … T."
FROBENIUS = Mistake(
    "norms_of_frobenius", "These are Frobenius norms: the spectral norm is asked for."
)
# Of h_t and W_hh: wrong factors dh_t / dh_(t-1).
STEPS: list[tuple[Mistake, Callable[[Array, Array], Array]]] = [
    (Mistake("norm_tanh_factor_missing",
     "The tanh factor is left out: each step has 1 - h_t^2."), lambda _h, W: W),
    (Mistake("norm_tanh_factor_on_wrong_side",
     "The tanh factor is on the wrong side of W_hh: it multiplies the rows."),
     lambda h, W: W * (1 - h**2)),
    (Mistake("norm_recurrent_weights_transposed",
     "W_hh is transposed: h_t is made by W_hh h_(t-1)."), lambda h, W: (1 - h**2)[:, None] * W.T),
    (Mistake("norm_factors_in_wrong_order",
     "The factors are multiplied in the wrong order: the latest step stands on the left."),
     lambda h, W: W.T * (1 - h**2)),
    (Mistake("norm_tanh_factor_not_squared",
     "The derivative of tanh is 1 - h^2, not 1 - h."), lambda h, W: (1 - h)[:, None] * W),
]  # fmt: skip


def step(h: Array, W: Array) -> Array:
    """Return dh_t / dh_(t-1) (n, n) of the tanh RNN, from h_t (n,) and W_hh."""
    return (1 - h**2)[:, None] * W


def spectral(factors: list[Array], T: int, last: int | None = None) -> Array:
    """Return the norms of the products of factors[t:last] for t = 0 … T, (T + 1,).

    The latest factor stands on the left of a product.
    """
    one = np.eye(len(factors[0]))
    products = [reduce(np.matmul, factors[t:last][::-1], one) for t in range(T + 1)]
    return np.array([np.linalg.norm(product, 2) for product in products])


def of_jacobians(problem: Arrays) -> Iterator[Variant]:
    """Yield wrong values of the spectral norms of dh_T / dh_t, t = 0 … T."""
    right = oracle.jacobians(problem)
    h, W = oracle.states(problem, "tanh"), problem["W_hh"]
    T = len(h) - 1
    all_steps = [step(h_t, W) for h_t in h]
    steps = all_steps[1:]
    norms = spectral(steps, T)
    sizes = [float(np.linalg.norm(each, 2)) for each in steps]
    for mistake, wrong in STEPS:
        yield mistake, partial(spectral, [wrong(h_t, W) for h_t in h[1:]], T)
    yield from [
        (Mistake("norm_tanh_factor_of_step_before",
         "The tanh factor of step t is 1 - h_t^2; h_(t-1) stands there."),
         lambda: spectral(all_steps[:-1], T)),
        (Mistake("norm_one_step_too_many",
         f"There is a step too many: {FACTORS}"), lambda: spectral(all_steps, T)),
        (Mistake("norm_last_step_missing",
         f"The last step is missing: {FACTORS}"), lambda: spectral(steps, T, T - 1)),
        (Mistake("norm_first_step_missing", f"The first step is missing: {FACTORS}"),
         lambda: spectral([*steps[1:], np.eye(len(W))], T)),
        (FROBENIUS, lambda: np.linalg.norm(right, axis=(1, 2))),
        (FROBENIUS, lambda: np.append(np.linalg.norm(right[:-1], axis=(1, 2)), 1.0)),
        (Mistake("norms_reversed",
         "The order is reversed: entry t belongs to h_t, so the last one is 1."),
         lambda: norms[::-1]),
        (Mistake("norms_squared", "These are squared norms."), lambda: norms**2),
        (Mistake("norms_multiplied",
         "These are products of the steps' norms, an upper bound: take the norm of the product.",
         subject_of=("G5",)),
         lambda: np.append(np.cumprod(sizes[::-1])[::-1], 1.0)),
        (Mistake("norms_of_single_steps",
         "These are the norms of single steps: multiply them up to T.", subject_of=("G5",)),
         lambda: np.array([*sizes, 1.0])),
        (Mistake("norms_are_eigenvalues",
         "These are the largest eigenvalues: the norm is the largest singular value."),
         lambda: np.abs(np.linalg.eigvals(right)).max(1)),
    ]  # fmt: skip

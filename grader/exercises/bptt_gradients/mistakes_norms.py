"""List wrong norms of dh_T / dh_t (sheet 004, question 1.1), each with a hint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce

import numpy as np

from grader.checks.carry import combined
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.bptt_gradients import oracle
from grader.exercises.bptt_gradients.oracle import Array, Arrays

FACTORS = "from h_t to h_T the factors are those of t + 1 … T."
CHAINED = ("factors", "entries")  # switches that transform


def product_of(factors: Sequence[Array]) -> Array:
    """Return the product of factors (n, n); the latest stands on the left."""
    return reduce(np.matmul, factors[::-1])


def spectral(factors: Sequence[Array]) -> float:
    """Return the spectral norm of the factors' product."""
    return float(np.linalg.norm(product_of(factors), 2))


def frobenius(factors: Sequence[Array]) -> float:
    """Return the Frobenius norm of the factors' product."""
    return float(np.linalg.norm(product_of(factors)))


@dataclass(frozen=True)
class Norms:
    """The norms of dh_T / dh_t for t = 0 … T; each field is a switch."""

    states: Callable[[Array], Array] = lambda h: h[1:]  # whose factors are multiplied
    step: Callable[[Array, Array], Array] = lambda h, W: (1 - h**2)[:, None] * W  # dh_t / dh_(t-1)
    factors: Callable[[list[Array]], list[Array]] = lambda factors: factors  # all of them
    norm: Callable[[Sequence[Array]], float] = spectral  # of the factors from t + 1 on
    entries: Callable[[Array], Array] = lambda norms: norms  # all of them

    def run(self, problem: Arrays) -> Array:
        """Return the norms (T + 1,) for weights and inputs."""
        h, W = oracle.states(problem, "tanh"), problem["W_hh"]
        factors = self.factors([self.step(h_t, W) for h_t in self.states(h)])
        one = np.eye(len(W))  # a product of none
        return self.entries(np.array([self.norm([one, *factors[t:]]) for t in range(len(h))]))


def without_last(factors: list[Array]) -> list[Array]:
    """Return the factors with 1 in place of the last one."""
    return [*factors[:-1], np.eye(len(factors[-1]))]


def one_later(factors: list[Array]) -> list[Array]:
    """Return the factors, each in the place of the one before."""
    return [*factors[1:], np.eye(len(factors[0]))]


def with_one_last(norms: Array) -> Array:
    """Return the norms with 1 as the last."""
    return np.append(norms[:-1], 1.0)


def single(factors: Sequence[Array]) -> float:
    """Return the norm of the step that is next, 1 after the last one."""
    return float(np.linalg.norm(factors[:2][-1], 2))


def bound(factors: Sequence[Array]) -> float:
    """Return the product of the steps' norms."""
    return float(np.prod([np.linalg.norm(factor, 2) for factor in factors]))


def radius(factors: Sequence[Array]) -> float:
    """Return the largest absolute eigenvalue of the factors' product."""
    return float(np.abs(np.linalg.eigvals(product_of(factors))).max())


FROBENIUS = Mistake(
    "norms_of_frobenius",
    "These are Frobenius norms: the spectral norm is asked for.",
    {"norm": frobenius},
)
MISTAKES: list[Mistake] = [
    Mistake("norm_tanh_factor_missing",
     "The tanh factor is left out: each step has 1 - h_t^2.", {"step": lambda _h, W: W}),
    Mistake("norm_tanh_factor_on_wrong_side",
     "The tanh factor is on the wrong side of W_hh: it multiplies the rows.",
     {"step": lambda h, W: W * (1 - h**2)}),
    Mistake("norm_recurrent_weights_transposed",
     "W_hh is transposed: h_t is made by W_hh h_(t-1).",
     {"step": lambda h, W: (1 - h**2)[:, None] * W.T}),
    Mistake("norm_factors_in_wrong_order",
     "The factors are multiplied in the wrong order: the latest step stands on the left.",
     {"step": lambda h, W: W.T * (1 - h**2)}),
    Mistake("norm_tanh_factor_not_squared",
     "The derivative of tanh is 1 - h^2, not 1 - h.", {"step": lambda h, W: (1 - h)[:, None] * W}),
    Mistake("norm_tanh_factor_of_step_before",
     "The tanh factor of step t is 1 - h_t^2; h_(t-1) stands there.",
     {"states": lambda h: h[:-1]}),
    Mistake("norm_one_step_too_many",
     f"There is a step too many: {FACTORS}", {"states": lambda h: h}),
    Mistake("norm_last_step_missing",
     f"The last step is missing: {FACTORS}", {"factors": without_last}),
    Mistake("norm_first_step_missing",
     f"The first step is missing: {FACTORS}", {"factors": one_later}),
    FROBENIUS,
    replace(FROBENIUS, change={"norm": frobenius, "entries": with_one_last}),
    Mistake("norms_reversed",
     "The order is reversed: entry t belongs to h_t, so the last one is 1.",
     {"entries": lambda norms: norms[::-1]}),
    Mistake("norms_squared", "These are squared norms.", {"entries": np.square}),
    Mistake("norms_multiplied",
     "These are products of the steps' norms, an upper bound: take the norm of the product.",
     {"norm": bound}, subject_of=("G5",)),
    Mistake("norms_of_single_steps",
     "These are the norms of single steps: multiply them up to T.",
     {"norm": single}, subject_of=("G5",)),
    Mistake("norms_are_eigenvalues",
     "These are the largest eigenvalues: the norm is the largest singular value.",
     {"norm": radius}),
]  # fmt: skip


def of_jacobians(problem: Arrays) -> Iterator[Variant]:
    """Yield wrong values of the spectral norms of dh_T / dh_t, t = 0 … T."""
    for mistake in combined(MISTAKES, CHAINED):
        yield mistake, partial(Norms(**mistake.change).run, problem)

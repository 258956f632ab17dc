"""Compute gradients by autograd on the unrolled recursion, in float64.

It goes loss by loss and step by step.

Every step gets weights of its own that happen to be equal. The gradient of the loss at t in the
weights of step s is then one term of the sums that sheet 002 writes out: all of them make the full
gradient, those with t - s <= tau the truncated one, weighted ones a randomly truncated one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[Any]
Arrays = dict[str, Array]
Random = np.random.Generator
Kind = Literal["linear", "tanh"]
WEIGHTS = ("W_qh", "W_hx", "W_hh")  # of sheet 002


def phi(kind: Kind) -> Callable[[Any], Any]:
    """Return the activation of sheet 002: tanh, or the identity if the kind is linear."""
    return torch.tanh if kind == "tanh" else lambda z: z


def draw(
    rng: Random,
    T: int | None = None,
    gain: float = 0.9,
    sizes: tuple[int, int, int] | None = None,
) -> Arrays:
    """Draw weights, inputs and targets of sheet 002; d, n and q differ, so that shapes do, too.

    Args:
        rng: Draws.
        T: Steps; 4 to 8 if not given.
        gain: About the factor by which W_hh lengthens a state.
        sizes: d, n and q; small and random if not given.
    """
    d, n, q = sizes or (int(size) for size in rng.permutation([2, 3, 4, 5, 6])[:3])
    T = int(rng.integers(4, 9)) if T is None else T
    shapes = {"W_hx": (n, d), "W_hh": (n, n), "W_qh": (q, n), "x": (T, d), "y": (T, q), "h_0": (n,)}
    problem = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    problem["W_hh"] *= gain / np.sqrt(n)
    problem["W_hx"] *= 0.7 / np.sqrt(d)
    return problem


def sizes(problem: Arrays) -> str:
    """Describe the sizes of a problem, for messages."""
    (T, d), n = problem["x"].shape, len(problem["W_hh"])
    return f"T = {T}, d = {d}, n = {n}"


def states(problem: Arrays, kind: Kind) -> Array:
    """Return h_0, …, h_T as rows (T + 1, n); b_h is added where the problem has one."""
    h = [problem["h_0"]]
    for x_t in problem["x"]:
        z = problem["W_hx"] @ x_t + problem["W_hh"] @ h[-1] + problem.get("b_h", 0.0)
        h.append(np.tanh(z) if kind == "tanh" else z)
    return np.array(h)


def loss(problem: Arrays, kind: Kind) -> float:
    """Return L = 1/T sum_t |W_qh h_t - y_t|^2 / 2."""
    errors = states(problem, kind)[1:] @ problem["W_qh"].T - problem["y"]
    return float((errors**2).sum() / 2 / len(errors))


def terms(problem: Arrays, kind: Kind) -> Arrays:
    """Return by weight the gradients of the loss at t in the weight at step s, (T, T, …)."""
    p = {name: torch.from_numpy(value) for name, value in problem.items()}
    T = len(p["x"])
    leaves = {name: p[name].expand(T, -1, -1).clone().requires_grad_() for name in WEIGHTS}
    h, losses = p["h_0"], []
    for s in range(T):
        h = phi(kind)(leaves["W_hx"][s] @ p["x"][s] + leaves["W_hh"][s] @ h)
        losses.append((leaves["W_qh"][s] @ h - p["y"][s]).square().sum() / 2 / T)
    rows = [torch.autograd.grad(each, list(leaves.values()), retain_graph=True) for each in losses]
    return {
        name: torch.stack(column).numpy()
        for name, column in zip(leaves, zip(*rows, strict=True), strict=True)
    }


def weighted(found: Arrays, weights: Array) -> Arrays:
    """Sum the terms; the loss at t counts weights[l] times in the weights at step t - l."""
    T = len(weights)
    lag = np.subtract.outer(np.arange(T), np.arange(T))  # no loss has a gradient in later steps
    factors = np.where(lag < 0, 0.0, weights[np.maximum(lag, 0)])
    return {
        # The output's weights are those of the loss's own step: no truncation reaches them.
        name: np.tensordot(np.ones_like(factors) if name == "W_qh" else factors, parts, 2)
        for name, parts in found.items()
    }


def gradients(problem: Arrays, kind: Kind) -> Arrays:
    """Return the full gradients of sheet 002 by weight: (8.7.16) if linear, else with tanh."""
    return weighted(terms(problem, kind), np.ones(len(problem["x"])))


def truncated(problem: Arrays, tau: int) -> Arrays:
    """Return the tanh RNN's gradients without terms that go back more than ``tau`` steps."""
    return weighted(terms(problem, "tanh"), (np.arange(len(problem["x"])) <= tau).astype(float))


# Sheet 004, question 1.1


def draw_last(
    rng: Random,
    T: int | None = None,
    gain: float = 0.9,
    sizes: tuple[int, int, int] | None = None,
) -> Arrays:
    """Draw weights and inputs of sheet 004; d, n and K differ."""
    problem = draw(rng, T, gain, sizes)
    del problem["y"]
    problem["W_ph"] = problem.pop("W_qh")
    K, n = problem["W_ph"].shape
    problem["b_h"], problem["b_p"] = rng.normal(0, 0.3, (n,)), rng.normal(size=(K,))
    return problem


def last_step(problem: Arrays, y: int) -> Arrays:
    """Return by weight the gradients of the cross-entropy at T alone, for the class y."""
    inputs = ("x", "h_0")
    p = {
        name: torch.from_numpy(value).clone().requires_grad_(name not in inputs)
        for name, value in problem.items()
    }
    h = p["h_0"]
    for x_t in p["x"]:
        h = torch.tanh(p["W_hx"] @ x_t + p["W_hh"] @ h + p["b_h"])
    logits = p["W_ph"] @ h + p["b_p"]
    value = torch.nn.functional.cross_entropy(logits[None], torch.tensor([y]))
    torch.autograd.backward(value)
    return {name: numpy(leaf.grad) for name, leaf in p.items() if name not in inputs}


def jacobians(problem: Arrays) -> Array:
    """Return dh_T / dh_t for t = 0 … T, (T + 1, n, n)."""
    p = {name: torch.from_numpy(value) for name, value in problem.items()}
    h = torch.from_numpy(states(problem, "tanh"))

    def last(h_t: Tensor, t: int) -> Tensor:
        for x_t in p["x"][t:]:
            h_t = torch.tanh(p["W_hx"] @ x_t + p["W_hh"] @ h_t + p["b_h"])
        return h_t

    jacobian: Any = torch.autograd.functional.jacobian  # torch has no types for it
    return np.stack([numpy(jacobian(partial(last, t=t), h[t])) for t in range(len(h))])


def numpy(tensor: Any) -> Array:
    """Return a tensor, with or without a graph, as an array."""
    return np.asarray(tensor.detach().numpy())

"""Compute what sheet 003's equations give.

Outputs come from nn.RNN, gradients from autograd, all in float64.

    s[t] = Wᵀ x[t] + Rᵀ a[t−1] + b_s,    a[t] = tanh(s[t]),    ŷ = Vᵀ a[T] + b_y

Weights are dicts by the sheet's names: W (in, n), R (n, n), bs (n, 1), V (n, out), by (out, 1).
Inputs x are (T, B, in), outputs ŷ (B, out).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Array = NDArray[Any]
Weights = dict[str, Array]
RECURRENT = ("W", "R", "bs")  # used once at every time step
WEIGHTS = (*RECURRENT, "V", "by")


@dataclass(frozen=True)
class Sizes:
    """T steps of B sequences with d features; n hidden units, K outputs."""

    T: int
    B: int
    d: int
    n: int
    K: int

    def __str__(self) -> str:
        return f"{self.T} steps, batch {self.B}, {self.d} inputs, {self.n} units, {self.K} outputs"

    def network(self) -> dict[str, int]:
        """Return the arguments of the template's constructor."""
        return {"input_size": self.d, "hidden_size": self.n, "output_size": self.K}

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the weights' shapes in the sheet's form, biases as columns."""
        d, n, K = self.d, self.n, self.K
        return {"W": (d, n), "R": (n, n), "bs": (n, 1), "V": (n, K), "by": (K, 1)}


def random_sizes(rng: np.random.Generator, B: int | None = None) -> Sizes:
    """Draw sizes that all differ, so that no shape can be taken for another.

    Sequences have 7 to 10 steps, so that gradients have some way to go.
    """
    batch, d, n, K = (int(size) for size in rng.permutation(5)[:4] + 2)
    return Sizes(int(rng.integers(7, 11)), batch if B is None else B, d, n, K)


def random_weights(rng: np.random.Generator, sizes: Sizes) -> Weights:
    """Draw weights with which every step matters and no tanh is saturated.

    No bias is zero.
    """
    d, n = sizes.d, sizes.n
    scales = {"W": 0.7 / np.sqrt(d), "R": 1.1 / np.sqrt(n), "bs": 0.3, "V": 1.0, "by": 0.5}
    return {name: rng.normal(0, scales[name], shape) for name, shape in sizes.shapes().items()}


def random_input(rng: np.random.Generator, sizes: Sizes) -> Array:
    """Draw normal numbers x (T, B, d)."""
    return rng.normal(size=(sizes.T, sizes.B, sizes.d))


def output(weights: Weights, x: Array) -> Array:
    """Return ŷ (B, K) for x (T, B, d)."""
    d, n = weights["W"].shape
    cell: Any = nn.RNN(d, n, dtype=torch.float64)
    with torch.no_grad():
        cell.weight_ih_l0.copy_(torch.from_numpy(weights["W"].T))
        cell.weight_hh_l0.copy_(torch.from_numpy(weights["R"].T))
        cell.bias_ih_l0.copy_(torch.from_numpy(weights["bs"][:, 0]))
        cell.bias_hh_l0.zero_()
        states, _ = cell(torch.from_numpy(x))
    y_hat: Array = states[-1].numpy() @ weights["V"] + weights["by"].T
    return y_hat


def gradients(weights: Weights, x: Array, d_loss: Array) -> Weights:
    """Return the gradients of sum(d_loss ⊙ ŷ): "d_W", "d_R", "d_bs" (T, …), "d_V", "d_by".

    Each time step has weights of its own, so that each step's share is seen.
    """
    leaves = {
        name: torch.from_numpy(np.stack([w] * len(x)) if name in RECURRENT else w.copy())
        for name, w in weights.items()
    }
    for leaf in leaves.values():
        leaf.requires_grad_()
    y_hat = unrolled(leaves, torch.from_numpy(x))
    torch.autograd.backward((y_hat * torch.from_numpy(d_loss)).sum())
    return {f"d_{name}": _numpy(leaf.grad) for name, leaf in leaves.items()}


def _numpy(tensor: Any) -> Array:
    return np.array(tensor.numpy())


def unrolled(
    leaves: dict[str, Tensor], x: Tensor, activation: Callable[[Tensor], Tensor] = torch.tanh
) -> Tensor:
    """Return ŷ (B, K), where each time step has its own entry of W, R and bs, (T, …)."""
    a = torch.zeros(x.shape[1], leaves["V"].shape[0], dtype=x.dtype)
    for x_t, W, R, bs in zip(x, *(leaves[name] for name in RECURRENT), strict=True):
        a = activation(x_t @ W + a @ R + bs.T)
    return a @ leaves["V"] + leaves["by"].T


def over_time(gradients: Weights) -> Weights:
    """Return the gradients, the recurrent ones summed over the time steps."""
    return {name: g.sum(axis=0) if g.ndim == 3 else g for name, g in gradients.items()}


def differences(weights: Weights, x: Array, below: float, above: float) -> Weights:
    """Return [f(w + above) − f(w − below)] / (above + below) for each single weight w.

    The network has sin for tanh; f is the sum of its outputs, averaged over the batch.
    """

    def f(changed: Weights) -> float:
        leaves = {
            name: torch.from_numpy(np.stack([w] * len(x)) if name in RECURRENT else w)
            for name, w in changed.items()
        }
        return float(unrolled(leaves, torch.from_numpy(x), torch.sin).sum(1).mean())

    found = {}
    for name, weight in weights.items():
        slopes = np.zeros_like(weight)
        for index in np.ndindex(weight.shape):
            unit = np.zeros_like(weight)
            unit[index] = 1.0
            upper, lower = (f({**weights, name: weight + h * unit}) for h in (above, -below))
            slopes[index] = (upper - lower) / (above + below)
        found[f"d_{name}"] = slopes
    return found

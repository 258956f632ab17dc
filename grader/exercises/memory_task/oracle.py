"""Compute what the memory task's equations give, by PyTorch in float64.

Batches are pairs (x, y).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from grader.exercises.given_rnn import oracle as network
from grader.exercises.given_rnn.oracle import Array, Weights, output, over_time

Batch = tuple[Array, Array]
LossGradient = Callable[[Array, Array], Array]  # ∂L/∂ŷ of ŷ and y
FAR = 1e9  # a bound that no gradient reaches


def random_batch(rng: np.random.Generator, T: int, B: int) -> Batch:
    """Draw x (T, B, 1), uniform in ±1, and y (B, 1), its first element."""
    x = rng.uniform(-1, 1, (T, B, 1))
    return x, x[0].copy()


def mse(y_hat: Array, y: Array) -> float:
    """Return L = 1/N Σ (y − ŷ)² over all N elements of ŷ (B, K)."""
    value = torch.nn.functional.mse_loss(torch.from_numpy(y_hat), torch.from_numpy(y))
    return float(value)


def mse_gradient(y_hat: Array, y: Array) -> Array:
    """Return ∂L/∂ŷ, in the shape of ŷ."""
    leaf = torch.from_numpy(y_hat.copy()).requires_grad_()
    torch.autograd.backward(torch.nn.functional.mse_loss(leaf, torch.from_numpy(y)))
    found = leaf.grad
    return np.zeros_like(y_hat) if found is None else np.array(found.numpy())


def gradients(weights: Weights, batch: Batch, d_loss: LossGradient = mse_gradient) -> Weights:
    """Return the gradients of the loss, "d_W" …, the recurrent ones per time step, (T, …)."""
    x, y = batch
    return network.gradients(weights, x, d_loss(output(weights, x), y))


def norm(gradients: Weights) -> float:
    """Return the norm of all gradients together; none is summed over time before."""
    return float(np.sqrt(sum(float((g**2).sum()) for g in gradients.values())))


def scaled(gradients: Weights, max_norm: float) -> Weights:
    """Sum gradients over time; scale them down if all together are longer than max_norm."""
    total = over_time(gradients)
    factor = min(1.0, max_norm / norm(total))
    return {name: factor * gradient for name, gradient in total.items()}


def moved(weights: Weights, change: Weights, lr: float) -> Weights:
    """Return the weights after one step of gradient descent, weights − lr · change."""
    return {name: weight - lr * change[f"d_{name}"] for name, weight in weights.items()}


def descend(
    weights: Weights, batches: Sequence[Batch], lr: float, max_norm: float
) -> list[Weights]:
    """Return the weights before, between and after steps of gradient descent.

    Each batch gives one step, with gradients scaled by :func:`scaled`.
    """
    visited = [weights]
    for batch in batches:
        now = visited[-1]
        visited.append(moved(now, scaled(gradients(now, batch), max_norm), lr))
    return visited


def losses(weights: Sequence[Weights], batches: Sequence[Batch]) -> Array:
    """Return the loss of each of the weights on its own batch, (number of batches,)."""
    pairs = zip(weights, batches, strict=True)
    return np.array([mse(output(now, x), y) for now, (x, y) in pairs])


def gradient_norms(weights: Weights, x: Array) -> Array:
    """Return ‖∂f/∂b_s[t]‖ for each step t, (T,).

    f is the sum of outputs, averaged over the batch.
    """
    norms: Array = np.linalg.norm(mean_gradients(weights, x)["d_bs"][:, :, 0], axis=1)
    return norms


def mean_gradients(weights: Weights, x: Array) -> Weights:
    """Return the gradients of f, as in :func:`gradient_norms`, per time step."""
    B, K = x.shape[1], weights["V"].shape[1]
    return network.gradients(weights, x, np.full((B, K), 1 / B))


def cubic_difference(weights: Array, errors: Array, eps: float) -> Array:
    """Return [f(e + eps) − f(e − eps)] / (2 eps) for each error e, with f = weight · e³."""
    return np.asarray(weights * (3 * errors**2 + eps**2))

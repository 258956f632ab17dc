"""Compute the gradients by their definition: run each loss's own window anew, use autograd.

Which losses enter, and how far back each reaches, is all that tells the kinds of truncation apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from grader.exercises.sliding_tbptt.cells import Array, Problem

# Of each loss that enters: (its step i, the first step that it is differentiated through), and how
# often it counts.
Terms = Mapping[tuple[int, int], float]
Gradient = dict[str, Array]


def windows(data: Array, K: int, O: int) -> Array:
    """Return the windows of K steps, O apart, (n, K, …); leftover steps are dropped."""
    return windows_from(np.arange(0, len(data) - K + 1, O), data, K)


def windows_from(starts: Array, data: Array, K: int) -> Array:
    """Return the windows of K steps that begin there, (n, K, …)."""
    return np.asarray(data[starts[:, None] + np.arange(K)])


def warm_up(K1: int, K2: int) -> Terms:
    """Return the terms of S2: losses K1 … K1 + K2 − 1, each back to step K1."""
    return {(i, K1): 1.0 for i in range(K1, K1 + K2)}


def stateful_chunks(N: int, K: int) -> Terms:
    """Return the terms of S3: each of N losses, back to the first step of its chunk."""
    return {(i, i - i % K): 1.0 for i in range(N)}


def sliding_window(N: int, K: int) -> Terms:
    """Return the terms of S4: each of N losses, back through K steps or to the first."""
    return {(i, max(0, i - K + 1)): 1.0 for i in range(N)}


def running_states(problem: Problem) -> list[Tensor]:
    """Return h_0 and the state after each step, N + 1 tensors."""
    cell, _, x, _, h_0 = problem.tensors()
    states = [h_0]
    with torch.no_grad():
        for x_i in x:
            states.append(cell(x_i, states[-1]))
    return states


def loss(problem: Problem, terms: Terms, starts: Sequence[Tensor] = ()) -> float:
    """Return the sum of the terms' losses; for ``starts`` see :func:`gradient`."""
    with torch.no_grad():
        return float(_total(problem, terms, starts)[1])


def gradient(problem: Problem, terms: Terms, starts: Sequence[Tensor] = ()) -> Gradient:
    """Return the sum of the terms' gradients, by the names of the cell's parameters.

    ``starts[s]`` is the state that a window from step s begins with: the running one, if not given.
    """
    cell, total = _total(problem, terms, starts)
    names, parameters = zip(*cell.named_parameters(), strict=True)
    found = torch.autograd.grad(total, parameters, allow_unused=True, materialize_grads=True)
    return {name: part.detach().numpy() for name, part in zip(names, found, strict=True)}


def _total(problem: Problem, terms: Terms, starts: Sequence[Tensor]) -> tuple[nn.Module, Tensor]:
    """Return the cell, and the sum of the terms' losses."""
    cell, loss_of, x, y, h_0 = problem.tensors()
    starts = starts or running_states(problem)
    total = h_0.new_zeros((), requires_grad=True)  # even if there are no terms
    for (i, start), weight in terms.items():
        h = starts[start]
        for x_j in x[start : i + 1]:
            h = cell(x_j, h)
        total = total + weight * loss_of(h, y[i])
    return cell, total

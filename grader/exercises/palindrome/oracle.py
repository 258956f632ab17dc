"""Compute the sheet's equations by PyTorch's own layers in float64 (banned for students only).

Weights are dicts by the sheet's names, each matrix [out, in]: ``W_hx, W_hh, b_h, W_ph, b_p`` for
the vanilla RNN, ``W_gx, W_gh, b_g, W_ix, …, W_ph, b_p`` for the LSTM. Inputs are (B, T, d).
An initial state is a vector of zeros unless the dict holds ``h_0`` or ``c_0`` (n,).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

Array = NDArray[Any]
Weights = dict[str, Array]
Model = Literal["VanillaRNN", "LSTM"]
OutputForm = Literal["logits", "softmax", "log_softmax"]
GATES: dict[Model, tuple[str, ...]] = {"VanillaRNN": ("h",), "LSTM": ("g", "i", "f", "o")}
TORCH_ORDER = ("i", "f", "g", "o")  # nn.LSTM's rows


@dataclass(frozen=True)
class Sizes:
    """B sequences of T digits (one less than the palindrome), d features, n units, K classes."""

    B: int
    T: int
    d: int
    n: int
    K: int = 10

    def __str__(self) -> str:
        return f"batch {self.B}, {self.T} digits, {self.n} units"


def shapes(model: Model, d: int, n: int, K: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the sheet's parameters by their names, matrices as [out, in]."""
    result: dict[str, tuple[int, ...]] = {}
    for gate in GATES[model]:
        result |= {f"W_{gate}x": (n, d), f"W_{gate}h": (n, n), f"b_{gate}": (n,)}
    return result | {"W_ph": (K, n), "b_p": (K,)}


def random_digits(rng: np.random.Generator, B: int, T: int) -> Array:
    """Draw digits 0 to 9 as float64, (B, T)."""
    return rng.integers(0, 10, (B, T)).astype(np.float64)


def features(digits: Array, d: int) -> Array:
    """Return digits (B, T) as input (B, T, d): numbers if d is 1, else one-hot codes."""
    if d == 1:
        return digits[..., None]
    codes: Array = np.eye(d)[digits.astype(int)]
    return codes


def output(model: Model, weights: Weights, x: Array, form: OutputForm = "logits") -> Array:
    """Return p of the last step (B, K), equation (2) or (10), in the form asked for."""
    with torch.no_grad():  # a graph would keep what every step leaves
        return _numpy(_forward(model, weights, x, form)[0])


def gradients(
    model: Model, weights: Weights, x: Array, direction: Array, form: OutputForm = "logits"
) -> Weights:
    """Return the gradient of sum(direction ⊙ output) with respect to every parameter."""
    result, cell, leaves = _forward(model, weights, x, form)
    torch.autograd.backward((result * torch.from_numpy(direction)).sum())
    found = {name: _numpy(leaf.grad) for name, leaf in leaves.items()}
    order = TORCH_ORDER if model == "LSTM" else GATES[model]
    for letter, matrix in (("x", cell.weight_ih_l0), ("h", cell.weight_hh_l0)):
        for gate, part in zip(order, np.split(_numpy(matrix.grad), len(order)), strict=True):
            found[f"W_{gate}{letter}"] = part
    for gate, part in zip(order, np.split(_numpy(cell.bias_ih_l0.grad), len(order)), strict=True):
        found[f"b_{gate}"] = part
    return found


def _forward(
    model: Model, weights: Weights, x: Array, form: OutputForm
) -> tuple[torch.Tensor, Any, dict[str, torch.Tensor]]:
    n, d = weights["W_ph"].shape[1], x.shape[2]
    kind = nn.LSTM if model == "LSTM" else nn.RNN
    order = TORCH_ORDER if model == "LSTM" else GATES[model]
    cell: Any = kind(d, n, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for parameter, name in ((cell.weight_ih_l0, "W_{}x"), (cell.weight_hh_l0, "W_{}h"),
                                (cell.bias_ih_l0, "b_{}")):  # fmt: skip
            parts = [weights[name.format(gate)] for gate in order]
            parameter.copy_(torch.from_numpy(np.concatenate(parts)))
        cell.bias_hh_l0.zero_()
    leaves = {
        name: torch.from_numpy(weights[name]).clone().requires_grad_() for name in ("W_ph", "b_p")
    }
    initial = [
        torch.from_numpy(weights.get(name, np.zeros(n))).expand(1, x.shape[0], n).contiguous()
        for name in ("h_0", "c_0")
    ]
    states, _ = cell(torch.from_numpy(x), tuple(initial) if model == "LSTM" else initial[0])
    p = states[:, -1] @ leaves["W_ph"].T + leaves["b_p"]
    return as_form(p, form), cell, leaves


def as_form(p: torch.Tensor, form: OutputForm) -> torch.Tensor:
    """Return logits p (B, K) as they are, or their softmax or log-softmax over the classes."""
    if form == "softmax":
        return p.softmax(1)
    return p.log_softmax(1) if form == "log_softmax" else p


def _numpy(tensor: Any) -> Array:
    return np.array(tensor.detach().numpy())


def all_palindromes(length: int) -> tuple[Array, Array]:
    """Return every palindrome of that length: digits read (N, length − 1), target (N,)."""
    half = np.array(list(product(range(10), repeat=(length + 1) // 2)), dtype=float)
    whole = np.concatenate([half, half[:, ::-1][:, length % 2 :]], axis=1)
    return whole[:, :-1], whole[:, -1].astype(int)

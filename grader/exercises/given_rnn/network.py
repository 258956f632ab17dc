"""A network of the kit's own, for student functions that take a model (used in the worker).

With it a function is judged by itself: a mistake in the student's RNN costs nothing there. The
gradients come from autograd, so that this file is nobody's solution.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy, deepcopy
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[Any]
Arrays = dict[str, Array]
RECURRENT = ("W", "R", "bs")
WEIGHTS = (*RECURRENT, "V", "by")


class Network:
    """Does what the template's ``RNN`` promises, all its attributes included.

    ``backward`` takes a ``d_loss`` [out] for a batch, too: the same for every sequence.
    """

    def __init__(self, weights: Arrays, activation: Callable[[Tensor], Tensor] = torch.tanh):
        self.W, self.R, self.bs, self.V, self.by = (weights[name].copy() for name in WEIGHTS)
        self.input_size, self.hidden_size = self.W.shape
        self.output_size = self.V.shape[1]
        self.grads: Arrays = {}
        self._shapes = {name: weights[name].shape for name in WEIGHTS}
        self._activation = activation
        self.tape: tuple[Tensor, list[Tensor]] | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a network with weights and gradients of its own.

        The last pass is the same; and what a subclass notes, it notes of all copies together.
        """
        own = {name: getattr(self, name) for name in (*WEIGHTS, "grads")}
        twin = copy(self)
        twin.__dict__.update(deepcopy(own, memo))
        return twin

    def get_weights(self) -> Arrays:
        """Return copies of the weights by the sheet's names."""
        return {name: getattr(self, name).copy() for name in WEIGHTS}

    def set_weights(self, weights: Arrays) -> None:
        """Replace all five weights by float64 copies.

        Raises:
            ValueError: A name is missing or unknown, or a shape is wrong. Nothing is changed then.
        """
        shapes = {name: np.shape(weight) for name, weight in weights.items()}
        if shapes != self._shapes:
            raise ValueError(f"expected weights of shapes {self._shapes}, got {shapes}")
        for name, weight in weights.items():
            setattr(self, name, np.array(weight, dtype=float))

    def forward(self, x: Array) -> Array:
        """Return ŷ (B, out) for x (T, B, in), or (1, out) for one sequence (T, in).

        Raises:
            ValueError: x has another shape, or student code has left a weight of another shape.
        """
        x = np.asarray(x, dtype=float)
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size or x.size == 0:
            raise ValueError(f"x must be [T, (batch,) {self.input_size}], got {list(x.shape)}")
        steps = torch.from_numpy(x.reshape(len(x), -1, self.input_size).copy())
        for name, shape in self._shapes.items():  # student code may have assigned anything
            if (own := np.shape(getattr(self, name))) != shape:
                hint = ": sum its gradient over time first" if own[1:] == shape else ""
                raise ValueError(f"{name} must be {shape}, but is {own}{hint}")
        weights = {name: torch.from_numpy(np.array(getattr(self, name))) for name in WEIGHTS}
        leaves = {
            name: (w.repeat(len(steps), 1, 1) if name in RECURRENT else w).requires_grad_()
            for name, w in weights.items()
        }
        a = torch.zeros(steps.shape[1], self.hidden_size, dtype=torch.float64)
        for x_t, W, R, bs in zip(steps, *(leaves[name] for name in RECURRENT), strict=True):
            a = self._activation(x_t @ W + a @ R + bs.T)
        y_hat = a @ leaves["V"] + leaves["by"].T
        self.tape = y_hat, list(leaves.values())
        return np.array(y_hat.detach().numpy())

    def backward(self, d_loss: Array) -> Arrays:
        """Return the gradients for ``d_loss`` = ∂L/∂ŷ (B, out); keep them in ``grads``.

        Returns:
            "d_W" …; d_W, d_R and d_bs have an entry for each time step, (T, …).

        Raises:
            RuntimeError: forward has not run since the last update.
            ValueError: d_loss has neither the shape of ŷ nor (out,).
        """
        if self.tape is None:
            raise RuntimeError("call forward() before backward()")
        y_hat, leaves = self.tape
        d_y = np.asarray(d_loss, dtype=float)
        if d_y.shape not in (tuple(y_hat.shape), (self.output_size,)):
            raise ValueError(f"d_loss must be {list(y_hat.shape)}, got {list(d_y.shape)}")
        d_y = np.broadcast_to(d_y, tuple(y_hat.shape)).copy()
        found = torch.autograd.grad(y_hat, leaves, torch.from_numpy(d_y), retain_graph=True)
        self.grads = {
            f"d_{name}": np.array(g.numpy()) for name, g in zip(WEIGHTS, found, strict=True)
        }
        return self.grads

    def update(self, lr: float) -> None:
        """Subtract ``lr`` times its gradient, summed over time, from each weight.

        The gradients are used up: the next update needs another forward and backward.

        Raises:
            RuntimeError: There are no gradients.
        """
        if not self.grads:
            raise RuntimeError("call backward() before update()")
        for name in WEIGHTS:
            weight = getattr(self, name)
            # The gradients may have been summed over time already.
            gradient = self.grads[f"d_{name}"].reshape(-1, *weight.shape).sum(axis=0)
            setattr(self, name, weight - lr * gradient)
        self.grads, self.tape = {}, None

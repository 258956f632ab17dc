"""The network that sheet 003's assignment 2 provides, for those who do the memory task alone."""

from __future__ import annotations

import numpy as np
import torch

WEIGHTS = ("W", "R", "bs", "V", "by")


class GivenRNN:
    """An RNN with the methods of assignment 1, whose gradients PyTorch computes.

    It can be passed wherever a model is asked for: `Learner(GivenRNN(1, 64, 1), ...)`.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        rng: int | np.random.Generator | None = None,
    ) -> None:
        draw = np.random.default_rng(rng).uniform
        shapes = (input_size, hidden_size), (hidden_size, hidden_size), (hidden_size, output_size)
        self.W, self.R, self.V = (draw(-0.2, 0.2, shape) for shape in shapes)
        self.bs, self.by = np.zeros((hidden_size, 1)), np.zeros((output_size, 1))
        self.grads: dict[str, np.ndarray] = {}

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs (B, out) for x (T, B, in)."""
        leaves = {name: torch.tensor(getattr(self, name)) for name in WEIGHTS}
        # A copy of the recurrent weights for each time step, so that each has its own gradient.
        for name in ("W", "R", "bs"):
            leaves[name] = leaves[name].repeat(len(x), 1, 1)
        self.leaves = {name: leaf.requires_grad_() for name, leaf in leaves.items()}
        a = torch.zeros(x.shape[1], len(self.R), dtype=torch.float64)
        for t, x_t in enumerate(torch.tensor(x, dtype=torch.float64)):
            a = torch.tanh(x_t @ leaves["W"][t] + a @ leaves["R"][t] + leaves["bs"][t].T)
        self.y_hat = a @ leaves["V"] + leaves["by"].T
        return self.y_hat.detach().numpy()

    def backward(self, d_loss: np.ndarray) -> dict[str, np.ndarray]:
        """Return d_W, d_R, d_bs (T, ...), d_V and d_by for the gradient d_loss (B, out)."""
        found = torch.autograd.grad(
            self.y_hat, list(self.leaves.values()), torch.tensor(d_loss), retain_graph=True
        )
        self.grads = {f"d_{name}": g.numpy() for name, g in zip(self.leaves, found, strict=True)}
        return self.grads

    def update(self, lr: float) -> None:
        """Subtract lr times its gradient, summed over time, from each weight."""
        for name in WEIGHTS:
            weight = getattr(self, name)
            gradient = self.grads[f"d_{name}"].reshape(-1, *weight.shape).sum(axis=0)
            setattr(self, name, weight - lr * gradient)

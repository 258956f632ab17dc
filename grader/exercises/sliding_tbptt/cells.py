"""Cells, losses and problems that judge and worker both know; nothing here is an answer.

A cell is applied to x_i (d,) and h (H,), or to rows of them, and gives the next h. Its parameters
come from the judge, so what they are made of at first does not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Array = NDArray[Any]
Loss = Callable[[Tensor, Tensor], Tensor]


def parameter(*shape: int) -> nn.Parameter:
    """Return a parameter of zeros; the judge's numbers replace them."""
    return nn.Parameter(torch.zeros(shape))


class Residual(nn.Module):
    """h + gain · sigmoid(W x) ⊙ sin(U h): the gain is a number, the state passes unchanged."""

    def __init__(self, d: int, H: int) -> None:
        super().__init__()
        self.W, self.U, self.gain = parameter(H, d), parameter(H, H), parameter()

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """Return the next h (…, H) for x (…, d)."""
        return h + self.gain * torch.sigmoid(x @ self.W.T) * torch.sin(h @ self.U.T)


class PartlyUsed(Residual):
    """One of its parameters enters nowhere."""

    def __init__(self, d: int, H: int) -> None:
        super().__init__(d, H)
        self.unused = parameter(H, 2)


class Multiplicative(nn.Module):
    """tanh((W x) ⊙ (U h) + b): x acts as a gain, and nothing is added to it."""

    def __init__(self, d: int, H: int) -> None:
        super().__init__()
        self.W, self.U, self.b = parameter(H, d), parameter(H, H), parameter(H)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """Return the next h (…, H) for x (…, d)."""
        return torch.tanh((x @ self.W.T) * (h @ self.U.T) + self.b)


class Gated(nn.Module):
    """A unit with one gate, made of layers: the names of its parameters have dots."""

    def __init__(self, d: int, H: int) -> None:
        super().__init__()
        self.gate, self.candidate = nn.Linear(d + H, H), nn.Linear(d + H, H)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """Return the next h (…, H) for x (…, d)."""
        f = torch.sigmoid(self.gate(torch.cat([x, h], -1)))
        return (1 - f) * h + f * torch.tanh(self.candidate(torch.cat([x, f * h], -1)))


class Leaky(nn.RNNCell):
    """An nn.RNNCell by type, but not by its equation: half of the old state stays."""

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """Return nn.RNNCell's next h, plus half of ``hx`` if it is given."""
        new: Tensor = super().forward(input, hx)
        return new if hx is None else new + hx / 2


class Marked(nn.Module):
    """h / 2 + erf(W x + U h + b). Nothing but an application runs erf, not even its derivative.

    Attributes:
        MARKS: The operators by which erf can be had, as torch records them; an application runs
            the first.
        numbers: How many numbers of states all cells of this class were called with.
    """

    MARKS = (
        *("aten::erf", "aten::erfc", "aten::special_erfcx", "aten::gelu"),
        *("aten::special_ndtr", "aten::special_log_ndtr", "aten::igamma", "aten::igammac"),
    )
    numbers: ClassVar[int] = 0

    def __init__(self, d: int, H: int) -> None:
        super().__init__()
        self.W, self.U, self.b = parameter(H, d), parameter(H, H), parameter(H)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """Return the next h (…, H) for x (…, d); run erf once, and count the numbers of h."""
        Marked.numbers += h.numel()
        return h / 2 + torch.erf(x @ self.W.T + h @ self.U.T + self.b)


class Adder(nn.Module):
    """h + θ, the problem of sheet 000; x does not enter."""

    def __init__(self, d: int, H: int) -> None:
        del d, H
        super().__init__()
        self.theta = parameter()

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """Return the next h (…, H); the shape of x doesn't matter."""
        del x
        return h + self.theta


CELLS: dict[str, Callable[[int, int], nn.Module]] = {
    "residual": Residual,
    "partly used": PartlyUsed,
    "multiplicative": Multiplicative,
    "gated": Gated,
    "leaky (a subclass of nn.RNNCell)": Leaky,
    "erf": Marked,
    "h + theta": Adder,
    "nn.RNNCell": nn.RNNCell,
    "nn.RNNCell with relu": lambda d, H: nn.RNNCell(d, H, nonlinearity="relu"),
    "nn.RNNCell without bias": lambda d, H: nn.RNNCell(d, H, bias=False),
    "nn.GRUCell": nn.GRUCell,
}


def squares(h: Tensor, y: Tensor) -> Tensor:
    """Return ½ |h − y|², summed over a batch if there is one."""
    return (h - y).square().sum() / 2


def weighted_squares(h: Tensor, y: Tensor) -> Tensor:
    """Return y[0] · ½ |h − y[1]|²: the rows of y are a weight and a target."""
    return y[0] * squares(h, y[1])


def cross_entropy(h: Tensor, y: Tensor) -> Tensor:
    """Return the cross-entropy of h as logits and a class y, a whole number."""
    value: Tensor = nn.functional.cross_entropy(h, y, reduction="sum")
    return value


LOSSES: dict[str, Loss] = {
    "squares": squares,
    "weighted squares": weighted_squares,
    "cross-entropy": cross_entropy,
}


@dataclass(frozen=True)
class Problem:
    """The problem whose gradient is asked for.

    x (N, …, d), y (N, …), h_0 (…, H), where … is nothing or a batch.
    """

    cell: str
    loss: str
    weights: dict[str, Array]
    x: Array
    y: Array
    h_0: Array

    @property
    def N(self) -> int:
        """Return the number of steps."""
        return len(self.x)

    def __str__(self) -> str:
        batch = f", batch of {self.h_0.shape[0]}" if self.h_0.ndim > 1 else ""
        return f"cell: {self.cell}, loss: {self.loss}, N = {self.N}{batch}"

    def tensors(self) -> tuple[nn.Module, Loss, Tensor, Tensor, Tensor]:
        """Return cell, loss, x, y and h_0, fresh ones at each call."""
        cell = CELLS[self.cell](self.x.shape[-1], self.h_0.shape[-1]).double()
        cell.load_state_dict({name: torch.tensor(value) for name, value in self.weights.items()})
        x, y, h_0 = (torch.tensor(array) for array in (self.x, self.y, self.h_0))
        return cell, LOSSES[self.loss], x, y, h_0


def draw(
    rng: np.random.Generator, cell: str, N: int = 0, B: int = 0, loss: str = "squares"
) -> Problem:
    """Draw a random problem with that cell.

    Args:
        N: Steps; 10 to 14 if not given.
        B: Sequences of a batch; 0 is one sequence without the batch's axis.
    """
    N = N or int(rng.integers(10, 15))
    d, H = (int(size) for size in rng.choice([2, 3, 4, 5], 2, replace=False))
    batch = (B,) if B else ()
    weights = {
        # Matrices that keep the size of what they multiply, so that no term gets lost.
        name: np.asarray(rng.normal(size=p.shape) / (p.shape[-1] ** 0.5 if p.ndim > 1 else 2))
        for name, p in CELLS[cell](d, H).named_parameters()
    }
    classes = loss == "cross-entropy"
    y = rng.integers(0, H, (N, *batch)) if classes else rng.normal(size=(N, *batch, H))
    return Problem(
        cell, loss, weights, rng.normal(size=(N, *batch, d)), y, rng.normal(size=(*batch, H))
    )

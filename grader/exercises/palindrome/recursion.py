"""The sheet's recursion with a switch for everything that students get wrong in it.

The recursion is written out here, because nn.RNN and nn.LSTM can't be changed so. It shares no code
with :mod:`oracle`, which judges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from grader.exercises.palindrome.oracle import GATES, Model

Unary = Callable[[Tensor], Tensor]


def identity(x: Tensor) -> Tensor:
    """Return ``x``."""
    return x


def state_of(h: Tensor, _: Tensor) -> Tensor:
    """Return h, of a state h and a cell."""
    return h


@dataclass(frozen=True)
class Recursion:
    """The sheet's equations (1) to (10); each attribute is a switch.

    Attributes:
        activation: Non-linearity of h in (1).
        g: Non-linearity of g in (4).
        gates: Non-linearity of i, f and o in (5) to (7).
        gate: Other non-linearities, by gate.
        early: h is computed before c.
        cell: c from g, i, the c before and f, (8).
        state: h from c and o, (9).
        recurrent: Whether the state enters the next step.
        gates_read: What the gates read: h and c of the step before → (B, n).
        read: Inputs (B, T, d) in the order in which the loop reads them.
        lag: 1: p is made from the state before the last.
        used: Which parameters are used; the others count as zero.
        source: Parameters that stand in place of others: ``{"W_fx": "W_ix"}``.
        p: Function of the output (B, K).
        seen_p: What p is made from, of all states.
        seen_h: Function of h as it enters the next step.
        start: Value of all numbers of the initial state.
        bias: Function of a bias (n,) as it is added.
        outside: Whether b_h is added after the tanh.
        elementwise: Whether W_hh is replaced by its diagonal.
        product: Product of a state (B, n) and a matrix (n, n), by gate.
        out: What p is made from: h and c → (B, n).
        normed: Function of the new state (B, n).
    """

    activation: Unary = torch.tanh
    g: Unary = torch.tanh
    gates: Unary = torch.sigmoid
    gate: Mapping[str, Unary] = field(default_factory=dict)
    early: bool = False
    cell: Callable[..., Tensor] = lambda g, i, c, f: g * i + c * f
    state: Callable[..., Tensor] = lambda c, o: torch.tanh(c) * o
    recurrent: bool = True
    gates_read: Callable[[Tensor, Tensor], Tensor] = state_of
    read: Unary = identity
    lag: int = 0
    used: Callable[[str], bool] = bool
    source: Mapping[str, str] = field(default_factory=dict)
    p: Unary = identity
    seen_p: Callable[[list[Tensor]], Tensor] = lambda states: states[-1]
    seen_h: Unary = identity
    start: float = 0.0
    bias: Unary = identity
    outside: bool = False
    product: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = field(default_factory=dict)
    out: Callable[[Tensor, Tensor], Tensor] = state_of
    normed: Unary = identity

    def run(self, model: Model, weights: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """Return p of the last step, (B, K), for inputs x (B, T, d)."""
        w = {
            name: weights[self.source.get(name, name)]
            if self.used(name)
            else torch.zeros_like(value)
            for name, value in weights.items()
        }
        start = torch.full((x.shape[0], w["W_ph"].shape[1]), self.start, dtype=x.dtype)
        h, c = start + w.get("h_0", 0), start + w.get("c_0", 0)
        states = [h] * (1 + self.lag)
        step = self._rnn if model == "VanillaRNN" else self._lstm
        for x_t in self.read(x).unbind(1):
            seen = self.gates_read(self.seen_h(h), c)
            a = {
                gate: x_t @ w[f"W_{gate}x"].T
                + self._times(gate, seen, w[f"W_{gate}h"])
                + (0 if self.outside else self.bias(w[f"b_{gate}"]))
                for gate in GATES[model]
            }
            h, c = step(a, c, w)
            h = self.normed(h)
            states.append(self.out(h, c))
        return self.p(self.seen_p(states[: len(states) - self.lag]) @ w["W_ph"].T + w["b_p"])

    def _times(self, gate: str, h: Tensor, matrix: Tensor) -> Tensor:
        if not self.recurrent:
            h = torch.zeros_like(h)
        return self.product[gate](h, matrix) if gate in self.product else h @ matrix.T

    def _rnn(
        self, a: dict[str, Tensor], c: Tensor, w: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        h = self.activation(a["h"])
        return (h + w["b_h"] if self.outside else h), c

    def _lstm(
        self, a: dict[str, Tensor], c: Tensor, _: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        g = self.g(a["g"])
        i, f, o = (self.gate.get(gate, self.gates)(a[gate]) for gate in "ifo")
        before, c = c, self.cell(g, i, c, f)
        return self.state(before if self.early else c, o), c


SHEET = Recursion()

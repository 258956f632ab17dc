"""Wrong equations that students do write, each with what to say about it.

Every one is the sheet's recursion with one thing changed, so that its numbers can be compared with
a student's. The recursion is written out here, because nn.RNN and nn.LSTM can't be changed so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import torch
from torch import Tensor

from grader.checks.arrays import Misconception
from grader.exercises.palindrome.oracle import GATES, Model, OutputForm, Weights, as_form

Unary = Callable[[Tensor], Tensor]


def identity(x: Tensor) -> Tensor:
    return x


@dataclass(frozen=True)
class Recursion:
    """The sheet's equations (1) to (10), with everything in them that people get wrong."""

    activation: Unary = torch.tanh  # of h in (1)
    g: Unary = torch.tanh
    gates: Unary = torch.sigmoid
    tanh_gate: str = ""  # one of i, f, o that has tanh all the same
    early: bool = False  # h is made before c
    cell: Callable[..., Tensor] = lambda g, i, c, f: g * i + c * f  # (8)
    state: Callable[..., Tensor] = lambda c, o: torch.tanh(c) * o  # (9)
    recurrent: bool = True
    read: Unary = identity  # x as the loop goes through it
    lag: int = 0  # 1: p is made from the state before the last
    keep: Callable[[str], bool] = lambda name: True  # which parameters are used
    p: Unary = identity
    seen_p: Callable[[list[Tensor]], Tensor] = lambda states: states[-1]  # what p is made from
    seen_h: Callable[[Tensor], Tensor] = identity  # h as it enters the next step
    ones: bool = False  # initial state of ones
    bias: Unary = identity  # b as it is added to rows, a sequence each
    out: Callable[..., Tensor] = lambda h, c: h  # what p is made from

    def run(self, model: Model, weights: dict[str, Tensor], x: Tensor) -> Tensor:
        """p (B, K) for inputs x (B, T, d)."""
        w = {k: v if self.keep(k) else torch.zeros_like(v) for k, v in weights.items()}
        n = w["W_ph"].shape[1]
        start = torch.ones if self.ones else torch.zeros
        h = c = start(x.shape[0], n, dtype=x.dtype)
        states = [h] * (1 + self.lag)
        for x_t in self.read(x).unbind(1):
            h_in = self.seen_h(h) if self.recurrent else torch.zeros_like(h)
            a = {
                gate: x_t @ w[f"W_{gate}x"].T + h_in @ w[f"W_{gate}h"].T + self.bias(w[f"b_{gate}"])
                for gate in GATES[model]
            }
            if model == "VanillaRNN":
                h = self.activation(a["h"])
            else:
                g = self.g(a["g"])
                i, f, o = (
                    (torch.tanh if gate == self.tanh_gate else self.gates)(a[gate])
                    for gate in "ifo"
                )
                before, c = c, self.cell(g, i, c, f)
                h = self.state(before if self.early else c, o)
            states.append(self.out(h, c))
        return self.p(self.seen_p(states[: len(states) - self.lag]) @ w["W_ph"].T + w["b_p"])


SHEET = Recursion()

COMMON: list[tuple[str, dict[str, Any]]] = [
    ("The first digit is never read: look at where the loop over time begins.",
     {"read": lambda x: x[:, 1:]}),
    ("The last digit is never read: the loop over time ends one step early, or p is made from the "
     "state before the last. seq_length is the number of digits that forward receives, T − 1.",
     {"lag": 1}),
    ("Only the last digit is read: the state of each step must enter the next.",
     {"recurrent": False}),
    ("Only the first digit is read.", {"read": lambda x: x[:, :1]}),
    ("The digits are divided by 10; x is the digit itself.", {"read": lambda x: x / 10}),
    ("The digits are read from the last to the first.", {"read": lambda x: x.flip(1)}),
    ("The state starts at ones; the sheet's initial state is a vector of zeros.", {"ones": True}),
    ("b_p is not added: equation (2) or (10) has a bias.", {"keep": lambda name: name != "b_p"}),
    ("The softmax runs over the batch: its dim is 1, that of the classes.",
     {"p": lambda p: p.softmax(0)}),
    ("The log-softmax runs over the batch: its dim is 1, that of the classes.",
     {"p": lambda p: p.log_softmax(0)}),
    ("No bias is added, neither in the state nor in p.",
     {"keep": lambda name: name[0] == "W"}),
    ("p is made from the mean of all states; the sheet takes the last one.",
     {"seen_p": lambda states: sum(states[1:]) / (len(states) - 1)}),
    ("p is made from the sum of all states; the sheet takes the last one.",
     {"seen_p": lambda states: sum(states[1:])}),
    ("A tanh is applied to the output p; equations (2) and (10) have none.", {"p": torch.tanh}),
    ("A sigmoid is applied to the output p; equations (2) and (10) have none.",
     {"p": torch.sigmoid}),
    ("A ReLU is applied to the output p; equations (2) and (10) have none.", {"p": torch.relu}),
]  # fmt: skip

# Where there are as many sequences as units.
SQUARE: tuple[str, dict[str, Any]] = (
    "The bias is added along the batch: in columns, one for each sequence, a bias of shape (n,) "
    "meets the sequences; give it the shape (n, 1).",
    {"bias": lambda b: b[:, None]},
)

VANILLA: list[tuple[str, dict[str, Any]]] = [
    ("The tanh of equation (1) is missing: without it the network is linear.",
     {"activation": identity}),
    ("A sigmoid stands where equation (1) has tanh.", {"activation": torch.sigmoid}),
    ("A ReLU stands where equation (1) has tanh.", {"activation": torch.relu}),
    ("b_h is not added: equation (1) has a bias.", {"keep": lambda name: name != "b_h"}),
    ("tanh is applied twice between one state and the next.", {"seen_h": torch.tanh}),
]  # fmt: skip

LSTM: list[tuple[str, dict[str, Any]]] = [
    ("g has a sigmoid; equation (4) has tanh, so that the cell can count down as well as up.",
     {"g": torch.sigmoid}),
    ("g has no non-linearity; equation (4) has tanh.", {"g": identity}),
    ("i, f and o have tanh; equations (5) to (7) have sigmoid: a gate lies between shut and open.",
     {"gates": torch.tanh}),
    *((f"{gate} has tanh; equations (5) to (7) have sigmoid: a gate lies between shut and open.",
       {"tanh_gate": gate}) for gate in "ifo"),
    ("i, f and o have no non-linearity; equations (5) to (7) have sigmoid.", {"gates": identity}),
    ("Neither g nor the gates have a non-linearity; equations (4) to (7) have tanh and sigmoid.",
     {"gates": identity, "g": identity}),
    ("tanh and sigmoid are exchanged: equation (4) has tanh, (5) to (7) sigmoid.",
     {"gates": torch.tanh, "g": torch.sigmoid}),
    ("h is o ⊙ c; equation (9) has tanh(c).", {"state": lambda c, o: c * o}),
    ("h is tanh(o ⊙ c); equation (9) has tanh(c) ⊙ o.", {"state": lambda c, o: torch.tanh(c * o)}),
    ("h is tanh(c) + o; equation (9) has a product.", {"state": lambda c, o: torch.tanh(c) + o}),
    ("h is c ⊙ tanh(o); equation (9) has tanh(c) ⊙ o.", {"state": lambda c, o: c * torch.tanh(o)}),
    ("h is sigmoid(c) ⊙ o; equation (9) has tanh(c).",
     {"state": lambda c, o: torch.sigmoid(c) * o}),
    ("p is made from c; equation (10) has h.", {"out": lambda h, c: c}),
    ("The output gate is left out: equation (9) has tanh(c) ⊙ o.",
     {"state": lambda c, o: torch.tanh(c)}),
    ("c is never carried on: equation (8) adds c of the step before, times f.",
     {"cell": lambda g, i, c, f: g * i}),
    ("c is carried on without the forget gate; equation (8) has c ⊙ f.",
     {"cell": lambda g, i, c, f: g * i + c}),
    ("c is filled without the input gate; equation (8) has g ⊙ i.",
     {"cell": lambda g, i, c, f: g + c * f}),
    ("i and f are swapped: equation (8) has g ⊙ i + c ⊙ f.",
     {"cell": lambda g, i, c, f: g * f + c * i}),
    ("The input gate is 1 − f; equation (8) has a gate i of its own.",
     {"cell": lambda g, i, c, f: g * (1 - f) + c * f}),
    ("The forget gate is 1 − i; equation (8) has a gate f of its own.",
     {"cell": lambda g, i, c, f: g * i + c * (1 - i)}),
    ("c is forgotten where f is open: equation (8) has c ⊙ f, not c ⊙ (1 − f).",
     {"cell": lambda g, i, c, f: g * i + c * (1 - f)}),
    ("c is a difference; equation (8) has a sum.", {"cell": lambda g, i, c, f: c * f - g * i}),
    ("h is made from the c of the step before: equation (8) comes before (9).", {"early": True}),
    ("c stays zero: is it g ⊙ i ⊙ c ⊙ f? Equation (8) has a sum.",
     {"cell": lambda g, i, c, f: g * i * c * f}),
    ("No bias is added in the gates; equations (4) to (7) have one each.",
     {"keep": lambda name: name[0] == "W" or name == "b_p"}),
    *((f"b_{gate} is not added: its gate's equation has a bias.",
       {"keep": lambda name, gate=gate: name != f"b_{gate}"}) for gate in "gifo"),
]  # fmt: skip


def mistakes(model: Model, weights: Weights, x: Any, form: OutputForm) -> Iterator[Misconception]:
    """What each wrong recursion gives for these weights and inputs (B, T, d)."""
    tensors = {name: torch.from_numpy(array) for name, array in weights.items()}

    def value(recursion: Recursion, made: dict[str, Tensor]) -> Callable[[], Any]:
        return lambda: as_form(recursion.run(model, made, torch.from_numpy(x)), form).numpy()

    alike = [SQUARE] if x.shape[0] == weights["W_ph"].shape[1] else []
    for hint, change in (VANILLA if model == "VanillaRNN" else LSTM) + COMMON + alike:
        yield hint, value(replace(SHEET, **change), tensors)
    for one, other in (("i", "o"), ("f", "o"), ("g", "i"), ("g", "f"), ("g", "o")):
        if model == "LSTM":
            yield (
                f"{one} and {other} are swapped: compare each gate with its equation.",
                value(SHEET, swapped(tensors, one, other)),
            )
    for one, other in permutations("ifo", 2):
        if model == "LSTM":
            yield (
                f"{other} stands where {one} belongs: compare each gate with its equation.",
                value(SHEET, replaced(tensors, one, other)),
            )


def gradient_misconceptions(
    model: Model, name: str, weights: Weights, x: Any, direction: Any, form: OutputForm
) -> Iterator[Misconception]:
    """What is taken for the gradient of ``name`` when the graph is cut."""
    cut_state = {"seen_h": Tensor.detach}
    cut_cell = {"cell": lambda g, i, c, f: g * i + c.detach() * f}

    def value(change: dict[str, Any]) -> Callable[[], Any]:
        def gradient() -> Any:
            leaves = {k: torch.from_numpy(v).clone().requires_grad_() for k, v in weights.items()}
            p = replace(SHEET, **change).run(model, leaves, torch.from_numpy(x))
            torch.autograd.backward((as_form(p, form) * torch.from_numpy(direction)).sum())
            found = leaves[name].grad
            return torch.zeros_like(leaves[name]).numpy() if found is None else found.numpy()

        return gradient

    last_step = "The graph is cut at every step: only the last step's term is there. Full "
    yield (
        last_step + "backpropagation through time needs the state with its graph.",
        value(cut_state | (cut_cell if model == "LSTM" else {})),
    )
    yield "The state h is cut from its graph at every step (.data, .detach()).", value(cut_state)
    if model == "LSTM":
        yield "The cell c is cut from its graph at every step (.data, .detach()).", value(cut_cell)


def replaced(weights: dict[str, Tensor], one: str, other: str) -> dict[str, Tensor]:
    """``weights`` in which gate ``one`` has the parameters of the other."""
    parts = {f"W_{one}x": f"W_{other}x", f"W_{one}h": f"W_{other}h", f"b_{one}": f"b_{other}"}
    return weights | {name: weights[source] for name, source in parts.items()}


def swapped(weights: dict[str, Tensor], one: str, other: str) -> dict[str, Tensor]:
    """``weights`` with the parameters of two gates exchanged."""
    exchange = {one: other, other: one}

    def renamed(name: str) -> str:
        if name in ("W_ph", "b_p"):
            return name
        letter, gate = name[:2], name[2]
        return letter + exchange.get(gate, gate) + name[3:]

    return {renamed(name): tensor for name, tensor in weights.items()}

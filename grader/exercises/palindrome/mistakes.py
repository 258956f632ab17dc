"""Wrong equations that students do write, each with what to say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from typing import Any

import torch
from torch import Tensor

from grader.checks.mistakes import Mistake, Variant
from grader.exercises.palindrome.oracle import GATES, Model, OutputForm, Weights, as_form
from grader.exercises.palindrome.recursion import SHEET, Recursion, identity

EQUATION = {"g": "(4)", "i": "(5)", "f": "(6)", "o": "(7)"}


def matrices_and(*biases: str) -> Callable[[str], bool]:
    """Return whether a parameter is used where only these biases are."""
    return lambda name: name[0] != "b" or name in biases


def all_but(unused: str) -> Callable[[str], bool]:
    """Return whether a parameter is used where one is not."""
    return lambda name: name != unused


def many_hot(x: Tensor) -> Tensor:
    """Return one-hot codes (B, T, d) that keep the digits of the steps before."""
    return x.cumsum(1).clamp(max=1)


def viewed(x: Tensor) -> Tensor:
    """Return inputs (B, T, d) whose batch and time axes a ``view`` has exchanged."""
    return x.reshape(x.shape[1], x.shape[0], -1).swapaxes(0, 1)


def classes_viewed(x: Tensor) -> Tensor:
    """Return inputs (B, T, d) whose axes of time and features a ``view`` has exchanged."""
    return x.reshape(x.shape[0], x.shape[2], x.shape[1]).swapaxes(1, 2)


def digits_repeated(x: Tensor) -> Tensor:
    """Return inputs (B, T, d) that hold the digit itself in every column."""
    return (x @ torch.arange(x.shape[2], dtype=x.dtype))[..., None].expand(x.shape)


def row_numbers(x: Tensor) -> Tensor:
    """Return one-hot codes (B, T, d) of a row's place in the batch."""
    codes = torch.eye(x.shape[2], dtype=x.dtype)[torch.arange(len(x)) % x.shape[2]]
    return codes[:, None].expand(x.shape)


COMMON = [
    Mistake("first_digit_unread",
            "The first digit is never read: look at where the loop over time begins.",
            {"read": lambda x: x[:, 1:]}),
    Mistake("last_digit_unread",
            "The last digit is never read: the loop over time ends one step early, or p is made "
            "from the state before the last (update h first, then compute p). seq_length is the "
            "number of digits that forward receives, T − 1.",
            {"lag": 1}),
    Mistake("only_last_digit_read",
            "Only the last digit is read: the state of each step must enter the next.",
            {"recurrent": False}),
    Mistake("only_first_digit_read", "Only the first digit is read.",
            {"read": lambda x: x[:, :1]}),
    Mistake("digits_divided_by_10", "The digits are divided by 10; x is the digit itself.",
            {"read": lambda x: x / 10}),
    Mistake("digits_divided_by_9", "The digits are divided by 9; x is the digit itself.",
            {"read": lambda x: x / 9}),
    Mistake("digits_reversed", "The digits are read from the last to the first.",
            {"read": lambda x: x.flip(1)}),
    Mistake("initial_state_of_ones",
            "The state starts at ones; the sheet's initial state is a vector of zeros.",
            {"start": 1.0}),
    Mistake("output_bias_not_added", "b_p is not added: equation (2) or (10) has a bias.",
            {"used": all_but("b_p")}),
    Mistake("no_bias_at_all", "No bias is added, neither in the state nor in p.",
            {"used": matrices_and()}),
    Mistake("output_from_mean_of_states",
            "p is made from the mean of all states; the sheet takes the last one.",
            {"seen_p": lambda states: sum(states[1:]) / (len(states) - 1)}),
    Mistake("output_from_sum_of_states",
            "p is made from the sum of all states; the sheet takes the last one.",
            {"seen_p": lambda states: sum(states[1:])}),
    Mistake("tanh_on_output",
            "A tanh is applied to the output p; equations (2) and (10) have none.",
            {"p": torch.tanh}),
    Mistake("sigmoid_on_output",
            "A sigmoid is applied to the output p; equations (2) and (10) have none.",
            {"p": torch.sigmoid}),
    Mistake("relu_on_output",
            "A ReLU is applied to the output p; equations (2) and (10) have none.",
            {"p": torch.relu}),
]  # fmt: skip

ONE_HOT = [
    Mistake("one_hot_not_cleared",
            "The one-hot code is not cleared between steps: from the second step on it still "
            "holds the previous digits.",
            {"read": many_hot}),
    Mistake("one_hot_viewed",
            "view (or reshape) does not exchange the axes of time and classes: the columns that "
            "the loop takes are no one-hot codes of digits. Use transpose or permute.",
            {"read": classes_viewed}),
    Mistake("digit_in_every_column",
            "Every column of the input holds the digit itself: that is no one-hot code, and worth "
            "no more than one column.",
            {"read": digits_repeated}),
    Mistake("one_hot_of_the_row",
            "The one-hot code is that of the sample's index in the batch, not of its digit: the "
            "output does not depend on the input.",
            {"read": row_numbers}),
]  # fmt: skip

# What lets the rows of a batch see each other.
MIXING = [
    Mistake("softmax_over_the_batch",
            "The softmax runs over the batch: its dim is 1, that of the classes.",
            {"p": lambda p: p.softmax(0)}),
    Mistake("log_softmax_over_the_batch",
            "The log-softmax runs over the batch: its dim is 1, that of the classes.",
            {"p": lambda p: p.log_softmax(0)}),
    Mistake("batch_viewed_as_time",
            "view (or reshape) does not transpose: each row of the batch reads digits of other "
            "rows. Exchange batch and time by transpose or permute.",
            {"read": viewed}),
    Mistake("batch_mean_removed",
            "The state's mean over the batch is taken off at each step: the samples of a batch "
            "must not see each other, and equations (1) and (9) have no such term.",
            {"normed": lambda h: h - h.mean(0)}),
]  # fmt: skip

# The same where there are as many sequences as units.
SQUARE = [
    Mistake("bias_along_the_batch",
            "The bias is added along the batch: in columns, one for each sequence, a bias of shape "
            "(n,) meets the sequences; give it the shape (n, 1).",
            {"bias": lambda b: b[:, None]}),
]  # fmt: skip

VANILLA = [
    Mistake("tanh_missing",
            "The tanh of equation (1) is missing: without it the network is linear.",
            {"activation": identity}),
    Mistake("sigmoid_for_tanh", "A sigmoid stands where equation (1) has tanh.",
            {"activation": torch.sigmoid}),
    Mistake("relu_for_tanh", "A ReLU stands where equation (1) has tanh.",
            {"activation": torch.relu}),
    Mistake("hidden_bias_not_added", "b_h is not added: equation (1) has a bias.",
            {"used": all_but("b_h")}),
    Mistake("bias_outside_tanh",
            "b_h is added outside the tanh; in equation (1) it stands inside.",
            {"outside": True}),
    Mistake("tanh_twice", "tanh is applied twice between one state and the next.",
            {"seen_h": torch.tanh}),
]  # fmt: skip

SHUT = "a gate lies between shut and open."
LSTM = [
    Mistake("g_with_sigmoid",
            "g has a sigmoid; equation (4) has tanh, so that the cell can count down as well as "
            "up.",
            {"g": torch.sigmoid}),
    Mistake("g_linear", "g has no non-linearity; equation (4) has tanh.", {"g": identity}),
    Mistake("gates_with_tanh", f"i, f and o have tanh; equations (5) to (7) have sigmoid: {SHUT}",
            {"gates": torch.tanh}),
    *(Mistake(f"{gate}_with_tanh", f"{gate} has tanh; equation {EQUATION[gate]} has sigmoid: "
              f"{SHUT}",
              {"gate": {gate: torch.tanh}}) for gate in "ifo"),
    Mistake("gates_linear",
            "i, f and o have no non-linearity; equations (5) to (7) have sigmoid.",
            {"gates": identity}),
    Mistake("all_gates_linear",
            "Neither g nor the gates have a non-linearity; equations (4) to (7) have tanh and "
            "sigmoid.",
            {"gates": identity, "g": identity}),
    Mistake("tanh_and_sigmoid_exchanged",
            "tanh and sigmoid are exchanged: equation (4) has tanh, (5) to (7) sigmoid.",
            {"gates": torch.tanh, "g": torch.sigmoid}),
    Mistake("state_without_tanh", "h is o ⊙ c; equation (9) has tanh(c).",
            {"state": lambda c, o: c * o}),
    Mistake("tanh_of_the_product", "h is tanh(o ⊙ c); equation (9) has tanh(c) ⊙ o.",
            {"state": lambda c, o: torch.tanh(c * o)}),
    Mistake("state_is_a_sum", "h is tanh(c) + o; equation (9) has a product.",
            {"state": lambda c, o: torch.tanh(c) + o}),
    Mistake("tanh_of_o", "h is c ⊙ tanh(o); equation (9) has tanh(c) ⊙ o.",
            {"state": lambda c, o: c * torch.tanh(o)}),
    Mistake("sigmoid_of_c", "h is sigmoid(c) ⊙ o; equation (9) has tanh(c).",
            {"state": lambda c, o: torch.sigmoid(c) * o}),
    Mistake("output_from_cell", "p is made from the cell state c; equation (10) has the hidden "
            "state h.",
            {"out": lambda h, c: c}),
    Mistake("gates_read_the_cell",
            "The gates read the cell state c of the step before; equations (4) to (7) have the "
            "hidden state h.",
            {"gates_read": lambda h, c: c}),
    Mistake("output_gate_left_out", "The output gate is left out: equation (9) has tanh(c) ⊙ o.",
            {"state": lambda c, o: torch.tanh(c)}),
    Mistake("cell_not_carried_on",
            "The cell state c is never carried on: equation (8) adds c of the step before, times "
            "f.",
            {"cell": lambda g, i, c, f: g * i}),
    Mistake("forget_gate_left_out",
            "c is carried on without the forget gate; equation (8) has c ⊙ f.",
            {"cell": lambda g, i, c, f: g * i + c}),
    Mistake("input_gate_left_out",
            "c is filled without the input gate; equation (8) has g ⊙ i.",
            {"cell": lambda g, i, c, f: g + c * f}),
    Mistake("input_gate_coupled",
            "The input gate is 1 − f; equation (5) has a gate i of its own.",
            {"cell": lambda g, i, c, f: g * (1 - f) + c * f}),
    Mistake("forget_gate_coupled",
            "The forget gate is 1 − i; equation (6) has a gate f of its own.",
            {"cell": lambda g, i, c, f: g * i + c * (1 - i)}),
    Mistake("forget_gate_upside_down",
            "c is forgotten where f is open: equation (8) has c ⊙ f, not c ⊙ (1 − f).",
            {"cell": lambda g, i, c, f: g * i + c * (1 - f)}),
    Mistake("cell_is_a_difference", "c is a difference; equation (8) has a sum.",
            {"cell": lambda g, i, c, f: c * f - g * i}),
    Mistake("state_before_cell",
            "h is made from the old c, that of the step before: equation (8) comes before (9).",
            {"early": True}),
    Mistake("cell_is_a_product",
            "c stays zero: is it g ⊙ i ⊙ c ⊙ f? Equation (8) has a sum.",
            {"cell": lambda g, i, c, f: g * i * c * f}),
    Mistake("gate_biases_not_added",
            "No bias is added in the gates; equations (4) to (7) have one each.",
            {"used": matrices_and("b_p")}),
    *(Mistake(f"b_{gate}_not_added", f"b_{gate} is not added: its gate's equation, "
              f"{EQUATION[gate]}, has a bias.",
              {"used": all_but(f"b_{gate}")}) for gate in "gifo"),
    *(Mistake("one_bias_for_all_gates",
              f"b_{one} is added in every gate: each gate has a bias of its own.",
              {"source": {f"b_{gate}": f"b_{one}" for gate in "gifo"}}) for one in "gifo"),
    *(Mistake("gate_computed_as_another",
              f"{other} stands where {one} belongs: compare each gate with its equation.",
              {"source": {name.format(one): name.format(other)
                          for name in ("W_{}x", "W_{}h", "b_{}")}})
      for one, other in permutations("gifo", 2)),
    *(Mistake("parameter_of_another_gate",
              f"Gate {one} uses {name.format(other)} instead of {name.format(one)}, which is "
              f"never used: compare it with equation {EQUATION[one]}.",
              {"source": {name.format(one): name.format(other)}})
      for name in ("W_{}x", "W_{}h", "b_{}") for one, other in permutations("gifo", 2)),
]  # fmt: skip


def square(model: Model) -> list[Mistake]:
    """Return the mistakes that only run where there are as many sequences as units."""
    mixed = [
        Mistake(
            "product_along_the_batch",
            f"W_{gate}h @ h multiplies over the batch, so that its samples are mixed: with rows "
            f"as states it is h @ W_{gate}h, or its transpose.",
            {"product": {gate: product}},
        )
        for gate in GATES[model]
        for product in (lambda h, matrix: matrix @ h, lambda h, matrix: matrix.T @ h)
    ]
    return SQUARE + mixed


def rowwise(model: Model, d: int) -> list[Mistake]:
    """Return the mistakes that leave the rows of a batch apart, for inputs of width ``d``."""
    return (VANILLA if model == "VanillaRNN" else LSTM) + COMMON + (ONE_HOT if d > 1 else [])


def mixing(model: Model, *, alike: bool) -> list[Mistake]:
    """Return the mistakes that need the whole batch.

    Args:
        model: The network's class.
        alike: Whether there are as many rows as units.
    """
    return MIXING + (square(model) if alike else [])


def recursion_with(mistake: Mistake) -> Recursion:
    """Return the sheet's recursion with the mistake's switches thrown."""
    return replace(SHEET, **mistake.change)


def as_tensors(weights: Weights) -> dict[str, Tensor]:
    """Return the weights as tensors."""
    return {name: torch.from_numpy(array) for name, array in weights.items()}


def mistakes_of(model: Model, weights: Weights, x: Any) -> list[Mistake]:
    """Return the mistakes that a network can have with inputs (B, T, d)."""
    alike = x.shape[0] == weights["W_ph"].shape[1]
    return rowwise(model, x.shape[2]) + mixing(model, alike=alike)


def variants(model: Model, weights: Weights, x: Any, form: OutputForm) -> Iterator[Variant]:
    """Yield each mistake with the output (B, K) that it gives for inputs (B, T, d)."""
    tensors, inputs = as_tensors(weights), torch.from_numpy(x)

    def value(mistake: Mistake) -> Callable[[], Any]:
        return lambda: as_form(recursion_with(mistake).run(model, tensors, inputs), form).numpy()

    for mistake in mistakes_of(model, weights, x):
        yield mistake, value(mistake)

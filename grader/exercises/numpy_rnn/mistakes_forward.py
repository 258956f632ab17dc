"""Wrong forward passes that students do write, and the gradients that a network with one has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
import torch
from torch import Tensor

from grader.checks.carry import combined
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.given_rnn import oracle
from grader.exercises.given_rnn.oracle import RECURRENT, Array, Weights
from grader.exercises.numpy_rnn.mistakes_backward import BACKWARD, Backward
from grader.exercises.numpy_rnn.mistakes_backward import CHAINED as BACKWARD_CHAINED

Unary = Callable[[Tensor], Tensor]
Leaves = Mapping[str, Tensor]


def identity(x: Tensor) -> Tensor:
    """Return what is given."""
    return x


def viewed(x: Tensor) -> Tensor:
    """Return inputs (T, B, in) whose axes of time and batch a ``reshape`` has exchanged."""
    return x.reshape(x.shape[1], x.shape[0], -1).swapaxes(0, 1)


@dataclass(frozen=True)
class Forward:
    """The forward pass, with named switches for what people get wrong in it."""

    activation: Unary = torch.tanh
    recurrent: bool = True
    R: Unary = identity  # as it is multiplied
    x: Unary = identity  # as it is indexed
    steps: Callable[[int], range] = range  # as they are gone through, of T
    ones: bool = False  # initial state of ones
    without: tuple[str, ...] = ()  # weights that are left out
    y: Unary = identity

    def states(self, leaves: Leaves, x: Tensor) -> list[Tensor]:
        """Return the state (B, n) before and after each step that is gone through.

        Args:
            leaves: The weights; W, R and bs with an entry per time step.
            x: The input (T, B, in).
        """
        w = {name: leaf * (name not in self.without) for name, leaf in leaves.items()}
        a = [torch.full((x.shape[1], w["V"].shape[0]), float(self.ones), dtype=x.dtype)]
        x = self.x(x)
        for t in self.steps(len(x)):
            carried = self.recurrent * a[-1] @ self.R(w["R"][t])
            a.append(self.activation(x[t] @ w["W"][t] + carried + w["bs"][t].T))
        return a

    def output(self, leaves: Leaves, x: Tensor) -> Tensor:
        """Return the output (B, out)."""
        by = leaves["by"].T * ("by" not in self.without)
        return self.y(self.states(leaves, x)[-1] @ leaves["V"] + by)

    def run(self, weights: Weights, x: Array) -> Array:
        """Return the output (B, out) for x (T, B, in)."""
        with torch.no_grad():
            return np.asarray(self.output(per_step(weights, len(x)), torch.from_numpy(x)).numpy())

    def gradients(self, weights: Weights, x: Array, d_loss: Array) -> Weights:
        """Return the gradients of this pass by autograd, the recurrent ones per time step."""
        leaves = {name: leaf.requires_grad_() for name, leaf in per_step(weights, len(x)).items()}
        loss = (self.output(leaves, torch.from_numpy(x)) * torch.from_numpy(d_loss)).sum()
        found = torch.autograd.grad(
            loss, list(leaves.values()), allow_unused=True, materialize_grads=True
        )
        return {f"d_{name}": g.detach().numpy() for name, g in zip(leaves, found, strict=True)}

    def all_states(self, weights: Weights, x: Array) -> Array:
        """Return the states (T + 1, B, n) of this pass; a step left out keeps the start's."""
        with torch.no_grad():
            first, *others = self.states(per_step(weights, len(x)), torch.from_numpy(x))
        left_out = len(x) - len(others)
        begun_late = left_out and self.steps(len(x))[:1] != range(1)
        kept = [first] * left_out
        states = [first, *kept, *others] if begun_late else [first, *others, *kept]
        return np.stack([a.numpy() for a in states])


def per_step(weights: Weights, T: int) -> dict[str, Tensor]:
    """Return the weights as tensors; W, R and bs with an entry per time step."""
    return {
        name: torch.from_numpy(np.stack([w] * T) if name in RECURRENT else w.copy())
        for name, w in weights.items()
    }


VIEWED = Mistake(
    "batch_viewed_as_time",
    "reshape (or view) does not exchange the axes of time and batch: each sequence reads steps of "
    "other sequences. Use swapaxes or transpose.",
    {"x": viewed},
)
FORWARD: list[Mistake] = [
    Mistake("tanh_missing",
     "The tanh is missing: without it the network is linear.", {"activation": identity}),
    Mistake("sigmoid_for_tanh",
     "A sigmoid stands where the equation has tanh.", {"activation": torch.sigmoid}),
    Mistake("relu_for_tanh",
     "A ReLU stands where the equation has tanh.", {"activation": torch.relu}),
    Mistake("hidden_bias_missing",
     "b_s is not added.", {"without": ("bs",)}),
    Mistake("output_bias_missing",
     "b_y is not added.", {"without": ("by",)}),
    Mistake("both_biases_missing",
     "Neither b_s nor b_y is added.", {"without": ("bs", "by")}),
    Mistake("recurrence_missing",
     "The state of each step must enter the next: a[t−1] is missing.",
     {"recurrent": False}, subject_of=("N2", "N3")),
    Mistake("forward_recurrent_weights_transposed",
     "R is transposed: with samples as rows, Rᵀ a[t−1] is written a @ R.", {"R": torch.t}),
    Mistake("forward_first_step_unread",
     "The first step is never read: look at where the loop over time begins.",
     {"steps": lambda T: range(1, T)}),
    Mistake("forward_last_step_unread",
     "The last step is missing: the loop over time ends one step early, or ŷ is made from a[T−1].",
     {"steps": lambda T: range(T - 1)}),
    Mistake("forward_steps_reversed",
     "The steps are read from the last to the first.", {"steps": lambda T: range(T - 1, -1, -1)}),
    Mistake("forward_input_one_step_late",
     "x[t−1] stands where x[t] belongs.", {"x": lambda x: torch.roll(x, 1, 0)}),
    VIEWED,
    Mistake("output_is_bias_alone",
     "ŷ is b_y alone: the state that it is made from is zero. Does the loop reach that state, or "
     "is an index off?",
     {"steps": lambda T: range(0)}, subject_of=("N2", "N3", "N5")),
    Mistake("state_starts_at_ones",
     "The state starts at ones; the state before the first step is zero.", {"ones": True}),
    Mistake("tanh_on_output",
     "A tanh is applied to ŷ; its equation has none.", {"y": torch.tanh}),
    Mistake("sigmoid_on_output",
     "A sigmoid is applied to ŷ; its equation has none.", {"y": torch.sigmoid}),
    Mistake("softmax_on_output",
     "A softmax is applied to ŷ; its equation has none.", {"y": lambda y: torch.softmax(y, 1)}),
]  # fmt: skip


CHAINED = ("x", "y", *BACKWARD_CHAINED)  # switches that transform an array


def forward_variants(weights: Weights, x: Array) -> Iterator[Variant]:
    """Yield what wrong forward passes give for x (T, B, in)."""
    for mistake in combined(FORWARD, CHAINED):
        yield mistake, partial(Forward(**mistake.change).run, weights, x)
    if x.shape[1] > 1:
        right = oracle.output(weights, x)
        yield AVERAGED_OUTPUTS, lambda: right * 0 + right.mean(0)


AVERAGED_OUTPUTS = Mistake(
    "outputs_averaged_over_batch", "The outputs are averaged over the batch."
)


def gradient_variants(name: str, weights: Weights, x: Array, d_loss: Array) -> Iterator[Variant]:
    """Yield the gradient of that name that networks with wrong passes have.

    With a wrong forward pass, the backward pass is that of the forward pass, or the sheet's on the
    states of the forward pass. With a wrong backward pass, it goes by the forward pass's states.

    Args:
        name: Of the gradient, "d_W" and so on.
        weights: By the sheet's names.
        x: The input (T, B, in).
        d_loss: The gradient in the output (B, out).
    """
    switches = {field.name for field in fields(Forward)}
    for mistake in combined([*BACKWARD, *FORWARD], CHAINED):
        of_forward = {key: v for key, v in mistake.change.items() if key in switches}
        of_backward = {key: v for key, v in mistake.change.items() if key not in switches}
        forward, backward = Forward(**of_forward), Backward(**of_backward)
        if not of_backward:
            yield mistake, partial(_own, forward, name, weights, x, d_loss)
        if forward.steps(len(x)):
            yield mistake, partial(_by_sheet, forward, backward, name, weights, x, d_loss)


def _own(forward: Forward, name: str, weights: Weights, x: Array, d_loss: Array) -> Array:
    return forward.gradients(weights, x, d_loss)[name]


def _by_sheet(
    forward: Forward, backward: Backward, name: str, weights: Weights, x: Array, d_loss: Array
) -> Array:
    return backward.run(weights, x, d_loss, forward.all_states(weights, x))[name]

"""Wrong recursions that students do write, each with what to say about it.

Every one is the sheet's recursion with one thing changed, forward or backward, so that its numbers
can be compared with a student's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from grader.checks.arrays import Misconception
from grader.exercises.given_rnn import oracle
from grader.exercises.given_rnn.oracle import Array, Weights

Unary = Callable[[Array], Array]


def identity(x: Array) -> Array:
    return x


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def softmax(x: Array) -> Array:
    shares: Array = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    return shares


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


@dataclass(frozen=True)
class Forward:
    """The forward pass, with everything in it that people get wrong."""

    activation: Unary = np.tanh
    recurrent: bool = True
    R: Unary = identity  # as it is multiplied
    read: Unary = identity  # x as the loop goes through it
    ones: bool = False  # initial state of ones
    without: tuple[str, ...] = ()  # weights that are left out
    y: Unary = identity

    def run(self, weights: Weights, x: Array) -> Array:
        w = {name: v * (name not in self.without) for name, v in weights.items()}
        a = np.full((x.shape[1], len(w["R"])), float(self.ones))
        for x_t in self.read(x):
            a = self.activation(x_t @ w["W"] + self.recurrent * a @ self.R(w["R"]) + w["bs"].T)
        return self.y(a @ w["V"] + w["by"].T)


FORWARD: list[tuple[str, dict[str, Any]]] = [
    ("The tanh is missing: without it the network is linear.", {"activation": identity}),
    ("A sigmoid stands where the equation has tanh.", {"activation": sigmoid}),
    ("A ReLU stands where the equation has tanh.", {"activation": relu}),
    ("b_s is not added.", {"without": ("bs",)}),
    ("b_y is not added.", {"without": ("by",)}),
    ("Neither b_s nor b_y is added.", {"without": ("bs", "by")}),
    ("The state of each step must enter the next: a[t−1] is missing.", {"recurrent": False}),
    ("R is transposed: with samples as rows, Rᵀ a[t−1] is written a @ R.", {"R": np.transpose}),
    ("The first step is never read: look at where the loop over time begins.",
     {"read": lambda x: x[1:]}),
    ("The last step is missing: the loop over time ends one step early, or ŷ is made from a[T−1].",
     {"read": lambda x: x[:-1]}),
    ("The steps are read from the last to the first.", {"read": lambda x: x[::-1]}),
    ("x[t−1] stands where x[t] belongs.", {"read": lambda x: np.roll(x, 1, axis=0)}),
    ("ŷ is b_y alone: the state that it is made from is zero. Does the loop reach that state, or "
     "is an index off?",
     {"read": lambda x: x[:0]}),
    ("The state starts at ones; the state before the first step is zero.", {"ones": True}),
    ("A tanh is applied to ŷ; its equation has none.", {"y": np.tanh}),
    ("A sigmoid is applied to ŷ; its equation has none.", {"y": sigmoid}),
    ("A softmax is applied to ŷ; its equation has none.", {"y": softmax}),
]  # fmt: skip


def forward_misconceptions(weights: Weights, x: Array) -> Iterator[Misconception]:
    """What each wrong forward pass gives for x (T, B, in)."""
    for hint, change in FORWARD:
        yield hint, partial(Forward(**change).run, weights, x)
    if x.shape[1] > 1:
        right = oracle.output(weights, x)
        yield "The outputs are averaged over the batch.", lambda: right * 0 + right.mean(0)


@dataclass(frozen=True)
class Backward:
    """The backward pass, with everything in it that people get wrong."""

    factor: Callable[[Array, Array], Array] = lambda a, before: 1 - a**2
    back: Callable[[Array, Array, Array], Array] = lambda d_s, d_a, R: d_s @ R.T
    own: Callable[[Array, Array], Array] = lambda d_s, d_a: d_s  # what the weights are reached by
    steps: Callable[[int], range] = lambda T: range(T - 1, -1, -1)  # as they are gone through
    before: Callable[[Array], Array] = lambda a: a[:-1]  # the states that R is multiplied by
    last: Callable[[Array], Array] = lambda a: a[-1]  # the state that V is multiplied by
    seen: Unary = identity  # d_loss as it enters
    every: bool = False  # d_loss enters at every step
    x: Unary = identity

    def run(self, weights: Weights, x: Array, d_loss: Array) -> Weights:
        a = _states(weights, x)  # (T + 1, B, n)
        d_y = self.seen(d_loss)
        d_a = from_output = d_y @ weights["V"].T
        d_s = np.zeros_like(a[1:])
        for t in self.steps(len(x)):
            step = d_a * self.factor(a[t + 1], a[t])
            d_s[t] = self.own(step, d_a)
            d_a = self.back(step, d_a, weights["R"]) + self.every * from_output
        return {
            "d_V": self.last(a).T @ d_y,
            "d_W": self.x(x).transpose(0, 2, 1) @ d_s,
            "d_R": self.before(a).transpose(0, 2, 1) @ d_s,
            "d_bs": d_s.sum(1)[:, :, None],
            "d_by": d_y.sum(0)[:, None],
        }


def _states(weights: Weights, x: Array) -> Array:
    a = [np.zeros((x.shape[1], len(weights["R"])))]
    for x_t in x:
        a.append(np.tanh(x_t @ weights["W"] + a[-1] @ weights["R"] + weights["bs"].T))
    return np.stack(a)


AVERAGED = (
    "The gradients are averaged over the batch. Sum them: the loss that averages has its 1/batch "
    "inside d_loss already."
)
BACKWARD: list[tuple[str, dict[str, Any]]] = [
    ("The derivative of tanh is left out: each step back has the factor 1 − a².",
     {"factor": lambda a, before: np.ones_like(a)}),
    ("The derivative of tanh is 1 − a², not 1 − a.", {"factor": lambda a, before: 1 - a}),
    ("The derivative of tanh is 1 − a², where a = tanh(s); here it is 1 − s².",
     {"factor": lambda a, before: 1 - np.arctanh(a) ** 2}),
    ("The derivative of tanh is 1 − a², not 1 + a².", {"factor": lambda a, before: 1 + a**2}),
    ("a (1 − a) is the derivative of the sigmoid; that of tanh is 1 − a².",
     {"factor": lambda a, before: a * (1 - a)}),
    ("The derivative of tanh is 1 − a², where a = tanh(s) already; here it is 1 − tanh(a)².",
     {"factor": lambda a, before: 1 - np.tanh(a) ** 2}),
    ("The weight is reached through s[t], so its gradient has the factor 1 − a[t]²; here it is "
     "only in what goes on to the step before.", {"own": lambda d_s, d_a: d_a}),
    ("The derivative of tanh at s[t] is 1 − a[t]²; a[t−1] stands there.",
     {"factor": lambda a, before: 1 - before**2}),
    ("On the way back R is transposed the wrong way: s[t] = Rᵀ a[t−1], so ∂s[t]/∂a[t−1] is Rᵀ.",
     {"back": lambda d_s, d_a, R: d_s @ R}),
    ("What goes back through R is the gradient of s[t], after the factor 1 − a²; here it is that "
     "of a[t].", {"back": lambda d_s, d_a, R: d_a @ R.T}),
    ("The gradient of a[t] is still that of the last step: each step back goes through R.",
     {"back": lambda d_s, d_a, R: d_a}),
    ("The gradients of a[t] add up on the way back: the loss sees the last output only, so that of "
     "a[t−1] is what comes back through R, and no more.",
     {"back": lambda d_s, d_a, R: d_a + d_s @ R.T}),
    ("The first step has no gradient: look at where the loop over time ends.",
     {"steps": lambda T: range(T - 1, 0, -1)}),
    ("The last step has no gradient: look at where the loop over time begins.",
     {"steps": lambda T: range(T - 2, -1, -1)}),
    ("The loop goes forward in time; a gradient comes from the last step, and goes back.",
     {"steps": range}),
    ("Only the last step has a gradient: go on to the steps before it, through R.",
     {"back": lambda d_s, d_a, R: np.zeros_like(d_a)}),
    ("The gradient is handed to the step before without going through R.",
     {"back": lambda d_s, d_a, R: d_s}),
    ("The loss sees the output of the last step only; here it enters at every step.",
     {"every": True}),
    ("a[t] stands where a[t−1] belongs: R is multiplied by the state before.",
     {"before": lambda a: a[1:]}),
    ("At the first step a[t−1] is the zero state; the index −1 has taken the last state.",
     {"before": lambda a: np.concatenate([a[-1:], a[1:-1]])}),
    ("V is multiplied by the last state, a[T]; here it is the state before.",
     {"last": lambda a: a[-2]}),
    ("V is multiplied by the last state alone, not by the sum of all.",
     {"last": lambda a: a.sum(0)}),
    ("x[t−1] stands where x[t] belongs.", {"x": lambda x: np.roll(x, 1, axis=0)}),
    ("x[t+1] stands where x[t] belongs.", {"x": lambda x: np.roll(x, -1, axis=0)}),
    ("d_loss is not used: these are the gradients for ∂L/∂ŷ = 1.", {"seen": np.ones_like}),
    ("The sign is wrong: backward returns the gradient, update goes against it.",
     {"seen": np.negative}),
]  # fmt: skip


def backward_misconceptions(
    name: str, weights: Weights, x: Array, d_loss: Array
) -> Iterator[Misconception]:
    """What is taken for the gradient of that name, with x (T, B, in) and d_loss (B, out)."""

    def value(change: dict[str, Any]) -> Callable[[], Array]:
        return lambda: Backward(**change).run(weights, x, d_loss)[name]

    for hint, change in BACKWARD:
        yield hint, value(change)
    right = oracle.gradients(weights, x, d_loss)[name]
    yield "The gradient is zero everywhere: was it ever assigned?", lambda: 0 * right
    if right.ndim == 3:
        yield "The time steps are in reverse order: entry t belongs to step t.", lambda: right[::-1]
        yield "The gradients are divided by the number of steps.", lambda: right / len(x)
        yield (
            "Entry t holds the sum of the steps from t on; it is the share of step t alone.",
            lambda: right[::-1].cumsum(0)[::-1],
        )
    if right.ndim == 3 and right.shape[1] == right.shape[2]:
        yield (
            f"{name} is transposed: it has the orientation of the weight.",
            lambda: right.swapaxes(1, 2),
        )


def update_misconceptions(
    before: Array, gradient: Array, lr: float, previous: Array | None = None
) -> Iterator[Misconception]:
    """What is taken for the weight after a step, by its gradient (per time step where it has some).

    ``previous`` is the gradient of the step before, if there was one.
    """
    steps = gradient.reshape(-1, *before.shape)
    total = steps.sum(0)

    def by(change: Array) -> Callable[[], Array]:
        return lambda: before - change

    yield "The weight has not changed.", by(0 * total)
    yield "The step goes uphill: descent subtracts the gradient.", by(-lr * total)
    yield "The learning rate is not used.", by(total)
    if len(steps) > 1:
        yield "The gradient is averaged over time; it must be summed.", by(lr * steps.mean(0))
        yield "Only the last time step's gradient is used; sum over time.", by(lr * steps[-1])
        yield "Only the first time step's gradient is used; sum over time.", by(lr * steps[0])
    if previous is not None:
        older = previous.reshape(-1, *before.shape).sum(0)
        yield (
            "The gradient of the step before has been added: each step has only its own.",
            by(lr * (total + older)),
        )
        yield "This is the gradient of the step before.", by(lr * older)


def numerical_misconceptions(
    name: str, weights: Weights, x: Array, eps: float
) -> Iterator[Misconception]:
    """What is taken for a central difference of f, the sum of outputs averaged over the batch."""

    def by(below: float, above: float, factor: float = 1.0) -> Callable[[], Array]:
        return lambda: factor * oracle.differences(weights, x, below, above)[name]

    B, K = x.shape[1], weights["V"].shape[1]
    yield "This is the forward difference, f(w + eps) − f(w); the sheet's is central.", by(0, eps)
    yield (
        "This is half the forward difference: from w to w + eps it is eps, not 2 eps. And the "
        "sheet's is central.",
        by(0, eps, 0.5),
    )
    yield "This is the backward difference, f(w) − f(w − eps); the sheet's is central.", by(eps, 0)
    yield "The difference is divided by eps; from w − eps to w + eps it is 2 eps.", by(eps, eps, 2)
    yield "The difference is not divided by 2 eps.", by(eps, eps, 2 * eps)
    yield "The sign is wrong: it is f(w + eps) − f(w − eps).", by(eps, eps, -1)
    yield "The outputs are summed over the batch; f averages over it.", by(eps, eps, B)
    yield "The outputs of a sample are averaged; f sums them.", by(eps, eps, 1 / K)
    yield "eps is not used: these are the numbers of a much smaller step.", by(1e-5, 1e-5)


def analytical_misconceptions(per_step: Array, batch: int, outputs: int) -> Iterator[Misconception]:
    """What is taken for a gradient that is summed over time and averaged over the batch.

    ``per_step`` is the right one, before the sum over time if it has one.
    """
    total = per_step.sum(0) if per_step.ndim == 3 else per_step
    yield "The gradients are summed over the batch; average them.", lambda: total * batch
    yield "The gradients are averaged over the batch twice.", lambda: total / batch
    yield "The outputs of a sample are averaged; f sums them.", lambda: total / outputs
    if per_step.ndim == 3:
        yield (
            "The gradients are averaged over time, too; sum over it.",
            lambda: per_step.mean(0),
        )
        yield "Only the last time step's gradient is there; sum over time.", lambda: per_step[-1]

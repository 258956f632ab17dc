"""Probe a student's MSELoss and Learner; runs in the worker.

The Learner is given a network and a loss of the kit's: a wrong RNN or MSELoss costs nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from types import ModuleType
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor

from grader.core.figure_data import Description
from grader.exercises.given_rnn.network import WEIGHTS, Array, Arrays, Network
from grader.exercises.memory_task.calling import call, make
from grader.worker.figure_capture import drawn_figure
from grader.worker.values import array, number, raised

Batches = list[Arrays]  # each with "x" and "y"
HISTORIES = ("history", "losses", "loss_history", "train_losses")


class Loss:
    """Compute the mean squared error as the template's ``MSELoss``; autograd gives its gradient."""

    def __init__(self) -> None:
        self.error: Array | None = None

    def forward(self, y_hat: Array, y: Array) -> float:
        """Return L for ŷ and y (B, K).

        Raises:
            ValueError: Their shapes differ.
        """
        if np.shape(y_hat) != np.shape(y):
            raise ValueError(f"prediction {np.shape(y_hat)}, target {np.shape(y)}")
        self.error = np.array(y_hat, dtype=float) - y
        return float(self.of(torch.from_numpy(self.error)))

    def of(self, error: Tensor) -> Tensor:
        """Return L for ŷ − y."""
        return (error**2).mean()

    def backward(self) -> Array:
        """Return ∂L/∂ŷ (B, K) of the last forward.

        Raises:
            RuntimeError: forward has not run yet.
        """
        if self.error is None:
            raise RuntimeError("call forward() before backward()")
        leaf = torch.tensor(self.error, requires_grad=True)
        (gradient,) = torch.autograd.grad(self.of(leaf), leaf)
        return np.array(gradient.numpy())


class Cubes(Loss):
    """Another loss: the sum of (ŷ − y)³, weighted."""

    def __init__(self, weights: Array) -> None:
        super().__init__()
        self._weights = torch.from_numpy(weights)

    def of(self, error: Tensor) -> Tensor:
        """Return the loss for ŷ − y."""
        return (self._weights * error**3).sum()


class Recorder(Network):
    """Keeps what it has read, and the weights that it has read it with."""

    def __init__(self, weights: Arrays) -> None:
        super().__init__(weights)
        self.read: list[Array] = []
        self.visited: list[Arrays] = []

    def forward(self, x: Array) -> Array:
        """Return ŷ (B, 1) for x (T, B, 1); note x and the weights."""
        self.read.append(np.array(x, dtype=float))
        self.note()
        return super().forward(x)

    def note(self) -> None:
        """Enter the weights, if they differ from the last ones."""
        now = weights_of(self)
        last = self.visited[-1] if self.visited else {}
        if not last or any(not np.array_equal(now[name], last[name]) for name in now):
            self.visited.append(now)


def weights_of(model: Network) -> Arrays:
    """Return the weights as arrays; student code may have assigned other objects."""
    return {name: array(getattr(model, name), f"The weight {name}") for name in WEIGHTS}


def learner(module: ModuleType, model: Network, data: Iterator[Any], **values: Any) -> Any:
    """Return the student's Learner of this network, with the kit's loss."""
    return make(module, "Learner", model=model, loss=Loss(), data=data, **values)


def train(student: Any, steps: int, **values: Any) -> Any:
    """Call train of the student's Learner, with ``progress`` = None unless it is given."""
    return call(student, "train", **{"steps": steps, "progress": None, **values})


def descent(
    module: ModuleType,
    weights: Arrays,
    batches: Batches,
    calls: list[int],
    lr: float,
    max_norm: float,
) -> dict[str, Any]:
    """Return what training does.

    That is: weights before, between and after the steps; the history; a figure.
    """
    model = Recorder(weights)
    data = ((batch["x"].copy(), batch["y"].copy()) for batch in batches)
    student = learner(module, model, data, lr=lr, max_norm=max_norm)
    for steps in calls:
        train(student, steps, lr=lr)
    model.note()
    return {"weights": model.visited, "history": history(student)}


def history(student: Any) -> Array | None:
    """Return the losses that a learner has kept, or None."""
    for name in HISTORIES:
        kept = getattr(student, name, None)
        if isinstance(kept, list | tuple | np.ndarray):
            return array(kept, f"Learner.{name}").reshape(-1)
    return None


def learn(
    module: ModuleType, weights: Arrays, T: int, B: int, steps: int, lr: float, seed: int
) -> Arrays:
    """Return the weights after training on random batches of T steps and B sequences."""
    rng = np.random.default_rng(seed)
    model = Network(weights)
    data = ((x, x[0].copy()) for x in (rng.uniform(-1, 1, (T, B, 1)) for _ in count()))
    train(learner(module, model, data, lr=lr), steps, lr=lr)
    return weights_of(model)


def prediction(module: ModuleType, weights: Arrays, x: Array) -> Array:
    """Return what the Learner's predict gives for x (T, B, 1)."""
    student = learner(module, Network(weights), iter(()))
    return array(call(student, "predict", x=x.copy()), "What predict returns")


class LearningCurve(TypedDict):
    """A learner's figure of its losses."""

    figure: Description
    history: Array | None


def learning_curve(
    module: ModuleType, weights: Arrays, batches: Batches, lr: float
) -> LearningCurve:
    """Draw the losses after as many steps as there are batches."""
    data = ((batch["x"], batch["y"]) for batch in batches)
    student = learner(module, Network(weights), data, lr=lr)
    train(student, len(batches), lr=lr)
    figure = drawn_figure(lambda: call(student, "plot"), "plot")
    return {"figure": figure, "history": history(student)}


def progress(
    module: ModuleType, weights: Arrays, batches: Batches, calls: list[int], lr: float
) -> dict[str, Any]:
    """Return what the callback is told, and the history."""
    told: list[list[float]] = []
    data = ((batch["x"], batch["y"]) for batch in batches)
    student = learner(module, Network(weights), data, lr=lr)
    for steps in calls:
        train(student, steps, lr=lr, progress=lambda k, loss: told.append([int(k), float(loss)]))
    return {"told": told, "history": history(student)}


def losses(module: ModuleType, cases: list[Arrays]) -> list[dict[str, Any]]:
    """Return value and gradient of the loss for each case; one MSELoss is used for all."""
    loss = make(module, "MSELoss")
    return [
        {"value": value_of_loss(loss, **case), "gradient": gradient_of_loss(loss, **case)}
        for case in cases
    ]


def loss_values(module: ModuleType, cases: list[Arrays]) -> list[float]:
    """Return the value of the loss for each case; one MSELoss is used for all."""
    loss = make(module, "MSELoss")
    return [value_of_loss(loss, **case) for case in cases]


def value_of_loss(loss: Any, y_hat: Array, y: Array) -> float:
    """Return what forward of a student's MSELoss gives for ŷ and y (B, K)."""
    return number(call(loss, "forward", y_hat=y_hat.copy(), y=y.copy()), "The loss")


def gradient_of_loss(loss: Any, y_hat: Array, y: Array) -> Array:
    """Return what backward of a student's MSELoss gives.

    ŷ and y are handed in, too, for a backward that takes them.
    """
    gradient = call(loss, "backward", y_hat=y_hat.copy(), y=y.copy())
    return array(gradient, "The gradient of the loss")


def numerical_gradient(module: ModuleType, case: Arrays, weights: Array, eps: float) -> Array:
    """Return the student's numerical gradient (B, K) of the loss ``Cubes``."""
    values = {"loss": Cubes(weights), "eps": eps, **{k: v.copy() for k, v in case.items()}}
    found = call(module, "numerical_loss_gradient", **values)
    return array(found, "What numerical_loss_gradient returns")


def misuses_of_loss(module: ModuleType, y_hat: Array, y: Array) -> dict[str, list[str]]:
    """Return what the loss raises where it should.

    These are shapes that would broadcast, and backward before forward.
    """
    loss, fresh = make(module, "MSELoss"), make(module, "MSELoss")
    shapes = raised(call, loss, "forward", y_hat=y_hat, y=y[:, 0])
    return {"shapes": shapes, "early": raised(call, fresh, "backward")}

"""Probe a student's gradient checks, on networks of the kit's own; runs in the worker."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import torch

from grader.exercises.given_rnn.network import Array, Arrays, Network
from grader.exercises.numpy_rnn.handling import Handle, alone, call, handle, kit_network
from grader.worker.answering import Unusable


class ForwardOnly(Network):
    """For gradients that must come from differences of the output; sin stands for tanh."""

    def __init__(self, weights: Arrays) -> None:
        super().__init__(weights, torch.sin)
        self.read: list[Array] = []

    def forward(self, x: Array) -> Array:
        """Return the outputs, and note what was read."""
        self.read.append(x)
        return super().forward(x)

    def backward(self, d_loss: Array) -> Arrays:
        """Raise Unusable: the student's function must not call it."""
        del d_loss
        raise Unusable(
            "The numerical gradient should not come from backward.",
            expected="differences of what forward returns",
            got="a call of backward",
            hint="It is there to check backward, and can't if it uses it.",
        )


def numerical(module: ModuleType, weights: Arrays, x: Array, eps: float) -> dict[str, Any]:
    """Return the student's numerical gradient of the kit's network.

    The network's weights afterwards are returned, too, and how often its forward was called.
    """
    network = ForwardOnly(weights)
    model, storage = kit_network(module, network)
    found = call(module, "get_numerical_gradient", model=model, x=x, eps=eps)
    gradients = Handle(model, storage).gradients(found, "The numerical gradients")
    return {"gradients": gradients, "weights": network.get_weights(), "calls": len(network.read)}


def analytical(module: ModuleType, weights: Arrays, x: Array) -> Arrays:
    """Return the student's analytical gradient of the kit's network."""
    model, storage = kit_network(module, Network(weights))
    found = call(module, "get_analytical_gradient", model=model, x=x)
    return Handle(model, storage).gradients(found, "The analytical gradients")


def both(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array, step: dict[str, float]
) -> dict[str, Arrays]:
    """Return both gradients of the student's own network.

    ``step`` is {"eps": …}, or empty for the function's default.
    """
    network = handle(module, sizes, weights)
    x, _ = alone(module, sizes, x)
    found = {}
    for kind in ("numerical", "analytical"):
        options = step if kind == "numerical" else {}
        gradient = call(module, f"get_{kind}_gradient", model=network.model, x=x, **options)
        found[kind] = network.gradients(gradient, f"The {kind} gradients")
    return found

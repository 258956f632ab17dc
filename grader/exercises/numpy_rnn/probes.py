"""What touches a student's numpy_rnn.py; runs in the worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
import torch

from grader.bans import runtime
from grader.exercises.given_rnn.network import WEIGHTS, Array, Arrays, Network
from grader.exercises.numpy_rnn.handling import (
    ALIASES,
    GRADIENTS,
    alone,
    build,
    call,
    load,
    loaded,
    passes,
    predict,
    read,
)
from grader.worker.answering import Banned, Unusable
from grader.worker.calling import find_class, takes
from grader.worker.values import array, in_sight, named, raised

# Initialization, get and set


def initial(
    module: ModuleType, sizes: dict[str, int], rngs: list[int | None]
) -> list[dict[str, Any]]:
    """For a network each: the attributes' values and dtypes."""
    return [attributes(build(module, sizes, rng)) for rng in rngs]


def attributes(model: Any) -> dict[str, Any]:
    missing = [name for name in WEIGHTS if not hasattr(model, name)]
    if missing:
        raise Unusable(
            f"The network has no attribute {', '.join(missing)}.",
            expected=f"self.{', self.'.join(WEIGHTS)}",
            got=f"attributes {', '.join(getattr(model, '__dict__', ())) or '(none)'}",
        )
    found = {name: getattr(model, name) for name in WEIGHTS}
    return {
        "values": {name: array(value, f"The weight {name}") for name, value in found.items()},
        "types": {name: str(getattr(v, "dtype", type(v).__name__)) for name, v in found.items()},
    }


def takes_seed(module: ModuleType) -> bool:
    return takes(find_class(module, "RNN"), "rng", ALIASES)


def got(module: ModuleType, sizes: dict[str, int], weights: Arrays) -> dict[str, Arrays]:
    """What ``get_weights`` returns, and the weights after what it returned was overwritten."""
    model = loaded(module, sizes, weights)
    found = call(model, "get_weights")
    first = named(found, WEIGHTS, "The weights from get_weights")
    for value in found.values() if isinstance(found, dict) else found:
        if isinstance(value, np.ndarray):
            value[...] = 7.0
    return {"first": first, "after": read(model)}


def put(module: ModuleType, sizes: dict[str, int], weights: Arrays) -> dict[str, Arrays]:
    """The weights after ``set_weights``, and after what was handed in was overwritten."""
    model = build(module, sizes)
    given = {name: weight.copy() for name, weight in weights.items()}
    call(model, "set_weights", weights=given)
    first = read(model)
    for value in given.values():
        value[...] = 7.0
    return {"first": first, "after": read(model)}


def refused(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, bad: list[Arrays]
) -> list[dict[str, Any]]:
    """How ``set_weights`` takes each of the bad ones, and the weights after it."""
    found = []
    for case in bad:
        model = loaded(module, sizes, weights)
        answer = raised(call, model, "set_weights", weights=case)
        found.append({"raised": answer, "after": read(model)})
    return found


# Forward and backward


@contextmanager
def by_hand() -> Iterator[None]:
    """:class:`Banned`, if torch computes anything meanwhile.

    Around all of a probe whose numbers count: what a network does where it knows that it is looked
    at says little.
    """
    with in_sight(), runtime.recording() as events:
        yield
    if operators := sorted(name for name in runtime.names(events) if "::" in name):
        raise Banned(
            "The network computes by hand, in NumPy.",
            expected="NumPy",
            got=f"torch, which ran {', '.join(operators[:5])}",
        )


@by_hand()
def outputs(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, inputs: list[Array]
) -> list[Array]:
    """What one network gives for each input, in turn."""
    model = loaded(module, sizes, weights)
    return [predict(model, x) for x in inputs]


@by_hand()
def outputs_of_one(
    module: ModuleType, sizes: dict[str, int], cases: list[dict[str, Any]]
) -> list[Array]:
    """What one network gives for the sequence ``x`` of each case, after setting ``weights`` if any.

    To set weights may undo what the forward before has left, so that some cases have none.
    """
    model = build(module, sizes)
    found = []
    for case in cases:
        load(model, case.get("weights", {}))
        found.append(predict(model, alone(model, case["x"])[0]))
    return found


def touched(module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array) -> dict[str, Any]:
    """The input and the weights after forward."""
    model = loaded(module, sizes, weights)
    given = alone(model, x)[0].copy()
    call(model, "forward", x=given)
    return {"x": given, "weights": read(model)}


def refused_inputs(
    module: ModuleType, sizes: dict[str, int], inputs: list[Array]
) -> list[list[str]]:
    model = build(module, sizes)
    return [raised(call, model, "forward", x=x) for x in inputs]


@by_hand()
def gradients(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array, d_loss: Array
) -> Arrays:
    """For a batch of one, or without its axis if the network takes no batches."""
    model = loaded(module, sizes, weights)
    return passes(model, *alone(model, x, d_loss))


@by_hand()
def gradients_of_sequence(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array, d_loss: Array
) -> dict[str, Arrays]:
    """For a single sequence without the batch's axis, and as the network takes it otherwise."""
    model = loaded(module, sizes, weights)
    single = passes(model, x[:, 0], d_loss[0])
    return {"sequence": single, "batch": passes(model, *alone(model, x, d_loss))}


@by_hand()
def gradients_of_batch(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array, d_loss: Array
) -> dict[str, Any]:
    """For a batch, and for each of its sequences by itself."""
    model = loaded(module, sizes, weights)
    batch = passes(model, x, d_loss)
    rows = [slice(row, row + 1) for row in range(len(d_loss))]
    return {"batch": batch, "rows": [passes(model, x[:, row], d_loss[row]) for row in rows]}


def out_of_turn(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array, d_loss: Array
) -> dict[str, list[str]]:
    """What backward raises before any forward, and for a d_loss of another batch."""
    fresh, model = build(module, sizes), loaded(module, sizes, weights)
    call(model, "forward", x=alone(model, x)[0])
    more = np.concatenate([d_loss, d_loss])
    return {
        "fresh": raised(call, fresh, "backward", d_loss=d_loss),
        "bad": raised(call, model, "backward", d_loss=more),
    }


def stale(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array, d_loss: Array
) -> dict[str, list[str]]:
    """What backward raises after an update or set_weights, without another forward."""
    model = loaded(module, sizes, weights)
    x, d_loss = alone(model, x, d_loss)
    found = {}
    for name, values in (("update", {"lr": 0.1}), ("set_weights", {"weights": weights})):
        passes(model, x, d_loss)
        call(model, name, **values)
        found[name] = raised(call, model, "backward", d_loss=d_loss)
    return found


# Update


def descent(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, steps: list[dict[str, Any]]
) -> dict[str, list[Arrays]]:
    """The weights before, between and after steps of ``x``, ``d_loss``, ``lr``; the gradients."""
    model = loaded(module, sizes, weights)
    visited, found = [read(model)], []
    for step in steps:
        found.append(passes(model, *alone(model, step["x"], step["d_loss"])))
        call(model, "update", lr=step["lr"])
        visited.append(read(model))
    return {"weights": visited, "gradients": found}


def updates_out_of_turn(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array, d_loss: Array
) -> dict[str, list[str]]:
    """What update raises on a fresh network, and once more after it was in its turn."""
    fresh, model = build(module, sizes), loaded(module, sizes, weights)
    found = {"fresh": raised(call, fresh, "update", lr=0.1)}
    passes(model, *alone(model, x, d_loss))
    call(model, "update", lr=0.1)
    return found | {"again": raised(call, model, "update", lr=0.1)}


# Gradient checks


class ForwardOnly(Network):
    """For gradients that must come from differences of the output; sin stands for tanh."""

    def __init__(self, weights: Arrays) -> None:
        super().__init__(weights, torch.sin)

    def backward(self, d_loss: Array) -> Arrays:
        del d_loss
        raise Unusable(
            "The numerical gradient must not come from backward.",
            expected="differences of what forward returns",
            got="a call of backward",
            hint="It is there to check backward, and can't if it uses it.",
        )


def numerical(module: ModuleType, weights: Arrays, x: Array, eps: float) -> dict[str, Arrays]:
    """The student's numerical gradient of the kit's network, and its weights afterwards."""
    model = ForwardOnly(weights)
    found = call(module, "get_numerical_gradient", model=model, x=x, eps=eps)
    gradients = named(found, GRADIENTS, "The numerical gradients")
    return {"gradients": gradients, "weights": model.get_weights()}


def analytical(module: ModuleType, weights: Arrays, x: Array) -> Arrays:
    """The student's analytical gradient of the kit's network."""
    found = call(module, "get_analytical_gradient", model=Network(weights), x=x)
    return named(found, GRADIENTS, "The analytical gradients")


def both(module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array) -> dict[str, Arrays]:
    """Both gradients of the student's own network."""
    model = loaded(module, sizes, weights)
    x, _ = alone(model, x)
    found = {}
    for kind in ("numerical", "analytical"):
        gradient = call(module, f"get_{kind}_gradient", model=model, x=x)
        found[kind] = named(gradient, GRADIENTS, f"The {kind} gradients")
    return found

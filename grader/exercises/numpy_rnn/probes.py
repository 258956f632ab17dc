"""Probe a student's numpy_rnn.py; runs in the worker."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from grader.exercises.given_rnn.network import WEIGHTS, Array, Arrays
from grader.exercises.given_rnn.storage import storage_of
from grader.exercises.numpy_rnn.handling import (
    ALIASES,
    alone,
    build,
    call,
    handle,
    predict,
)
from grader.worker.answering import Unusable
from grader.worker.autograd import without_autograd
from grader.worker.calling import find_class, takes
from grader.worker.values import array, raised

# Initialization, get and set


def initial(
    module: ModuleType, sizes: dict[str, int], rngs: list[int | None]
) -> list[dict[str, Any]]:
    """Make a network for each seed; return names, shapes, values and dtypes of its weights."""
    return [attributes(build(module, sizes, rng), sizes) for rng in rngs]


def attributes(model: Any, sizes: dict[str, int]) -> dict[str, Any]:
    """Return the weights' values in the sheet's form, and their own names, shapes and dtypes."""
    storage = storage_of(model, sizes)
    missing = [own for own in storage.names.values() if not hasattr(model, own)]
    if missing:
        raise Unusable(
            f"The network should have {', '.join(missing)}.",
            expected=f"self.{', self.'.join(WEIGHTS)}",
            got=f"attributes {', '.join(getattr(model, '__dict__', ())) or '(none)'}",
            hint="Make all five weights in the constructor, as attributes of the network.",
        )
    found = {name: getattr(model, own) for name, own in storage.names.items()}
    values = {name: array(value, f"The weight {name}") for name, value in found.items()}
    return {
        "names": dict(storage.names),
        "shapes": {name: list(value.shape) for name, value in values.items()},
        "values": storage.sheet_all(values),
        "types": {name: str(getattr(v, "dtype", type(v).__name__)) for name, v in found.items()},
    }


def takes_seed(module: ModuleType) -> bool:
    """Return whether the constructor of the student's RNN has a parameter for a seed."""
    return takes(find_class(module, "RNN"), "rng", ALIASES)


def got(module: ModuleType, sizes: dict[str, int], weights: Arrays) -> dict[str, Arrays]:
    """Return what ``get_weights`` returns.

    The second part are the weights after what it returned was overwritten.
    """
    network = handle(module, sizes, weights)
    found = call(network.model, "get_weights")
    first = network.storage.sheet_all(network.got(found))
    for value in found.values() if isinstance(found, dict) else found:
        if isinstance(value, np.ndarray):
            value[...] = 7.0
    return {"first": first, "after": network.read()}


def put(module: ModuleType, sizes: dict[str, int], weights: Arrays) -> dict[str, Arrays]:
    """Return the weights after ``set_weights``, and after its argument was overwritten."""
    network = handle(module, sizes)
    given = network.storage.own_all(weights)
    call(network.model, "set_weights", weights=given)
    first = network.read()
    for value in given.values():
        value[...] = 7.0
    return {"first": first, "after": network.read()}


def refused(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, bad: list[Arrays]
) -> list[dict[str, Any]]:
    """Return what ``set_weights`` raises for each of the bad weights, and the weights after it."""
    found = []
    for case in bad:
        network = handle(module, sizes, weights)
        answer = raised(call, network.model, "set_weights", weights=network.storage.own_all(case))
        found.append({"raised": answer, "after": network.read()})
    return found


# Forward and backward


in_numpy = without_autograd("NumPy", torch=False)  # around all that computes


@in_numpy
def outputs(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, inputs: list[Array]
) -> list[Array]:
    """Return what one network gives for each input, in turn."""
    model = handle(module, sizes, weights).model
    return [predict(model, x) for x in inputs]


@in_numpy
def outputs_of_one(
    module: ModuleType, sizes: dict[str, int], cases: list[dict[str, Any]]
) -> list[Array]:
    """Return what one network gives for ``x`` of each case, after setting ``weights`` if any.

    To set weights may undo what the forward before has left, so that some cases have none.
    """
    network = handle(module, sizes)
    found = []
    for case in cases:
        network.load(case.get("weights", {}))
        found.append(predict(network.model, alone(module, sizes, case["x"])[0]))
    return found


@in_numpy
def outputs_anew(
    module: ModuleType, sizes: dict[str, int], cases: list[dict[str, Any]]
) -> list[Array]:
    """Return what a network that has read nothing before gives for each case's weights and x."""
    models = [handle(module, sizes, case["weights"]).model for case in cases]
    return [
        predict(model, alone(module, sizes, case["x"])[0])
        for model, case in zip(models, cases, strict=True)
    ]


def touched(module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array) -> dict[str, Any]:
    """Return the input and the weights after forward."""
    network = handle(module, sizes, weights)
    given = alone(module, sizes, x)[0].copy()
    call(network.model, "forward", x=given)
    return {"x": given, "weights": network.read()}


def refused_inputs(
    module: ModuleType, sizes: dict[str, int], inputs: list[Array]
) -> list[list[str]]:
    """Return what forward raises for each input."""
    model = build(module, sizes)
    return [raised(call, model, "forward", x=x) for x in inputs]


@in_numpy
def gradients(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array, d_loss: Array
) -> Arrays:
    """Return the gradients of a batch of one, x (T, 1, in).

    A network that takes no batches reads (T, in).
    """
    return handle(module, sizes, weights).passes(*alone(module, sizes, x, d_loss))


@in_numpy
def gradients_of_sequence(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array, d_loss: Array
) -> dict[str, Arrays]:
    """Return the gradients of x (T, in), and of the same as a batch of one."""
    single = handle(module, sizes, weights).passes(x[:, 0], d_loss[0])
    batch = handle(module, sizes, weights).passes(*alone(module, sizes, x, d_loss))
    return {"sequence": single, "batch": batch}


@in_numpy
def gradients_of_batch(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array, d_loss: Array
) -> dict[str, Any]:
    """Return the gradients of a batch, and of each of its sequences alone."""
    rows = [slice(row, row + 1) for row in range(len(d_loss))]
    return {
        "batch": handle(module, sizes, weights).passes(x, d_loss),
        "rows": [handle(module, sizes, weights).passes(x[:, row], d_loss[row]) for row in rows],
    }


def out_of_turn(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array, d_loss: Array
) -> dict[str, list[str]]:
    """Return what backward raises before any forward, and for a d_loss of another batch."""
    fresh, model = build(module, sizes), handle(module, sizes, weights).model
    call(model, "forward", x=alone(module, sizes, x)[0])
    more = np.concatenate([d_loss, d_loss])
    return {
        "fresh": raised(call, fresh, "backward", d_loss=d_loss),
        "bad": raised(call, model, "backward", d_loss=more),
    }


def stale(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array, d_loss: Array
) -> dict[str, list[str]]:
    """Return what backward raises after an update or set_weights, without another forward."""
    network = handle(module, sizes, weights)
    x, d_loss = alone(module, sizes, x, d_loss)
    own = network.storage.own_all(weights)
    found = {}
    for name, values in (("update", {"lr": 0.1}), ("set_weights", {"weights": own})):
        network.passes(x, d_loss)
        call(network.model, name, **values)
        found[name] = raised(call, network.model, "backward", d_loss=d_loss)
    return found


# Update


def descent(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, steps: list[dict[str, Any]]
) -> dict[str, list[Arrays]]:
    """Return the weights before, between and after the steps, and each step's gradients.

    A step has ``x``, ``d_loss`` and ``lr``.
    """
    network = handle(module, sizes, weights)
    visited, found = [network.read()], []
    for step in steps:
        found.append(network.passes(*alone(module, sizes, step["x"], step["d_loss"])))
        call(network.model, "update", lr=step["lr"])
        visited.append(network.read())
    return {"weights": visited, "gradients": found}


def updates_out_of_turn(
    module: ModuleType, sizes: dict[str, int], weights: Arrays, x: Array, d_loss: Array
) -> dict[str, list[str]]:
    """Return what update raises on a fresh network, and once more after it was in its turn."""
    fresh, network = build(module, sizes), handle(module, sizes, weights)
    found = {"fresh": raised(call, fresh, "update", lr=0.1)}
    network.passes(*alone(module, sizes, x, d_loss))
    call(network.model, "update", lr=0.1)
    return found | {"again": raised(call, network.model, "update", lr=0.1)}

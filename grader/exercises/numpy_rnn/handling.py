"""A student's RNN, made, loaded and run as honest solutions differ (in the worker)."""

from __future__ import annotations

import contextlib
from types import ModuleType
from typing import Any

from grader.exercises.given_rnn.network import WEIGHTS, Array, Arrays
from grader.worker import calling
from grader.worker.values import array, named

GRADIENTS = ("d_V", "d_W", "d_R", "d_bs", "d_by")  # in the contract's order
ALIASES = {
    "input_size": "inputdim insize nin ninput d inputs",
    "hidden_size": "hiddendim numhidden nhidden hidden n units",
    "output_size": "outputdim outsize nout noutput k outputs",
    "rng": "seed generator randomstate",
    "x": "inputs input xs sequence",
    "d_loss": "dl dy dyhat grad gradient lossgrad dout",
    "weights": "w newweights params parameters",
    "lr": "learningrate rate eta alpha",
    "model": "rnn net network",
    "eps": "epsilon h delta",
}


def call(owner: Any, name: str, **values: Any) -> Any:
    """What a function of the student's, or a method of a network, returns."""
    return calling.call(owner, name, values, ALIASES)


def build(module: ModuleType, sizes: dict[str, int], rng: int | None = None) -> Any:
    """The student's network, with whatever weights its constructor draws."""
    return calling.bind(calling.find_class(module, "RNN"), {**sizes, "rng": rng}, ALIASES)


def read(model: Any) -> Arrays:
    """The weights: the attributes, or if there are none what ``get_weights`` returns."""
    if all(hasattr(model, name) for name in WEIGHTS):
        return {name: array(getattr(model, name), f"The weight {name}") for name in WEIGHTS}
    return named(call(model, "get_weights"), WEIGHTS, "The weights")


def load(model: Any, weights: Arrays) -> None:
    """Set the weights, by all means: a wrong ``set_weights`` costs its own points, not others'."""
    if weights:
        with contextlib.suppress(Exception):
            call(model, "set_weights", weights={k: v.copy() for k, v in weights.items()})
    for name, weight in weights.items():
        if hasattr(model, name):
            with contextlib.suppress(AttributeError):  # a property, that set_weights has set
                setattr(model, name, weight.copy())


def loaded(module: ModuleType, sizes: dict[str, int], weights: Arrays) -> Any:
    model = build(module, sizes)
    load(model, weights)
    return model


def predict(model: Any, x: Array) -> Array:
    """ŷ as (batch, out); a single sequence may give (out,)."""
    y_hat = array(call(model, "forward", x=x.copy()), "The output of forward")
    single = x.ndim == 2 or x.shape[1] == 1
    return y_hat[None] if single and y_hat.ndim == 1 else y_hat


def alone(model: Any, x: Array, d_loss: Array | None = None) -> tuple[Array, Any]:
    """One sequence, (T, 1, in), as the network takes it: without the batch's axis if it must be.

    So a network that takes no batches loses the points for batches, and no others.
    """
    for single in (False, True):
        # Whatever goes wrong with both forms goes wrong once more where it is judged.
        with contextlib.suppress(Exception):
            form = x[:, 0] if single else x
            predict(model, form)
            return form, d_loss[0] if single and d_loss is not None else d_loss
    return x, d_loss


def passes(model: Any, x: Array, d_loss: Array) -> Arrays:
    """The gradients, after forward and backward."""
    call(model, "forward", x=x.copy())
    found = call(model, "backward", d_loss=d_loss.copy())
    return named(found, GRADIENTS, "The gradients")

"""A student's RNN, made, loaded and run as honest solutions differ (in the worker)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from grader.exercises.given_rnn.network import WEIGHTS, Array, Arrays, Network
from grader.exercises.given_rnn.storage import SHEET, Storage, storage_of, stored
from grader.worker import calling
from grader.worker.values import array, named, named_of

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
    """Return what a function of the student's, or a method of a network, returns."""
    return calling.call(owner, name, values, ALIASES)


def build(module: ModuleType, sizes: dict[str, int], rng: int | None = None) -> Any:
    """Return the student's network, with the weights that its constructor draws."""
    return calling.bind(calling.find_class(module, "RNN"), {**sizes, "rng": rng}, ALIASES)


@dataclass(frozen=True)
class Handle:
    """A student's network and how it keeps its weights."""

    model: Any
    storage: Storage

    def read(self) -> Arrays:
        """Return the weights in the sheet's form: the attributes, or else what it returns."""
        names = self.storage.names
        if all(hasattr(self.model, own) for own in names.values()):
            found = {
                name: array(getattr(self.model, own), f"The weight {name}")
                for name, own in names.items()
            }
        else:
            found = self.got(call(self.model, "get_weights"))
        return self.storage.sheet_all(found)

    def got(self, found: Any) -> Arrays:
        """Return what ``get_weights`` has returned, by the sheet's names."""
        return named(self.storage.sheet_names(found), WEIGHTS, "The weights from get_weights")

    def load(self, weights: Arrays) -> None:
        """Set the weights, by all means: a wrong ``set_weights`` costs no other points."""
        own = self.storage.own_all(weights)
        if weights:
            # Whatever goes wrong here goes wrong once more where set_weights is judged.
            with contextlib.suppress(Exception):
                call(self.model, "set_weights", weights={k: v.copy() for k, v in own.items()})
        for name, weight in own.items():
            if hasattr(self.model, name):
                with contextlib.suppress(AttributeError):  # a property, that set_weights has set
                    setattr(self.model, name, weight.copy())

    def passes(self, x: Array, d_loss: Array) -> Arrays:
        """Return the gradients after forward and backward, in the sheet's form."""
        call(self.model, "forward", x=x.copy())
        return self.gradients(call(self.model, "backward", d_loss=d_loss.copy()))

    def gradients(self, found: Any, what: str = "The gradients") -> Arrays:
        """Return the gradients that the student's code has returned, in the sheet's form."""
        arrays = named_of(self.storage.sheet_names(found, "d_"), GRADIENTS, what)
        return self.storage.sheet_all(arrays, "d_")


def handle(module: ModuleType, sizes: dict[str, int], weights: Arrays | None = None) -> Handle:
    """Return a network of these sizes, with these weights or those that it draws."""
    model = build(module, sizes)
    made = Handle(model, storage_of(model, sizes))
    made.load(weights or {})
    return made


def kit_network(module: ModuleType, network: Network) -> tuple[Any, Storage]:
    """Return a network of the kit's in the form that the file's own RNN has, if it has one."""
    # Whatever goes wrong here goes wrong once more where the file's RNN is judged.
    with contextlib.suppress(Exception):
        return stored(network, partial(build, module))
    return network, SHEET


def predict(model: Any, x: Array) -> Array:
    """Return ŷ as (batch, out), though a single sequence may give (out,)."""
    y_hat = array(call(model, "forward", x=x.copy()), "The output of forward")
    single = x.ndim == 2 or x.shape[1] == 1
    return y_hat[None] if single and y_hat.ndim == 1 else y_hat


def alone(
    module: ModuleType, sizes: dict[str, int], x: Array, d_loss: Array | None = None
) -> tuple[Array, Any]:
    """Return a batch of one, x (T, 1, in) and d_loss (1, out), as the student's networks take it.

    The batch's axis is left out if forward works only then. So a network that takes no batches
    loses the points for batches, and no others. A network of its own tries it: what a network has
    read before must not matter to any other check.
    """
    for single in (False, True):
        # Whatever goes wrong with both forms goes wrong once more where it is judged.
        with contextlib.suppress(Exception):
            form = x[:, 0] if single else x
            predict(build(module, sizes), form)
            return form, d_loss[0] if single and d_loss is not None else d_loss
    return x, d_loss

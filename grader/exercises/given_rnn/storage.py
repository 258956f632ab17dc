"""How a student's RNN keeps its five weights, where that differs from the template (in the worker).

The sheet fixes the equations, not the storage: a bias may be a vector, a column or a row, a matrix
may stand on either side of what it multiplies, and attributes may have other names. A
:class:`Storage` translates, so that whatever the judge loads and reads is in the sheet's form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.core.spelling import squeeze
from grader.exercises.given_rnn.network import WEIGHTS, Array, Arrays, Network

# Other names for the weights, without case and underscores.
NAMES = {
    "W": "wx wxh whx wax wsx win wih u",
    "R": "wh whh wr waa wrec wss wah",
    "bs": "bh bhh ba b bhidden bx",
    "V": "wy why whv wya wout who wo wv",
    "by": "bo bout boutput c bv",
}
BIASES = ("bs", "by")
LAYERS = ("input", "hidden", "output")


def network_shapes(sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """Return the weights' shapes in the sheet's form, from the constructor's arguments."""
    d, n, K = (sizes[f"{layer}_size"] for layer in LAYERS)
    return {"W": (d, n), "R": (n, n), "bs": (n, 1), "V": (n, K), "by": (K, 1)}


@dataclass(frozen=True)
class Storage:
    """Where a network keeps each of the sheet's weights, and in which form.

    Attributes:
        names: The attribute of each weight.
        transposed: The weights that are stored the other way round.
        flat: The biases that are stored as vectors.
    """

    names: Mapping[str, str]
    transposed: frozenset[str] = frozenset()
    flat: frozenset[str] = frozenset()

    def own(self, name: str, weight: Array) -> Array:
        """Return a weight in the network's form, as a view."""
        if name in self.flat:
            return weight.reshape(-1)
        return weight.T if name in self.transposed else weight

    def own_gradient(self, name: str, gradient: Array) -> Array:
        """Return a weight's gradient, with or without time, in the network's form."""
        if name in self.flat:
            return gradient[..., 0]
        return gradient.swapaxes(-1, -2) if name in self.transposed else gradient

    def sheet(self, name: str, value: Array) -> Array:
        """Return a weight, or its gradient with or without time, in the sheet's form."""
        if name in self.flat:
            return value[..., None] if value.shape[-1:] != (1,) or value.ndim == 1 else value
        if name in self.transposed and value.ndim > 1:
            return value.swapaxes(-1, -2)
        return value

    def own_all(self, weights: Mapping[str, Array]) -> Arrays:
        """Return weights by the network's own names, in its own form; others as they are."""
        return {
            self.names.get(name, name): self.own(name, weight).copy() if name in WEIGHTS else weight
            for name, weight in weights.items()
        }

    def sheet_names(self, found: Any, prefix: str = "") -> Any:
        """Return a dict with the sheet's names for the network's own; anything else as it is."""
        if not isinstance(found, Mapping):
            return found
        renamed = {
            squeeze(prefix + own): f"{prefix}{name}"
            for name, own in self.names.items()
            if own != name
        }
        return {renamed.get(squeeze(str(key)), key): value for key, value in found.items()}

    def sheet_all(self, found: Arrays, prefix: str = "") -> Arrays:
        """Return arrays in the sheet's form, by names that begin with ``prefix``."""
        return {
            key: self.sheet(key.removeprefix(prefix), value).copy() for key, value in found.items()
        }


SHEET = Storage({name: name for name in WEIGHTS})


def storage_of(model: Any, sizes: Mapping[str, int]) -> Storage:
    """Return how a network keeps its weights, told by the names and shapes of its attributes.

    R is square: it is taken to be stored as W is.
    """
    names = {name: attribute_of(model, name) for name in WEIGHTS}
    shapes = {name: np.shape(getattr(model, own, 0.0)) for name, own in names.items()}
    expected = network_shapes(sizes)
    transposed = {
        name
        for name, shape in shapes.items()
        if shape != expected[name] and shape == expected[name][::-1]
    }
    if "W" in transposed:
        transposed.add("R")
    flat = {name for name in BIASES if shapes[name] == expected[name][:1]}
    return Storage(names, frozenset(transposed), frozenset(flat))


def attribute_of(model: Any, name: str) -> str:
    """Return the attribute that holds a weight: its name, or else a common other one."""
    if hasattr(model, name):
        return name
    own = getattr(model, "__dict__", {})
    held = [key for key, value in own.items() if isinstance(value, np.ndarray)]
    known = (squeeze(name), *NAMES[name].split())
    return next((key for other in known for key in held if squeeze(key) == other), name)


class Stored:
    """A network of the kit's, with weights and gradients in a student's own form."""

    _network: Network
    _storage: Storage
    _weights: dict[str, str]  # the sheet's names by the student's own

    def __init__(self, network: Network, storage: Storage) -> None:
        self.__dict__.update(_network=network, _storage=storage)
        self.__dict__["_weights"] = {own: name for name, own in storage.names.items()}

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):  # protocols: a copy is asked for them before it has a network
            raise AttributeError(key)
        if key not in self._weights:
            return getattr(self._network, key)
        name = self._weights[key]
        return self._storage.own(name, getattr(self._network, name))

    def __setattr__(self, key: str, value: Any) -> None:
        if key in self._weights:
            key = self._weights[key]
            value = self._storage.sheet(key, np.array(value, dtype=float))
        setattr(self._network, key, value)

    @property
    def grads(self) -> Arrays:
        """Return the gradients of the last backward pass, in the student's own form."""
        found: Arrays = self._network.grads
        return {
            f"d_{self._storage.names[key[2:]]}": self._storage.own_gradient(key[2:], value)
            for key, value in found.items()
        }

    def get_weights(self) -> Arrays:
        """Return copies of the weights."""
        return self._storage.own_all(self._network.get_weights())

    def set_weights(self, weights: Arrays) -> None:
        """Replace the weights."""
        named = self._storage.sheet_names(weights)
        self._network.set_weights(
            {name: self._storage.sheet(name, np.asarray(w)) for name, w in named.items()}
        )

    def backward(self, d_loss: Array) -> Arrays:
        """Return the gradients of the last forward pass."""
        self._network.backward(d_loss)
        return self.grads


def stored(network: Network, make: Callable[[dict[str, int]], Any]) -> tuple[Any, Storage]:
    """Return the network in the form of the student's own, which ``make`` makes from sizes."""
    sizes = {f"{layer}_size": getattr(network, f"{layer}_size") for layer in LAYERS}
    storage = storage_of(make(sizes), sizes)
    return (network if storage == SHEET else Stored(network, storage)), storage

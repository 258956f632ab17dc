"""Student code called and read with tolerance for what honest solutions vary in (in the worker)."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.exercises.numpy_rnn.network import WEIGHTS, Arrays
from grader.worker.binding import bind, squeeze
from grader.worker.process import Unusable

Array = NDArray[Any]
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


def build(module: ModuleType, sizes: dict[str, int], rng: int | None = None) -> Any:
    """The student's network, with whatever weights its constructor draws."""
    return make(module, "RNN", {**sizes, "rng": rng})


def make(
    module: ModuleType, name: str, values: Mapping[str, Any], aliases: Mapping[str, str] = ALIASES
) -> Any:
    """An object of the student's class of that name."""
    kind = getattr(module, name, None)
    if not inspect.isclass(kind):
        raise Unusable(
            f"The file defines no class {name}.",
            expected=f"class {name}",
            got="no such name" if kind is None else f"{name} is a {type(kind).__name__}",
        )
    return call(kind, f"{name}.__init__", values, aliases)


def method(owner: Any, name: str, aliases: Mapping[str, str] = ALIASES) -> Callable[..., Any]:
    """The function of that name in a module or an object, to be called by parameter names."""
    function = getattr(owner, name, None)
    if not callable(function):
        raise Unusable(
            f"There is no function {name}.",
            expected=f"def {name}(…)",
            got="no such name" if function is None else f"{name} is a {type(function).__name__}",
        )
    return lambda **values: call(function, name, values, aliases)


def call(
    function: Callable[..., Any], name: str, values: Mapping[str, Any], aliases: Mapping[str, str]
) -> Any:
    """``bind``, for methods that may have no parameter at all."""
    try:
        inspect.signature(function)
    except (TypeError, ValueError):
        raise Unusable(
            f"{name} can be called by the names of its parameters.",
            expected="self, and then the template's parameters",
            got="a method without any parameter",
            hint="The first parameter of a method is self.",
        ) from None
    return bind(function, values, aliases)


def as_array(value: Any, what: str) -> Array:
    """Numbers as a float64 array, whatever they come in."""
    if value is None:
        raise Unusable(
            f"{what} must be numbers.",
            expected="a NumPy array",
            got="None",
            hint="Does the function end with a return statement?",
        )
    try:
        return np.array(value, dtype=np.float64, subok=False)
    except Exception as error:  # anything may be in there, and raise anything
        raise Unusable(
            f"{what} must be numbers.",
            expected="a NumPy array",
            got=f"{type(value).__name__}, which can't become one: {error}",
        ) from None


def number(value: Any, what: str) -> float:
    """One number, from whatever holds one."""
    found = as_array(value, what)
    if found.size != 1:
        raise Unusable(f"{what} is one number.", expected="a number", got=describe(found))
    return float(found.flat[0])


def named(found: Any, names: tuple[str, ...], what: str) -> Arrays:
    """Arrays by ``names``: from a dictionary, or from as many in that order."""
    if hasattr(found, "_asdict"):
        found = found._asdict()
    if isinstance(found, tuple | list) and len(found) == len(names):
        found = dict(zip(names, found, strict=True))
    expected = f"{', '.join(names)}, in a dictionary or in this order"
    if not isinstance(found, dict):
        hint = "Does it end with a return statement?" if found is None else ""
        raise Unusable(f"{what} must be named.", expected=expected, got=describe(found), hint=hint)
    spelled = {squeeze(str(key)): key for key in found}
    keys = {name: name if name in found else spelled.get(squeeze(name)) for name in names}
    missing = [name for name, key in keys.items() if key is None]
    if missing:
        raise Unusable(
            f"{what} lack {', '.join(missing)}.",
            expected=expected,
            got=f"keys {', '.join(str(key) for key in found) or '(none)'}",
        )
    return {name: as_array(found[key], f"{what}, {name},") for name, key in keys.items()}


def describe(value: Any) -> str:
    """A value's type, and how many entries it has if it has any."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {list(value.shape)}"
    count = f" of {len(value)}" if isinstance(value, tuple | list) else ""
    return f"{type(value).__name__}{count}"


def read(model: Any) -> Arrays:
    """The weights: the attributes, or if there are none what ``get_weights`` returns."""
    if all(hasattr(model, name) for name in WEIGHTS):
        return {name: as_array(getattr(model, name), f"The weight {name}") for name in WEIGHTS}
    return named(method(model, "get_weights")(), WEIGHTS, "The weights")


def load(model: Any, weights: Arrays) -> None:
    """Set the weights, by all means: a wrong ``set_weights`` costs its own points, not others'."""
    if weights:
        with contextlib.suppress(Exception):
            method(model, "set_weights")(weights={k: v.copy() for k, v in weights.items()})
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
    y_hat = as_array(method(model, "forward")(x=x.copy()), "The output of forward")
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
    method(model, "forward")(x=x.copy())
    found = method(model, "backward")(d_loss=d_loss.copy())
    return named(found, GRADIENTS, "The gradients")


def exception(call: Callable[..., Any], **values: Any) -> list[str]:
    """The classes of what a call raises, empty if nothing; what is not done yet stays so."""
    try:
        call(**values)
    except (NotImplementedError, Unusable):
        raise
    except Exception as error:
        return [kind.__name__ for kind in type(error).__mro__]
    return []

"""What touches a student's bptt_gradients.py; runs in the worker."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from grader.worker.binding import bind, squeeze
from grader.worker.process import Unusable

Array = NDArray[Any]
Inputs = dict[str, Any]

ALIASES = {
    "x": "xs inputs input",
    "y": "ys targets target labels label",
    "h_0": "h0 h hinit h0init initialstate state",
    "h": "states hs hidden",
    "tau": "steps truncation k",
    "p": "prob probability",
    "rng": "generator seed random",
}


def call(module: ModuleType, name: str, inputs: Inputs) -> Any:
    """The student's function of that name, with arrays of its own."""
    function = getattr(module, name, None)
    if not callable(function):
        raise Unusable(
            f"The file defines no function {name}.",
            expected=f"def {name}({', '.join(inputs)})",
            got="no such name" if function is None else f"{name} is a {type(function).__name__}",
        )
    own = {
        key: value.copy() if isinstance(value, np.ndarray) else value
        for key, value in inputs.items()
    }
    return bind(function, own, ALIASES)


def with_rng(module: ModuleType, name: str, inputs: Inputs) -> Any:
    """The same, with a generator where there is a p to draw by."""
    rng = {"rng": np.random.default_rng(0)} if "p" in inputs else {}
    return call(module, name, inputs | rng)


def gradients(module: ModuleType, name: str, cases: list[Inputs]) -> list[dict[str, Array]]:
    """The gradients that the student's function returns for each case, by the sheet's names."""
    return [named(call(module, name, case), name, case) for case in cases]


def draws(module: ModuleType, problem: Inputs, p: float, count: int, seed: int) -> dict[str, Array]:
    """So many draws of randomized_gradients from one generator: by name, (count, …)."""
    name, rng = "randomized_gradients", np.random.default_rng(seed)
    inputs = {**problem, "p": p, "rng": rng}
    found = [named(call(module, name, inputs), name, problem) for _ in range(count)]
    both = set(found[0]).intersection(*found)
    return {key: np.stack([draw[key] for draw in found]) for key in sorted(both)}


def refuses(module: ModuleType, name: str, legal: Inputs, cases: list[Inputs]) -> list[str]:
    """How the student's function answers each case: the exception's name, or "no exception".

    It must not raise anything in the ``legal`` case.
    """
    with_rng(module, name, legal)
    answers = []
    for case in cases:
        try:
            with_rng(module, name, case)
            answers.append("no exception")
        except Exception as error:
            answers.append(type(error).__name__)
    return answers


def jacobian_norms(module: ModuleType, W_hh: Array, h: Array) -> Array:
    result = call(module, "jacobian_norms", {"W_hh": W_hh, "h": h})
    return array(result, "What jacobian_norms returns").reshape(-1)


def uses_autograd(module: ModuleType, name: str, inputs: Inputs) -> bool:
    """Whether torch's backward pass ran meanwhile: it unpacks what the forward pass has saved."""
    unpacked = []

    def unpack(tensor: Tensor) -> Tensor:
        unpacked.append(True)
        return tensor

    torch.set_default_dtype(torch.float64)
    try:
        with saved_tensors_hooks(lambda tensor: tensor, unpack):
            with_rng(module, name, inputs)
    except RuntimeError as error:
        if "saved tensor hooks" not in str(error):
            raise
        return True  # torch.func says that it can't work with them: so it was at work
    return bool(unpacked)


def named(result: Any, function: str, inputs: Inputs) -> dict[str, Array]:
    """Gradients by the names of the weights among ``inputs``, in the shapes that they come in.

    A dict may call them dW_hh or grad_W_hh; in a tuple they are told apart by their shapes.
    """
    shapes = {name: np.shape(inputs[name]) for name in inputs if name[:2] in ("W_", "b_")}
    wanted = f"a dict with {', '.join(shapes)}"
    what = f"{function} returns the gradients by name."
    if hasattr(result, "_asdict"):
        result = result._asdict()
    if isinstance(result, Mapping):
        found = {
            name: array(value, f"The gradient of {name}")
            for name in shapes
            for key, value in result.items()
            if squeeze(str(key)).endswith(squeeze(name))
        }
    elif isinstance(result, tuple | list) and len(result) == len(shapes):
        arrays = [array(value, f"Each gradient of {function}") for value in result]
        found = {n: a for n, shape in shapes.items() for a in arrays if a.shape == shape}
    else:
        raise Unusable(
            what,
            expected=wanted,
            got=type(result).__name__ if result is not None else "None",
            hint="Does the function end with a return statement?" if result is None else "",
        )
    if not found:
        keys = ", ".join(map(str, result)) if isinstance(result, Mapping) else "other shapes"
        raise Unusable(what, expected=wanted, got=keys or "nothing")
    return {
        name: value.reshape(shapes[name]) if flat(value.shape) == flat(shapes[name]) else value
        for name, value in found.items()
    }


def flat(shape: tuple[int, ...]) -> tuple[int, ...]:
    """``shape`` without axes of length one: (n, 1) and (n,) hold the same."""
    return tuple(size for size in shape if size != 1)


def array(value: Any, what: str) -> Array:
    """Arrays, tensors and lists of numbers as an array in double precision."""
    if isinstance(value, Tensor):
        value = value.detach().numpy()
    if value is not None:
        try:
            return np.array(value, dtype=np.float64, subok=False)
        except (TypeError, ValueError, RuntimeError):
            pass
    raise Unusable(
        f"{what} must be an array of numbers.",
        expected="a NumPy array",
        got=f"{type(value).__name__}: {str(value)[:80]}" if value is not None else "None",
        hint="Does the function end with a return statement?" if value is None else "",
    )

"""Probe a student's bptt_gradients.py; runs in the worker."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from grader.core.spelling import squeeze
from grader.worker import calling
from grader.worker.answering import Unusable
from grader.worker.autograd import without_autograd
from grader.worker.values import Array, array, brief, fields, no_return, raised

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


# Around all student code here.
by_formula = without_autograd(
    "formulas in NumPy",
    torch=True,
    hint="To check a formula with autograd is fine, in a function of its own.",
)


def call(module: ModuleType, name: str, inputs: Inputs) -> Any:
    """Return what the student's function of that name gives for copies of these arrays."""
    own = {
        key: value.copy() if isinstance(value, np.ndarray) else value
        for key, value in inputs.items()
    }
    return calling.call(module, name, own, ALIASES)


def with_rng(module: ModuleType, name: str, inputs: Inputs) -> Any:
    """Call the student's function, with a generator ``rng`` where there is a p to draw by."""
    rng = {"rng": np.random.default_rng(0)} if "p" in inputs else {}
    return call(module, name, inputs | rng)


@by_formula
def gradients(module: ModuleType, name: str, cases: list[Inputs]) -> list[dict[str, Array]]:
    """Return the student's gradients for each case, by the sheet's names."""
    return [named(call(module, name, case), name, case) for case in cases]


@by_formula
def draws(module: ModuleType, problem: Inputs, p: float, count: int, seed: int) -> dict[str, Array]:
    """Draw ``count`` times by randomized_gradients, from one generator.

    Returns:
        Each gradient by name, (count, …); names that only some draws have are left out.
    """
    name, rng = "randomized_gradients", np.random.default_rng(seed)
    inputs = {**problem, "p": p, "rng": rng}
    found = [named(call(module, name, inputs), name, problem) for _ in range(count)]
    both = set(found[0]).intersection(*found)
    return {key: np.stack([draw[key] for draw in found]) for key in sorted(both)}


@by_formula
def refuses(module: ModuleType, name: str, legal: Inputs, cases: list[Inputs]) -> list[list[str]]:
    """Return what the student's function raises in each case.

    The ``legal`` one must raise nothing.
    """
    with_rng(module, name, legal)
    return [raised(with_rng, module, name, case) for case in cases]


@by_formula
def jacobian_norms(module: ModuleType, W_hh: Array, h: Array) -> Array:
    """Return the norms that the student gives for states h (T + 1, n), as one vector."""
    result = call(module, "jacobian_norms", {"W_hh": W_hh, "h": h})
    return array(result, "What jacobian_norms returns").reshape(-1)


@by_formula
def once(module: ModuleType, name: str, inputs: Inputs) -> dict[str, Array]:
    """Return the gradients of one call, by the sheet's names."""
    return named(with_rng(module, name, inputs), name, inputs)


def named(result: Any, function: str, inputs: Inputs) -> dict[str, Array]:
    """Return gradients by the names of the weights among ``inputs``, in the student's shapes.

    A dict may call them dW_hh or grad_W_hh; in a tuple they are told apart by their shapes. Some
    may be missing: each has points of its own.
    """
    shapes = {name: np.shape(inputs[name]) for name in inputs if name[:2] in ("W_", "b_")}
    given = fields(result, shapes) or {}
    if isinstance(result, Mapping) or hasattr(result, "_asdict"):
        found = {
            name: array(value, f"The gradient of {name}")
            for name in shapes
            for key, value in given.items()
            if squeeze(key).endswith(squeeze(name))
        }
    else:
        arrays = [array(value, f"Each gradient of {function}") for value in given.values()]
        found = {n: a for n, shape in shapes.items() for a in arrays if a.shape == shape}
    if not found:
        came = given if isinstance(result, Mapping) else map(brief, given.values())
        raise Unusable(
            f"{function} should return the gradients by name.",
            expected=f"a dict with {', '.join(shapes)}",
            got=", ".join(came) or brief(result),
            hint=no_return(result),
        )
    return {
        name: value.reshape(shapes[name]) if flat(value.shape) == flat(shapes[name]) else value
        for name, value in found.items()
    }


def flat(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return ``shape`` without axes of length one: (n, 1) and (n,) hold the same numbers."""
    return tuple(size for size in shape if size != 1)
